package query

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/query/internal/wire"
)

// Result is the rows of a statement as they are made. One goroutine at a time
// uses it.
type Result struct {
	ctx       context.Context
	w         *worker
	resp      *http.Response
	reader    *ipc.Reader
	warnings  []string
	tables    []Table
	files     bool
	truncated bool
	err       error // what Next gave last
	once      sync.Once
	close     func(error)
}

// startResult runs the statement and waits for its first rows.
func startResult(ctx context.Context, s *session, maxRows int64, warnings []string) (*Result, error) {
	body, err := json.Marshal(wire.Run{MaxRows: maxRows})
	if err != nil {
		return nil, err
	}
	resp, err := send(ctx, s.w, http.MethodPost, "/sessions/"+s.id+"/run", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r := &Result{ctx: ctx, w: s.w, resp: resp, warnings: warnings}
	r.reader, err = ipc.NewReader(bufio.NewReaderSize(resp.Body, pipeBufSize), ipc.WithDelayReadSchema(false))
	if err != nil {
		err = r.broken(err)
		resp.Body.Close()
		return nil, err
	}
	return r, nil
}

// Schema of the batches.
func (r *Result) Schema() *arrow.Schema { return r.reader.Schema() }

// Warnings are what the reader of the rows should know: records that were
// left out, and why.
func (r *Result) Warnings() []string { return r.warnings }

// Reads are the tables that the statement names, and whether it reads files
// beside them.
func (r *Result) Reads() (tables []Table, files bool) { return r.tables, r.files }

// Truncated says, after the last batch, whether MaxRows cut the answer short.
func (r *Result) Truncated() bool { return r.truncated }

// Next gives the next batch, io.EOF after the last. The caller releases it.
func (r *Result) Next() (arrow.RecordBatch, error) {
	if r.err != nil {
		return nil, r.err
	}
	if cause := context.Cause(r.ctx); cause != nil {
		r.err = cause
		return nil, r.err
	}
	rec, err := r.reader.Read()
	if err == nil {
		rec.Retain() // the reader lets go of it at its next step
		return rec, nil
	}
	if errors.Is(err, io.EOF) {
		r.err = r.end()
	} else {
		r.err = r.broken(err)
	}
	return nil, r.err
}

// end reads how the stream ended.
func (r *Result) end() error {
	if _, err := io.Copy(io.Discard, r.resp.Body); err != nil {
		return r.broken(err)
	}
	switch r.resp.Trailer.Get(wire.EndTrailer) {
	case wire.EndOK:
		return io.EOF
	case wire.EndTruncated:
		r.truncated = true
		return io.EOF
	case wire.EndError:
		return wire.FromHeader(r.resp.Trailer.Get(wire.ErrorTrailer)).Err()
	}
	return r.broken(io.ErrUnexpectedEOF)
}

// broken words the breaking of the stream.
func (r *Result) broken(err error) error {
	// What the worker said last is better than how the stream broke.
	if _, rest := io.Copy(io.Discard, r.resp.Body); rest == nil && r.resp.Trailer.Get(wire.EndTrailer) == wire.EndError {
		return wire.FromHeader(r.resp.Trailer.Get(wire.ErrorTrailer)).Err()
	}
	return explain(r.ctx, r.w, maru.Errorf(maru.Unavailable, "the worker's rows stopped in the middle: %w", err))
}

// Close ends the statement, wherever it is.
func (r *Result) Close() error {
	r.once.Do(func() {
		err := r.err
		r.reader.Release()
		r.resp.Body.Close()
		if errors.Is(err, io.EOF) {
			err = nil
		}
		r.close(err)
	})
	return nil
}
