package spool

import (
	"encoding/binary"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// kind says how the cells of a column lie in memory and how they compare.
type kind uint8

const (
	kindNull     kind = iota
	kindBool          // bits
	kindInt           // signed, width bytes
	kindUint          // unsigned, width bytes
	kindFloat         // IEEE, width bytes
	kindDecimal       // signed, width bytes, scaled
	kindInterval      // months, days, nanoseconds: 4+4+8 bytes
	kindFixed         // width bytes
	kindVar           // offsets of width bytes, then the bytes
	kindNested        // everything else: by its text
)

func (k kind) bytes() bool { return k == kindFixed || k == kindVar || k == kindNested }

// column is how a column lies in every batch of a table.
type column struct {
	index  int
	field  arrow.Field
	kind   kind
	width  int
	node   int // index of its first node
	buffer int // index of its first buffer
}

func kindOf(t arrow.DataType) (kind, int) {
	switch t := t.(type) {
	case *arrow.NullType:
		return kindNull, 0
	case *arrow.BooleanType:
		return kindBool, 0
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return kindUint, t.(arrow.FixedWidthDataType).Bytes()
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return kindFloat, t.(arrow.FixedWidthDataType).Bytes()
	case arrow.DecimalType:
		return kindDecimal, t.(arrow.FixedWidthDataType).Bytes()
	case *arrow.MonthDayNanoIntervalType:
		return kindInterval, 16
	case *arrow.DayTimeIntervalType:
		return kindNested, 0 // DuckDB has none; its text will do
	case *arrow.FixedSizeBinaryType:
		return kindFixed, t.ByteWidth
	case *arrow.StringType, *arrow.BinaryType:
		return kindVar, 4
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return kindVar, 8
	case arrow.NestedType:
		return kindNested, 0
	case arrow.FixedWidthDataType: // ints, dates, times, timestamps, durations, months
		return kindInt, t.Bytes()
	}
	return kindNested, 0
}

// layoutOf says where each column's parts stand in a batch's tables: they are
// in the order of a walk over the schema, depth first (Arrow's Message.fbs).
func layoutOf(s *arrow.Schema) []column {
	cols := make([]column, s.NumFields())
	var at cursor
	for i, f := range s.Fields() {
		k, w := kindOf(f.Type)
		cols[i] = column{index: i, field: f, kind: k, width: w, node: at.node, buffer: at.buffer}
		at.skip(f.Type)
	}
	return cols
}

// cursor counts nodes and buffers on such a walk.
type cursor struct{ node, buffer int }

func (c *cursor) skip(t arrow.DataType) {
	c.node++
	c.buffer += buffersOf(t)
	if n, ok := t.(arrow.NestedType); ok {
		for _, f := range n.Fields() {
			c.skip(f.Type)
		}
	}
}

// buffersOf counts the buffers of a type in a message, without its children's.
func buffersOf(t arrow.DataType) int {
	switch t.ID() {
	case arrow.NULL:
		return 0
	case arrow.STRUCT, arrow.FIXED_SIZE_LIST:
		return 1
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return 3
	}
	return 2 // validity, and values or offsets
}

func (b *batch) at(pos, n int64) []byte {
	pos -= b.region.start
	return b.region.data[pos : pos+n : pos+n]
}

// nodeAt gives the length and the number of NULLs of the n-th array.
func (b *batch) nodeAt(n int) (length, nulls int) {
	s := b.at(b.nodes+16*int64(n), 16)
	return int(binary.LittleEndian.Uint64(s)), int(binary.LittleEndian.Uint64(s[8:]))
}

// bufferAt gives the n-th buffer, mapped: it must not be kept.
func (b *batch) bufferAt(n int) []byte {
	s := b.at(b.buffers+16*int64(n), 16)
	size := int64(binary.LittleEndian.Uint64(s[8:]))
	if size == 0 {
		return nil
	}
	return b.at(b.body+int64(binary.LittleEndian.Uint64(s)), size)
}

// array makes an array of what is mapped, without copying.
func (b *batch) array(t arrow.DataType, c *cursor) arrow.ArrayData {
	length, nulls := b.nodeAt(c.node)
	c.node++
	n := buffersOf(t)
	var buffers []*memory.Buffer
	if n == 0 {
		buffers = append(buffers, nil) // it has no validity, and an array wants a place for it
	}
	for i := range n {
		var buf *memory.Buffer
		if raw := b.bufferAt(c.buffer); raw != nil || i > 0 {
			buf = memory.NewBufferBytes(raw)
		}
		buffers = append(buffers, buf)
		c.buffer++
	}
	var children []arrow.ArrayData
	if nt, ok := t.(arrow.NestedType); ok {
		for _, f := range nt.Fields() {
			children = append(children, b.array(f.Type, c))
		}
	}
	return array.NewData(t, length, buffers, children, nulls, 0)
}

// chunk is the cells of one column in one batch.
type chunk struct {
	open  bool
	nulls bool
	valid []byte
	vals  []byte // values, bits or offsets
	data  []byte // of kindVar
	arr   arrow.Array
}

// cells reads a column. One goroutine uses it, while the result is acquired.
type cells struct {
	column
	batches []batch
	chunks  []chunk // that stay open; nil: only the last one does
	one     chunk   // the last one
	oneAt   int
	last    int // the batch of the row that was asked for last
	scratch []byte
}

// cells is for who looks at many rows in any order.
func (t *table) cells(col int) *cells {
	c := t.glance(col)
	c.chunks = make([]chunk, len(t.batches))
	return c
}

// glance is for who looks at a few rows of perhaps thousands of columns: it
// holds nothing for each batch.
func (t *table) glance(col int) *cells { return &cells{column: t.layout[col], batches: t.batches} }

// find says in which batch a row is, and where.
func (c *cells) find(row int64) (b, i int) {
	last := &c.batches[c.last]
	if row >= last.first && row < last.first+int64(last.rows) {
		return c.last, int(row - last.first)
	}
	c.last = sort.Search(len(c.batches), func(i int) bool { return c.batches[i].first > row }) - 1
	return c.last, int(row - c.batches[c.last].first)
}

// chunk opens the column in batch b.
func (c *cells) chunk(b int) *chunk {
	k := &c.one
	if c.chunks != nil {
		k = &c.chunks[b]
	} else if c.oneAt != b {
		c.one, c.oneAt = chunk{}, b
	}
	if k.open {
		return k
	}
	k.open = true
	at := &c.batches[b]
	_, nulls := at.nodeAt(c.node)
	k.nulls = nulls > 0
	switch c.kind {
	case kindNull:
		return k
	case kindNested:
		data := at.array(c.field.Type, &cursor{c.node, c.buffer})
		k.arr = array.MakeFromData(data)
		data.Release()
		return k
	case kindVar:
		k.data = at.bufferAt(c.buffer + 2)
	}
	if k.nulls {
		k.valid = at.bufferAt(c.buffer)
	}
	k.vals = at.bufferAt(c.buffer + 1)
	return k
}

// at gives the chunk of a row and the place in it.
func (c *cells) at(row int64) (*chunk, int) {
	b, i := c.find(row)
	return c.chunk(b), i
}

func (c *cells) isNull(k *chunk, i int) bool {
	switch c.kind {
	case kindNull:
		return true
	case kindNested:
		return k.arr.IsNull(i)
	}
	return k.nulls && k.valid[i>>3]&(1<<(i&7)) == 0
}

// bytes is the cell as it lies in memory, the text of a nested one. It is good
// until the next call.
func (c *cells) bytes(k *chunk, i int) []byte {
	switch {
	case c.kind == kindNested:
		c.scratch = appendArrayText(c.scratch[:0], k.arr, i)
		return c.scratch
	case c.kind == kindVar && c.width == 4:
		return k.data[binary.LittleEndian.Uint32(k.vals[4*i:]):binary.LittleEndian.Uint32(k.vals[4*i+4:])]
	case c.kind == kindVar:
		return k.data[binary.LittleEndian.Uint64(k.vals[8*i:]):binary.LittleEndian.Uint64(k.vals[8*i+8:])]
	}
	return k.vals[i*c.width : (i+1)*c.width]
}

func (c *cells) boolean(k *chunk, i int) bool { return k.vals[i>>3]&(1<<(i&7)) != 0 }

// int is a cell of kindInt.
func (c *cells) int(k *chunk, i int) int64 {
	switch c.width {
	case 8:
		return int64(binary.LittleEndian.Uint64(k.vals[8*i:]))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(k.vals[4*i:])))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(k.vals[2*i:])))
	}
	return int64(int8(k.vals[i]))
}

// uint is a cell of kindUint.
func (c *cells) uint(k *chunk, i int) uint64 {
	switch c.width {
	case 8:
		return binary.LittleEndian.Uint64(k.vals[8*i:])
	case 4:
		return uint64(binary.LittleEndian.Uint32(k.vals[4*i:]))
	case 2:
		return uint64(binary.LittleEndian.Uint16(k.vals[2*i:]))
	}
	return uint64(k.vals[i])
}
