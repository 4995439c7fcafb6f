package encode_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"maru/web/encode"
)

// batches is a Source of what it holds, then of err or io.EOF.
type batches struct {
	schema *arrow.Schema
	recs   []arrow.RecordBatch
	err    error
}

func (b *batches) Schema() *arrow.Schema { return b.schema }
func (b *batches) Next() (arrow.RecordBatch, error) {
	if len(b.recs) == 0 {
		if b.err != nil {
			return nil, b.err
		}
		return nil, io.EOF
	}
	rec := b.recs[0]
	b.recs = b.recs[1:]
	return rec, nil
}

func of(rec arrow.RecordBatch) *batches {
	return &batches{schema: rec.Schema(), recs: []arrow.RecordBatch{rec}}
}

// fromJSON builds a batch of one column from Arrow's JSON form of values.
func fromJSON(t *testing.T, dt arrow.DataType, values string) arrow.RecordBatch {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, dt, strings.NewReader(values))
	if err != nil {
		t.Fatal(err)
	}
	return oneColumn(arrow.Field{Name: "v", Type: dt, Nullable: true}, arr)
}

func oneColumn(f arrow.Field, arr arrow.Array) arrow.RecordBatch {
	return array.NewRecordBatch(arrow.NewSchema([]arrow.Field{f}, nil), []arrow.Array{arr}, int64(arr.Len()))
}

func TestValues(t *testing.T) {
	micros, nanos := arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Timestamp_ns
	naive := &arrow.TimestampType{Unit: arrow.Millisecond}
	point := arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "n", Type: arrow.BinaryTypes.String, Nullable: true})
	for _, c := range []struct {
		name   string
		typ    arrow.DataType
		values string
		json   []string
		text   []string
	}{
		{"bool", arrow.FixedWidthTypes.Boolean, `[true,false,null]`, []string{"true", "false", "null"}, []string{"true", "false", ""}},
		{"int64", arrow.PrimitiveTypes.Int64, `[9223372036854775807,-9223372036854775808]`, []string{"9223372036854775807", "-9223372036854775808"}, nil},
		{"uint64", arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, []string{"18446744073709551615"}, nil},
		{"int8", arrow.PrimitiveTypes.Int8, `[-128,127]`, []string{"-128", "127"}, nil},
		{"double", arrow.PrimitiveTypes.Float64, `[0.1,1e21,1e-7,-0.0,123456789]`, []string{"0.1", "1e+21", "1e-07", "-0", "123456789"}, nil},
		{"float", arrow.PrimitiveTypes.Float32, `[0.1]`, []string{"0.1"}, nil},
		{"text", arrow.BinaryTypes.String, `["a\"b\\c\n\u0001","한글","",null," x"]`, []string{`"a\"b\\c\n\u0001"`, `"한글"`, `""`, "null", `" x"`},
			[]string{"a\"b\\c\n\x01", "한글", "", "", " x"}},
		{"text view", arrow.BinaryTypes.StringView, `["long enough to be out of line",null]`, []string{`"long enough to be out of line"`, "null"}, nil},
		{"blob", arrow.BinaryTypes.Binary, `["AP8="]`, []string{`"\\x00ff"`}, []string{`\x00ff`}},
		{"instant", micros, `["2026-01-05 09:00:00.150000Z","1969-12-31 23:59:59.999999Z","2026-01-05 09:00:00Z"]`,
			[]string{`"2026-01-05T09:00:00.15Z"`, `"1969-12-31T23:59:59.999999Z"`, `"2026-01-05T09:00:00Z"`}, []string{"2026-01-05T09:00:00.15Z", "1969-12-31T23:59:59.999999Z", "2026-01-05T09:00:00Z"}},
		{"nanoseconds", nanos, `["2026-01-05 09:00:00.000000001Z"]`, []string{`"2026-01-05T09:00:00.000000001Z"`}, nil},
		{"without zone", naive, `["2026-01-05 09:00:00.120"]`, []string{`"2026-01-05T09:00:00.12"`}, nil},
		{"date", arrow.FixedWidthTypes.Date32, `["2026-01-05","0005-03-01"]`, []string{`"2026-01-05"`, `"0005-03-01"`}, nil},
		{"time", arrow.FixedWidthTypes.Time64us, `["23:59:59.5"]`, []string{`"23:59:59.5"`}, nil},
		{"list", arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[1,null,3],[],null]`, []string{"[1,null,3]", "[]", "null"}, []string{"[1,null,3]", "[]", ""}},
		{"fixed list", arrow.FixedSizeListOf(2, arrow.BinaryTypes.String), `[["a","b"]]`, []string{`["a","b"]`}, nil},
		{"struct", point, `[{"x":1,"n":"a\"b"},{"x":null,"n":null},null]`, []string{`{"x":1,"n":"a\"b"}`, `{"x":null,"n":null}`, "null"}, nil},
		{"list of struct", arrow.ListOf(point), `[[{"x":1,"n":"a"}]]`, []string{`[{"x":1,"n":"a"}]`}, nil},
		{"map", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[[{"key":"a","value":1},{"key":"b","value":null}]]`, []string{`{"a":1,"b":null}`}, nil},
		{"map by number", arrow.MapOf(arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int64), `[[{"key":1,"value":2}]]`, []string{`[[1,2]]`}, nil},
		{"decimal", &arrow.Decimal128Type{Precision: 38, Scale: 4}, `["-0.0001","12345678901234567890123456789012.3456","7"]`,
			[]string{"-0.0001", "12345678901234567890123456789012.3456", "7.0000"}, nil},
		{"huge", &arrow.Decimal128Type{Precision: 38}, `["99999999999999999999999999999999999999","-5"]`, []string{"99999999999999999999999999999999999999", "-5"}, nil},
		{"enum", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, `["GET","PUT",null,"GET"]`,
			[]string{`"GET"`, `"PUT"`, "null", `"GET"`}, nil},
		{"null", arrow.Null, `[null]`, []string{"null"}, []string{""}},
		{"duration", arrow.FixedWidthTypes.Duration_ms, `["3723500ms","0ms"]`, []string{`"PT1H2M3.5S"`, `"PT0S"`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := fromJSON(t, c.typ, c.values)
			cell := encode.Cells(rec)[0]
			for i, want := range c.json {
				got := string(cell.JSON([]byte("x"), i))
				if got != "x"+want {
					t.Errorf("row %d: JSON %s, want %s", i, got[1:], want)
				}
				if !json.Valid([]byte(want)) {
					t.Errorf("row %d: %s is not JSON", i, want)
				}
			}
			for i, want := range c.text {
				if cell.Null(i) {
					continue
				}
				if got := string(cell.Text(nil, i)); got != want {
					t.Errorf("row %d: text %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestSlicedBatch(t *testing.T) {
	rec := fromJSON(t, arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[1],[2,3],null,[4]]`).NewSlice(1, 4)
	var out bytes.Buffer
	if err := encode.NDJSON(&out, of(rec)); err != nil {
		t.Fatal(err)
	}
	if want := "{\"v\":[2,3]}\n{\"v\":null}\n{\"v\":[4]}\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestSpecialValues(t *testing.T) {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1.5}, nil)
	cell := encode.Cells(oneColumn(arrow.Field{Name: "v", Type: arrow.PrimitiveTypes.Float64}, b.NewArray()))[0]
	for i, want := range []string{`"NaN"`, `"Infinity"`, `"-Infinity"`, "1.5"} {
		if got := string(cell.JSON([]byte("[1,"), i)); got != "[1,"+want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	ts := array.NewTimestampBuilder(memory.DefaultAllocator, arrow.FixedWidthTypes.Timestamp_us.(*arrow.TimestampType))
	far := time.Date(12345, 1, 2, 3, 4, 5, 0, time.UTC).UnixMicro()
	ts.AppendValues([]arrow.Timestamp{math.MaxInt64, -math.MaxInt64, arrow.Timestamp(far)}, nil)
	cell = encode.Cells(oneColumn(arrow.Field{Name: "v", Type: arrow.FixedWidthTypes.Timestamp_us}, ts.NewArray()))[0]
	for i, want := range []string{"infinity", "-infinity", "+12345-01-02T03:04:05Z"} {
		if got := string(cell.Text(nil, i)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestExtensions(t *testing.T) {
	text := func(values ...string) arrow.Array {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.AppendValues(values, nil)
		return b.NewArray()
	}
	bytes16 := func(v []byte) arrow.Array {
		b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 16})
		b.Append(v)
		return b.NewArray()
	}
	field := func(name, meta string, dt arrow.DataType) arrow.Field {
		return arrow.Field{Name: "v", Type: dt, Metadata: arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{name, meta})}
	}
	minusTwo := append([]byte{0xfe}, bytes.Repeat([]byte{0xff}, 15)...)
	for _, c := range []struct {
		field arrow.Field
		arr   arrow.Array
		want  string
	}{
		{field("arrow.json", "", arrow.BinaryTypes.String), text("{\"a\": 1}"), `{"a": 1}`},
		{field("arrow.json", "", arrow.BinaryTypes.String), text("{\"a\":\n 1}"), `{"a":1}`},
		{field("arrow.json", "", arrow.BinaryTypes.String), text("no JSON\n"), `"no JSON\n"`},
		{field("arrow.uuid", "", &arrow.FixedSizeBinaryType{ByteWidth: 16}), bytes16([]byte("0123456789abcdef")), `"30313233-3435-3637-3839-616263646566"`},
		{field("arrow.opaque", `{"type_name":"hugeint"}`, &arrow.FixedSizeBinaryType{ByteWidth: 16}), bytes16(minusTwo), "-2"},
		{field("arrow.opaque", `{"type_name":"uhugeint"}`, &arrow.FixedSizeBinaryType{ByteWidth: 16}), bytes16(minusTwo), "340282366920938463463374607431768211454"},
		{field("", "", &arrow.FixedSizeBinaryType{ByteWidth: 16}), bytes16(make([]byte, 16)), `"\\x00000000000000000000000000000000"`},
	} {
		if got := string(encode.Cells(oneColumn(c.field, c.arr))[0].JSON(nil, 0)); got != c.want {
			t.Errorf("%v: %s, want %s", c.field, got, c.want)
		}
	}
}

// sample is a batch of several columns with awkward texts.
func sample(rows int) arrow.RecordBatch {
	s := arrow.NewSchema([]arrow.Field{{Name: "ts", Type: arrow.FixedWidthTypes.Timestamp_us}, {Name: "user", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "ms", Type: arrow.PrimitiveTypes.Float64}, {Name: "sum", Type: &arrow.Decimal128Type{Precision: 38, Scale: 2}}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	for i := range rows {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1767603600_000000 + int64(i)*1500))
		switch i % 5 {
		case 0:
			b.Field(1).AppendNull()
		case 1:
			b.Field(1).(*array.StringBuilder).Append("say \"hi\", ok\r\nbye")
		case 2:
			b.Field(1).(*array.StringBuilder).Append("")
		default:
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("사용자 %d", i))
		}
		b.Field(2).(*array.Int64Builder).Append(int64(i))
		b.Field(3).(*array.Float64Builder).Append(float64(i) / 8)
		b.Field(4).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(i) * 7))
	}
	return b.NewRecordBatch()
}

// TestJSONReads holds NDJSON and JSON against encoding/json.
func TestJSONReads(t *testing.T) {
	const n = 5000
	var lines, array bytes.Buffer
	if err := encode.NDJSON(&lines, of(sample(n))); err != nil {
		t.Fatal(err)
	}
	if err := encode.JSON(&array, of(sample(n))); err != nil {
		t.Fatal(err)
	}
	type row struct {
		TS   time.Time `json:"ts"`
		User *string   `json:"user"`
		N    int64     `json:"n"`
		MS   float64   `json:"ms"`
		Sum  json.Number
	}
	var all, fromLines []row
	if err := json.Unmarshal(array.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&lines)
	d.DisallowUnknownFields()
	for d.More() {
		var r row
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		fromLines = append(fromLines, r)
	}
	if diff := cmp.Diff(all, fromLines); diff != "" || len(all) != n {
		t.Fatalf("%d rows, %s", len(all), diff)
	}
	if r := all[1]; *r.User != "say \"hi\", ok\r\nbye" || r.N != 1 || r.MS != 0.125 || r.Sum != "0.07" || r.TS.UnixMicro() != 1767603600_001500 {
		t.Errorf("%+v", r)
	}
	if all[0].User != nil || all[2].User == nil {
		t.Error("NULL and empty are mixed up")
	}
}

// TestCSVReads holds CSV against encoding/csv.
func TestCSVReads(t *testing.T) {
	const n = 5000
	for _, style := range []encode.CSVStyle{{}, {Unix: true}, {BOM: true}} {
		var out bytes.Buffer
		if err := encode.CSV(&out, of(sample(n)), style); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if strings.HasPrefix(text, "\ufeff") != style.BOM {
			t.Error("byte order mark")
		}
		if got := strings.Contains(text, "user,n,ms,sum\r\n"); got == style.Unix {
			t.Errorf("line ends of %+v", style)
		}
		got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n+1 {
			t.Fatalf("%d lines", len(got))
		}
		// encoding/csv reads CR LF within quotes as LF.
		want := []string{"2026-01-05T09:00:00.0015Z", "say \"hi\", ok\nbye", "1", "0.125", "0.07"}
		if d := cmp.Diff(want, got[2]); d != "" {
			t.Error(d)
		}
		if !strings.Contains(text, ".003Z,\"\",2,") || !strings.Contains(text, "09:00:00Z,,0,") {
			t.Error("NULL and empty are mixed up")
		}
	}
}

// A spreadsheet runs what begins like a formula, in a cell or in a name.
func TestCSVSafe(t *testing.T) {
	arr, _, err := array.FromJSON(memory.DefaultAllocator, arrow.BinaryTypes.String, strings.NewReader(`["=1+1", "@x", "+1", "-2+3", "a=1", "", null]`))
	if err != nil {
		t.Fatal(err)
	}
	rec := oneColumn(arrow.Field{Name: "=cmd()", Type: arrow.BinaryTypes.String, Nullable: true}, arr)
	var out bytes.Buffer
	if err := encode.CSV(&out, of(rec), encode.CSVStyle{Safe: true, Unix: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("'=cmd()\n'=1+1\n'@x\n'+1\n'-2+3\na=1\n\"\"\n\n", out.String()); d != "" {
		t.Error(d)
	}
}

func TestArrowReads(t *testing.T) {
	var out bytes.Buffer
	if err := encode.Arrow(&out, of(sample(100))); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	rec, err := r.Read()
	if err != nil || !array.RecordEqual(rec, sample(100)) {
		t.Errorf("%v, %v", rec, err)
	}
}

func TestEmptyResults(t *testing.T) {
	for name, c := range map[string]struct {
		write func(io.Writer, encode.Source) error
		want  string
	}{
		"ndjson": {encode.NDJSON, ""},
		"json":   {encode.JSON, "[]\n"},
		"csv":    {func(w io.Writer, s encode.Source) error { return encode.CSV(w, s, encode.CSVStyle{}) }, "ts,user,n,ms,sum\r\n"},
	} {
		var out bytes.Buffer
		if err := c.write(&out, &batches{schema: sample(0).Schema()}); err != nil || out.String() != c.want {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
}

func TestEqualNames(t *testing.T) {
	if d := cmp.Diff([]string{"a", "a_2", "a_1", "b"}, encode.UniqueNames([]string{"a", "a", "a_1", "b"})); d != "" {
		t.Error(d)
	}
}

// TestErrorInTheMiddle holds that what came before the error is written.
func TestErrorInTheMiddle(t *testing.T) {
	stop := errors.New("stop")
	src := of(sample(3))
	src.err = stop
	var out bytes.Buffer
	if err := encode.NDJSON(&out, src); !errors.Is(err, stop) || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("%v, %q", err, out.String())
	}
}

// FuzzText holds that any bytes in a text column give valid JSON on one line
// and CSV that reads back.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\"", "\\", "\n", "\xff\xfe", "한", "\u2028", " x", "=1+1", "\x00", "a,b", "{\"a\":1}", "[1,\n2]", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.Append(s)
		arr := b.NewArray()
		for _, meta := range []arrow.Metadata{{}, arrow.NewMetadata([]string{"ARROW:extension:name"}, []string{"arrow.json"})} {
			rec := oneColumn(arrow.Field{Name: s, Type: arrow.BinaryTypes.String, Metadata: meta}, arr)
			var lines, table bytes.Buffer
			if err := encode.NDJSON(&lines, of(rec)); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(lines.Bytes()) || bytes.Count(lines.Bytes(), []byte("\n")) != 1 {
				t.Errorf("%q gave %q", s, lines.String())
			}
			if err := encode.CSV(&table, of(rec), encode.CSVStyle{NoNames: true}); err != nil {
				t.Fatal(err)
			}
			got, err := csv.NewReader(&table).ReadAll()
			if err != nil || len(got) != 1 || got[0][0] != strings.ReplaceAll(s, "\r\n", "\n") {
				t.Errorf("%q read back as %q, %v", s, got, err)
			}
		}
	})
}

func BenchmarkNDJSON(b *testing.B) {
	rec := sample(2000)
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			_ = encode.NDJSON(io.Discard, of(rec))
		}
		b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("MarshalJSON", func(b *testing.B) {
		for b.Loop() {
			_, _ = rec.MarshalJSON()
		}
		b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("csv", func(b *testing.B) {
		for b.Loop() {
			_ = encode.CSV(io.Discard, of(rec), encode.CSVStyle{})
		}
		b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds(), "rows/s")
	})
}
