package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"maru"
)

// Bounds of maru tail.
const (
	changeBytesMax = 16 << 20 // of one change
	tailCell       = 60       // columns of one value
)

func tailVerb() *verb {
	return &verb{
		name: "tail", synopsis: "NAME", short: "follow the changes of a stream's view", args: [2]int{1, 1},
		long: `Prints every change of the view NAME as it happens, until Ctrl-C. When the server
stops or is restarted it says so and connects again, for up to an hour. With
--from start it then shows what came in between and no row twice; with --from now
it goes on with what comes.`,
		examples: []example{{"maru tail repeated_calls", ""}, {"maru tail repeated_calls --from start --json", "all there is, then what comes, one JSON object a line"}},
		flags: func(fs *flag.FlagSet) {
			serverFlags(fs)
			choose(fs, "from", "now", "begin with what comes, or with what is there", "now", "start")
			fs.Int64("max", 0, "stop after this `number` of changes; 0 is never")
			fs.Bool("json", false, "print one JSON object a line")
		},
		run: runTail,
	}
}

func runTail(ctx context.Context, c *call) error {
	if err := maru.CheckName(c.args[0]); err != nil {
		return c.wrong("%v", err)
	}
	cl, err := c.findServer()
	if err != nil {
		return err
	}
	return endOfFollowing(ctx, newFollower(c, cl, c.args[0]).run(ctx))
}

// endOfFollowing makes Ctrl-C the normal end of what has none of its own.
func endOfFollowing(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// changePrinter prints objects as rows. Widths grow with what comes; a head
// is printed whenever the names change.
type changePrinter struct {
	w      io.Writer
	names  []string
	widths []int
}

func (p *changePrinter) print(line []byte) error {
	names, values, err := flatten(line)
	if err != nil {
		return fmt.Errorf("the feed has a line that is no JSON object: %w", err)
	}
	if !slices.Equal(names, p.names) {
		p.names, p.widths = names, make([]int, len(names))
		p.grow(values)
		p.grow(names)
		p.row(names)
	}
	p.grow(values)
	return p.row(values)
}

func (p *changePrinter) grow(cells []string) {
	for i, c := range cells {
		p.widths[i] = max(p.widths[i], width(c))
	}
}

func (p *changePrinter) row(cells []string) error {
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(c)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", p.widths[i]-width(c)+2))
		}
	}
	_, err := fmt.Fprintln(p.w, b.String())
	return err
}

// flatten gives the members of an object in their order. The members of
// "row", where a change keeps its columns, come as if they stood beside it.
func flatten(line []byte) (names, values []string, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.Join(err, errors.New("no object"))
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, nil, err
		}
		if key == "row" && len(raw) > 0 && raw[0] == '{' {
			inner, innerValues, err := flatten(raw)
			if err != nil {
				return nil, nil, err
			}
			names, values = append(names, inner...), append(values, innerValues...)
			continue
		}
		names, values = append(names, cleanText(key.(string))), append(values, plainValue(raw))
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, nil, err
	}
	return names, values, nil
}

func plainValue(raw json.RawMessage) string {
	text := string(raw)
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			text = s
		}
	}
	if text == "null" && raw[0] == 'n' {
		return "NULL"
	}
	if text = cleanText(text); width(text) > tailCell {
		text = eastAsian.Truncate(text, tailCell, "…")
	}
	return text
}
