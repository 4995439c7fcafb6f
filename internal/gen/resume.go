package gen

import (
	"bytes"
	"time"
)

// lastTime is the latest time in the lines of a log of ours, in milliseconds;
// -1 if no line has one.
func lastTime(lines []byte, format string) int64 {
	before, layout := `{"ts":"`, "2006-01-02T15:04:05.000Z"
	if format == Combined {
		before, layout = " [", "02/Jan/2006:15:04:05.000 -0700"
	}
	last := int64(-1)
	for line := range bytes.Lines(lines) {
		_, rest, ok := bytes.Cut(line, []byte(before))
		if !ok || len(rest) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, string(rest[:len(layout)])); err == nil {
			last = max(last, t.UnixMilli())
		}
	}
	return last
}
