package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// build makes a batch out of JSON rows.
func build(t testing.TB, schema *arrow.Schema, rows string) arrow.RecordBatch {
	t.Helper()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestLargeCellsAreCutAndReadWhole(t *testing.T) {
	schema := schemaOf(field("text", arrow.BinaryTypes.String), field("blob", arrow.BinaryTypes.Binary),
		field("list", arrow.ListOf(arrow.BinaryTypes.String)), field("n", arrow.PrimitiveTypes.Int64))
	long := strings.Repeat("가", 10<<20/3)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for n := range 20 {
		b.Field(0).(*array.StringBuilder).Append(long)
		b.Field(1).(*array.BinaryBuilder).Append([]byte{0xff, 0x00})
		b.Field(2).(*array.ListBuilder).Append(true)
		b.Field(2).(*array.ListBuilder).ValueBuilder().(*array.StringBuilder).Append(long[:100_000*(n%2)])
		b.Field(3).(*array.Int64Builder).Append(int64(n))
	}
	s := open(t, Config{})
	r := start(t, s, schema, b.NewRecordBatch())
	if st := r.Status(); st.State != Done || st.Rows != 20 {
		t.Fatalf("status %+v", st)
	}
	rows := window(t, r, Window{Limit: 20, Sort: []Key{{"n", true}}})
	defer rows.Batch.Release()
	if len(rows.Cut) != 30 || rows.Cut[0] != (CutCell{Row: 0, Column: 0, Bytes: len(long)}) {
		t.Errorf("cut: %v", rows.Cut)
	}
	cut := rows.Batch.Column(0).(*array.String).Value(3)
	if len(cut) > CellBytesMax || len(cut) < CellBytesMax-4 || !utf8.ValidString(cut) {
		t.Errorf("cut to %d bytes, valid: %v", len(cut), utf8.ValidString(cut))
	}
	if lists := rows.Batch.Column(2); !lists.IsNull(0) || lists.IsNull(1) {
		t.Error("the list that is too large should be NULL, the other not")
	}
	cell, err := r.Cell(t.Context(), rows.Numbers[3], "text")
	if err != nil || string(cell.Bytes) != long {
		t.Errorf("the whole cell has %d bytes, %v", len(cell.Bytes), err)
	}
	if cell, err = r.Cell(t.Context(), 1, "list"); err != nil || len(cell.Bytes) < 99_000 || cell.Bytes[0] != '[' {
		t.Errorf("the whole list has %d bytes, %v", len(cell.Bytes), err)
	}
	if cell, err = r.Cell(t.Context(), 1, "blob"); err != nil || !bytes.Equal(cell.Bytes, []byte{0xff, 0}) {
		t.Errorf("the blob is %x, %v", cell.Bytes, err)
	}
	if _, err := r.Window(t.Context(), Window{Limit: 20, CellBytesMax: 64 << 20}); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("a window of 200 MB: %v", err)
	}
	// A whole reading in order stays within batches of about 16 MiB.
	rd, err := r.Reader(t.Context(), Order{Sort: []Key{{"n", true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	rec, err := rd.Next()
	if err != nil || rec.NumRows() > 2 || rec.Column(0).(*array.String).Value(0) != long {
		t.Errorf("the first batch has %d rows, %v", rec.NumRows(), err)
	}
}

func TestFiveThousandColumns(t *testing.T) {
	fields := make([]arrow.Field, 5000)
	for i := range fields {
		fields[i] = field(fmt.Sprintf("c%d", i), arrow.PrimitiveTypes.Int64)
	}
	schema := schemaOf(fields...)
	cols := make([]arrow.Array, len(fields))
	const rows = 3000
	for i := range cols {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		for n := range rows {
			b.Append(int64(n * i))
		}
		cols[i] = b.NewArray()
	}
	s := open(t, Config{})
	r := start(t, s, schema, array.NewRecordBatch(schema, cols, rows))
	got := texts(t, window(t, r, Window{Offset: 2000, Limit: 1, Columns: []string{"c4999", "c0", "#7"}, Sort: []Key{{"c1", true}}}))
	if len(got) != 1 || strings.Join(got[0], " ") != fmt.Sprint(999*4999, " 0 ", 999*7) {
		t.Errorf("window %v", got)
	}
	all := window(t, r, Window{Limit: 200})
	if all.Batch.NumCols() != 5000 || all.Batch.NumRows() != 200 {
		t.Errorf("%d × %d", all.Batch.NumRows(), all.Batch.NumCols())
	}
	all.Batch.Release()
	if _, err := r.Window(t.Context(), Window{Limit: 3000}); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("15 M cells: %v", err)
	}
	more := schemaOf(append(fields, field("one more", arrow.Null))...)
	if st := start(t, s, more).Status(); maru.KindOf(st.Err) != maru.TooLarge {
		t.Errorf("5,001 columns: %+v", st.Err)
	}
}

func TestOddShapes(t *testing.T) {
	s := open(t, Config{})
	t.Run("no columns", func(t *testing.T) {
		none := schemaOf()
		r := start(t, s, none, array.NewRecordBatch(none, nil, 5), array.NewRecordBatch(none, nil, 6))
		rows := window(t, r, Window{Limit: 100})
		if rows.Total != 11 || rows.Batch.NumRows() != 11 {
			t.Errorf("%d rows, %d in the window", rows.Total, rows.Batch.NumRows())
		}
	})
	t.Run("no rows", func(t *testing.T) {
		r := start(t, s, oneInt)
		rows := window(t, r, Window{Limit: 100, Sort: []Key{{"n", false}}, Filter: []Cond{{Column: "n", Op: Equal, Value: "1"}}})
		if rows.Total != 0 || rows.Batch.NumCols() != 1 {
			t.Errorf("%d rows", rows.Total)
		}
		if p, err := r.Profile(t.Context(), "n"); err != nil || p.Rows != 0 || p.Distinct != 0 || p.Min != "" || len(p.Bins) != 0 {
			t.Errorf("profile %+v, %v", p, err)
		}
		rd, err := r.Reader(t.Context(), Order{})
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		if _, err := rd.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	})
	t.Run("names", func(t *testing.T) {
		schema := schemaOf(field("", arrow.PrimitiveTypes.Int64), field("a", arrow.PrimitiveTypes.Int64), field("a", arrow.PrimitiveTypes.Int64),
			field("#0", arrow.PrimitiveTypes.Int64), field("\"';<script>\x00", arrow.PrimitiveTypes.Int64))
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := range 5 {
			b.Field(i).(*array.Int64Builder).Append(int64(i))
		}
		r := start(t, s, schema, b.NewRecordBatch())
		got := texts(t, window(t, r, Window{Limit: 1, Columns: []string{"", "a", "#2", "#0", "\"';<script>\x00"}}))
		if strings.Join(got[0], "") != "01234" {
			t.Errorf("%v", got)
		}
		for _, name := range []string{"A", "#5", "#-1", "b"} {
			if _, err := r.Window(t.Context(), Window{Columns: []string{name}}); maru.KindOf(err) != maru.Invalid {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

func TestOddTypes(t *testing.T) {
	s := open(t, Config{})
	t.Run("nulls and fixed sizes", func(t *testing.T) {
		schema := schemaOf(field("fixed", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)), field("null", arrow.Null),
			field("deep", arrow.ListOf(arrow.StructOf(field("e", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String})))),
			field("uuid", &arrow.FixedSizeBinaryType{ByteWidth: 4}))
		row := `{"fixed":[1,2],"null":null,"deep":[{"e":"x"},{"e":null}],"uuid":"AAECAw=="}`
		r := start(t, s, schema, build(t, schema, "["+row+"]"), build(t, schema, "["+row+`,{"fixed":null,"null":null,"deep":null,"uuid":null}]`))
		for col, want := range map[string]string{"fixed": "[1,2]", "deep": `[{"e":"x"},{"e":null}]`} {
			cell, err := r.Cell(t.Context(), 1, col)
			if err != nil || string(cell.Bytes) != want {
				t.Errorf("%s: %s, %v", col, cell.Bytes, err)
			}
		}
		rows := window(t, r, Window{Limit: 9, Sort: []Key{{"deep", true}, {"null", false}}, Filter: []Cond{{Column: "uuid", Op: Equal, Value: `\x00010203`}}})
		if rows.Total != 2 {
			t.Errorf("total %d", rows.Total)
		}
	})
	t.Run("a union", func(t *testing.T) {
		rec := unionBatch(t)
		r := start(t, s, rec.Schema(), rec, rec)
		for row, want := range []string{"7", `"x"`, "7", `"x"`} {
			if cell, err := r.Cell(t.Context(), int64(row), "u"); err != nil || string(cell.Bytes) != want {
				t.Errorf("row %d: %s, %v; %+v", row, cell.Bytes, err, r.Status())
			}
		}
		if got := texts(t, window(t, r, Window{Limit: 1, Sort: []Key{{"u", true}}})); got[0][0] != "7" {
			t.Errorf("the greatest is %v", got)
		}
	})
}

func unionBatch(t *testing.T) arrow.RecordBatch {
	t.Helper()
	ints, strs := build(t, oneInt, `[{"n":7},{"n":null}]`).Column(0), build(t, schemaOf(field("s", arrow.BinaryTypes.String)), `[{"s":null},{"s":"x"}]`).Column(0)
	ids := array.NewInt8Builder(memory.DefaultAllocator)
	ids.AppendValues([]int8{0, 1}, nil)
	u, err := array.NewSparseUnionFromArraysWithFields(ids.NewArray(), []arrow.Array{ints, strs}, []string{"i", "s"})
	if err != nil {
		t.Fatal(err)
	}
	return array.NewRecordBatch(schemaOf(field("u", u.DataType())), []arrow.Array{u}, 2)
}

func TestValuesThatAreWrongAreExplained(t *testing.T) {
	schema, recs, _ := randomTable(newRand(7), 10)
	r := start(t, open(t, Config{}), schema, recs...)
	for _, c := range []struct{ column, op, value, words string }{
		{"int64", "=", "3.5", `"3.5" is not a whole number that 64 bits can hold (the column's type is int64)`},
		{"uint64", "=", "-1", "a whole number from 0"},
		{"float64", "<", "much", `"much" is not a number`},
		{"decimal128", "<", "1e3", "a number"},
		{"timestamp", ">", "yesterday", "a time like 2026-11-23 09:30:00"},
		{"date", ">", "23.11.2026", "a date like 2026-11-23"},
		{"time", ">", "25:00", "a time of day like"},
		{"bool", "=", "maybe", "true or false"},
		{"interval", "=", "a while", "an interval like"},
		{"blob", "=", `\xf`, "pairs of hexadecimal digits"},
		{"int64", "~", "1", "there is no comparison"},
		{"nope", "=", "1", `no column "nope"`},
	} {
		_, err := r.Window(t.Context(), Window{Filter: []Cond{{Column: c.column, Op: Op(c.op), Value: c.value}}})
		if maru.KindOf(err) != maru.Invalid || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s %s %s: %v", c.column, c.op, c.value, err)
		}
	}
	for _, w := range []Window{{Limit: WindowRowsMax + 1}, {Offset: -1}, {Limit: -1}, {Sort: make([]Key, KeysMax+1)}, {Filter: make([]Cond, CondsMax+1)}} {
		if _, err := r.Window(t.Context(), w); maru.KindOf(err) != maru.Invalid {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

func TestFiltersOfText(t *testing.T) {
	schema := schemaOf(field("s", arrow.BinaryTypes.String), field("at", arrow.FixedWidthTypes.Timestamp_us), field("d", &arrow.Decimal128Type{Precision: 9, Scale: 2}))
	r := start(t, open(t, Config{}), schema, build(t, schema, `[{"s":"GET /Orders","at":"2026-11-23T09:00:00Z","d":"1.00"},
		{"s":"Ärger","at":"2026-11-23T10:00:00.5Z","d":"-1.50"},{"s":null,"at":null,"d":null},{"s":"","at":"1969-12-31T23:59:59Z","d":"2.25"}]`))
	for _, c := range []struct {
		cond Cond
		want string
	}{
		{Cond{Column: "s", Op: Contains, Value: "orders"}, "[0]"},
		{Cond{Column: "s", Op: Contains, Value: "äRG"}, "[1]"},
		{Cond{Column: "s", Op: Contains, Value: ""}, "[0 1 3]"},
		{Cond{Column: "s", Op: StartsWith, Value: "GET"}, "[0]"},
		{Cond{Column: "s", Op: StartsWith, Value: "get"}, "[]"},
		{Cond{Column: "s", Op: Equal, Value: ""}, "[3]"},
		{Cond{Column: "s", Op: "≠", Value: ""}, "[0 1]"},
		{Cond{Column: "s", Op: "IS  NULL"}, "[2]"},
		{Cond{Column: "s", Op: In, Values: []string{"", "Ärger"}}, "[1 3]"},
		{Cond{Column: "s", Op: In}, "[]"},
		{Cond{Column: "at", Op: Contains, Value: "-11-"}, "[0 1]"},
		{Cond{Column: "at", Op: GreaterEq, Value: "2026-11-23T19:00:00+09:00"}, "[1]"},
		{Cond{Column: "at", Op: Less, Value: "1970-01-01"}, "[3]"},
		{Cond{Column: "d", Op: Greater, Value: "0.999"}, "[0 3]"},
		{Cond{Column: "d", Op: Greater, Value: "1.001"}, "[3]"},
		{Cond{Column: "d", Op: Equal, Value: "1.001"}, "[]"},
		{Cond{Column: "d", Op: Less, Value: "-1.499"}, "[1]"},
		{Cond{Column: "d", Op: Less, Value: "99999999999999999999999999999999999999999999"}, "[0 1 3]"},
		{Cond{Column: "d", Op: In, Values: []string{"1", "2.25"}}, "[0 3]"},
	} {
		rows := window(t, r, Window{Limit: 10, Filter: []Cond{c.cond}})
		rows.Batch.Release()
		if got := fmt.Sprint(rows.Numbers); got != c.want {
			t.Errorf("%+v: %s, want %s", c.cond, got, c.want)
		}
	}
}

func TestASortIsKeptAndSharedAndGivenUp(t *testing.T) {
	s := open(t, Config{})
	r := start(t, s, oneInt, numbers(0, 100_000))
	for range viewsPerResult + 2 {
		rows := window(t, r, Window{Limit: 1, Sort: []Key{{"n", true}}})
		rows.Batch.Release()
	}
	for n := range viewsPerResult + 2 {
		rows := window(t, r, Window{Limit: 1, Filter: []Cond{{Column: "n", Op: Greater, Value: fmt.Sprint(n)}}})
		rows.Batch.Release()
	}
	s.mu.Lock()
	if n := len(s.views.kept); n != viewsPerResult {
		t.Errorf("%d views are kept", n)
	}
	s.mu.Unlock()
	s.sorts <- struct{}{} // nobody can compute now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	for range 2 {
		go func() {
			_, err := r.Window(ctx, Window{Limit: 1, Sort: []Key{{"n", false}}})
			ended <- err
		}()
	}
	for len(r.Status().Work) == 0 { // until they wait
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	if w := r.Status().Work; len(w) != 1 || !slices.Equal(w[0].Sort, []string{"n"}) || w[0].Filter {
		t.Errorf("work %+v", w)
	}
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	<-s.sorts
	if w := r.Status().Work; len(w) != 0 {
		t.Errorf("work after all have gone: %+v", w)
	}
	if err := s.Remove(r.ID()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.views.bytes != 0 || len(s.views.kept) != 0 {
		t.Errorf("views of a dropped result: %d bytes", s.views.bytes)
	}
}

func TestReaderInOrder(t *testing.T) {
	r := start(t, open(t, Config{}), oneInt, numbers(0, 20_000))
	rd, err := r.Reader(t.Context(), Order{Columns: []string{"n", "n"}, Sort: []Key{{"n", true}}, Filter: []Cond{{Column: "n", Op: Less, Value: "10000"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	want := int64(9999)
	for {
		rec, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range rec.Column(1).(*array.Int64).Int64Values() {
			if v != want {
				t.Fatalf("%d, want %d", v, want)
			}
			want--
		}
		rec.Release()
	}
	if want != -1 {
		t.Errorf("ended before %d", want)
	}
}
