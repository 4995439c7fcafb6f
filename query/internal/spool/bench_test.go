package spool

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// million is 1 M rows of 50 columns, five of which look like something.
func million(b *testing.B, s *Store) *Result {
	b.Helper()
	fields := []arrow.Field{
		field("int", arrow.PrimitiveTypes.Int64), field("text", arrow.BinaryTypes.String), field("prefixed", arrow.BinaryTypes.String),
		field("float", arrow.PrimitiveTypes.Float64), field("decimal", &arrow.Decimal128Type{Precision: 38, Scale: 4}), field("few", arrow.BinaryTypes.String),
	}
	for len(fields) < 50 {
		fields = append(fields, field(fmt.Sprintf("c%d", len(fields)), arrow.PrimitiveTypes.Int64))
	}
	schema := schemaOf(fields...)
	r := newRand(1)
	var recs []arrow.RecordBatch
	for range 100 {
		recs = append(recs, tenThousand(r, schema))
	}
	b.StartTimer()
	return start(b, s, schema, recs...)
}

func tenThousand(r *rand.Rand, schema *arrow.Schema) arrow.RecordBatch {
	rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer rb.Release()
	for range 10_000 {
		rb.Field(0).(*array.Int64Builder).Append(r.Int64())
		rb.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("%x", r.Uint64()))
		rb.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("https://example.com/orders/%07d", r.IntN(1e6)))
		rb.Field(3).(*array.Float64Builder).Append(r.NormFloat64())
		rb.Field(4).(*array.Decimal128Builder).Append(decimal128.FromI64(r.Int64N(1e6)))
		rb.Field(5).(*array.StringBuilder).Append([]string{"GET", "POST", "PUT"}[r.IntN(3)])
		for c := 6; c < 50; c++ {
			rb.Field(c).(*array.Int64Builder).Append(r.Int64N(1000))
		}
	}
	return rb.NewRecordBatch()
}

// forget drops the kept views, so that the next window computes its own.
func forget(s *Store, r *Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views.dropOf(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.profiles = nil
}

// BenchmarkMillion: go test -bench Million -benchtime 3x.
func BenchmarkMillion(b *testing.B) {
	s := open(b, Config{})
	var r *Result
	b.Run("spool", func(b *testing.B) {
		for range b.N {
			if r != nil {
				if err := s.Remove(r.ID()); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			r = million(b, s)
			b.SetBytes(r.Status().Bytes)
		}
	})
	for _, col := range []string{"int", "text", "prefixed", "float", "decimal", "few"} {
		b.Run("first sort/"+col, func(b *testing.B) {
			for range b.N {
				forget(s, r)
				window(b, r, Window{Limit: 200, Sort: []Key{{col, true}}}).Batch.Release()
			}
		})
		b.Run("profile/"+col, func(b *testing.B) {
			for range b.N {
				forget(s, r)
				profile(b, r, col)
			}
		})
	}
	b.Run("first sort/few, int", func(b *testing.B) {
		for range b.N {
			forget(s, r)
			window(b, r, Window{Limit: 200, Sort: []Key{{"few", true}, {"int", false}}}).Batch.Release()
		}
	})
	for name, cond := range map[string]Cond{"equal": {Column: "int", Op: Greater, Value: "0"}, "contains": {Column: "text", Op: Contains, Value: "BAD"}} {
		b.Run("filter/"+name, func(b *testing.B) {
			for range b.N {
				forget(s, r)
				window(b, r, Window{Limit: 200, Filter: []Cond{cond}}).Batch.Release()
			}
		})
	}
	for name, w := range map[string]Window{
		"unsorted, 50 columns": {Limit: 200}, "unsorted, 10 columns": {Limit: 200, Columns: []string{"int", "text", "few", "c7", "c8", "c9", "c10", "c11", "c12", "c13"}},
		"sorted, 50 columns": {Limit: 200, Sort: []Key{{"int", false}}},
	} {
		window(b, r, w).Batch.Release()
		b.Run("window of 200/"+name, func(b *testing.B) {
			rnd := newRand(2)
			for range b.N {
				w.Offset = rnd.Int64N(999_000)
				window(b, r, w).Batch.Release()
			}
		})
	}
	b.Run("read all", func(b *testing.B) {
		for range b.N {
			rd, err := r.Reader(b.Context(), Order{})
			if err != nil {
				b.Fatal(err)
			}
			if n, _ := drain(rd); n != 1_000_000 {
				b.Fatal(n)
			}
			rd.Close()
		}
	})
}

// BenchmarkLimits: the longest and the widest result.
func BenchmarkLimits(b *testing.B) {
	s := open(b, Config{})
	rnd := newRand(3)
	var recs []arrow.RecordBatch
	for range 100 {
		rb := array.NewRecordBuilder(memory.DefaultAllocator, oneInt)
		for range 100_000 {
			rb.Field(0).(*array.Int64Builder).Append(rnd.Int64())
		}
		recs = append(recs, rb.NewRecordBatch())
	}
	long := start(b, s, oneInt, recs...)
	b.Run("first sort of 10 M", func(b *testing.B) {
		for range b.N {
			forget(s, long)
			window(b, long, Window{Limit: 200, Sort: []Key{{"n", true}}}).Batch.Release()
		}
	})
	fields, cols := make([]arrow.Field, 5000), make([]arrow.Array, 5000)
	for i := range fields {
		fields[i], cols[i] = field(fmt.Sprint(i), arrow.PrimitiveTypes.Int64), array.NewSlice(recs[0].Column(0), int64(i), int64(i)+20_000)
	}
	schema := schemaOf(fields...)
	wide := start(b, s, schema, array.NewRecordBatch(schema, cols, 20_000))
	for name, w := range map[string]Window{
		"200 × 5,000": {Limit: 200}, "200 × 30 of 5,000, sorted": {Limit: 200, Sort: []Key{{"7", false}}},
	} {
		if w.Sort != nil {
			for i := range 30 {
				w.Columns = append(w.Columns, fmt.Sprint(100*i))
			}
		}
		window(b, wide, w).Batch.Release()
		b.Run("window of "+name, func(b *testing.B) {
			for range b.N {
				w.Offset = rnd.Int64N(19_800)
				window(b, wide, w).Batch.Release()
			}
		})
	}
}
