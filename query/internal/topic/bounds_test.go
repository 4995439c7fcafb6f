package topic

import (
	"math"
	"testing"

	"maru"
	"maru/query/internal/wire"
)

func is(column string, op wire.Op, values ...int64) wire.Filter {
	f := wire.Filter{Column: column, Op: op}
	for _, v := range values {
		f.Values = append(f.Values, wire.Value{Type: maru.BigInt, Int: v})
	}
	return f
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		filters   []wire.Filter
		low, high int64
		since     int64
		exact     bool
	}{
		{"none", nil, 0, math.MaxInt64, -1, true},
		{"a range", []wire.Filter{is(Offset, wire.GreaterEq, 5), is(Offset, wire.Less, 9)}, 5, 9, -1, true},
		{"an open range", []wire.Filter{is(Offset, wire.Greater, 5), is(Offset, wire.LessEq, 9)}, 6, 10, -1, true},
		{"one", []wire.Filter{is(Offset, wire.Equal, 7)}, 7, 8, -1, true},
		{"some", []wire.Filter{is(Offset, wire.In, 9, 3, 7)}, 3, 10, -1, true},
		{"the last", []wire.Filter{is(Offset, wire.Greater, math.MaxInt64)}, math.MaxInt64, math.MaxInt64, -1, true},
		{"since", []wire.Filter{is(Timestamp, wire.Greater, 5_999)}, 0, math.MaxInt64, 5, true},
		{"until", []wire.Filter{is(Timestamp, wire.Less, 5_000)}, 0, math.MaxInt64, -1, true},
		{"before 1970", []wire.Filter{is(Timestamp, wire.Greater, -5_000_000)}, 0, math.MaxInt64, -1, true},
		{"another column", []wire.Filter{is("status", wire.Equal, 500), is(Offset, wire.Less, 9)}, 0, 9, -1, false},
		{"not null", []wire.Filter{{Column: Offset, Op: wire.IsNotNull}}, 0, math.MaxInt64, -1, true},
	} {
		b := boundsOf(tt.filters)
		if b.low != tt.low || b.high != tt.high || b.since != tt.since || b.exact != tt.exact {
			t.Errorf("%s: %d to %d, since %d, exact %v", tt.name, b.low, b.high, b.since, b.exact)
		}
	}
}

func TestPasses(t *testing.T) {
	for _, tt := range []struct {
		f         wire.Filter
		partition int32
		offset    int64
		ms        int64
		want      bool
	}{
		{is(Partition, wire.Equal, 1), 1, 0, 0, true},
		{is(Partition, wire.Equal, 1), 2, 0, 0, false},
		{is(Partition, wire.In, 1, 3), 3, 0, 0, true},
		{is(Partition, wire.In, 1, 3), 2, 0, 0, false},
		{is(Offset, wire.Less, 5), 0, 5, 0, false},
		{is(Offset, wire.LessEq, 5), 0, 5, 0, true},
		{is(Offset, wire.Greater, 5), 0, 5, 0, false},
		{is(Offset, wire.GreaterEq, 5), 0, 5, 0, true},
		{is(Timestamp, wire.Equal, 5_000), 0, 0, 5, true},
		{is(Timestamp, wire.Less, 5_001), 0, 0, 5, true},
		{is(Timestamp, wire.Greater, 5_001), 0, 0, 5, false},
		{wire.Filter{Column: Offset, Op: wire.IsNull}, 0, 0, 0, false},
		{wire.Filter{Column: Offset, Op: wire.IsNotNull}, 0, 0, 0, true},
		{wire.Filter{Column: Offset, Op: wire.Less, Values: []wire.Value{{Type: maru.Double, Float: 4.5}}}, 0, 4, 0, true},
		{wire.Filter{Column: Offset, Op: wire.Less, Values: []wire.Value{{Type: maru.Double, Float: 4.5}}}, 0, 5, 0, false},
		{wire.Filter{Column: Offset, Op: "no such"}, 0, 5, 0, true},
	} {
		b := boundsOf([]wire.Filter{tt.f})
		if got := b.passes(tt.partition, tt.offset, tt.ms); got != tt.want {
			t.Errorf("%s of %d, %d, %d: %v", tt.f, tt.partition, tt.offset, tt.ms, got)
		}
	}
}
