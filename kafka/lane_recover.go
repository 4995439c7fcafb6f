package kafka

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"maru"
)

// A broker that rejects the right sequence again and again has lost what it
// knew of the producer: after freshAfter tries the rest is sent under a new
// producer id, after stuckMax it is an error.
const (
	freshAfter = 3
	stuckMax   = 6
)

// readLanded reads the log behind the trail, before the lane runs.
func (l *lane) readLanded(ctx context.Context, progress func(done, total int64)) error {
	from := l.trail.offset
	start, err := listOffset(ctx, l.w.c.kgo, l.target.Topic, l.target.Partition, -2)
	if err != nil {
		return fail("", err, "topic %s partition %d", l.target.Topic, l.target.Partition)
	}
	from = max(from, start) // retention has removed what is before
	end, err := l.w.c.scan(ctx, l.target, l.w.id, from, func(f *found) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.trail.follow(f)
		l.changes++
		return nil
	}, progress)
	var oor *OutOfRange
	if errors.As(err, &oor) {
		return maru.Errorf(maru.Corrupt, "topic %s partition %d ends at offset %d, but the checkpoint of group %s says that %d had landed: the broker has lost acknowledged data; "+
			"to send everything again from the start, delete the group", l.target.Topic, l.target.Partition, oor.End, l.w.group, oor.Offset)
	}
	if err != nil {
		return fail("", err, "read what of source %s has landed in topic %s partition %d", l.w.id, l.target.Topic, l.target.Partition)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if end > l.trail.offset {
		l.trail.offset = end
		l.changes++
	}
	return nil
}

// resume goes on with the sequence of the batch that landed last. A batch of
// an earlier run that is still on its way has that same sequence: of the two
// the broker takes one only.
func (l *lane) resume() {
	l.producer, l.epoch, l.sequence = l.trail.producer, l.trail.epoch, l.trail.sequence
	l.sure, l.trouble, l.reread, l.stuck = false, nil, false, 0
}

// newProducer begins with a producer id that no earlier run had. It must be
// committed before it is used.
func (l *lane) newProducer(ctx context.Context) error {
	id, epoch, err := l.w.initProducer(ctx)
	if err != nil {
		return err
	}
	l.producer, l.epoch, l.sequence, l.sure, l.alone = id, epoch, 0, true, true
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trail.producer, l.trail.epoch, l.trail.sequence = id, epoch, 0
	l.trail.generation = l.w.generation
	l.changes++
	return nil
}

// askReread makes the lane read the log before it sends anything more.
func (l *lane) askReread() {
	l.mu.Lock()
	l.asked = true
	l.mu.Unlock()
	l.wake()
}

// recover is called with no request under way. It returns when sending can go
// on, or with an error that ends the lane.
func (l *lane) recover(ctx context.Context) error {
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		if err := l.failure(); err != nil {
			l.trouble, l.reread = nil, false
			return nil // the senders know already
		}
		err := l.tryRecover(ctx)
		if err == nil || !worthRetry(err) {
			return err
		}
		if l.trouble == nil {
			l.trouble = err // look for the leader, too
		}
		if pause(ctx, wait) != nil {
			return maru.Errorf(maru.Canceled, "%s: the writer was closed", l.name())
		}
	}
}

func worthRetry(err error) bool {
	var foreign *foreignError
	var ke *kerr.Error
	switch {
	case errors.As(err, &foreign):
		return false
	case errors.As(err, &ke) && ke.Retriable:
		return true
	}
	kind := kindOf(err)
	return kind == maru.Unavailable || kind == maru.Timeout
}

// errNotYet says that the brokers do not know the topic yet, or not its leader.
var errNotYet = errors.New("no broker leads the partition yet")

func (l *lane) tryRecover(ctx context.Context) error {
	if l.trouble != nil {
		if err := l.lead(ctx); err != nil {
			return err
		}
	}
	if l.reread {
		if err := l.catchUp(ctx); err != nil {
			return err
		}
		switch {
		case l.stuck >= stuckMax:
			return maru.Errorf(maru.Internal, "%s: the broker refuses a batch for its sequence (%v), also from a new producer", l.name(), l.trouble)
		case l.stuck == freshAfter:
			if err := l.restamp(ctx); err != nil {
				return err
			}
		}
	}
	l.trouble, l.reread, l.alone = nil, false, true
	return nil
}

// lead finds who leads the partition now.
func (l *lane) lead(ctx context.Context) error {
	t, err := topicOf(ctx, l.w.cl, l.target.Topic)
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		if l.unknown.IsZero() {
			l.unknown = time.Now()
		}
		if time.Since(l.unknown) > unknownTopicFor {
			return maru.Errorf(maru.NotFound, "%s: the topic is gone: it was deleted while it was written", l.name())
		}
		return errNotYet
	case err != nil:
		return err
	case t.ID != l.topicID:
		return maru.Errorf(maru.Conflict, "%s: the topic was deleted and made again while it was written: open the writer again", l.name())
	}
	l.unknown = time.Time{}
	if int(l.target.Partition) >= len(t.Partitions) || t.Partitions[l.target.Partition].Leader < 0 {
		return errNotYet
	}
	l.leader = t.Partitions[l.target.Partition].Leader
	return nil
}

// catchUp reads the log behind the trail and takes those batches for landed
// that are found there.
func (l *lane) catchUp(ctx context.Context) error {
	l.mu.Lock()
	from := l.trail.offset
	l.mu.Unlock()
	end, err := l.w.c.scan(ctx, l.target, l.w.id, from, l.recognize, nil)
	var oor *OutOfRange
	if errors.As(err, &oor) && oor.Offset > oor.End {
		return maru.Errorf(maru.Corrupt, "%s: the partition ends at offset %d, but batches up to %d were acknowledged: the broker has lost data; open the writer again",
			l.name(), oor.End, oor.Offset)
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trail.offset = max(l.trail.offset, end)
	return nil
}

// recognize matches a batch of the source in the log with what was sent.
func (l *lane) recognize(f *found) error {
	if f.generation != l.w.generation {
		kind, who := maru.Conflict, "another writer of this source"
		if l.w.lease != nil {
			kind, who = maru.Unavailable, "an earlier run of this source, whose batch came late"
		}
		return &foreignError{maru.Errorf(kind, "%s: offset %d was written by %s (generation %s): reopen the writer to go on behind it",
			l.name(), f.base, who, f.generation)}
	}
	b := l.first()
	if b == nil || !b.stamped || b.producer != f.producer || b.epoch != f.epoch || b.sequence != f.sequence {
		return nil // acknowledged before, at an offset that was not told
	}
	b.acked, b.base = true, f.base
	l.landed()
	if !l.sure {
		return l.becomeSure()
	}
	return nil
}

// foreignError is not to be tried again, though its kind may say so.
type foreignError struct{ error }

func (e *foreignError) Unwrap() error { return e.error }

// becomeSure goes on under the producer's next epoch, once the first batch of
// this run has been found in the log: the broker then refuses whatever an
// earlier run may still have on its way (KIP-360).
func (l *lane) becomeSure() error {
	if l.epoch == math.MaxInt16 {
		return nil // the same sequence goes on; the first batch of each run stays alone
	}
	l.sure, l.alone = true, true
	l.epoch++
	l.sequence = 0
	return nil
}

// restamp gives all unacknowledged batches a new producer.
func (l *lane) restamp(ctx context.Context) error {
	if err := l.newProducer(ctx); err != nil {
		return err
	}
	if err := l.w.commitUntil(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.queue {
		b.stamped = false
	}
	return nil
}

// reopen fails what is unacknowledged and reads the log anew.
func (l *lane) reopen(ctx context.Context) error {
	l.fail(maru.Errorf(maru.Canceled, "%s: the writer is being reopened", l.name()))
	done := make(chan error, 1)
	order := func() {
		for l.out > 0 { // their connection's time limit ends them
			r := <-l.results
			r.b.out = false
			l.out--
		}
		err := l.lead(ctx)
		if err == nil {
			err = l.readLanded(ctx, nil)
		}
		if err == nil {
			l.resume()
			l.mu.Lock()
			l.err, l.asked = nil, false
			l.mu.Unlock()
		}
		done <- err
	}
	select {
	case l.orders <- order:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	case <-l.w.stopped:
		return maru.Errorf(maru.Canceled, "%s: the writer is closed", l.name())
	}
}
