package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"maru"
	"maru/duck"
	"maru/kafka"
	"maru/run"
)

// round reads what is new, applies it and commits.
func (q *Query) round(ctx context.Context) error {
	q.turns = nil
	if len(q.replay) > 0 {
		return q.replayRound(ctx)
	}
	chunks, err := q.gather(ctx)
	if err != nil {
		return err
	}
	from := q.w.mark
	b := &batch{}
	defer b.release()
	began := time.Now()
	now := q.clock.Now()
	for i := range chunks {
		c := &chunks[i]
		g := q.w.parts[c.Partition]
		if err := q.dec.chunk(b, c, q.w, g, -1); err != nil {
			return fmt.Errorf("topic %s partition %d offset %d: %w", q.topic.Name, c.Partition, g.next, err)
		}
		g.quiet, g.atEnd, g.behind = now, c.AtEnd(), c.HighWatermark-c.NextOffset
		q.took(turn{Partition: c.Partition, Upto: g.next})
	}
	q.dec.flush(b)
	b.decode = time.Since(began)
	for id, g := range q.w.parts {
		g.atEnd = q.reader.AtEnd(id)
	}
	idle := q.w.idleNow()
	if moved := q.w.tick(now); moved || !slices.Equal(idle, q.w.idleNow()) {
		q.took(turn{Partition: clockTurn, Mark: q.w.mark, Idle: q.w.idleNow()})
	}
	if b.rows == 0 && b.nReject == 0 && len(q.turns) == 0 {
		q.note(b, 0)
		return q.hurry(ctx, false)
	}
	return q.commit(ctx, b, from)
}

// gather polls until there is a batch worth a transaction: a big one at once, a
// small one when commitEvery has passed since the last.
func (q *Query) gather(ctx context.Context) ([]kafka.Chunk, error) {
	if err := q.discover(ctx); err != nil {
		return nil, err
	}
	wait := q.w.nextTick(q.clock.Now(), pollWait)
	pctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if d := q.pace() - time.Since(q.lastCommit); d > 0 && !q.behind() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	chunks, err := q.reader.Poll(pctx)
	var gone *kafka.OutOfRange
	switch {
	case errors.As(err, &gone):
		return nil, q.outOfRange(err)
	case err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, nil
	}
	return chunks, err
}

// behind says whether the query has much to catch up with. The size of its
// batches does not tell: a fetch gives what is left of a segment, however little.
func (q *Query) behind() bool { return q.status.BatchRows >= bigBatch || q.status.Lag >= bigBatch }

// pace is how far apart small batches are: a batch costs some milliseconds
// however few its rows, so the dearer it was the longer the next one waits.
// Where somebody follows, a batch with rows enough to pay for that is not held
// up; who only reads now and then sees nothing of the difference.
func (q *Query) pace() time.Duration {
	if q.status.BatchRows >= fairBatch && q.followed() {
		return commitFair
	}
	took := time.Duration(q.status.BatchMs * float64(time.Millisecond))
	return min(max(paceFactor*took, commitEvery), commitMost)
}

// discover takes new partitions of the topic in.
func (q *Query) discover(ctx context.Context) error {
	if time.Since(q.lastDiscover) < discoverEvery {
		return nil
	}
	q.lastDiscover = time.Now()
	t, err := q.client.Topic(ctx, q.topic.Name)
	if err != nil {
		if maru.KindOf(err) == maru.NotFound {
			return err
		}
		return nil // away for now: the reader waits for it
	}
	for _, p := range t.Partitions {
		if q.w.parts[p.ID] == nil {
			q.w.parts[p.ID] = &progress{max: noTime, quiet: q.clock.Now()}
			q.reader.Add(p.ID, 0)
		}
	}
	return nil
}

// commit applies a batch in one transaction of the state file.
func (q *Query) commit(ctx context.Context, b *batch, from int64) error {
	start := time.Now()
	// A commit is not cut short: it either happened or did not.
	wctx := context.WithoutCancel(ctx)
	if q.hub != nil {
		q.hub.round.Lock()
		defer q.hub.round.Unlock()
	}
	if err := q.hurry(wctx, b.rows >= bigBatch); err != nil {
		return fmt.Errorf("stream %s: %w", q.spec.Plan.Name, err)
	}
	s := &step{from: from, to: q.w.mark, late: len(b.early) > 0, want: q.followed() || q.out != nil}
	next, err := q.transact(wctx, b, s)
	if err != nil {
		return fmt.Errorf("stream %s: %w", q.spec.Plan.Name, err)
	}
	run.CrashPoint("stream.after_commit")
	q.ck = next
	if q.try != nil {
		if err := q.try.end(next.Seq); err != nil {
			return err
		}
	}
	q.lastCommit = time.Now()
	q.busy.add(q.lastCommit, b.decode+q.lastCommit.Sub(start), q.r.spent)
	q.note(b, time.Since(start))
	if s.want && s.changed > 0 {
		if q.followed() {
			if err := q.publish(wctx); err != nil {
				return err
			}
		}
		if q.out != nil {
			q.out.notify()
			if err := q.out.full(ctx); err != nil {
				return err
			}
		}
	}
	return q.tidy(wctx)
}

// transact is the one transaction of a batch: what the operators keep, and how
// far the topic has been read.
func (q *Query) transact(ctx context.Context, b *batch, s *step) (next checkpoint, err error) {
	next = q.ck
	if q.try != nil {
		if err := q.try.begin(q.ck.Seq); err != nil {
			return next, err
		}
	}
	// An Arrow view is made in the in-memory database, and a transaction can
	// write only one: so loading comes before it.
	if err := q.load(ctx, b); err != nil {
		return next, err
	}
	run.CrashPoint("stream.loaded")
	err = q.inTxn(ctx, func() error {
		if len(b.rejected) > 0 {
			if err := q.c.Exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT p, o, t, reason, value FROM __rejected", q.st.table("rejected"))); err != nil {
				return err
			}
		}
		if err := q.r.run(ctx, s); err != nil {
			return err
		}
		if q.out != nil && s.changed > 0 {
			if err := q.out.add(ctx, &next); err != nil {
				return err
			}
		}
		next.Mark, next.Seq, next.At = q.w.mark, q.ck.Seq+1, q.clock.Now()
		next.Counts.In += b.rows + b.nReject
		next.Counts.Bytes += b.bytes
		next.Counts.Rejected += b.nReject
		next.Counts.Late += s.lateRows
		next.Counts.Out += s.changed
		if err := q.positions(ctx, &next); err != nil {
			return err
		}
		if err := q.saveTurns(ctx, &next); err != nil {
			return err
		}
		err := q.st.save(ctx, next)
		run.CrashPoint("stream.before_commit")
		return err
	})
	return next, err
}

// load makes temporary tables of a batch: the rows, those that may be late, and those rejected.
func (q *Query) load(ctx context.Context, b *batch) error {
	if err := q.loadRows(ctx, b); err != nil {
		return err
	}
	if len(b.early) > 0 {
		if err := q.c.Load(ctx, "__early", duck.NewBatches(refusedSchema, refusedRecord(b.early))); err != nil {
			return err
		}
	}
	if len(b.rejected) == 0 {
		return nil
	}
	return q.c.Load(ctx, "__rejected", duck.NewBatches(refusedSchema, refusedRecord(b.rejected)))
}

// positions fills in where each partition is, and from where what waits can be read again.
func (q *Query) positions(ctx context.Context, ck *checkpoint) error {
	replay, err := q.r.replayFrom(ctx)
	if err != nil {
		return err
	}
	ck.Parts = make(map[int32]partitionAt, len(q.w.parts))
	for id, g := range q.w.parts {
		at := partitionAt{Next: g.next, Max: g.max, Replay: g.next, Started: g.started, Idle: g.idle}
		if o, ok := replay[id]; ok {
			at.Replay = o
		}
		ck.Parts[id] = at
	}
	return nil
}

// tidy does what must not be in a batch's transaction: old rows go, and the
// WAL is folded into the file before it makes a restart slow.
func (q *Query) tidy(ctx context.Context) error {
	if time.Since(q.lastForget) >= forgetEvery {
		q.lastForget = time.Now()
		if err := q.inTxn(ctx, func() error { return q.r.forget(ctx, q.w.mark, q.spec.Keep, q.spec.TTL) }); err != nil {
			return err
		}
	}
	if st, err := os.Stat(q.st.path + ".wal"); err == nil && st.Size() > walMax {
		run.CrashPoint("stream.before_checkpoint")
		if err := q.c.Exec(ctx, "CHECKPOINT "+maru.Quote(q.st.name)); err != nil {
			return fmt.Errorf("checkpoint of stream %s: %w", q.spec.Plan.Name, err)
		}
	}
	return nil
}

// note brings the status up to date.
func (q *Query) note(b *batch, took time.Duration) {
	s := Status{State: Running, Topic: q.topic.Name, Counts: q.ck.Counts, HeldBy: q.w.holder, Batches: q.ck.Seq, Committed: q.ck.At}
	if q.w.mark > beginning {
		t := time.UnixMicro(q.w.mark).UTC()
		s.Watermark = &t
	}
	for _, id := range slices.Sorted(maps.Keys(q.w.parts)) {
		g := q.w.parts[id]
		p := PartitionStatus{Partition: id, Offset: g.next, Lag: max(g.behind, 0), Idle: g.idle}
		if g.max != noTime {
			t := time.UnixMicro(g.max).UTC()
			p.Newest = &t
		}
		if !g.atEnd && g.behind > bigBatch {
			s.State = CatchUp
		}
		s.Lag += p.Lag
		s.Partitions = append(s.Partitions, p)
	}
	for _, suffix := range []string{"", ".wal"} {
		if st, err := os.Stat(q.st.path + suffix); err == nil {
			s.StateBytes += st.Size()
		}
	}
	total, ops := q.busy.share(time.Now(), len(q.r.p.Ops))
	s.Busy, s.Operators = total, q.r.operators(ops)
	q.mu.Lock()
	defer q.mu.Unlock()
	s.BatchRows, s.BatchMs = b.rows, float64(took.Microseconds())/1000
	if took == 0 {
		s.BatchMs = q.status.BatchMs
	}
	q.status = s
}
