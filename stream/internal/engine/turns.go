package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/kafka"
)

// Lateness depends on how partitions took turns, and on when silence was
// noticed. Both are written down, so that a view made anew decides as the old
// one did. A topic of one partition has one turn that never ends.

// turnsMax bounds the turns that are kept. A view whose first turns are gone
// is made anew in the order in which the topic is read then.
const turnsMax = 500_000

// replayBytes is about how much one batch of a replay reads.
const replayBytes = 8 << 20

// turn is one step: partition was read up to an offset; or, partition -1, the
// clock moved the mark and found these partitions silent.
type turn struct {
	Partition int32   `json:"p"`
	Upto      int64   `json:"upto"`
	Mark      int64   `json:"mark,omitempty"`
	Idle      []int32 `json:"idle,omitempty"`
}

// clockTurn is the Partition of a turn of the clock.
const clockTurn = -1

// took notes a step of this batch.
func (q *Query) took(t turn) { q.turns = append(q.turns, t) }

// idleNow are the partitions that hold nothing back.
func (w *water) idleNow() (out []int32) {
	for id, g := range w.parts {
		if g.idle {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// saveTurns writes the finished turns; the open one stands in the checkpoint.
func (q *Query) saveTurns(ctx context.Context, next *checkpoint) error {
	var done []string
	cur := next.Turn
	for _, t := range q.turns {
		if cur != nil && t.Partition == cur.Partition && t.Partition != clockTurn {
			cur = &t
			continue
		}
		if cur != nil {
			idle, err := json.Marshal(cur.Idle)
			if err != nil {
				return err
			}
			next.TurnSeq++
			done = append(done, fmt.Sprintf("(%d, %d, %d, %d, '%s')", next.TurnSeq, cur.Partition, cur.Upto, cur.Mark, idle))
		}
		cur = &t
	}
	next.Turn = cur
	if len(done) == 0 {
		return nil
	}
	return q.c.Exec(ctx, fmt.Sprintf("INSERT INTO %s VALUES %s", q.st.table("turns"), strings.Join(done, ", ")))
}

// loadTurns reads what saveTurns wrote; none when the first ones are gone.
func loadTurns(ctx context.Context, st *state, ck checkpoint) ([]turn, error) {
	var out []turn
	first := int64(1)
	err := st.c.Each(ctx, fmt.Sprintf("SELECT seq, partition, upto, mark, idle FROM %s ORDER BY seq", st.table("turns")), func(b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			t := turn{Partition: b.Column(1).(*array.Int32).Value(i), Upto: b.Column(2).(*array.Int64).Value(i), Mark: b.Column(3).(*array.Int64).Value(i)}
			if err := json.Unmarshal([]byte(b.Column(4).(*array.String).Value(i)), &t.Idle); err != nil {
				return maru.Errorf(maru.Corrupt, "turns of %s: %v", st.path, err)
			}
			if len(out) == 0 {
				first = b.Column(0).(*array.Int64).Value(i)
			}
			out = append(out, t)
		}
		return nil
	})
	if err != nil || first > 1 {
		return nil, err
	}
	if ck.Turn != nil {
		out = append(out, *ck.Turn)
	}
	return out, nil
}

// replayRound reads the next of the old view's turns and commits.
func (q *Query) replayRound(ctx context.Context) error {
	from := q.w.mark
	b := &batch{}
	defer b.release()
	for len(q.replay) > 0 && b.bytes < replayBytes {
		t := q.replay[0]
		if t.Partition == clockTurn {
			for id, g := range q.w.parts {
				g.idle = slices.Contains(t.Idle, id)
			}
			q.w.advance()
			q.w.mark = max(q.w.mark, t.Mark)
			q.took(t)
		} else if err := q.readTurn(ctx, b, t); err != nil {
			return err
		}
		q.replay = q.replay[1:]
	}
	q.dec.flush(b)
	if err := q.commit(ctx, b, from); err != nil || len(q.replay) > 0 {
		return err
	}
	// From here on as always: every partition, from where the last turn left it.
	now := q.clock.Now()
	for id, g := range q.w.parts {
		g.quiet = now
		q.reader.Remove(id)
		q.reader.Add(id, g.next)
	}
	return nil
}

// readTurn reads one partition up to the turn's end.
func (q *Query) readTurn(ctx context.Context, b *batch, t turn) error {
	g := q.w.parts[t.Partition]
	if g == nil || g.next >= t.Upto {
		return nil // retention has taken it, or the topic has fewer partitions now
	}
	for _, id := range q.reader.Partitions() {
		if id != t.Partition {
			q.reader.Remove(id)
		}
	}
	if !slices.Contains(q.reader.Partitions(), t.Partition) {
		q.reader.Add(t.Partition, g.next)
	}
	for g.next < t.Upto {
		chunks, err := q.reader.Poll(ctx)
		var gone *kafka.OutOfRange
		if errors.As(err, &gone) {
			return q.outOfRange(err)
		}
		if err != nil {
			return err
		}
		for i := range chunks {
			if chunks[i].Partition != t.Partition {
				continue
			}
			if err := q.dec.chunk(b, &chunks[i], q.w, g, t.Upto); err != nil {
				return fmt.Errorf("topic %s partition %d offset %d: %w", q.topic.Name, t.Partition, g.next, err)
			}
			g.behind = chunks[i].HighWatermark - g.next
		}
	}
	// What the reader holds beyond the turn's end belongs to a later one.
	q.reader.Remove(t.Partition)
	q.took(turn{Partition: t.Partition, Upto: g.next})
	return nil
}

func (q *Query) outOfRange(err error) error {
	return maru.Errorf(maru.Conflict, "%w. `maru stream reset %s --from-retained` makes the view anew from what the topic still holds", err, q.spec.Plan.Name)
}

// forgetTurns keeps the newest turnsMax.
func (r *runner) forgetTurns(ctx context.Context) error {
	return r.exec(ctx, "DELETE FROM %s WHERE seq < (SELECT max(seq) - %d FROM %[1]s)", r.st.table("turns"), turnsMax)
}
