package collect

import (
	"context"
	"time"

	"maru"
	"maru/collect/internal/tail"
	"maru/kafka"
)

// inFlightMax bounds the batches of one source that were sent and not
// answered.
const inFlightMax = 5

// lane is one target of a source: what has landed there and what is on its way.
type lane struct {
	landed  tail.Position // all rows that end here or before are in the target
	batch   *kafka.Builder
	first   int64     // where the first row of batch begins, or of the oldest one in flight
	started time.Time // when batch got its first row
}

// sent is a batch without an answer.
type sent struct {
	lane  int
	first int64
	batch *kafka.Builder
	rows  int64
	done  <-chan error
}

// lanes sends the rows of one source to its targets, in order, and knows what
// has landed where. All positions in it are of the open generation: nothing
// is on its way when a generation ends.
type lanes struct {
	w      Writer
	pool   chan *kafka.Builder
	crash  func(string)
	clock  maru.Clock
	all    []lane // one per partition of the topic, then the one of what is rejected
	flight []sent // oldest first
	parts  int32
	landed func(lane int, rows int64)
	pos    []byte
}

// resume reads back what has landed. from is where to go on, last the furthest
// place that any target has; ok is false when there is nothing yet.
func (ls *lanes) resume() (from, last tail.Position, ok bool, err error) {
	seen := make([]tail.Position, len(ls.all))
	for i := range ls.all {
		b, found := ls.w.Landed(i)
		if !found || len(b) == 0 {
			continue
		}
		if seen[i], err = tail.ParsePosition(b); err != nil {
			return from, last, false, err
		}
		ok = true
		if last.Before(seen[i]) {
			last = seen[i]
		}
	}
	from = last
	for i := range ls.all {
		at := seen[i]
		for _, p := range seen {
			floor := p
			floor.Offset = p.Floor
			if at.Before(floor) {
				at = floor
			}
		}
		ls.all[i].landed = at
		if at.Before(from) {
			from = at
		}
	}
	return from, last, ok, nil
}

// has says whether a row that ends at offset end of generation gen is in the
// lane already.
func (l *lane) has(gen uint64, end int64) bool {
	return l.landed.Gen > gen || l.landed.Gen == gen && l.landed.Offset >= end
}

// builder gives the lane's batch, waiting for one that is free.
func (ls *lanes) builder(ctx context.Context, i int, first int64) (*kafka.Builder, error) {
	l := &ls.all[i]
	if l.batch != nil {
		return l.batch, nil
	}
	for {
		select {
		case b := <-ls.pool:
			l.batch, l.first, l.started = b, first, ls.clock.Now()
			return b, nil
		default:
		}
		// Builders are with this source's batches, or with those of others.
		if len(ls.flight) > 0 {
			if err := ls.settle(ctx); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case b := <-ls.pool:
			l.batch, l.first, l.started = b, first, ls.clock.Now()
			return b, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// floor is the place up to which every lane but i has all its rows.
func (ls *lanes) floor(i int, here int64) int64 {
	floor := here
	for j := range ls.all {
		if j != i && ls.all[j].batch != nil {
			floor = min(floor, ls.all[j].first)
		}
	}
	for _, s := range ls.flight {
		if s.lane != i {
			floor = min(floor, s.first)
		}
	}
	return floor
}

// send sends the lane's batch; at is the place behind all rows framed so far.
func (ls *lanes) send(ctx context.Context, i int, at tail.Position) error {
	l := &ls.all[i]
	if l.batch == nil {
		return nil
	}
	for len(ls.flight) >= inFlightMax {
		if err := ls.settle(ctx); err != nil {
			return err
		}
	}
	ls.crash(CrashBeforeAppend)
	at.Floor, at.Parts = ls.floor(i, at.Offset), ls.parts
	ls.pos = at.Append(ls.pos[:0])
	rows := int64(l.batch.Count())
	// The writer keeps the position until it has landed.
	done := ls.w.Send(ctx, i, l.batch, append([]byte(nil), ls.pos...))
	ls.flight = append(ls.flight, sent{i, l.first, l.batch, rows, done})
	l.batch = nil
	ls.crash(CrashAfterAppend)
	return nil
}

// sendAll sends what every lane has.
func (ls *lanes) sendAll(ctx context.Context, at tail.Position) error {
	first := true
	for i := range ls.all {
		if ls.all[i].batch == nil {
			continue
		}
		if !first {
			ls.crash(CrashBetweenTargets)
		}
		first = false
		if err := ls.send(ctx, i, at); err != nil {
			return err
		}
	}
	return nil
}

// sendOld sends batches that have waited for longer than age.
func (ls *lanes) sendOld(ctx context.Context, at tail.Position, age time.Duration) error {
	now := ls.clock.Now()
	for i := range ls.all {
		if ls.all[i].batch != nil && now.Sub(ls.all[i].started) > age {
			if err := ls.send(ctx, i, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle waits for the answer to the oldest batch.
func (ls *lanes) settle(ctx context.Context) error {
	select {
	case err := <-ls.flight[0].done:
		return ls.answered(err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// oldest is the answer that comes next; nil (never ready) when none is due.
func (ls *lanes) oldest() <-chan error {
	if len(ls.flight) == 0 {
		return nil
	}
	return ls.flight[0].done
}

func (ls *lanes) answered(err error) error {
	s := ls.flight[0]
	if err != nil {
		return err
	}
	ls.crash(CrashAfterAck)
	ls.flight = append(ls.flight[:0], ls.flight[1:]...)
	s.batch.Reset()
	ls.pool <- s.batch
	ls.landed(s.lane, s.rows)
	return nil
}

// settleAll waits until nothing is on its way.
func (ls *lanes) settleAll(ctx context.Context) error {
	for len(ls.flight) > 0 {
		if err := ls.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drop gives the builders back after a failure. Those in flight may still be
// read by the writer, so the pool gets new ones instead.
func (ls *lanes) drop() {
	for i := range ls.all {
		if b := ls.all[i].batch; b != nil {
			b.Reset()
			ls.pool <- b
			ls.all[i].batch = nil
		}
	}
	for range ls.flight {
		ls.pool <- &kafka.Builder{}
	}
	ls.flight = nil
}
