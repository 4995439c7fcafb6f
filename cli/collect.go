package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"maru"
	"maru/collect"
	"maru/project"
)

// formatAuto lets the collector look at the lines.
const formatAuto = "auto"

func collectVerb() *verb {
	return &verb{
		name: "collect", synopsis: "FILE…", short: "bring log files into a topic", args: [2]int{1, collect.GlobsMax},
		long: `Reads the files, and rotated and packed ones that belong to them, parses their
lines and sends each exactly once: run again, it goes on where it stopped. A line
that does not parse goes to TOPIC_rejected with the reason. It needs no server,
only a log: ours or a real Kafka. Ctrl-C ends it in order: with --follow that is
its normal end, else it exits with 1, as files are not read to their ends.`,
		examples: []example{
			{"maru collect /var/log/nginx/access.log --topic access --follow", ""},
			{"maru collect 'archive/*.log.gz' --topic access --format combined", "once, with a progress bar"},
		},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			fs.String("topic", "", "`name` of the topic; else made from the first file's")
			choose(fs, "format", formatAuto, "what the lines are; auto looks and says what it took", collect.Formats()...)
			fs.String("pattern", "", "regular `expression` with named groups, for --format regexp")
			choose(fs, "encoding", "utf-8", "of the files", project.Encodings...)
			fs.String("time-zone", "", "`zone` of times that name none; else the machine's")
			fs.String("key", "", "`column` that becomes the record's key")
			fs.Int64("partitions", 1, "`number` of partitions of a topic that must be made")
			fs.String("multiline-start", "", "`expression` that the first line of a record matches")
			fs.String("multiline-end", "", "`expression` that the last line of a record matches")
			choose(fs, "on-error", string(collect.Reject), "what to do with a line that does not parse", string(collect.Reject), string(collect.Stop))
			fs.Bool("follow", false, "go on when the ends are reached")
			fs.Bool("json", false, "print what was done as one JSON object")
		},
		run: runCollect,
	}
}

func (c *call) collectConfig() (collect.Config, error) {
	partitions := c.int("partitions")
	if partitions < 1 || partitions > collect.PartitionsMax {
		return collect.Config{}, c.wrong("--partitions %d: use 1 to %d", partitions, collect.PartitionsMax)
	}
	cfg := collect.Config{Files: c.args, Topic: c.text("topic"), Format: c.text("format"), Pattern: c.text("pattern"), Encoding: c.text("encoding"),
		TimeZone: c.text("time-zone"), Key: c.text("key"), Partitions: int32(partitions), OnError: collect.OnError(c.text("on-error")),
		Multiline: collect.Multiline{Start: c.text("multiline-start"), End: c.text("multiline-end")}, Follow: c.bool("follow"),
		Bootstrap: strings.Join(c.bootstrap(), ",")}
	if cfg.Topic == "" {
		cfg.Topic = topicFor(c.args[0])
	}
	if err := cfg.Validate(); err != nil {
		return cfg, c.wrong("%v", err)
	}
	return cfg, nil
}

// topicFor makes a topic's name from a file's: access.log.gz gives access.
func topicFor(file string) string {
	base, _, _ := strings.Cut(strings.TrimLeft(filepath.Base(file), "."), ".")
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c == '*' || c == '?' || c == '[' || c == ']':
			return -1
		}
		return '_'
	}, base)
	if name = strings.Trim(name, "_"); name == "" {
		return "log"
	}
	return name
}

func runCollect(ctx context.Context, c *call) error {
	cfg, err := c.collectConfig()
	if err != nil {
		return err
	}
	// Without this a log that is away would be waited for without a word.
	probe, err := c.dialKafka(ctx)
	switch {
	case err == nil:
		probe.Close()
	case cfg.Follow && maru.KindOf(err) == maru.Unavailable:
		c.note("%v; waiting for it", err)
	default:
		return err
	}
	col, err := collect.Open(ctx, cfg, collect.Needs{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	p := newProgress(c.err, "collect "+cfg.Topic, maru.SystemClock)
	var said []string
	watch := func() {
		s := col.Status()
		for _, n := range newNotices(said, s.Notices) {
			p.say(cleanText(n))
		}
		said = s.Notices
		note := countText(s.Rows) + " rows"
		if s.Rejected > 0 {
			note += ", " + countText(s.Rejected) + " rejected"
		}
		p.set(s.Bytes, s.Bytes+s.LagBytes, note)
	}
	p.begin(watch)
	err = col.Run(ctx)
	p.end()
	s := col.Status()
	for _, n := range newNotices(said, s.Notices) {
		c.note("%s", cleanText(n))
	}
	err = errors.Join(err, col.Close())
	stopped := ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled))
	if err != nil && !stopped && s.Rows+s.Rejected+s.Skipped == 0 {
		return err // nothing was done, and it says why
	}
	if printErr := c.sayCollected(s); printErr != nil {
		err = errors.Join(err, printErr)
	}
	if stopped {
		return c.sayStopped(s, err)
	}
	return err
}

// sayStopped tells of a collector that Ctrl-C ended. That is how one that
// follows ends; one that was to read to the ends has not done so, and a script
// must be able to know.
func (c *call) sayStopped(s collect.Status, err error) error {
	if c.bool("follow") {
		c.note("stopped; the next run goes on there")
		return nil
	}
	if err == nil {
		return nil // all was read by then
	}
	c.note("stopped before the end, %s are not read yet; run it again and it goes on there, each row lands once", bytesText(s.LagBytes))
	return errFailed
}

// newNotices is what now has and before had not. Both keep the newest only,
// so they overlap where the last of before stands in now.
func newNotices(before, now []string) []string {
	if len(before) == 0 {
		return now
	}
	for i := len(now) - 1; i >= 0; i-- {
		if now[i] == before[len(before)-1] {
			return now[i+1:]
		}
	}
	return now
}

func (c *call) sayCollected(s collect.Status) error {
	if c.bool("json") {
		return printJSON(c.out, s)
	}
	c.sayFormats(s.Files)
	text := fmt.Sprintf("%s: %s rows, %s", s.Topic, countText(s.Rows), bytesText(s.Bytes))
	if s.Skipped > 0 {
		text += fmt.Sprintf(", %s had landed before", countText(s.Skipped))
	}
	if s.Rejected > 0 {
		text += fmt.Sprintf(", %s rejected (see %s%s)", countText(s.Rejected), s.Topic, collect.RejectedSuffix)
	}
	c.note("%s", text)
	return nil
}

// formatsSaid bounds how many files are told one by one.
const formatsSaid = 10

// sayFormats says what --format auto took the lines for.
func (c *call) sayFormats(files []collect.FileStatus) {
	if c.text("format") != formatAuto {
		return
	}
	for i, f := range files {
		if i == formatsSaid {
			c.note("and %d more files; --json tells of all", len(files)-i)
			return
		}
		if f.Format == "" {
			continue
		}
		text := filepath.Base(f.Log) + " is read as " + f.Format
		if f.Why != "" {
			text += ": " + f.Why
		}
		c.note("%s", cleanText(text))
	}
}
