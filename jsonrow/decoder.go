package jsonrow

import (
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
)

// BatchBytesMax bounds what a Decoder holds before Record: Arrow's offsets of
// texts are 32 bits wide.
const BatchBytesMax = 1 << 30

// hintRowsMax bounds the rows that buffers are made for before there are any.
const hintRowsMax = 1 << 16

// RowError says why a row was refused. Column is empty when the row as a whole
// is not one valid JSON object.
type RowError struct {
	Column string
	Reason string
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return "not one JSON object: " + e.Reason
	}
	return fmt.Sprintf("column %q: %s", e.Column, e.Reason)
}

// Decoder collects JSON objects as rows of typed columns. It is for one
// goroutine at a time; the batches it hands over are anybody's.
type Decoder struct {
	schema  *arrow.Schema
	cols    []column
	cells   []cell
	fields  fields
	row     uint64 // the number of the row being read, for cells
	rows    int
	size    int  // bytes held
	width   int  // bytes of a row beside its texts
	ready   bool // the columns have buffers
	hint    int  // rows of the last batch: the next will be like it
	scratch []byte
}

// NewDecoder makes a decoder of the wanted columns, in this order. A column
// whose name another one before it has too stays NULL.
func NewDecoder(cols maru.Schema) *Decoder {
	d := &Decoder{cols: make([]column, len(cols)), cells: make([]cell, len(cols)), fields: newFields(cols)}
	list := make([]arrow.Field, len(cols))
	for i, c := range cols {
		typ := classOf(c.Type)
		d.cols[i] = column{name: c.Name, typ: typ, dt: typ.arrow()}
		d.width += d.cols[i].width()
		list[i] = arrow.Field{Name: c.Name, Type: typ.arrow(), Nullable: true}
	}
	d.schema = arrow.NewSchema(list, nil)
	return d
}

// Schema is the schema of the batches: BOOLEAN is bool, BIGINT int64, DOUBLE
// float64, VARCHAR and JSON utf8, TIMESTAMPTZ timestamp[us, UTC], DATE date32,
// BLOB binary; every column may hold nulls.
func (d *Decoder) Schema() *arrow.Schema { return d.schema }

// Len is the number of rows since the last Record.
func (d *Decoder) Len() int { return d.rows }

// Bytes is about how much memory the rows take.
func (d *Decoder) Bytes() int { return d.size }

// Append reads one JSON object into one row of every column. It fails with a
// *RowError if value is not one valid JSON object or a member does not fit its
// column, and with maru.TooLarge if the batch would pass BatchBytesMax; then
// nothing was appended. value is not kept.
func (d *Decoder) Append(value []byte) error {
	if len(value) > BatchBytesMax-d.size {
		return maru.Errorf(maru.TooLarge, "a row of %d bytes does not fit in a batch of %d bytes that may have %d: take the batch first",
			len(value), d.size, BatchBytesMax)
	}
	d.row++
	p, f := d.scan(value)
	if p >= 0 {
		if p = skipSpace(value, p); p < len(value) {
			p = ^p
		}
	}
	if p < 0 {
		return &RowError{Reason: syntaxReason(value, ^p)}
	}
	if f&nonASCII != 0 && !utf8.Valid(value) {
		return &RowError{Reason: fmt.Sprintf("byte %d is not UTF-8", invalidUTF8(value)+1)}
	}
	return d.convert(value)
}

// convert appends the cells that scan found, or takes back what it appended.
func (d *Decoder) convert(value []byte) error {
	if !d.ready {
		d.grow()
	}
	size := d.width
	for i := range d.cols {
		c, ce := &d.cols[i], &d.cells[i]
		if ce.row != d.row {
			c.putNull()
			continue
		}
		was := len(c.data)
		if why := c.put(value[ce.start:ce.end], ce.kind, ce.flags, &d.scratch); why != "" {
			for j := range i {
				d.cols[j].drop()
			}
			return &RowError{Column: c.name, Reason: why}
		}
		size += len(c.data) - was
	}
	d.rows++
	d.size += size
	return nil
}

// grow gives the columns buffers for a batch like the last one. An idle
// decoder has none.
func (d *Decoder) grow() {
	for i := range d.cols {
		d.cols[i].grow(min(d.hint, hintRowsMax))
	}
	d.ready = true
}

// scan reads one object and notes where the wanted values stand. It returns
// the position after the object, or the complement of where it is wrong.
func (d *Decoder) scan(b []byte) (int, flags) {
	var all flags
	p := skipSpace(b, 0)
	if p >= len(b) || b[p] != '{' {
		return ^p, 0
	}
	p = skipSpace(b, p+1)
	if p < len(b) && b[p] == '}' {
		return p + 1, 0
	}
	at := int32(0)
	for {
		f := d.fields.expected(at)
		if f != nil && f.isQuick(b, p) {
			at, p = d.fields.seen[at].next[0], p+len(f.text)
		} else if at, f, p = d.fields.find(at, b, p); p < 0 {
			return p, all
		}
		if p < len(b) && b[p] <= ' ' {
			p = skipSpace(b, p)
		}
		all |= f.flags
		start := p
		var end int
		k, vf := kindString, flags(0)
		if p < len(b) && b[p] == '"' { // the usual value: one call less
			end, vf = scanString(b, p+1)
		} else {
			end, k, vf = scanValue(b, p)
		}
		if end < 0 {
			return end, all
		}
		all |= vf
		if f.col >= 0 {
			d.note(f, start, end, k, vf)
		}
		if p = end; p < len(b) && b[p] <= ' ' {
			p = skipSpace(b, p)
		}
		if p >= len(b) {
			return ^p, all
		}
		if b[p] == '}' {
			return p + 1, all
		}
		if b[p] != ',' {
			return ^p, all
		}
		if p++; p < len(b) && b[p] <= ' ' {
			p = skipSpace(b, p)
		}
	}
}

// note keeps a value for its column: the first of the row, unless a later one
// has the column's exact name and the first had not.
func (d *Decoder) note(by *field, start, end int, k kind, f flags) {
	c := &d.cells[by.col]
	if c.row == d.row && (c.exact || !by.exact) {
		return
	}
	*c = cell{row: d.row, start: int32(start), end: int32(end), kind: k, flags: f, exact: by.exact}
}

// Drop takes the last appended row back.
func (d *Decoder) Drop() {
	if d.rows == 0 {
		return
	}
	d.rows--
	d.size -= d.width
	for i := range d.cols {
		d.size -= d.cols[i].drop()
	}
}

// Micros is the last appended row's value of a TIMESTAMPTZ column; false if
// it is NULL, or there is no row, or the column is of another type.
func (d *Decoder) Micros(col int) (int64, bool) {
	c := &d.cols[col]
	if d.rows == 0 || c.typ != timestamp || c.isNull(d.rows-1) {
		return 0, false
	}
	return c.i64[d.rows-1], true
}

// Record gives away what was appended; the decoder is empty again. The batch
// owns its memory, and the caller releases it.
func (d *Decoder) Record() arrow.RecordBatch {
	if !d.ready {
		d.grow()
	}
	arrays := make([]arrow.Array, len(d.cols))
	for i := range d.cols {
		arrays[i] = d.cols[i].array()
	}
	d.hint, d.ready = d.rows, false
	batch := array.NewRecordBatch(d.schema, arrays, int64(d.rows))
	for _, a := range arrays {
		a.Release()
	}
	d.rows, d.size = 0, 0
	return batch
}

// syntaxReason words what is wrong at position p.
func syntaxReason(b []byte, p int) string {
	switch {
	case len(b) == 0:
		return "it is empty"
	case p >= len(b):
		return fmt.Sprintf("it ends in the middle, after %d bytes", len(b))
	case b[p] < 0x20 && !isSpace(b[p]):
		return fmt.Sprintf("byte %d is the control character %#02x", p+1, b[p])
	}
	return fmt.Sprintf("byte %d (%q) is not what JSON has there", p+1, b[p])
}

// invalidUTF8 is the position of the first byte that is not UTF-8.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}
