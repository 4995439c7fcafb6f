package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/duck"
	"maru/kafka"
	"maru/run"
)

// Bounds of the outbox.
const (
	outboxMax   = 1_000_000 // rows that wait for the topic before the stream waits too
	outboxBatch = 256 << 10 // bytes of one batch to the topic
	outboxSweep = 10_000    // delivered rows are swept out when there are so many
)

// outbox brings a view's changes to a topic, exactly once: a row is written to
// the state file in the transaction that makes it, with a number; a batch in
// the topic carries the number of its last row; what has landed is asked of
// the topic itself.
type outbox struct {
	q      *Query
	topic  string
	c      *duck.Conn
	w      *kafka.Writer
	landed atomic.Int64 // number of the last row in the topic
	swept  int64
	wake   chan struct{}
}

// openOutbox makes the topic if needed and asks it what has landed.
func (q *Query) openOutbox(ctx context.Context) error {
	o := &outbox{q: q, topic: q.spec.Def.Topic, wake: make(chan struct{}, 1)}
	t, err := q.client.EnsureTopic(ctx, o.topic, 1, nil)
	if err != nil {
		return fmt.Errorf("output topic: %w", err)
	}
	o.w, err = q.client.OpenWriter(ctx, kafka.WriterConfig{ID: "stream-" + q.spec.Plan.Name, Targets: []kafka.Target{{Topic: t.Name, Partition: 0}}})
	if err != nil {
		return fmt.Errorf("output topic %s: %w", o.topic, err)
	}
	if pos, ok := o.w.Landed(0); ok {
		n, err := strconv.ParseInt(string(pos), 10, 64)
		if err != nil {
			return maru.Errorf(maru.Corrupt, "output topic %s: position %q of stream %s is not a number", o.topic, pos, q.spec.Plan.Name)
		}
		o.landed.Store(n)
	}
	// A view made anew counts on from what the topic has.
	q.ck.OutSeq = max(q.ck.OutSeq, o.landed.Load())
	if o.c, err = q.db.Conn(); err != nil {
		return err
	}
	q.out = o
	return nil
}

// add puts this round's changes into the outbox, inside the open transaction.
func (o *outbox) add(ctx context.Context, next *checkpoint) error {
	q := o.q
	if landed := o.landed.Load(); landed-o.swept > outboxSweep {
		if err := q.c.Exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE seq <= %d", q.st.table("outbox"), landed)); err != nil {
			return err
		}
		o.swept = landed
	}
	n, err := q.r.count(ctx, "INSERT INTO %s SELECT %d + row_number() OVER (), NULL, row FROM (%s)", q.st.table("outbox"), next.OutSeq, q.changes())
	next.OutSeq += n
	return err
}

// notify tells the deliverer that there is something.
func (o *outbox) notify() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// full waits while too many rows are on their way.
func (o *outbox) full(ctx context.Context) error {
	for o.q.ck.OutSeq-o.landed.Load() > outboxMax {
		if err := run.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// run delivers until ctx ends.
func (o *outbox) run(ctx context.Context) error {
	for {
		n, err := o.deliver(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("output topic %s: %w", o.topic, err)
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-o.wake:
		}
	}
}

// deliver sends one batch of what is next and waits until it has landed.
func (o *outbox) deliver(ctx context.Context) (int64, error) {
	var b kafka.Builder
	last, first := o.landed.Load(), o.landed.Load()
	err := o.c.Each(ctx, fmt.Sprintf("SELECT seq, value FROM %s WHERE seq > %d ORDER BY seq LIMIT 10000", o.q.st.table("outbox"), last), func(rec arrow.RecordBatch) error {
		seq, value := rec.Column(0).(*array.Int64), rec.Column(1).(*array.String)
		now := o.q.clock.Now().UnixMilli()
		for i := range int(rec.NumRows()) {
			if b.Len() > outboxBatch {
				return nil
			}
			b.Add(now, nil, []byte(value.Value(i)))
			last = seq.Value(i)
		}
		return nil
	})
	if err != nil || b.Count() == 0 {
		return 0, err
	}
	run.CrashPoint("stream.before_send")
	if err := <-o.w.Send(ctx, 0, &b, strconv.AppendInt(nil, last, 10)); err != nil {
		return 0, err
	}
	run.CrashPoint("stream.after_send")
	o.landed.Store(last)
	return last - first, nil
}

func (o *outbox) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if o.w != nil {
		if err := o.w.Close(ctx); err != nil {
			o.q.warn(fmt.Errorf("close output topic %s: %w", o.topic, err))
		}
	}
	if o.c != nil {
		o.c.Close()
	}
}

// changes is SQL for this round's changed rows of the view, each as JSON text
// in column row, in event-time order where there is one.
func (q *Query) changes() string {
	from := "__changed"
	if q.r.rows() {
		from = "(" + q.r.read("SELECT * FROM __new ORDER BY __t, __p, __o") + ")"
	}
	return asJSON(q.spec.Plan.Out, from)
}

// asJSON is SQL for the rows of from as JSON objects; times are ISO 8601 in UTC, as everywhere.
func asJSON(cols maru.Schema, from string) string {
	sel := make([]string, len(cols))
	for i, c := range cols {
		name := maru.Quote(c.Name)
		sel[i] = name
		if strings.HasPrefix(string(c.Type), "TIMESTAMP") {
			sel[i] = fmt.Sprintf("rtrim(rtrim(strftime(%s::TIMESTAMP, '%%Y-%%m-%%dT%%H:%%M:%%S.%%f'), '0'), '.') || 'Z' AS %[1]s", name)
		}
	}
	return fmt.Sprintf("SELECT to_json(v)::VARCHAR AS row FROM (SELECT %s FROM %s) v", strings.Join(sel, ", "), from)
}
