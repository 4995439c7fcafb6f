package topic

import (
	"cmp"
	"math"

	"maru"
	"maru/query/internal/wire"
)

// bounds is the part of a topic that can hold rows that pass the filters.
type bounds struct {
	filters []wire.Filter // those on _partition, _offset and _timestamp
	exact   bool          // they are all the filters there are
	low     int64         // offsets from low …
	high    int64         // … to below high
	since   int64         // milliseconds: no record before is wanted; -1 = all are
}

func boundsOf(filters []wire.Filter) bounds {
	b := bounds{exact: true, low: 0, high: math.MaxInt64, since: -1}
	for _, f := range filters {
		if f.Column != Partition && f.Column != Offset && f.Column != Timestamp {
			b.exact = false
			continue
		}
		b.filters = append(b.filters, f)
		switch f.Column {
		case Offset:
			b.offsets(f)
		case Timestamp:
			b.times(f)
		}
	}
	return b
}

// offsets narrows low and high by one filter.
func (b *bounds) offsets(f wire.Filter) {
	if len(f.Values) == 0 {
		return
	}
	v := f.Values[0].Int
	least, most := v, v
	for _, x := range f.Values {
		least, most = min(least, x.Int), max(most, x.Int)
	}
	switch f.Op {
	case wire.Equal, wire.In:
		b.low, b.high = max(b.low, least), min(b.high, after(most))
	case wire.GreaterEq:
		b.low = max(b.low, v)
	case wire.Greater:
		b.low = max(b.low, after(v))
	case wire.Less:
		b.high = min(b.high, v)
	case wire.LessEq:
		b.high = min(b.high, after(v))
	}
}

func after(v int64) int64 {
	if v == math.MaxInt64 {
		return v
	}
	return v + 1
}

// times narrows since. There is no such bound at the other end: a record that
// is later in the partition may be earlier in time.
func (b *bounds) times(f wire.Filter) {
	switch f.Op {
	case wire.Equal, wire.Greater, wire.GreaterEq:
		b.since = max(b.since, f.Values[0].Int/1000)
	}
}

// passes says whether a record passes the filters on what every record has.
func (b *bounds) passes(partition int32, offset, ms int64) bool {
	for i := range b.filters {
		f := &b.filters[i]
		v := ms * 1000
		switch f.Column {
		case Partition:
			v = int64(partition)
		case Offset:
			v = offset
		}
		if !holds(f, v) {
			return false
		}
	}
	return true
}

// wants says whether a partition can hold a row at all.
func (b *bounds) wants(partition int32) bool {
	for i := range b.filters {
		if b.filters[i].Column == Partition && !holds(&b.filters[i], int64(partition)) {
			return false
		}
	}
	return true
}

// holds applies a filter to a number that is never NULL. What cannot be decided
// here holds: the statement decides it again.
func holds(f *wire.Filter, v int64) bool {
	compare := func(x wire.Value) int {
		if x.Type == maru.Double {
			return cmp.Compare(float64(v), x.Float)
		}
		return cmp.Compare(v, x.Int)
	}
	switch f.Op {
	case wire.IsNull:
		return false
	case wire.IsNotNull:
		return true
	case wire.In:
		for _, x := range f.Values {
			if compare(x) == 0 {
				return true
			}
		}
		return false
	}
	if len(f.Values) != 1 {
		return true
	}
	c := compare(f.Values[0])
	switch f.Op {
	case wire.Equal:
		return c == 0
	case wire.Less:
		return c < 0
	case wire.LessEq:
		return c <= 0
	case wire.Greater:
		return c > 0
	case wire.GreaterEq:
		return c >= 0
	}
	return true
}
