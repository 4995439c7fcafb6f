package engine

import (
	"slices"
	"strings"
	"time"
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
	decode   time.Duration // what reading the records took
	parts    []slice
	rows     int64
	bytes    int64
	rejected []refused
	nReject  int64
	early    []refused // rows older than the mark: the operators decide whether they are late
}

func (b *batch) release() {
	for _, s := range b.parts {
		for _, c := range s.columns {
			c.Release()
		}
	}
	b.parts = nil
}

// slice is about recordRows rows: the columns of plan.Used, the bytes of
// pseudo columns, and what is known of each row.
type slice struct {
	columns []arrow.Array
	times   []int64
	marks   []int64
	offsets []int64
	parts   []int32
	stamps  []int64
}

// decoder turns records into slices.
type decoder struct {
	p       *plan.Plan
	rows    *jsonrow.Decoder
	timeCol int // index in Used, -1: the record's own timestamp
	cur     slice
	key     bool // _key is used; _value likewise
	value   bool
	keys    *array.StringBuilder
	texts   *array.StringBuilder
}

func newDecoder(p *plan.Plan) *decoder {
	d := &decoder{p: p, rows: jsonrow.NewDecoder(p.Used), timeCol: p.Used.Index(p.Source.Time)}
	if p.Source.Time == "" {
		d.timeCol = -1
	}
	d.key, d.value = slices.Contains(p.Pseudo, "_key"), slices.Contains(p.Pseudo, "_value")
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
			if len(d.cur.times) >= recordRows {
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
	c := &d.cur
	c.times, c.marks, c.stamps = append(c.times, t), append(c.marks, mark), append(c.stamps, r.TimestampMs*1000)
	c.offsets, c.parts = append(c.offsets, r.Offset), append(c.parts, partition)
	if d.key {
		appendText(d.keys, r.Key)
	}
	if d.value {
		appendText(d.texts, r.Value)
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

// flush ends the slice at hand.
func (d *decoder) flush(b *batch) {
	if len(d.cur.times) == 0 {
		return
	}
	if d.typed() {
		rec := d.rows.Record()
		for _, c := range rec.Columns() {
			c.Retain()
			d.cur.columns = append(d.cur.columns, c)
		}
		rec.Release()
	}
	if d.key {
		d.cur.columns = append(d.cur.columns, d.keys.NewArray())
	}
	if d.value {
		d.cur.columns = append(d.cur.columns, d.texts.NewArray())
	}
	b.parts = append(b.parts, d.cur)
	n := len(d.cur.times)
	d.cur = slice{times: make([]int64, 0, n), marks: make([]int64, 0, n), stamps: make([]int64, 0, n), offsets: make([]int64, 0, n), parts: make([]int32, 0, n)}
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
