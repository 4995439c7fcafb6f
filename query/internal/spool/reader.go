package spool

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Order says which rows of a result are wanted, how, and which columns of them.
type Order struct {
	Columns []string // nil: all
	Sort    []Key
	Filter  []Cond
}

// Reader gives all rows again, whole, in batches of at most BatchRows rows and
// about 16 MiB: a Source. It follows a running result to its end; with a sort
// or a filter it waits for that end first. After the rows of a result that
// failed or was cancelled comes its error, in place of io.EOF. The result is
// not dropped before Close.
type Reader struct {
	ctx    context.Context // of the read whose batches these are
	result *Result
	order  Order
	schema *arrow.Schema
	view   *view
	next   int64
	read   int64 // bytes since the pages were given back
	closed bool
}

// Reader begins to read the result again.
func (r *Result) Reader(ctx context.Context, order Order) (*Reader, error) {
	if err := r.acquire(); err != nil {
		return nil, err
	}
	rd := &Reader{ctx: ctx, result: r, order: order}
	if err := rd.open(); err != nil {
		r.release(true)
		return nil, err
	}
	return rd, nil
}

func (rd *Reader) open() error {
	if len(rd.order.Sort)+len(rd.order.Filter) > 0 {
		if err := rd.result.WaitEnd(rd.ctx); err != nil {
			return err
		}
	}
	return rd.result.readHeld(rd.ctx, "spool.Reader", func(t *table) error {
		cols, err := t.project(rd.order.Columns)
		if err != nil {
			return err
		}
		fields := make([]arrow.Field, len(cols))
		for i, c := range cols {
			fields[i] = t.schema.Field(c)
		}
		meta := t.schema.Metadata()
		rd.schema = arrow.NewSchema(fields, &meta)
		rd.view, err = rd.result.view(rd.ctx, t, rd.order.Sort, rd.order.Filter)
		return err
	})
}

// Schema of the batches.
func (rd *Reader) Schema() *arrow.Schema { return rd.schema }

// Next gives the next batch; the caller releases it.
func (rd *Reader) Next() (rec arrow.RecordBatch, err error) {
	if rd.view.all {
		if err := rd.result.Wait(rd.ctx, rd.next+1); err != nil {
			return nil, err
		}
	} else if err := rd.ctx.Err(); err != nil {
		return nil, err
	}
	err = rd.result.readHeld(rd.ctx, "spool.Reader", func(t *table) error {
		if rd.view.all {
			rd.view.total = t.rows
		}
		if rd.next >= rd.view.total {
			return rd.end()
		}
		cols, err := t.project(rd.order.Columns)
		if err != nil {
			return err
		}
		rows := rd.rows(t)
		rec, err = whole(t, cols, rows, rd.schema)
		rd.next += int64(len(rows))
		if rd.read > regionBytes {
			rd.read = 0
			rd.result.file.forgetPages()
		}
		return err
	})
	return rec, err
}

// end is what comes after the last row.
func (rd *Reader) end() error {
	rd.result.mu.Lock()
	defer rd.result.mu.Unlock()
	if rd.result.err != nil {
		return rd.result.err
	}
	return io.EOF
}

// rows picks the next rows: as many as should fit into batchBytes.
func (rd *Reader) rows(t *table) []int64 {
	rows := rd.view.window(rd.next, BatchRows)
	c := cells{batches: t.batches}
	var size int64
	for n, row := range rows {
		i, _ := c.find(row)
		b := &t.batches[i]
		if size += (b.end - b.start) / int64(b.rows); size > batchBytes && n > 0 {
			rows = rows[:n]
			break
		}
	}
	rd.read += size
	return rows
}

// whole copies rows without cutting anything.
func whole(t *table, cols []int, rows []int64, schema *arrow.Schema) (arrow.RecordBatch, error) {
	const unlimited = 1 << 62
	arrays := make([]arrow.Array, len(cols))
	defer func() { releaseArrays(arrays) }()
	g := gatherer{cellMax: unlimited, left: unlimited}
	for i, col := range cols {
		var err error
		if arrays[i], err = g.column(t.glance(col), i, rows); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(schema, arrays, int64(len(rows))), nil
}

// Close lets go of the result.
func (rd *Reader) Close() error {
	if !rd.closed {
		rd.closed = true
		rd.result.release(true)
	}
	return nil
}
