package gen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"maru"
)

// Summary says what one Run wrote.
type Summary struct {
	Rows     int64     `json:"rows"`
	Bytes    int64     `json:"bytes"`
	Repeated int64     `json:"repeated"` // within the rows of this run
	Late     int64     `json:"late"`
	First    time.Time `json:"first_ts"`
	Last     time.Time `json:"last_ts"`
}

// Run writes the log that c describes, and its truth at the end, until all
// rows are written or ctx ends. The end of ctx is how following stops: it is
// no error then, and the truth is written. Without Follow it is ctx's error,
// and no truth is written. progress may be nil; it hears the sums so far after
// each write.
func Run(ctx context.Context, c Config, progress func(rows, bytes int64)) (Summary, error) {
	if err := c.Validate(); err != nil {
		return Summary{}, err
	}
	c = c.withDefaults()
	out, err := openOutput(c, c.Follow)
	if err != nil {
		return Summary{}, fmt.Errorf("open log: %w", err)
	}
	g := &generator{cfg: c, out: out, progress: progress}
	if err := g.prepare(); err != nil {
		return Summary{}, errors.Join(err, out.close())
	}
	err = g.run(ctx)
	if c.Follow && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	g.before.FileBytes = out.size
	if err = errors.Join(err, out.close()); err != nil {
		return g.summary(), err
	}
	return g.summary(), g.writeTruth()
}

type generator struct {
	cfg      Config
	out      *output
	progress func(rows, bytes int64)
	before   Truth // of the log that is gone on with
	traffic  *traffic
	counter  *counter
	row      *rowWriter
	buf      []byte
	bytes    int64
	present  bool // following has caught up with the clock
}

// prepare finds where to begin.
func (g *generator) prepare() error {
	start := g.cfg.Start.UnixMilli()
	if g.cfg.Follow {
		tail, err := g.out.tail(tailBytesRead)
		if err != nil {
			return fmt.Errorf("read the end of the log: %w", err)
		}
		if last := lastTime(tail, g.cfg.Format); last >= 0 {
			start = max(start, last+restartGap+1)
		}
	}
	if g.cfg.Truth != "" && g.cfg.Follow {
		if err := g.readTruth(); err != nil {
			return err
		}
		if g.before.Rows > 0 {
			start = max(start, g.before.LastTS.UnixMilli()+restartGap+1)
		}
	}
	w := newWorld(g.cfg)
	g.traffic = newTraffic(g.cfg, w, start)
	g.counter = newCounter(g.cfg, w)
	g.row = newRowWriter(w, g.cfg.Format)
	return nil
}

// readTruth reads the truth of the log that is gone on with, and refuses one
// that is not of this log: a killed run writes rows and no truth.
func (g *generator) readTruth() error {
	t, err := ReadTruth(g.cfg.Truth)
	empty := g.out.size == 0 && g.out.rotated == 0
	switch {
	case errors.Is(err, fs.ErrNotExist) && empty:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return maru.Errorf(maru.Conflict, "log %s has rows but truth %s is not there: remove the log, or write no truth", g.cfg.Out, g.cfg.Truth)
	case err != nil:
		return err
	case empty:
		return maru.Errorf(maru.Conflict, "truth %s is there but log %s is empty: remove the truth", g.cfg.Truth, g.cfg.Out)
	case t.FileBytes != g.out.size || t.Format != g.cfg.Format:
		return maru.Errorf(maru.Conflict, "truth %s is of %d bytes of %s, but log %s has %d bytes (a killed run writes no truth): remove both, or write no truth",
			g.cfg.Truth, t.FileBytes, t.Format, g.cfg.Out, g.out.size)
	}
	g.before = t
	return nil
}

func (g *generator) run(ctx context.Context) error {
	for g.cfg.Rows == 0 || g.counter.rows < g.cfg.Rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		until := int64(1<<63 - 1)
		if g.cfg.Follow {
			until = g.cfg.Clock.Now().UnixMilli()
			g.keepUp(until)
		}
		if err := g.fill(until); err != nil {
			return err
		}
		full := len(g.buf) >= flushBytes
		if err := g.flush(); err != nil {
			return err
		}
		if g.cfg.Follow && !full {
			if err := pause(ctx, followTick); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepUp notices when following reaches the present. From then on time lost,
// by a machine that slept or cannot keep the rate, is left out instead of
// being made up for at full speed.
func (g *generator) keepUp(now int64) {
	behind := now - g.traffic.arrival/1000
	switch {
	case !g.present && behind <= followTick.Milliseconds():
		g.present = true
		g.traffic.setRate(g.cfg.Rate, now)
	case g.present && behind > catchUpMax.Milliseconds():
		g.traffic.skipTo(now)
	}
}

// fill makes lines until the buffer is full, or the next row is not due.
func (g *generator) fill(until int64) error {
	left := int64(1<<63 - 1)
	if g.cfg.Rows > 0 {
		left = g.cfg.Rows - g.counter.rows
	}
	for ; left > 0 && len(g.buf) < flushBytes; left-- {
		c, at, ok := g.traffic.next(until)
		if !ok {
			return nil
		}
		if err := g.counter.add(&c, at); err != nil {
			return err
		}
		g.buf = g.row.append(g.buf, &c)
	}
	return nil
}

func (g *generator) flush() error {
	if len(g.buf) == 0 {
		return nil
	}
	if err := g.out.write(g.buf); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	g.bytes += int64(len(g.buf))
	g.buf = g.buf[:0]
	if g.progress != nil {
		g.progress(g.counter.rows, g.bytes)
	}
	return nil
}

func (g *generator) summary() Summary {
	s := Summary{Rows: g.counter.rows, Bytes: g.bytes, Repeated: g.counter.total, Late: g.counter.late}
	if s.Rows > 0 {
		s.First, s.Last = time.UnixMilli(g.counter.first).UTC(), time.UnixMilli(g.counter.last).UTC()
	}
	return s
}

func (g *generator) writeTruth() error {
	if g.cfg.Truth == "" {
		return nil
	}
	t, err := g.counter.truth(g.cfg)
	if err != nil {
		return err
	}
	t.Bytes, t.FileBytes = g.bytes, g.before.FileBytes
	if g.before.Rows > 0 {
		t = g.before.plus(t)
	}
	return t.write(g.cfg.Truth)
}

// pause waits, or returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
