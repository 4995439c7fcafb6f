package cli

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"maru"
	"maru/internal/gen"
	"maru/project"
)

func genVerb() *verb {
	d := gen.Believable()
	return &verb{
		name: "gen api-log", short: "write a believable API log, and the truth about it",
		long: `The log has a daily shape, few users and paths that call much and many that call
little, latencies with long tails, and a share of calls that come again within
200 ms. The truth file has the counts that a reader of the log must find. The same
seed writes the same log.

With --since the log begins in the past: that is written in seconds, then each row
when its time comes. Unless --past-rate says otherwise the past has at most 2,000,000
rows: eight days at 2.9 a second. In it are a deployment that makes an app call one
service twice for two hours, two days ago, and an evening in which all is slow, five
days ago. A log that is there is gone on with from its last row, so the past is
written once. Renamed files of the past are kept beside the number of --keep, and
read first by a collector of FILE*.`,
		examples: []example{
			{"maru gen api-log --rows 1000000 --out log/api.log --truth truth.json", ""},
			{"maru gen api-log --follow --rate 500 --out log/api.log --rotate 64MiB", "goes on until Ctrl-C, keeps 10 rotated files"},
			{"maru gen api-log --since 8d --rate 3 --out log/api.log --rotate 64MiB", "eight days first, then as time goes on"},
		},
		flags: func(fs *flag.FlagSet) {
			fs.Int64("rows", 0, "write this `number` of rows; 0 is 100,000, or no end with --follow")
			fs.Float64("rate", 0, "rows a second, in the mean of a week, as a `number`; 0 is 1,000")
			fs.Bool("follow", false, "write each row when its time comes, and append to a log that is there")
			fs.Var(new(durationFlag), "since", "begin so `long` ago, such as 8d, and follow")
			fs.Float64("past-rate", 0, "rows a second before now, as a `number`; 0 is --rate, of --since at most 2,000,000 rows")
			fs.Bool("flat", false, "the same rate at all hours")
			fs.Uint64("seed", 1, "`number` that decides all that is random")
			fs.String("out", "api.log", "the log `file`")
			fs.String("truth", "", "`file` for the true counts; empty: none")
			choose(fs, "format", gen.NDJSON, "how rows are written", gen.NDJSON, gen.Combined)
			fs.Float64("repeat-share", d.RepeatShare, "`share` of calls that come again within 200 ms")
			fs.Float64("disorder-share", d.DisorderShare, "`share` of rows that stand a little too far down")
			fs.Float64("late-share", d.LateShare, "`share` of rows that stand 1 to 10 s too far down")
			fs.String("rotate", "0", "rename the log at this `size`; 0 is never")
			fs.Int64("keep", 0, "keep this `number` of renamed files; 0 is 10 with --follow, else all")
			fs.Bool("json", false, "print what was written as one JSON object")
		},
		run: runGen,
	}
}

func runGen(ctx context.Context, c *call) error {
	rotate, err := project.ParseSize(c.text("rotate"))
	if err != nil {
		return c.wrong("--rotate: %v", err)
	}
	keep := c.int("keep")
	if keep < 0 || keep > gen.KeepMax {
		return c.wrong("--keep %d: use 0 to %d", keep, gen.KeepMax)
	}
	var seed uint64
	if _, err := fmt.Sscan(c.text("seed"), &seed); err != nil {
		return c.wrong("--seed: %v", err)
	}
	since := time.Duration(*c.flags.Lookup("since").Value.(*durationFlag))
	cfg := gen.Config{Rows: c.int("rows"), Rate: c.float("rate"), PastRate: c.float("past-rate"), Since: since, Follow: c.bool("follow") || since > 0, Flat: c.bool("flat"), Seed: seed,
		Out: c.text("out"), Truth: c.text("truth"), Format: c.text("format"), RepeatShare: c.float("repeat-share"),
		DisorderShare: c.float("disorder-share"), LateShare: c.float("late-share"), RotateBytes: rotate, KeepFiles: int(keep)}
	if err := cfg.Validate(); err != nil {
		return c.wrong("%v", err)
	}
	for _, f := range []string{cfg.Out, cfg.Truth} {
		if dir := filepath.Dir(f); f != "" && !isDir(dir) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
	}
	p := newProgress(c.err, cfg.Out, maru.SystemClock)
	var report func(rows, bytes int64)
	if !cfg.Follow { // one that follows has no end to be shown
		p.begin(nil)
		report = func(rows, bytes int64) {
			total := int64(0)
			if rows > 0 && cfg.Rows > 0 {
				total = int64(math.Round(float64(bytes) / float64(rows) * float64(cfg.Rows)))
			}
			p.set(bytes, total, countText(rows)+" rows")
		}
	}
	s, err := gen.Run(ctx, cfg, report)
	if !cfg.Follow {
		p.end()
	}
	if err != nil {
		return err
	}
	if c.bool("json") {
		return printJSON(c.out, s)
	}
	c.note("%s: %s rows, %s, %s repeated within 200 ms, %s late", cfg.Out, countText(s.Rows), bytesText(s.Bytes), countText(s.Repeated), countText(s.Late))
	return nil
}
