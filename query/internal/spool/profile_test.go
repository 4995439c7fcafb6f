package spool

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	godiff "github.com/google/go-cmp/cmp"
)

func profile(t testing.TB, r *Result, column string) *Profile {
	t.Helper()
	p, err := r.Profile(t.Context(), column)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProfileOfText(t *testing.T) {
	schema := schemaOf(field("s", arrow.BinaryTypes.String))
	r := start(t, open(t, Config{}), schema, build(t, schema, `[{"s":"나무"},{"s":"b"},{"s":null},{"s":"b"},{"s":""}]`))
	want := &Profile{
		Column: "s", Type: "utf8", Rows: 5, Nulls: 1, Distinct: 3, DistinctExact: true, Min: "", Max: "나무",
		Top: []Top{{"b", 2}, {"나무", 1}, {"", 1}}, TopExact: true, Lengths: &Length{Min: 0, Max: 2, Mean: 1},
	}
	if d := godiff.Diff(want, profile(t, r, "s")); d != "" {
		t.Error(d)
	}
}

func TestProfileOfNumbers(t *testing.T) {
	r := start(t, open(t, Config{}), oneInt, numbers(-50, 50), numbers(7, 8))
	p := profile(t, r, "n")
	if p.Min != "-50" || p.Max != "49" || p.Distinct != 100 || *p.Mean != (-50+7)/101.0 || p.Top[0] != (Top{"7", 2}) || len(p.Top) != TopMax {
		t.Errorf("%+v, mean %v", p, *p.Mean)
	}
	var rows int64
	for _, b := range p.Bins {
		rows += b.Rows
	}
	if len(p.Bins) > BinsMax || rows != 101 || p.Bins[0] != (Bin{"-50", "-47", 3}) {
		t.Errorf("%d rows in %v", rows, p.Bins)
	}
}

func TestProfileOfWhatIsHard(t *testing.T) {
	schema := schemaOf(field("f", arrow.PrimitiveTypes.Float64), field("at", arrow.FixedWidthTypes.Timestamp_us),
		field("d", &arrow.Decimal128Type{Precision: 38, Scale: 2}), field("one", arrow.PrimitiveTypes.Int64), field("nothing", arrow.Null),
		field("huge", arrow.PrimitiveTypes.Int64), field("list", arrow.ListOf(arrow.PrimitiveTypes.Int64)))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e308, 0.5}, nil)
	for i := range 6 {
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(i * 3600e6))
		if err := b.Field(2).(*array.Decimal128Builder).AppendValueFromString(fmt.Sprintf("-%d.25", i)); err != nil {
			t.Fatal(err)
		}
		b.Field(3).(*array.Int64Builder).Append(1)
		b.Field(4).AppendNull()
		b.Field(5).(*array.Int64Builder).Append([]int64{math.MinInt64, math.MaxInt64, 0, -1, 1, math.MaxInt64}[i])
		b.Field(6).(*array.ListBuilder).Append(true)
	}
	r := start(t, open(t, Config{}), schema, b.NewRecordBatch())
	for col, check := range map[string]func(p *Profile) bool{
		"f": func(p *Profile) bool {
			return p.NaNs == 1 && p.Min == "-Inf" && p.Max == "+Inf" && inBins(p) == 3 && p.Distinct == 6
		},
		"at": func(p *Profile) bool { return p.Max == "1970-01-01 05:00:00+00" && inBins(p) == 6 && p.Mean == nil },
		"d": func(p *Profile) bool {
			return p.Min == "-5.25" && p.Max == "-0.25" && *p.Mean == -2.75 && inBins(p) == 6
		},
		"one":     func(p *Profile) bool { return len(p.Bins) == 1 && inBins(p) == 6 },
		"nothing": func(p *Profile) bool { return p.Nulls == 6 && p.Distinct == 0 && len(p.Bins) == 0 && len(p.Top) == 0 },
		"huge":    func(p *Profile) bool { return inBins(p) == 6 && len(p.Bins) <= BinsMax },
		"list":    func(p *Profile) bool { return p.Distinct == 1 && p.Min == "" && p.Top[0] == (Top{"[]", 6}) },
	} {
		if p := profile(t, r, col); !check(p) {
			t.Errorf("%s: %+v", col, p)
		}
	}
}

func inBins(p *Profile) (n int64) {
	for _, b := range p.Bins {
		n += b.Rows
	}
	return n
}

func TestProfileEstimatesWhatIsMany(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, oneInt)
	defer b.Release()
	for n := range int64(300_000) {
		b.Field(0).(*array.Int64Builder).Append(n)
		if n%10 == 0 {
			b.Field(0).(*array.Int64Builder).Append(n % 120) // 12 values, 2,500 times each and once
		}
	}
	p := profile(t, start(t, open(t, Config{}), oneInt, b.NewRecordBatch()), "n")
	if p.DistinctExact || math.Abs(float64(p.Distinct)-300_000) > 300_000*0.04 {
		t.Errorf("distinct %d, exact %v", p.Distinct, p.DistinctExact)
	}
	if !p.TopExact || p.Top[9].Rows != 2501 {
		t.Errorf("top %v, exact %v", p.Top, p.TopExact)
	}
}
