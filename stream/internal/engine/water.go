package engine

import (
	"math"
	"time"
)

// noTime is before every event time.
const noTime = math.MinInt64

// water follows event time. Its mark – the watermark, microseconds – says that
// rows older than it are late. It is decided row by row in the offset order of
// each partition: where a batch ends changes nothing.
type water struct {
	delay, idle time.Duration
	parts       map[int32]*progress
	mark        int64
	holder      int32 // the partition that holds the mark back, -1 when none does
	second      int64 // no other active partition is older than this
}

// progress is what is known of one partition.
type progress struct {
	next    int64 // offset to read next
	max     int64 // newest event time, noTime before the first row
	quiet   time.Time
	atEnd   bool // read to its end
	idle    bool // silent long enough to hold nothing back
	behind  int64
	started int64 // the first offset ever read
}

func newWater(delay, idle time.Duration) *water {
	return &water{delay: delay, idle: idle, parts: map[int32]*progress{}, mark: noTime, holder: -1}
}

// row notes a row of partition p with event time t and gives the mark by which
// the row itself is judged: that of the rows before it.
func (w *water) row(p int32, g *progress, t int64) (mark int64) {
	mark = w.mark
	first := g.max == noTime || g.idle
	g.idle = false
	g.max = max(g.max, t)
	switch {
	case first || w.holder < 0 || w.holder == p && g.max > w.second:
		w.advance()
	case w.holder == p:
		w.mark = max(w.mark, g.max-w.delay.Microseconds())
	}
	return mark
}

// advance moves the mark to the oldest partition's newest time less the delay.
// It never goes back.
func (w *water) advance() {
	low, second, holder := int64(math.MaxInt64), int64(math.MaxInt64), int32(-1)
	for id, g := range w.parts {
		switch {
		case g.idle:
		case holder < 0 || g.max < low || g.max == low && id < holder:
			low, second, holder = g.max, low, id
		default:
			second = min(second, g.max)
		}
	}
	w.holder, w.second = holder, second
	if holder < 0 || low == noTime {
		return
	}
	w.mark = max(w.mark, low-w.delay.Microseconds())
}

// tick lets time pass: a partition that has been read to its end and silent
// for the idle timeout holds nothing back. When all are, event time goes on
// with the clock from the newest row, so that the last window closes too.
// It says whether the mark moved.
func (w *water) tick(now time.Time) bool {
	before := w.mark
	newest, silent := int64(noTime), len(w.parts) > 0
	silence := time.Duration(math.MaxInt64)
	for _, g := range w.parts {
		quiet := now.Sub(g.quiet)
		g.idle = g.idle || g.atEnd && quiet >= w.idle
		silent = silent && g.idle && g.atEnd
		silence = min(silence, quiet)
		newest = max(newest, g.max)
	}
	w.advance()
	if silent && newest != noTime {
		w.mark = max(w.mark, newest+silence.Microseconds()-w.delay.Microseconds())
	}
	return w.mark != before
}

// nextTick is when tick may have something to say, at the latest after most.
func (w *water) nextTick(now time.Time, most time.Duration) time.Duration {
	for _, g := range w.parts {
		if g.atEnd && !g.idle {
			most = min(most, max(w.idle-now.Sub(g.quiet), time.Millisecond))
		}
	}
	return most
}
