//go:build duckdb_arrow

package duck

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	bind "github.com/duckdb/duckdb-go-bindings"

	"maru"
)

// Rows is a result as it is made: batches of about 2,048 rows, at most a few
// of them ahead of the reader. It must be closed, and its connection runs
// nothing else until then.
type Rows struct {
	ctx    context.Context
	stmt   *Stmt
	own    bool // stmt is ours to close
	stop   func()
	res    bind.Result
	opts   bind.ArrowOptions
	schema *arrow.Schema
	args   []any
	closed bool
}

// Query runs one statement and streams what it gives.
func (c *Conn) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	s, err := c.Prepare(ctx, sql)
	if err != nil {
		return nil, err
	}
	r, err := s.Query(ctx, args...)
	if err != nil {
		s.Close()
		return nil, err
	}
	r.own = true
	return r, nil
}

// Query streams what the prepared statement gives.
func (s *Stmt) Query(ctx context.Context, args ...any) (*Rows, error) {
	if err := s.bind(args); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Rows{ctx: ctx, stmt: s, args: args, stop: s.c.watch(ctx)}
	var pending bind.PendingResult
	// The streaming call is marked deprecated without a successor; the other one
	// builds the whole result in memory, outside memory_limit.
	st := bind.PendingPreparedStreaming(s.stmt, &pending)
	defer bind.DestroyPending(&pending)
	if st == bind.StateError {
		r.stop()
		return nil, newError(bind.ErrorTypeInvalid, bind.PendingError(pending))
	}
	if bind.ExecutePending(pending, &r.res) == bind.StateError {
		err := resultError(ctx, &r.res)
		bind.DestroyResult(&r.res)
		r.stop()
		return nil, err
	}
	r.opts = bind.ResultGetArrowOptions(&r.res)
	if err := r.readSchema(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Rows) readSchema() error {
	n := bind.ColumnCount(&r.res)
	names := make([]string, n)
	types := make([]bind.LogicalType, n)
	for i := range n {
		names[i] = bind.ColumnName(&r.res, i)
		types[i] = bind.ColumnLogicalType(&r.res, i)
	}
	defer func() {
		for i := range n {
			bind.DestroyLogicalType(&types[i])
		}
	}()
	schema, ed := bind.NewArrowSchema(r.opts, types, names)
	if err := dataError(ed); err != nil {
		return err
	}
	r.schema = schema
	return nil
}

func dataError(ed bind.ErrorData) error {
	defer bind.DestroyErrorData(&ed)
	if !bind.ErrorDataHasError(ed) {
		return nil
	}
	return newError(bind.ErrorDataErrorType(ed), bind.ErrorDataMessage(ed))
}

// Schema of every batch.
func (r *Rows) Schema() *arrow.Schema { return r.schema }

// Next gives the next batch, io.EOF after the last. The caller releases it.
func (r *Rows) Next() (arrow.RecordBatch, error) {
	if r.closed {
		return nil, io.EOF
	}
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	chunk := bind.FetchChunk(r.res)
	if chunk.Ptr == nil {
		if bind.ResultError(&r.res) != "" {
			return nil, r.cause(resultError(r.ctx, &r.res))
		}
		return nil, io.EOF
	}
	defer bind.DestroyDataChunk(&chunk)
	rec, ed := bind.DataChunkToArrowArray(r.opts, r.schema, chunk)
	if err := dataError(ed); err != nil {
		return nil, err
	}
	return rec, nil
}

// cause finds what is behind err. When one thread of a streamed result fails,
// DuckDB may give the interrupt of another instead of the failure; nobody here
// has interrupted it. Run again without streaming, it says the failure.
func (r *Rows) cause(err error) error {
	if maru.KindOf(err) != maru.Canceled || r.ctx.Err() != nil {
		return err
	}
	bind.DestroyResult(&r.res)
	again := r.stmt.c.Exec(r.ctx, "CREATE OR REPLACE TEMP TABLE maru_again AS "+r.stmt.sql, r.args...)
	_ = r.stmt.c.Exec(context.WithoutCancel(r.ctx), "DROP TABLE IF EXISTS temp.maru_again")
	if again != nil {
		return again
	}
	return err
}

// Close ends the query, wherever it is.
func (r *Rows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	bind.DestroyArrowOptions(&r.opts)
	bind.DestroyResult(&r.res)
	r.stop()
	if r.own {
		r.stmt.Close()
	}
}

// Each runs sql and hands every batch to fn, releasing it afterwards.
func (c *Conn) Each(ctx context.Context, sql string, fn func(arrow.RecordBatch) error, args ...any) error {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = fn(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
}

// errStop ends Each early without an error.
var errStop = errors.New("stop")

// Text gives the first column of the first row as text; false when there is no row or it is NULL.
func (c *Conn) Text(ctx context.Context, sql string, args ...any) (s string, ok bool, err error) {
	err = c.Each(ctx, sql, func(b arrow.RecordBatch) error {
		if b.NumRows() == 0 {
			return nil
		}
		if col := b.Column(0); !col.IsNull(0) {
			s, ok = strings.Clone(col.ValueStr(0)), true // the batch owns the bytes
		}
		return errStop
	}, args...)
	if errors.Is(err, errStop) {
		err = nil
	}
	return s, ok, err
}

// Int64 gives the first column of the first row, a BIGINT; 0 and false when there is none.
func (c *Conn) Int64(ctx context.Context, sql string, args ...any) (v int64, ok bool, err error) {
	err = c.Each(ctx, sql, func(b arrow.RecordBatch) error {
		if b.NumRows() == 0 {
			return nil
		}
		col, is := b.Column(0).(*array.Int64)
		if !is {
			return maru.Errorf(maru.Internal, "%s gives %s where a BIGINT is expected", sql, b.Schema().Field(0).Type)
		}
		if !col.IsNull(0) {
			v, ok = col.Value(0), true
		}
		return errStop
	}, args...)
	if errors.Is(err, errStop) {
		err = nil
	}
	return v, ok, err
}
