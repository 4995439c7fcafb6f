//go:build duckdb_arrow

package duck

/*
#include <stdlib.h>

// The Arrow C stream interface: five pointers (arrow.apache.org/docs/format/CStreamInterface.html).
struct maru_arrow_stream { void *get_schema, *get_next, *get_last_error, *release, *private_data; };
*/
import "C"

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	bind "github.com/duckdb/duckdb-go-bindings"

	"maru"
)

// Source gives record batches of one schema, io.EOF after the last. The
// receiver releases them.
type Source interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
}

// viewSeq numbers the Arrow views of the process: their names must not meet.
var viewSeq atomic.Int64

// Load makes temporary table name of everything src gives. It is the only use
// of an Arrow view here: read once, whole, at once. DuckDB pushes filters and
// projections into such a view and the C API's shim ignores them, which gives
// wrong answers (duckdb-go issues 24 and 28).
func (c *Conn) Load(ctx context.Context, name string, src Source) error {
	return c.consume(ctx, src, func(view string) string {
		return "CREATE OR REPLACE TEMP TABLE " + maru.Quote(name) + " AS SELECT * FROM " + view
	})
}

// Insert appends everything src gives to an existing table, by position.
func (c *Conn) Insert(ctx context.Context, table string, src Source) error {
	return c.consume(ctx, src, func(view string) string {
		return "INSERT INTO " + table + " SELECT * FROM " + view
	})
}

func (c *Conn) consume(ctx context.Context, src Source, sql func(view string) string) error {
	view := fmt.Sprintf("maru_arrow_%d", viewSeq.Add(1))
	rd := &reader{ctx: ctx, src: src}
	stream := C.calloc(1, C.sizeof_struct_maru_arrow_stream)
	defer C.free(stream)
	cdata.ExportRecordReader(rd, (*cdata.CArrowArrayStream)(stream))
	defer cdata.ReleaseCArrowArrayStream((*cdata.CArrowArrayStream)(stream))
	if bind.ArrowScan(c.conn, view, bind.ArrowStream{Ptr: unsafe.Pointer(stream)}) == bind.StateError {
		return fmt.Errorf("duckdb did not take an arrow stream of %s", src.Schema())
	}
	err := c.Exec(ctx, sql(view))
	_ = c.Exec(context.WithoutCancel(ctx), "DROP VIEW IF EXISTS "+view)
	if rd.err != nil {
		return rd.err // what the source said, not DuckDB's rendering of it
	}
	return err
}

// reader is called from DuckDB's threads through cgo: it must not panic (the
// process would die) and must not be a resumed coroutine (iter.Pull cannot be).
type reader struct {
	ctx context.Context
	src Source
	cur arrow.RecordBatch
	err error
}

func (r *reader) Retain()               {}
func (r *reader) Release()              { r.drop() }
func (r *reader) Schema() *arrow.Schema { return r.src.Schema() }
func (r *reader) Err() error            { return r.err }

func (r *reader) RecordBatch() arrow.RecordBatch { return r.cur }
func (r *reader) Record() arrow.RecordBatch      { return r.cur }

func (r *reader) drop() {
	if r.cur != nil {
		r.cur.Release()
		r.cur = nil
	}
}

func (r *reader) Next() (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			r.err, ok = fmt.Errorf("reading rows for duckdb: %v", p), false
		}
	}()
	r.drop()
	if r.err != nil {
		return false
	}
	if r.err = r.ctx.Err(); r.err != nil {
		return false
	}
	rec, err := r.src.Next()
	if err == io.EOF {
		return false
	}
	if err != nil {
		r.err = err
		return false
	}
	r.cur = rec
	return true
}

var _ array.RecordReader = (*reader)(nil)

// Batches is a Source over batches at hand; it takes over their references.
type Batches struct {
	schema *arrow.Schema
	left   []arrow.RecordBatch
}

// NewBatches makes a Source of recs, all of the given schema.
func NewBatches(schema *arrow.Schema, recs ...arrow.RecordBatch) *Batches {
	return &Batches{schema: schema, left: recs}
}

// Schema of the batches.
func (b *Batches) Schema() *arrow.Schema { return b.schema }

// Next gives the next batch.
func (b *Batches) Next() (arrow.RecordBatch, error) {
	if len(b.left) == 0 {
		return nil, io.EOF
	}
	rec := b.left[0]
	b.left = b.left[1:]
	return rec, nil
}
