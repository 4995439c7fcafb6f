package dashboard

import (
	"context"
	"math"
	"slices"
	"time"

	"maru/spec"
)

const day = 24 * time.Hour

// band is what is usual at each time of x: most of the earlier days were from
// low to high. NaN where too few days say anything.
type band struct {
	x         []int64
	low, high []float64
}

// usual is p10–p90 of what the tile showed at the same hour (half an hour
// before to half an hour after) of the usualDays days before.
//
// It costs the tile's statement once for each of these days, over its range
// with up to an hour more at both ends, or, when the range is a day or longer,
// once over all of them. The ranges begin and end at whole hours and are over,
// so each is executed once an hour however often the page asks.
func (a *asked) usual(ctx context.Context, t spec.Tile, asked span, shown *table) *band {
	if t.Chart.Series != "" && !t.Chart.Stack {
		return nil // of which series?
	}
	x := firstTimes(shown, t.Chart.X)
	if len(x) == 0 {
		return nil
	}
	half := max(30*time.Minute, asked.step/2-time.Millisecond)
	edge := max(time.Hour, asked.step)
	around := span{asked.from.Add(-half).Truncate(edge), asked.to.Add(half).Truncate(edge).Add(edge), asked.step}
	var days []dayPoint
	if asked.to.Sub(asked.from) >= day {
		all := around.back(day)
		all.from = all.from.Add(-(usualDays - 1) * day)
		for _, p := range a.earlier(ctx, t, all) {
			for k := 1; k <= usualDays; k++ {
				days = append(days, dayPoint{p.ms + int64(k)*day.Milliseconds(), k, p.value})
			}
		}
	} else {
		for k := 1; k <= usualDays; k++ {
			for _, p := range a.earlier(ctx, t, around.back(time.Duration(k)*day)) {
				days = append(days, dayPoint{p.ms + int64(k)*day.Milliseconds(), k, p.value})
			}
		}
	}
	return bandOf(x, days, half.Milliseconds())
}

// earlier is the tile's numbers in one of the ranges; none if there is
// anything wrong, or too much of it.
func (a *asked) earlier(ctx context.Context, t spec.Tile, s span) []point {
	st, err := bind(t.SQL, s, a.filters)
	if err != nil {
		return nil
	}
	st.points, st.x = true, t.Chart.X
	if len(t.Chart.Y) > 0 {
		st.y = t.Chart.Y[0]
	}
	got, _, _, err := a.d.cache.get(ctx, st, a.now)
	switch {
	case err != nil:
		a.d.needs.Log.Debug("dashboard: nothing to call usual", "tile", t.ID, "error", err)
		return nil
	case got.truncated:
		return nil
	}
	return got.points
}

// firstTimes are the different times of a column, or of the first that has
// times, in order.
func firstTimes(t *table, name string) []int64 {
	for _, c := range t.columns {
		if c.kind == kindTime && (name == "" || c.name == name) {
			x := slices.Compact(slices.Sorted(slices.Values(c.times)))
			return slices.DeleteFunc(x, func(ms int64) bool { return ms == noTime })
		}
	}
	return nil
}

// dayPoint is a number of k days ago, with its time moved to today.
type dayPoint struct {
	ms    int64
	k     int
	value float64
}

// bandOf looks at the points within half of each x. nil: nowhere are there
// enough days.
func bandOf(x []int64, days []dayPoint, half int64) *band {
	slices.SortFunc(days, func(a, b dayPoint) int {
		switch {
		case a.ms < b.ms:
			return -1
		case a.ms > b.ms:
			return 1
		}
		return 0
	})
	out := &band{x: x, low: make([]float64, len(x)), high: make([]float64, len(x))}
	any := false
	first, values := 0, []float64{}
	for i, ms := range x {
		for first < len(days) && days[first].ms < ms-half {
			first++
		}
		values = values[:0]
		var from [usualDays + 1]bool
		for _, p := range days[first:] {
			if p.ms > ms+half {
				break
			}
			values = append(values, p.value)
			from[p.k] = true
		}
		n := 0
		for _, has := range from {
			if has {
				n++
			}
		}
		if n < usualDaysMin {
			out.low[i], out.high[i] = math.NaN(), math.NaN()
			continue
		}
		any = true
		slices.Sort(values)
		out.low[i], out.high[i] = quantile(values, 0.1), quantile(values, 0.9)
	}
	if !any {
		return nil
	}
	return out
}

// quantile of sorted values, between two of them in proportion.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
