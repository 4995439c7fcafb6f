package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"time"

	"maru"
	"maru/web"
)

func jsonFlag(fs *flag.FlagSet) { fs.Bool("json", false, "print JSON") }

func streamListVerb() *verb {
	return &verb{
		name: "stream list", short: "list the streams and how they are doing",
		long:     "LAG counts records of the topics that are not read yet.",
		examples: []example{{"maru stream list", ""}},
		flags:    func(fs *flag.FlagSet) { serverFlags(fs); jsonFlag(fs) },
		run: func(ctx context.Context, c *call) error {
			cl, err := c.findServer()
			if err != nil {
				return err
			}
			var all []web.StreamStatus
			if err := cl.json(ctx, "GET", "/api/streams", nil, &all); err != nil {
				return err
			}
			if c.bool("json") {
				return printJSON(c.out, all)
			}
			var rows [][]string
			for _, s := range all {
				rows = append(rows, []string{cleanText(s.Name), cleanText(s.State), countText(s.RowsIn), countText(s.RowsOut), countText(s.RowsLate),
					countText(s.RowsRejected), countText(s.Lag), instant(s.Watermark), bytesText(s.StateBytes)})
			}
			grid(c.out, []string{"stream", "state", "in", "out", "late", "rejected", "lag", "watermark", "stored"}, rows)
			for _, s := range all { // too long for a column
				if s.Error != "" {
					fmt.Fprintf(c.out, "\n%s: %s\n", cleanText(s.Name), oneLine(s.Error))
				}
			}
			return nil
		},
	}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z")
}

// streamPath checks the name before it becomes part of a path.
func (c *call) streamPath(suffix string) (string, error) {
	if err := maru.CheckName(c.args[0]); err != nil {
		return "", c.wrong("%v", err)
	}
	return "/api/streams/" + url.PathEscape(c.args[0]) + suffix, nil
}

// askStream gets what stands behind one stream.
func (c *call) askStream(ctx context.Context, method, suffix string, body, to any) error {
	path, err := c.streamPath(suffix)
	if err != nil {
		return err
	}
	cl, err := c.findServer()
	if err != nil {
		return err
	}
	return cl.json(ctx, method, path, body, to)
}

func streamStatusVerb() *verb {
	return &verb{
		name: "stream status", synopsis: "NAME", short: "say how one stream is doing, partition by partition", args: [2]int{1, 1},
		examples: []example{{"maru stream status repeated_calls", ""}},
		flags:    func(fs *flag.FlagSet) { serverFlags(fs); jsonFlag(fs) },
		run: func(ctx context.Context, c *call) error {
			var s web.StreamStatus
			if err := c.askStream(ctx, "GET", "", nil, &s); err != nil {
				return err
			}
			if c.bool("json") {
				return printJSON(c.out, s)
			}
			printStream(c.out, s)
			return nil
		},
	}
}

func printStream(w io.Writer, s web.StreamStatus) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-14s %s\n", name, cleanText(value))
		}
	}
	line("stream", s.Name)
	line("file", s.File)
	line("state", s.State)
	line("error", oneLine(s.Error))
	line("emit", s.Emit)
	line("since", instant(s.Since))
	line("rows in", countText(s.RowsIn))
	line("rows out", countText(s.RowsOut))
	line("rows late", countText(s.RowsLate))
	line("rows rejected", countText(s.RowsRejected))
	line("lag", countText(s.Lag))
	line("watermark", instant(s.Watermark))
	line("held back by", s.HeldBackBy)
	line("stored", bytesText(s.StateBytes))
	var rows [][]string
	for _, p := range s.Partitions {
		idle := ""
		if p.Idle {
			idle = "idle"
		}
		rows = append(rows, []string{fmt.Sprintf("%s/%d", cleanText(p.Topic), p.Partition), countText(p.Offset), countText(p.End),
			countText(max(0, p.End-p.Offset)), instant(p.Watermark), idle})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		grid(w, []string{"partition", "offset", "end", "lag", "watermark", ""}, rows)
	}
}

func streamExplainVerb() *verb {
	return &verb{
		name: "stream explain", synopsis: "NAME", short: "show the plan of a stream", args: [2]int{1, 1},
		examples: []example{{"maru stream explain repeated_calls", ""}},
		flags:    func(fs *flag.FlagSet) { serverFlags(fs); jsonFlag(fs) },
		run: func(ctx context.Context, c *call) error {
			var e web.Explained
			if err := c.askStream(ctx, "GET", "/explain", nil, &e); err != nil {
				return err
			}
			if c.bool("json") {
				return printJSON(c.out, e)
			}
			_, err := fmt.Fprintln(c.out, e.Plan)
			return err
		},
	}
}

func streamResetVerb() *verb {
	return &verb{
		name: "stream reset", synopsis: "NAME", short: "throw a stream's state away and build it again", args: [2]int{1, 1},
		long: `The view is built again from the start of its topics. Where they no longer have
what the old view was made of, this is refused unless --from-retained is given:
then the new view lacks it.`,
		examples: []example{{"maru stream reset repeated_calls --yes", "without being asked"}},
		flags: func(fs *flag.FlagSet) {
			serverFlags(fs)
			fs.Bool("from-retained", false, "build it from what the topics still have")
			fs.Bool("yes", false, "do not ask")
		},
		run: func(ctx context.Context, c *call) error {
			if _, err := c.streamPath(""); err != nil {
				return err
			}
			if err := c.confirm("Build " + c.args[0] + " again from the start of its topics?"); err != nil {
				return err
			}
			var done map[string]string
			if err := c.askStream(ctx, "POST", "/reset", web.ResetRequest{FromRetained: c.bool("from-retained")}, &done); err != nil {
				return err
			}
			c.note("%s is being built again; see maru stream status %s", c.args[0], c.args[0])
			return nil
		},
	}
}
