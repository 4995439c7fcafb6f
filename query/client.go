package query

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"maru"
	"maru/query/internal/wire"
)

// errorBytesMax bounds an error's body.
const errorBytesMax = 1 << 20

// endTimeout is how long a worker may take to end a statement before it is
// ended itself.
const endTimeout = 2 * time.Second

// session is a statement at its worker.
type session struct {
	w  *worker
	id string
}

// ask sends a request to the worker and reads its JSON answer into out.
func ask(ctx context.Context, w *worker, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	resp, err := send(ctx, w, method, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return explain(ctx, w, fmt.Errorf("read the worker's answer: %w", err))
	}
	return nil
}

// send gives the response when it is a good one.
func send(ctx context.Context, w *worker, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://worker"+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := w.child.Client().Do(req)
	if err != nil {
		return nil, explain(ctx, w, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	e := &wire.Error{}
	text, err := io.ReadAll(io.LimitReader(resp.Body, errorBytesMax))
	if err != nil {
		return nil, explain(ctx, w, err)
	}
	if json.Unmarshal(text, e) != nil || e.Message == "" {
		return nil, maru.Errorf(maru.Internal, "a worker answered %s: %.200s", resp.Status, text)
	}
	return nil, e.Err()
}

// lostError says that the worker is gone or unusable.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// explain words an error of the connection: it is the caller's own end, or
// that of the worker.
func explain(ctx context.Context, w *worker, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	why := w.child.Explain(ctx, err)
	if maru.KindOf(why) == maru.OutOfMemory {
		why = &maru.Error{Kind: maru.OutOfMemory,
			Err: fmt.Errorf("the statement took more memory than its worker may have, and the worker was ended: read fewer columns or rows, aggregate earlier, or give the workers more (%w)", why)}
	}
	return &lostError{why}
}

// broken says whether err has cost the worker.
func broken(err error) bool {
	var lost *lostError
	var e *wire.Error
	return errors.As(err, &lost) || errors.As(err, &e) && e.Fatal
}

func openSession(ctx context.Context, w *worker, o wire.Open) (*session, wire.Opened, error) {
	var out wire.Opened
	if err := ask(ctx, w, http.MethodPost, "/sessions", o, &out); err != nil {
		return nil, out, err
	}
	return &session{w: w, id: out.ID}, out, nil
}

func (s *session) plan(ctx context.Context, p wire.Plan) (wire.Planned, error) {
	var out wire.Planned
	err := ask(ctx, s.w, http.MethodPost, "/sessions/"+s.id+"/plan", p, &out)
	return out, err
}

// end empties the worker. An error means that it must be replaced.
func end(w *worker) (wire.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	var out wire.Status
	err := ask(ctx, w, http.MethodDelete, "/sessions", struct{}{}, &out)
	return out, err
}
