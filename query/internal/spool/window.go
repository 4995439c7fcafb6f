package spool

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// The limits of one window.
const (
	WindowRowsMax  = 10_000
	WindowCellsMax = 4_000_000
	WindowBytesMax = 64 << 20
	// nestedBytesMax is what a nested cell may have in a window: it cannot be
	// cut, so a larger one is left out.
	nestedBytesMax = 64 << 10
)

// Window says which cells are wanted.
type Window struct {
	Offset       int64    // of the first row, in the order asked for
	Limit        int      // rows, at most WindowRowsMax; 0 gives the total and no rows
	Columns      []string // nil: all; in this order
	Sort         []Key    // at most KeysMax; none: the order of the source
	Filter       []Cond   // all must hold; at most CondsMax
	CellBytesMax int      // of a text or blob; 0: 4 KiB
}

// Rows is what a window shows. Everything in it is a copy.
type Rows struct {
	Batch   arrow.RecordBatch // the cells; release it
	Numbers []int64           // the number of each row in the result, for Cell
	Total   int64             // rows that pass the filter
	Of      int64             // rows of the result that this is true for: it may still grow
	Cut     []CutCell         // cells that are shorter here than they are
}

// CutCell is a cell that a window does not show whole. A nested one is NULL in
// the window.
type CutCell struct {
	Row    int // in the window
	Column int // in the window
	Bytes  int // of the whole cell
}

// Window reads some rows. It waits for the source to open, not for rows: of a
// running result it shows what is there. The first window of a new sort or
// filter computes it and ends early with ctx.
// Errors: Invalid (what the person must change), NotFound (dropped), TooLarge
// (WindowCellsMax, WindowBytesMax), or what the source failed with before its schema.
func (r *Result) Window(ctx context.Context, w Window) (*Rows, error) {
	if w.Limit < 0 || w.Limit > WindowRowsMax || w.Offset < 0 {
		return nil, invalid("a window begins at row 0 or later and has at most %d rows; this has %d from %d", WindowRowsMax, w.Limit, w.Offset)
	}
	var out *Rows
	err := r.read(ctx, "spool.Window", func(t *table) error {
		cols, err := t.project(w.Columns)
		if err != nil {
			return err
		}
		v, err := r.view(ctx, t, w.Sort, w.Filter)
		if err != nil {
			return err
		}
		rows := v.window(w.Offset, w.Limit)
		if len(rows)*len(cols) > WindowCellsMax {
			return maru.Errorf(maru.TooLarge, "%d rows of %d columns are more than the %d cells of a window: ask for fewer", len(rows), len(cols), WindowCellsMax)
		}
		g := gatherer{cellMax: w.CellBytesMax, left: WindowBytesMax}
		if g.cellMax <= 0 {
			g.cellMax = CellBytesMax
		}
		batch, err := g.batch(v.table, cols, rows)
		if err != nil {
			return err
		}
		out = &Rows{Batch: batch, Numbers: rows, Total: v.total, Of: v.of, Cut: g.cut}
		return nil
	})
	return out, err
}

func invalid(format string, args ...any) error { return maru.Errorf(maru.Invalid, format, args...) }

// read runs fn over the rows that are there. The file stays mapped meanwhile;
// a page that the disk cannot give becomes an error instead of the end of the
// process.
func (r *Result) read(ctx context.Context, op string, fn func(*table) error) (err error) {
	if err := r.acquire(); err != nil {
		return err
	}
	defer r.release(true)
	return r.readHeld(ctx, op, fn)
}

// readHeld is read for who has acquired the result already.
func (r *Result) readHeld(ctx context.Context, op string, fn func(*table) error) error {
	t, err := r.table(ctx)
	if err != nil {
		return err
	}
	return guard(op, func() error { return fn(t) })
}

func guard(op string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr
		}:
			err = &maru.Error{Op: op, Kind: maru.Corrupt, Err: fmt.Errorf("the disk could not give a page of the result's file: run the query again (%v)", p)}
		default:
			panic(p)
		}
	}()
	err = fn()
	return err
}

// project finds columns by name.
func (t *table) project(names []string) ([]int, error) {
	if names == nil {
		all := make([]int, len(t.layout))
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	if len(names) > maru.ColumnsMax {
		return nil, invalid("%d columns are asked for; %d can be", len(names), maru.ColumnsMax)
	}
	cols := make([]int, len(names))
	for i, n := range names {
		var err error
		if cols[i], err = t.column(n); err != nil {
			return nil, err
		}
	}
	return cols, nil
}

// column finds one by its exact name, or by "#" and its index.
func (t *table) column(name string) (int, error) {
	if at := t.schema.FieldIndices(name); len(at) > 0 {
		return at[0], nil
	}
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < len(t.layout) {
			return i, nil
		}
	}
	return 0, invalid("the result has no column %s", maru.Quote(clip(name)))
}

// gatherer copies cells out of batches into arrays of a window.
type gatherer struct {
	cellMax int
	left    int // bytes that it may still copy
	cut     []CutCell
}

func (g *gatherer) batch(t *table, cols []int, rows []int64) (arrow.RecordBatch, error) {
	fields := make([]arrow.Field, len(cols))
	arrays := make([]arrow.Array, len(cols))
	defer func() { releaseArrays(arrays) }()
	for i, col := range cols {
		fields[i] = t.schema.Field(col)
		var err error
		if arrays[i], err = g.column(t.glance(col), i, rows); err != nil {
			return nil, fmt.Errorf("column %s: %w", maru.Quote(clip(fields[i].Name)), err)
		}
	}
	meta := t.schema.Metadata()
	return array.NewRecordBatch(arrow.NewSchema(fields, &meta), arrays, int64(len(rows))), nil
}

func (g *gatherer) spend(n int) error {
	if g.left -= n; g.left < 0 {
		return maru.Errorf(maru.TooLarge, "the rows are more than %d MiB: ask for fewer rows or columns", WindowBytesMax>>20)
	}
	return nil
}

func (g *gatherer) column(c *cells, at int, rows []int64) (arrow.Array, error) {
	switch c.kind {
	case kindNull:
		return array.NewNull(len(rows)), nil
	case kindNested:
		return g.nested(c, at, rows)
	case kindVar:
		return g.variable(c, at, rows)
	case kindBool:
		return g.bools(c, rows)
	}
	return g.fixed(c, rows)
}

// validity collects which cells are not NULL.
type validity struct {
	bits  []byte
	nulls int
}

func newValidity(n int) validity { return validity{bits: make([]byte, (n+7)/8)} }

func (v *validity) set(i int, ok bool) {
	if ok {
		v.bits[i>>3] |= 1 << (i & 7)
	} else {
		v.nulls++
	}
}

func (v *validity) array(t arrow.DataType, n int, buffers ...[]byte) arrow.Array {
	bufs := make([]*memory.Buffer, 1, 3)
	if v.nulls > 0 {
		bufs[0] = memory.NewBufferBytes(v.bits)
	}
	for _, b := range buffers {
		bufs = append(bufs, memory.NewBufferBytes(b))
	}
	d := array.NewData(t, n, bufs, nil, v.nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

func (g *gatherer) fixed(c *cells, rows []int64) (arrow.Array, error) {
	if err := g.spend(c.width * len(rows)); err != nil {
		return nil, err
	}
	out := make([]byte, c.width*len(rows))
	valid := newValidity(len(rows))
	for n := 0; n < len(rows); {
		k, i := c.at(rows[n])
		many := c.run(rows[n:])
		// What a NULL has for a value is copied too: it is as good as zero.
		copy(out[n*c.width:], k.vals[i*c.width:(i+many)*c.width])
		for m := range many {
			valid.set(n+m, !c.isNull(k, i+m))
		}
		n += many
	}
	return valid.array(c.field.Type, len(rows), out), nil
}

// run says how many of rows, from the first on, lie one behind the other in its batch.
func (c *cells) run(rows []int64) int {
	b := &c.batches[c.last]
	most := min(int64(len(rows)), b.first+int64(b.rows)-rows[0])
	n := 1
	for int64(n) < most && rows[n] == rows[0]+int64(n) {
		n++
	}
	return n
}

func (g *gatherer) bools(c *cells, rows []int64) (arrow.Array, error) {
	valid, out := newValidity(len(rows)), newValidity(len(rows))
	for n, row := range rows {
		k, i := c.at(row)
		ok := !c.isNull(k, i)
		valid.set(n, ok)
		out.set(n, ok && c.boolean(k, i))
	}
	return valid.array(c.field.Type, len(rows), out.bits), nil
}

func (g *gatherer) variable(c *cells, at int, rows []int64) (arrow.Array, error) {
	valid := newValidity(len(rows))
	offsets := make([]byte, 0, c.width*(len(rows)+1))
	var data []byte
	text := isText(c.field.Type)
	for n, row := range rows {
		offsets = appendOffset(offsets, c.width, len(data))
		k, i := c.at(row)
		ok := !c.isNull(k, i)
		valid.set(n, ok)
		if !ok {
			continue
		}
		b := c.bytes(k, i)
		if len(b) > g.cellMax {
			g.cut = append(g.cut, CutCell{Row: n, Column: at, Bytes: len(b)})
			b = cutCell(b, g.cellMax, text)
		}
		if err := g.spend(len(b) + c.width); err != nil {
			return nil, err
		}
		data = append(data, b...)
	}
	offsets = appendOffset(offsets, c.width, len(data))
	return valid.array(c.field.Type, len(rows), offsets, data), nil
}

func appendOffset(dst []byte, width, n int) []byte {
	if width == 8 {
		return binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(n))
}

// cutCell is the first most bytes of b, of a text its whole characters.
func cutCell(b []byte, most int, text bool) []byte {
	b = b[:most]
	for n := 0; text && n < utf8.UTFMax && len(b) > 0; n++ {
		if last, size := utf8.DecodeLastRune(b); last != utf8.RuneError || size > 1 {
			break
		}
		b = b[:len(b)-1]
	}
	return b
}

func (g *gatherer) nested(c *cells, at int, rows []int64) (arrow.Array, error) {
	return joinLarge(c.field.Type, len(rows), func(n int) (arrow.Array, int) {
		k, i := c.at(rows[n])
		if c.isNull(k, i) {
			return k.arr, -1
		}
		return k.arr, i
	}, func(n, size int) (bool, error) {
		if most := max(g.cellMax, nestedBytesMax); size > most {
			g.cut = append(g.cut, CutCell{Row: n, Column: at, Bytes: size})
			return false, nil
		}
		return true, g.spend(size)
	})
}

// joinLarge is join that asks keep about the size of every cell first.
func joinLarge(t arrow.DataType, n int, cell func(int) (arrow.Array, int), keep func(n, size int) (bool, error)) (arrow.Array, error) {
	at := make([]int, n)
	arrays := make([]arrow.Array, n)
	for k := range n {
		arrays[k], at[k] = cell(k)
		if at[k] < 0 {
			continue
		}
		ok, err := keep(k, cellSize(arrays[k], at[k], at[k]+1))
		if err != nil {
			return nil, err
		}
		if !ok {
			at[k] = -1
		}
	}
	return join(t, n, func(k int) (arrow.Array, int) { return arrays[k], at[k] })
}

// cellSize is how many bytes the cells from..to of arr take.
func cellSize(arr arrow.Array, from, to int) int {
	switch a := arr.(type) {
	case *array.Struct:
		n := 0
		for f := range a.NumField() {
			n += cellSize(a.Field(f), from, to)
		}
		return n
	case array.ListLike:
		if from == to {
			return 0
		}
		first, _ := a.ValueOffsets(from)
		_, last := a.ValueOffsets(to - 1)
		return 4 + cellSize(a.ListValues(), int(first), int(last))
	case array.BinaryLike:
		if from == to {
			return 0
		}
		return 4*(to-from) + int(a.ValueOffset64(to-1)-a.ValueOffset64(from)) + a.ValueLen(to-1)
	}
	if t, ok := arr.DataType().(arrow.FixedWidthDataType); ok {
		return (t.BitWidth()*(to-from) + 7) / 8
	}
	return 0
}

// Cell is one cell, whole.
type Cell struct {
	Column arrow.Field
	Null   bool
	Bytes  []byte // of a blob as they are; of everything else the text, of what is nested JSON
}

// Cell reads the cell of a row, by its number in the result.
func (r *Result) Cell(ctx context.Context, row int64, column string) (Cell, error) {
	var out Cell
	err := r.read(ctx, "spool.Cell", func(t *table) error {
		col, err := t.column(column)
		if err != nil {
			return err
		}
		if row < 0 || row >= t.rows {
			return invalid("there is no row %d: the result has %d", row, t.rows)
		}
		c := t.glance(col)
		k, i := c.at(row)
		out = Cell{Column: c.field, Null: c.isNull(k, i)}
		switch {
		case out.Null:
		case (c.kind == kindVar || c.kind == kindFixed) && !isText(c.field.Type):
			out.Bytes = append([]byte(nil), c.bytes(k, i)...)
		default:
			out.Bytes = c.appendText(nil, k, i)
		}
		return nil
	})
	return out, err
}
