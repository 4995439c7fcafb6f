package engine

import (
	"time"

	"maru/stream/internal/plan"
)

// The span over which a query's busy share is taken, in slots.
const (
	busySlots = 10
	busySlot  = time.Second
	busySpan  = busySlots * busySlot
)

// busy keeps how much of the last busySpan a query has worked, and its
// operators. Once a batch, so it costs nothing a row.
type busy struct {
	began time.Time
	slots [busySlots]busyTime
}

// busyTime is the work of one slot.
type busyTime struct {
	n     int64 // slots since began
	total time.Duration
	ops   []time.Duration
}

// add counts a batch that has just ended. One that took longer than the span
// fills it.
func (u *busy) add(now time.Time, took time.Duration, ops []time.Duration) {
	if u.began.IsZero() {
		u.began = now.Add(-took)
	}
	part := min(1, float64(busySpan)/float64(max(took, 1)))
	n := int64(now.Sub(u.began) / busySlot)
	s := &u.slots[n%busySlots]
	if s.n != n || len(s.ops) != len(ops) {
		*s = busyTime{n: n, ops: make([]time.Duration, len(ops))}
	}
	s.total += time.Duration(part * float64(took))
	for i, d := range ops {
		s.ops[i] += time.Duration(part * float64(d))
	}
}

// share is how much of the span before now was work, 0 to 1, and that of each
// of n operators.
func (u *busy) share(now time.Time, n int) (total float64, ops []float64) {
	ops = make([]float64, n)
	if u.began.IsZero() {
		return 0, ops
	}
	since := now.Sub(u.began)
	last := int64(since / busySlot)
	// The oldest slot is whole, the newest one is not. A query that has just
	// begun is not called busy for its first batch.
	wall := min(max(since, busySlot), (busySlots-1)*busySlot+since%busySlot)
	part := func(d time.Duration) float64 { return min(1, float64(d)/float64(wall)) }
	var all time.Duration
	each := make([]time.Duration, n)
	for i := range u.slots {
		s := &u.slots[i]
		if s.n <= last-busySlots {
			continue
		}
		all += s.total
		for j := range min(n, len(s.ops)) {
			each[j] += s.ops[j]
		}
	}
	for i, d := range each {
		ops[i] = part(d)
	}
	return part(all), ops
}

// OperatorStatus is one operator of the plan, in its order.
type OperatorStatus struct {
	Kind      string   `json:"kind"`           // map, over or aggregate
	Busy      *float64 `json:"busy,omitempty"` // share of 1; nil: done within the statement of the next
	StateRows int64    `json:"state_rows"`     // that wait in memory or are remembered there
}

// operators says how busy each is. A map is part of the statement of what
// follows it; only the last one has a statement of its own, which writes the view.
func (r *runner) operators(shares []float64) []OperatorStatus {
	out := make([]OperatorStatus, len(r.p.Ops))
	for i, op := range r.p.Ops {
		o := OperatorStatus{Kind: kindOf(op), StateRows: r.held[i].rows}
		if op.Map == nil || i == len(r.p.Ops)-1 {
			o.Busy = &shares[i]
		}
		out[i] = o
	}
	return out
}

func kindOf(op plan.Op) string {
	switch {
	case op.Over != nil:
		return "over"
	case op.Agg != nil:
		return "aggregate"
	}
	return "map"
}
