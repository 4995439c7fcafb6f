package spool

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	godiff "github.com/google/go-cmp/cmp"
)

// plainCell is a cell as the test's own model has it: nil for NULL, or a number, or bytes.
type plainCell any

// maker makes random cells of one type, in Arrow and in the model.
type maker struct {
	t    arrow.DataType
	add  func(r *rand.Rand, b array.Builder) plainCell
	text func(plainCell) string // as a person would write it in a filter; nil: not compared
}

func intText(v plainCell) string { return v.(*big.Int).String() }

func bytesText(v plainCell) string { return string(v.([]byte)) }

func small(r *rand.Rand) int64 {
	switch r.IntN(10) {
	case 0:
		return math.MaxInt8
	case 1:
		return math.MinInt8
	}
	return int64(r.IntN(20)) - 10
}

func big64(r *rand.Rand) int64 {
	switch r.IntN(8) {
	case 0:
		return math.MaxInt64
	case 1:
		return math.MinInt64
	case 2:
		return r.Int64() - r.Int64()
	}
	return small(r)
}

func randomText(r *rand.Rand) []byte {
	parts := []string{"", "a", "B", "common prefix ", "\x00", "가나", "é", "Zz", "0123456789abcdef"}
	var s string
	for range r.IntN(5) {
		s += parts[r.IntN(len(parts))]
	}
	return []byte(s)
}

// scaled is a decimal as a filter says it.
func scaled(v plainCell, scale int) string {
	return string(appendDecimal(nil, v.(*big.Int), int32(scale)))
}

var makers = map[string]maker{
	"int8": {arrow.PrimitiveTypes.Int8, func(r *rand.Rand, b array.Builder) plainCell {
		v := small(r)
		b.(*array.Int8Builder).Append(int8(v))
		return big.NewInt(v)
	}, intText},
	"int64": {arrow.PrimitiveTypes.Int64, func(r *rand.Rand, b array.Builder) plainCell {
		v := big64(r)
		b.(*array.Int64Builder).Append(v)
		return big.NewInt(v)
	}, intText},
	"uint64": {arrow.PrimitiveTypes.Uint64, func(r *rand.Rand, b array.Builder) plainCell {
		v := uint64(big64(r))
		b.(*array.Uint64Builder).Append(v)
		return new(big.Int).SetUint64(v)
	}, intText},
	"uint16": {arrow.PrimitiveTypes.Uint16, func(r *rand.Rand, b array.Builder) plainCell {
		v := uint16(r.IntN(1 << 16))
		b.(*array.Uint16Builder).Append(v)
		return big.NewInt(int64(v))
	}, intText},
	"float64": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand, b array.Builder) plainCell {
		v := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1.5, -1.5, r.NormFloat64()}[r.IntN(8)]
		b.(*array.Float64Builder).Append(v)
		return v
	}, func(v plainCell) string { return fmt.Sprint(v) }},
	"float32": {arrow.PrimitiveTypes.Float32, func(r *rand.Rand, b array.Builder) plainCell {
		v := float32(r.IntN(10)) / 10
		b.(*array.Float32Builder).Append(v)
		return float64(v)
	}, func(v plainCell) string { return fmt.Sprint(float32(v.(float64))) }},
	"decimal128": {&arrow.Decimal128Type{Precision: 38, Scale: 4}, func(r *rand.Rand, b array.Builder) plainCell {
		v := new(big.Int).Mul(big.NewInt(big64(r)), big.NewInt(int64(r.IntN(3))*1_000_000))
		v.Add(v, big.NewInt(small(r)))
		b.(*array.Decimal128Builder).Append(decimal128.FromBigInt(v))
		return v
	}, func(v plainCell) string { return scaled(v, 4) }},
	"decimal256": {&arrow.Decimal256Type{Precision: 60, Scale: 0}, func(r *rand.Rand, b array.Builder) plainCell {
		v := new(big.Int).Mul(big.NewInt(big64(r)), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.IntN(40))), nil))
		b.(*array.Decimal256Builder).Append(decimal256.FromBigInt(v))
		return v
	}, intText},
	"timestamp": {arrow.FixedWidthTypes.Timestamp_us, func(r *rand.Rand, b array.Builder) plainCell {
		v := int64(r.IntN(50))*500_000 - 10_000_000
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(v))
		return big.NewInt(v)
	}, func(v plainCell) string {
		return unixTime(v.(*big.Int).Int64(), arrow.Microsecond).Format(timestampLayout)
	}},
	"date": {arrow.FixedWidthTypes.Date32, func(r *rand.Rand, b array.Builder) plainCell {
		v := small(r)
		b.(*array.Date32Builder).Append(arrow.Date32(v))
		return big.NewInt(v)
	}, func(v plainCell) string { return unixTime(v.(*big.Int).Int64()*86400, arrow.Second).Format(dateLayout) }},
	"time": {arrow.FixedWidthTypes.Time64us, func(r *rand.Rand, b array.Builder) plainCell {
		v := r.Int64N(86400e6)
		b.(*array.Time64Builder).Append(arrow.Time64(v))
		return big.NewInt(v)
	}, func(v plainCell) string {
		return unixTime(v.(*big.Int).Int64(), arrow.Microsecond).Format("15:04:05.999999")
	}},
	"bool": {arrow.FixedWidthTypes.Boolean, func(r *rand.Rand, b array.Builder) plainCell {
		v := r.IntN(2)
		b.(*array.BooleanBuilder).Append(v == 1)
		return big.NewInt(int64(v))
	}, intText},
	"interval": {arrow.FixedWidthTypes.MonthDayNanoInterval, func(r *rand.Rand, b array.Builder) plainCell {
		v := arrow.MonthDayNanoInterval{Months: int32(r.IntN(5)) - 2, Days: int32(r.IntN(70)) - 35, Nanoseconds: int64(r.IntN(3)-1) * 86400e9}
		b.(*array.MonthDayNanoIntervalBuilder).Append(v)
		days := big.NewInt(int64(v.Months)*30 + int64(v.Days))
		return days.Mul(days, big.NewInt(86400e9)).Add(days, big.NewInt(v.Nanoseconds))
	}, func(v plainCell) string {
		days := new(big.Int).Quo(v.(*big.Int), big.NewInt(86400e9))
		return days.String() + " days"
	}},
	"text": {arrow.BinaryTypes.String, func(r *rand.Rand, b array.Builder) plainCell {
		v := randomText(r)
		b.(*array.StringBuilder).Append(string(v))
		return v
	}, bytesText},
	"large text": {arrow.BinaryTypes.LargeString, func(r *rand.Rand, b array.Builder) plainCell {
		v := randomText(r)
		b.(*array.LargeStringBuilder).Append(string(v))
		return v
	}, bytesText},
	"text view": {arrow.BinaryTypes.StringView, func(r *rand.Rand, b array.Builder) plainCell {
		v := randomText(r)
		b.(*array.StringViewBuilder).Append(string(v))
		return v
	}, bytesText},
	"blob": {arrow.BinaryTypes.Binary, func(r *rand.Rand, b array.Builder) plainCell {
		v := randomText(r)
		b.(*array.BinaryBuilder).Append(v)
		return v
	}, func(v plainCell) string { return string(appendHex(nil, v.([]byte))) }},
	"enum": {&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, func(r *rand.Rand, b array.Builder) plainCell {
		v := []string{"small", "medium", "large"}[r.IntN(3)]
		if err := b.(*array.BinaryDictionaryBuilder).AppendString(v); err != nil {
			panic(err)
		}
		return []byte(v)
	}, bytesText},
	"list": {arrow.ListOf(arrow.PrimitiveTypes.Int32), func(r *rand.Rand, b array.Builder) plainCell {
		lb := b.(*array.ListBuilder)
		lb.Append(true)
		var words []string
		for range r.IntN(4) {
			v := small(r)
			lb.ValueBuilder().(*array.Int32Builder).Append(int32(v))
			words = append(words, fmt.Sprint(v))
		}
		return []byte("[" + strings.Join(words, ",") + "]")
	}, bytesText},
	"struct": {arrow.StructOf(field("a", arrow.PrimitiveTypes.Int64), field("b", arrow.BinaryTypes.String)), func(r *rand.Rand, b array.Builder) plainCell {
		sb := b.(*array.StructBuilder)
		sb.Append(true)
		v := small(r)
		sb.FieldBuilder(0).(*array.Int64Builder).Append(v)
		if v < 0 {
			sb.FieldBuilder(1).AppendNull()
			return fmt.Appendf(nil, `{"a":%d,"b":null}`, v)
		}
		sb.FieldBuilder(1).(*array.StringBuilder).Append("x")
		return fmt.Appendf(nil, `{"a":%d,"b":"x"}`, v)
	}, bytesText},
	"map": {arrow.MapOf(arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean), func(r *rand.Rand, b array.Builder) plainCell {
		mb := b.(*array.MapBuilder)
		mb.Append(true)
		if r.IntN(2) == 0 {
			return []byte("{}")
		}
		mb.KeyBuilder().(*array.StringBuilder).Append("k")
		mb.ItemBuilder().(*array.BooleanBuilder).Append(true)
		return []byte(`{"k":true}`)
	}, bytesText},
}

// compareCells is the model's order of cells that are not NULL; NaN is after all.
func compareCells(a, b plainCell) int {
	switch a := a.(type) {
	case *big.Int:
		return a.Cmp(b.(*big.Int))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	}
	x, y := a.(float64), b.(float64)
	if x < y {
		return -1
	}
	if x > y {
		return 1
	}
	return 0
}

func isNaN(v plainCell) bool { f, ok := v.(float64); return ok && f != f }

func rank(v plainCell) int {
	switch {
	case v == nil:
		return 2
	case isNaN(v):
		return 1
	}
	return 0
}

// model is a result in plain Go.
type model struct {
	names []string
	rows  [][]plainCell
}

func (m *model) sorted(keys []Key, pass func(row []plainCell) bool) []int64 {
	out := []int64{}
	for i, row := range m.rows {
		if pass(row) {
			out = append(out, int64(i))
		}
	}
	slices.SortStableFunc(out, func(i, j int64) int {
		for _, k := range keys {
			col := slices.Index(m.names, k.Column)
			a, b := m.rows[i][col], m.rows[j][col]
			if order := cmp.Compare(rank(a), rank(b)); order != 0 {
				return order
			}
			if rank(a) > 0 {
				continue
			}
			order := compareCells(a, b)
			if k.Desc {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return out
}

// pass is a condition in the model.
func (m *model) pass(c Cond, v plainCell, row []plainCell) bool {
	cell := row[slices.Index(m.names, c.Column)]
	if c.Op == IsNull || cell == nil {
		return c.Op == IsNull && cell == nil
	}
	if isNaN(cell) || isNaN(v) {
		same := isNaN(cell) && isNaN(v)
		return c.Op == IsNotNull || (c.Op == Equal || c.Op == In) && same || c.Op == NotEqual && !same
	}
	order := 0
	if c.Op != IsNotNull {
		order = compareCells(cell, v)
	}
	switch c.Op {
	case IsNotNull:
		return true
	case Equal, In:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessEq:
		return order <= 0
	case Greater:
		return order > 0
	}
	return order >= 0
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func randomTable(r *rand.Rand, rows int) (*arrow.Schema, []arrow.RecordBatch, *model) {
	m := &model{rows: make([][]plainCell, rows)}
	var fields []arrow.Field
	for name := range makers {
		m.names = append(m.names, name)
	}
	slices.Sort(m.names)
	for _, name := range m.names {
		fields = append(fields, field(name, makers[name].t))
	}
	schema := schemaOf(fields...)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	var recs []arrow.RecordBatch
	for i := range rows {
		for c, name := range m.names {
			if r.IntN(6) == 0 {
				b.Field(c).AppendNull()
				m.rows[i] = append(m.rows[i], nil)
				continue
			}
			m.rows[i] = append(m.rows[i], makers[name].add(r, b.Field(c)))
		}
		if r.IntN(700) == 0 {
			recs = append(recs, b.NewRecordBatch())
		}
	}
	// A slice with an offset: batches need not begin where their buffers do.
	last := b.NewRecordBatch()
	half := last.NumRows() / 2
	return schema, append(recs, last.NewSlice(0, half), last.NewSlice(half, last.NumRows())), m
}

func TestWindowsAreWhatPlainGoWouldGive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := newRand(seed)
	schema, recs, m := randomTable(r, 3000)
	s := open(t, Config{})
	res := start(t, s, schema, recs...)
	if st := res.Status(); st.State != Done || st.Rows != int64(len(m.rows)) {
		t.Fatalf("status %+v", st)
	}
	ops := []Op{Equal, NotEqual, Less, LessEq, Greater, GreaterEq, In, IsNull, IsNotNull}
	for round := range 120 {
		var keys []Key
		for range r.IntN(3) {
			keys = append(keys, Key{m.names[r.IntN(len(m.names))], r.IntN(2) == 0})
		}
		if round < 2*len(m.names) { // every type in both directions
			keys = []Key{{m.names[round/2], round%2 == 0}}
		}
		cond, value := randomCond(r, m, ops)
		conds := []Cond{cond}
		pass := func(row []plainCell) bool { return m.pass(cond, value, row) }
		if round%3 == 0 {
			conds, pass = nil, func([]plainCell) bool { return true }
		}
		want := m.sorted(keys, pass)
		offset := r.IntN(len(want) + 1)
		rows := window(t, res, Window{Offset: int64(offset), Limit: 5000, Sort: keys, Filter: conds, Columns: m.names})
		end := min(len(want), offset+5000)
		if d := godiff.Diff(want[offset:end], rows.Numbers); d != "" || rows.Total != int64(len(want)) {
			t.Fatalf("sort %v, filter %v: total %d, want %d\n%.2000s", keys, conds, rows.Total, len(want), d)
		}
		checkCells(t, m, rows)
	}
}

func randomCond(r *rand.Rand, m *model, ops []Op) (Cond, plainCell) {
	for {
		col := r.IntN(len(m.names))
		name := m.names[col]
		v := m.rows[r.IntN(len(m.rows))][col]
		if v == nil {
			continue
		}
		c := Cond{Column: name, Op: ops[r.IntN(len(ops))]}
		text := makers[name].text(v)
		if name == "interval" { // its text says whole days
			days := new(big.Int).Quo(v.(*big.Int), big.NewInt(86400e9))
			v = days.Mul(days, big.NewInt(86400e9))
		}
		if c.Op == In {
			c.Values = []string{text, text}
		} else {
			c.Value = text
		}
		return c, v
	}
}

// checkCells compares the cells of a window with the model's.
func checkCells(t *testing.T, m *model, rows *Rows) {
	t.Helper()
	defer rows.Batch.Release()
	for c, name := range m.names {
		arr := rows.Batch.Column(c)
		k, w := kindOf(arr.DataType())
		reader := cells{column: column{field: arrow.Field{Type: arr.DataType()}, kind: k, width: w}}
		for i, row := range rows.Numbers[:min(300, len(rows.Numbers))] {
			want := m.rows[row][c]
			if arr.IsNull(i) != (want == nil) {
				t.Fatalf("%s, row %d: NULL is %v", name, row, arr.IsNull(i))
			}
			if want == nil || makers[name].text == nil || name == "interval" || name == "bool" || strings.HasPrefix(name, "float") {
				continue
			}
			got := string(appendArrayText(nil, arr, i))
			if k != kindNested {
				ch := chunk{vals: arr.Data().Buffers()[1].Bytes()}
				if k == kindVar && arr.Data().Buffers()[2] != nil {
					ch.data = arr.Data().Buffers()[2].Bytes()
				}
				got = strings.TrimSuffix(string(reader.appendText(nil, &ch, i)), "+00")
			}
			if want := makers[name].text(want); got != want {
				t.Fatalf("%s, row %d: %q, want %q", name, row, got, want)
			}
		}
	}
}
