//go:build duckdb_arrow

package engine

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestBusy: what a stream has worked in the last seconds is a share of them,
// and no operator has more of it than the stream.
func TestBusy(t *testing.T) {
	t.Run("of a stream", func(t *testing.T) {
		w := newWorld(t, 1)
		w.define("total", "repeated")
		w.traffic(rand.New(rand.NewPCG(1, 1)), 0, 2000, 1)
		e := w.engine()
		defer e.Close()
		for _, name := range []string{"total", "repeated"} {
			s := w.caughtUp(e, name, 2000)
			if s.Busy <= 0 || s.Busy > 1 {
				t.Errorf("%s is busy to a share of %v", name, s.Busy)
			}
			var sum float64
			last := s.Operators[len(s.Operators)-1]
			if last.Busy == nil {
				t.Fatalf("%s: the last operator, %s, is not told apart", name, last.Kind)
			}
			for _, o := range s.Operators {
				if o.Busy != nil {
					sum += *o.Busy
				}
			}
			if sum <= 0 || sum > s.Busy {
				t.Errorf("%s: operators have %v of %v: %+v", name, sum, s.Busy, s.Operators)
			}
		}
	})
	begin := time.Unix(1000, 0)
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	for name, tc := range map[string]struct {
		ends []int // of batches of took each, in ms
		took time.Duration
		now  int
		want float64
	}{
		"nothing yet":                     {nil, 0, 5000, 0},
		"the first batch is not all time": {[]int{100}, 100 * time.Millisecond, 100, 0.1},
		"a tenth":                         {every(100, 20_000), 10 * time.Millisecond, 20_000, 0.1},
		"all":                             {every(500, 20_000), 500 * time.Millisecond, 20_000, 1},
		"a batch longer than the span":    {[]int{60_000}, time.Minute, 60_000, 1},
		"and some time after it":          {[]int{60_000}, time.Minute, 71_000, 0},
		"quiet again":                     {every(500, 10_000), 500 * time.Millisecond, 21_000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var u busy
			for _, ms := range tc.ends {
				u.add(at(ms), tc.took, []time.Duration{tc.took / 2})
			}
			total, ops := u.share(at(tc.now), 1)
			if math.Abs(total-tc.want) > 0.02 || math.Abs(ops[0]-tc.want/2) > 0.02 && tc.want < 1 {
				t.Errorf("busy %v, the operator %v, want %v", total, ops, tc.want)
			}
		})
	}
}

func every(ms, until int) (out []int) {
	for at := ms; at <= until; at += ms {
		out = append(out, at)
	}
	return out
}
