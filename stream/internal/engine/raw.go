package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/duck"
	"maru/stream/internal/plan"
)

// rawTable holds what a batch brings; the view In(0) over it gives every
// column that the operators may name. What a plan or a batch does not need is a
// constant in the view and never copied: half of a batch's cost was columns
// that nobody read.
const rawTable = "__raw"

// raw says which of a row's own facts a batch brings as columns.
type raw struct {
	time  bool // event time is no column of the value
	place bool // partition and offset
	mark  bool // the watermark by which the row is judged
	stamp bool // time of append
}

// needs of a batch: early rows must be found again by their place.
func (d *decoder) needs(first plan.Op, early bool) raw {
	place := early || first.Agg == nil
	stamp := false
	for _, name := range d.p.Pseudo {
		place = place || name == "_partition" || name == "_offset"
		stamp = stamp || name == "_timestamp"
	}
	return raw{time: d.timeCol < 0, place: place, mark: early, stamp: stamp}
}

var stampType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

// schema of the raw table.
func (d *decoder) schema(n raw) *arrow.Schema {
	var fields []arrow.Field
	if d.typed() {
		fields = append(fields, d.rows.Schema().Fields()...)
	}
	add := func(ok bool, name string, dt arrow.DataType) {
		if ok {
			fields = append(fields, arrow.Field{Name: name, Type: dt, Nullable: true})
		}
	}
	add(d.key, "_key", arrow.BinaryTypes.String)
	add(d.value, "_value", arrow.BinaryTypes.String)
	add(n.time, plan.TimeCol, stampType)
	add(n.place, plan.PartitionCol, arrow.PrimitiveTypes.Int32)
	add(n.place, plan.OffsetCol, arrow.PrimitiveTypes.Int64)
	add(n.mark, plan.MarkCol, stampType)
	add(n.stamp, "_timestamp", stampType)
	return arrow.NewSchema(fields, nil)
}

// records makes Arrow batches of b, which gives its columns away.
func (d *decoder) records(b *batch, n raw, schema *arrow.Schema) []arrow.RecordBatch {
	recs := make([]arrow.RecordBatch, 0, len(b.parts))
	for _, s := range b.parts {
		cols := s.columns
		if n.time {
			cols = append(cols, int64s(stampType, s.times))
		}
		if n.place {
			cols = append(cols, int32s(s.parts), int64s(arrow.PrimitiveTypes.Int64, s.offsets))
		}
		if n.mark {
			cols = append(cols, int64s(stampType, clamp(s.marks)))
		}
		if n.stamp {
			cols = append(cols, int64s(stampType, s.stamps))
		}
		recs = append(recs, array.NewRecordBatch(schema, cols, int64(len(s.times))))
		for _, c := range cols {
			c.Release()
		}
	}
	b.parts = nil
	return recs
}

// view is SQL for In(0) over the raw table.
func (d *decoder) view(n raw) string {
	var cols []string
	if d.typed() {
		for _, c := range d.p.Used {
			cols = append(cols, maru.Quote(c.Name))
		}
	}
	or := func(ok bool, name, constant string) string {
		if ok {
			return name
		}
		return constant + " AS " + name
	}
	for _, name := range d.p.Pseudo {
		switch name {
		case "_partition":
			cols = append(cols, plan.PartitionCol+" AS _partition")
		case "_offset":
			cols = append(cols, plan.OffsetCol+" AS _offset")
		default:
			cols = append(cols, name)
		}
	}
	at := plan.TimeCol
	if !n.time {
		at = maru.Quote(d.p.Source.Time) + " AS " + plan.TimeCol
	}
	cols = append(cols, at, or(n.place, plan.PartitionCol, "0::INTEGER"), or(n.place, plan.OffsetCol, "0::BIGINT"), or(n.mark, plan.MarkCol, stamp(noTime)))
	return fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT %s FROM %s", plan.In(0), strings.Join(cols, ", "), rawTable)
}

// loadRows fills the raw table with a batch (nil: makes it, empty).
func (q *Query) loadRows(ctx context.Context, b *batch) error {
	early := b != nil && len(b.early) > 0
	n := q.dec.needs(q.r.stateful(), early)
	schema := q.dec.schema(n)
	var recs []arrow.RecordBatch
	if b != nil {
		recs = q.dec.records(b, n, schema)
	}
	if err := q.c.Load(ctx, rawTable, duck.NewBatches(schema, recs...)); err != nil {
		return err
	}
	if q.raw != nil && *q.raw == n {
		return nil
	}
	q.raw = &n
	return q.c.Exec(ctx, q.dec.view(n))
}

// stateful is the first operator that keeps state; none (a zero Op) when all are maps.
func (r *runner) stateful() plan.Op {
	if i := r.firstStateful(); i >= 0 {
		return r.p.Ops[i]
	}
	return plan.Op{}
}
