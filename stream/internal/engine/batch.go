package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru/jsonrow"
	"maru/kafka"
	"maru/stream/internal/plan"
)

// recordRows is how many rows one Arrow batch has: small enough that both
// cores find work, large enough that a batch's own cost does not show.
const recordRows = 10_000

// Bounds of what is kept of a row that was refused.
const (
	refusedValueMax = 64 << 10
	refusedBatchMax = 10_000 // rows of one batch that are written down; all are counted
)

// refused is a row that is not in the main path: rejected, or perhaps late.
type refused struct {
	partition int32
	offset    int64
	time      int64 // event time (late) or append time (rejected), microseconds
	mark      int64
	reason    string
	value     string
}

// batch is a round of chunks as typed columns.
type batch struct {
	recs     []arrow.RecordBatch
	rows     int64
	bytes    int64
	rejected []refused
	nReject  int64
	early    []refused // rows older than the mark: the operators decide whether they are late
}

func (b *batch) release() {
	for _, r := range b.recs {
		r.Release()
	}
	b.recs = nil
}

// decoder turns records into the source's table: columns used, pseudo columns, hidden columns.
type decoder struct {
	p       *plan.Plan
	rows    *jsonrow.Decoder
	timeCol int // index in Used, -1: the record's own timestamp
	schema  *arrow.Schema
	times   []int64
	marks   []int64
	offsets []int64
	parts   []int32
	stamps  []int64
	keys    *array.StringBuilder
	texts   *array.StringBuilder
}

func newDecoder(p *plan.Plan) *decoder {
	d := &decoder{p: p, rows: jsonrow.NewDecoder(p.Used), timeCol: p.Used.Index(p.Source.Time)}
	if p.Source.Time == "" {
		d.timeCol = -1
	}
	fields := slices.Clone(d.rows.Schema().Fields())
	stamp := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	types := map[string]arrow.DataType{"_partition": arrow.PrimitiveTypes.Int32, "_offset": arrow.PrimitiveTypes.Int64, "_timestamp": stamp,
		"_key": arrow.BinaryTypes.String, "_value": arrow.BinaryTypes.String}
	for _, name := range p.Pseudo {
		fields = append(fields, arrow.Field{Name: name, Type: types[name], Nullable: true})
	}
	fields = append(fields, arrow.Field{Name: plan.TimeCol, Type: stamp}, arrow.Field{Name: plan.PartitionCol, Type: arrow.PrimitiveTypes.Int32},
		arrow.Field{Name: plan.OffsetCol, Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: plan.MarkCol, Type: stamp})
	d.schema = arrow.NewSchema(fields, nil)
	d.keys = array.NewStringBuilder(memory.DefaultAllocator)
	d.texts = array.NewStringBuilder(memory.DefaultAllocator)
	return d
}

// chunk decodes one partition's chunk into b; the water decides each row's mark.
// Records at or beyond upTo are left alone (upTo < 0: none are).
func (d *decoder) chunk(b *batch, c *kafka.Chunk, w *water, g *progress, upTo int64) error {
	it := kafka.NewIter(c.Raw, g.next)
	var r kafka.Record
	for {
		for it.Next(&r) {
			if upTo >= 0 && r.Offset >= upTo {
				return nil
			}
			b.bytes += int64(len(r.Value))
			d.record(b, c.Partition, &r, w, g)
			if d.rows.Len() >= recordRows {
				d.flush(b)
			}
		}
		if it.Err() == nil {
			break
		}
		bad := it.Err()
		b.reject(refused{partition: c.Partition, offset: it.NextOffset(), reason: bad.Error()})
		if !it.SkipCorrupt() {
			return bad
		}
	}
	g.next = max(g.next, c.NextOffset)
	return nil
}

func (b *batch) reject(r refused) {
	b.nReject++
	if len(b.rejected) < refusedBatchMax {
		b.rejected = append(b.rejected, r)
	}
}

func (d *decoder) record(b *batch, partition int32, r *kafka.Record, w *water, g *progress) {
	g.next = r.Offset + 1
	refuse := func(reason string) {
		b.reject(refused{partition: partition, offset: r.Offset, time: r.TimestampMs * 1000, reason: reason, value: clip(r.Value)})
	}
	if d.typed() {
		if err := d.rows.Append(r.Value); err != nil {
			refuse(err.Error())
			return
		}
	}
	t := r.TimestampMs * 1000
	if d.timeCol >= 0 {
		at, ok := d.rows.Micros(d.timeCol)
		if !ok {
			d.rows.Drop()
			refuse("no event time: " + d.p.Source.Time + " is missing or null")
			return
		}
		t = at
	}
	mark := w.row(partition, g, t)
	b.rows++
	d.times, d.marks = append(d.times, t), append(d.marks, mark)
	d.offsets, d.parts = append(d.offsets, r.Offset), append(d.parts, partition)
	for _, name := range d.p.Pseudo {
		switch name {
		case "_timestamp":
			d.stamps = append(d.stamps, r.TimestampMs*1000)
		case "_key":
			appendText(d.keys, r.Key)
		case "_value":
			appendText(d.texts, r.Value)
		}
	}
	if t < mark {
		b.early = append(b.early, refused{partition: partition, offset: r.Offset, time: t, mark: mark, value: clip(r.Value)})
	}
}

// typed says whether values are JSON objects; a topic without columns may hold anything.
func (d *decoder) typed() bool { return len(d.p.Source.Columns) > 0 }

func appendText(to *array.StringBuilder, b []byte) {
	switch {
	case b == nil:
		to.AppendNull()
	case utf8.Valid(b):
		to.BinaryBuilder.Append(b)
	default:
		to.Append(validText(string(b)))
	}
}

// validText replaces what is not UTF-8: DuckDB takes no other text.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func clip(b []byte) string { return string(b[:min(len(b), refusedValueMax)]) }

// flush makes an Arrow batch of what is at hand.
func (d *decoder) flush(b *batch) {
	n := len(d.times)
	if n == 0 {
		return
	}
	cols := make([]arrow.Array, 0, d.schema.NumFields())
	if d.typed() {
		rec := d.rows.Record()
		defer rec.Release()
		for _, c := range rec.Columns() {
			c.Retain()
			cols = append(cols, c)
		}
	}
	for _, name := range d.p.Pseudo {
		switch name {
		case "_partition":
			cols = append(cols, int32s(d.parts))
		case "_offset":
			cols = append(cols, int64s(arrow.PrimitiveTypes.Int64, d.offsets))
		case "_timestamp":
			cols = append(cols, int64s(d.schema.Field(d.schema.NumFields()-1).Type, d.stamps))
		case "_key":
			cols = append(cols, d.keys.NewArray())
		case "_value":
			cols = append(cols, d.texts.NewArray())
		}
	}
	stamp := d.schema.Field(d.schema.NumFields() - 1).Type
	cols = append(cols, int64s(stamp, d.times), int32s(d.parts), int64s(arrow.PrimitiveTypes.Int64, d.offsets), int64s(stamp, clamp(d.marks)))
	b.recs = append(b.recs, array.NewRecordBatch(d.schema, cols, int64(n)))
	for _, c := range cols {
		c.Release()
	}
	d.times, d.marks, d.offsets, d.parts, d.stamps = nil, nil, nil, nil, nil
}

// beginning stands for "no watermark yet" in SQL: DuckDB's times reach back to 290308 BC, noTime is its infinity's neighbour.
const beginning = -200_000_000_000_000_000

func clamp(marks []int64) []int64 {
	for i, m := range marks {
		marks[i] = max(m, beginning)
	}
	return marks
}

// int64s and int32s wrap slices as arrays; the slices must not be used again.
func int64s(dt arrow.DataType, v []int64) arrow.Array {
	data := array.NewData(dt, len(v), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(v))}, nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func int32s(v []int32) arrow.Array {
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(v), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v))}, nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// refusedSchema is the table that late candidates and rejected rows are loaded from.
var refusedSchema = arrow.NewSchema([]arrow.Field{
	{Name: "p", Type: arrow.PrimitiveTypes.Int32}, {Name: "o", Type: arrow.PrimitiveTypes.Int64},
	{Name: "t", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}}, {Name: "w", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	{Name: "reason", Type: arrow.BinaryTypes.String}, {Name: "value", Type: arrow.BinaryTypes.String}}, nil)

func refusedRecord(rows []refused) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, refusedSchema)
	defer b.Release()
	for _, r := range rows {
		b.Field(0).(*array.Int32Builder).Append(r.partition)
		b.Field(1).(*array.Int64Builder).Append(r.offset)
		b.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(max(r.time, beginning)))
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(max(r.mark, beginning)))
		b.Field(4).(*array.StringBuilder).Append(validText(r.reason))
		b.Field(5).(*array.StringBuilder).Append(validText(r.value))
	}
	return b.NewRecordBatch()
}
