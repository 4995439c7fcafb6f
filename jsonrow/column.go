package jsonrow

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// column is one wanted column's rows in Arrow's own layout, so that handing
// them over copies nothing.
type column struct {
	name string
	typ  class
	dt   arrow.DataType
	rows int

	i64  []int64 // BIGINT, TIMESTAMPTZ; DOUBLE as its bits
	i32  []int32 // DATE; of texts the offsets, one more than rows
	data []byte  // the texts
	bits []byte  // BOOLEAN

	valid []byte // a bit a row; nil as long as no row is NULL
	nulls int

	time timeParser
}

// class is a maru.Type as a number, because it is asked for with every value.
type class uint8

const (
	varchar class = iota
	jsonText
	blob
	boolean
	bigint
	double
	timestamp
	date
)

func classOf(t maru.Type) class {
	switch t {
	case maru.JSON:
		return jsonText
	case maru.Blob:
		return blob
	case maru.Boolean:
		return boolean
	case maru.BigInt:
		return bigint
	case maru.Double:
		return double
	case maru.Timestamp:
		return timestamp
	case maru.Date:
		return date
	}
	return varchar
}

var timestampType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

func (t class) arrow() arrow.DataType {
	switch t {
	case boolean:
		return arrow.FixedWidthTypes.Boolean
	case bigint:
		return arrow.PrimitiveTypes.Int64
	case double:
		return arrow.PrimitiveTypes.Float64
	case timestamp:
		return timestampType
	case date:
		return arrow.FixedWidthTypes.Date32
	case blob:
		return arrow.BinaryTypes.Binary
	}
	return arrow.BinaryTypes.String // VARCHAR, JSON
}

// isText says that the column has offsets and data.
func (c *column) isText() bool { return c.typ <= blob }

// textHintMax bounds the bytes of text that a buffer is made for in advance.
const textHintMax = 4 << 20

// grow makes fresh buffers for about so many rows, and for as much text as
// the buffers before them held.
func (c *column) grow(rows int) {
	text := min(len(c.data)+len(c.data)/8, textHintMax)
	c.rows, c.nulls, c.valid = 0, 0, nil
	switch {
	case c.isText():
		c.i32 = append(make([]int32, 0, rows+1), 0)
		c.data = make([]byte, 0, max(text, 64))
	case c.typ == boolean:
		c.bits = make([]byte, 0, bitBytes(rows))
	case c.typ == date:
		c.i32 = make([]int32, 0, rows)
	default:
		c.i64 = make([]int64, 0, rows)
	}
}

func bitBytes(n int) int { return (n + 7) / 8 }

// setBit sets bit i, appending to bits as rows come.
func setBit(bits []byte, i int, on bool) []byte {
	for len(bits) <= i/8 {
		bits = append(bits, 0)
	}
	mask := byte(1) << (i % 8)
	if bits[i/8] &^= mask; on {
		bits[i/8] |= mask
	}
	return bits
}

func (c *column) isNull(row int) bool {
	return c.valid != nil && c.valid[row/8]>>(row%8)&1 == 0
}

// done counts the row whose value has just been put.
func (c *column) done() {
	if c.valid != nil {
		c.valid = setBit(c.valid, c.rows, true)
	}
	c.rows++
}

// putNull appends NULL.
func (c *column) putNull() {
	switch {
	case c.isText():
		c.i32 = append(c.i32, int32(len(c.data)))
	case c.typ == boolean:
		c.bits = setBit(c.bits, c.rows, false)
	case c.typ == date:
		c.i32 = append(c.i32, 0)
	default:
		c.i64 = append(c.i64, 0)
	}
	if c.valid == nil {
		c.valid = make([]byte, 0, bitBytes(max(c.rows+1, cap(c.i64), cap(c.i32))))
		for range c.rows / 8 {
			c.valid = append(c.valid, 0xFF)
		}
		if n := c.rows % 8; n > 0 {
			c.valid = append(c.valid, byte(1)<<n-1)
		}
	}
	c.valid = setBit(c.valid, c.rows, false)
	c.nulls++
	c.rows++
}

// drop takes the last row back and says how many bytes of text it had.
func (c *column) drop() int {
	c.rows--
	if c.isNull(c.rows) {
		c.nulls--
	}
	if c.valid != nil {
		c.valid = c.valid[:bitBytes(c.rows)]
	}
	switch {
	case c.isText():
		was := len(c.data)
		c.i32 = c.i32[:c.rows+1]
		c.data = c.data[:c.i32[c.rows]]
		return was - len(c.data)
	case c.typ == boolean:
		c.bits = c.bits[:bitBytes(c.rows)]
	case c.typ == date:
		c.i32 = c.i32[:c.rows]
	default:
		c.i64 = c.i64[:c.rows]
	}
	return 0
}

// width is about how many bytes a row has beside its text.
func (c *column) width() int {
	switch {
	case c.typ == boolean:
		return 1
	case c.isText(), c.typ == date:
		return 4
	}
	return 8
}

// array gives the buffers away as an Arrow array. The column needs new ones
// before the next row.
func (c *column) array() arrow.Array {
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid)
	}
	buffers := []*memory.Buffer{valid, nil}
	switch {
	case c.isText():
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.i32))
		buffers = append(buffers, memory.NewBufferBytes(c.data))
	case c.typ == boolean:
		buffers[1] = memory.NewBufferBytes(c.bits)
	case c.typ == date:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.i32))
	default:
		buffers[1] = memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(c.i64))
	}
	data := array.NewData(c.dt, c.rows, buffers, nil, c.nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
