package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/web"
	"maru/web/encode"
)

// query runs one statement; the result comes while it is read.
func (cl *client) query(ctx context.Context, req web.QueryRequest) (*rows, error) {
	resp, err := cl.do(ctx, "POST", "/api/sql", req, http.Header{"Accept": {web.TypeArrow}, "Te": {"trailers"}})
	if err != nil {
		return nil, err
	}
	r := &rows{ended: ctx.Err, resp: resp}
	if r.reader, err = ipc.NewReader(resp.Body); err != nil {
		err = r.failure(err)
		resp.Body.Close()
		return nil, err
	}
	return r, nil
}

// rows is a result as an encode.Source.
type rows struct {
	ended  func() error // why the one who asked stopped it; nil when not
	resp   *http.Response
	reader *ipc.Reader
}

func (r *rows) Schema() *arrow.Schema { return r.reader.Schema() }

func (r *rows) Next() (arrow.RecordBatch, error) {
	rec, err := r.reader.Read()
	if err == nil {
		return rec, nil
	}
	return nil, r.failure(err)
}

// failure is why a result ended. The reason of one that broke off stands in
// the trailer, which is there once the body has been read.
func (r *rows) failure(err error) error {
	if ended := r.ended(); ended != nil {
		return ended
	}
	if _, drain := io.Copy(io.Discard, r.resp.Body); drain != nil {
		return maru.Errorf(maru.Unavailable, "the result broke off: %w", drain)
	}
	if text := r.resp.Trailer.Get(web.ErrorTrailer); text != "" {
		var i web.ErrorInfo
		if json.Unmarshal([]byte(text), &i) == nil && i.Message != "" {
			return asError(i)
		}
	}
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return maru.Errorf(maru.Corrupt, "the result cannot be read: %w", err)
}

func (r *rows) Close() {
	r.resp.Body.Close()
	r.reader.Release()
}

// capped ends a result after so many rows and knows whether there were more.
type capped struct {
	encode.Source
	left      int64
	unlimited bool
	more      bool
}

func (c *capped) Next() (arrow.RecordBatch, error) {
	if c.unlimited {
		return c.Source.Next()
	}
	for {
		rec, err := c.Source.Next()
		if err != nil || rec.NumRows() == 0 {
			return rec, err
		}
		if c.left == 0 {
			c.more = true
			return nil, io.EOF
		}
		if rec.NumRows() > c.left {
			// The slice shares the memory of rec, which stays until the next call.
			rec, c.more = rec.NewSlice(0, c.left), true
		}
		c.left -= rec.NumRows()
		return rec, nil
	}
}
