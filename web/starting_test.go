package web_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"maru"
	"maru/web"
)

// startingError is what a query says about a view whose stream has not begun.
type startingError struct {
	error
	view string
}

func (e *startingError) Starting() string { return e.view }
func (e *startingError) Unwrap() error    { return e.error }

// waiting is a node that has the stream "later" in its project and not yet in
// its streamer.
type waiting struct{ parts }

func (*waiting) Run(_ context.Context, req web.QueryRequest) (web.QueryResult, error) {
	return nil, &startingError{maru.Errorf(maru.Unavailable, "view %s is being started", req.SQL), req.SQL}
}

func (*waiting) Status(_ context.Context, name string) (web.StreamStatus, error) {
	switch name {
	case "later":
		return web.StreamStatus{Name: name, State: "waiting", Error: "topic t has no columns"}, nil
	case "soon":
		return web.StreamStatus{Name: name, State: "waiting"}, nil
	}
	return web.StreamStatus{}, maru.Errorf(maru.NotFound, "there is no stream %s", name)
}

func (*waiting) Explain(_ context.Context, name string) (string, error) {
	return "", maru.Errorf(maru.NotFound, "there is no stream %s", name)
}

func (*waiting) Reset(_ context.Context, name string, _ web.ResetRequest) error {
	return maru.Errorf(maru.NotFound, "there is no stream %s", name)
}

func (*waiting) Tail(_ context.Context, name, _ string) (io.ReadCloser, error) {
	return nil, maru.Errorf(maru.NotFound, "there is no stream %s", name)
}

// TestStarting holds that a stream that has not begun says what it waits for.
func TestStarting(t *testing.T) {
	w := &waiting{}
	base := serveNeeds(t, web.Needs{Query: w, Streams: w}, web.Config{})
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/sql", `{"sql":"later"}`, 503, "view later is being started: topic t has no columns"},
		{"POST", "/api/sql", `{"sql":"later_late"}`, 503, "view later_late is being started: topic t has no columns"},
		{"POST", "/api/sql", `{"sql":"later_rejected"}`, 503, "view later_rejected is being started: topic t has no columns"},
		{"POST", "/api/sql", `{"sql":"soon"}`, 503, "view soon is being started: try again in a moment"},
		{"GET", "/api/views/later/tail", "", 503, "stream later is being started: topic t has no columns"},
		{"GET", "/api/views/never/tail", "", 404, "there is no stream never"},
		{"GET", "/api/streams/later/explain", "", 503, "stream later is being started: topic t has no columns"},
		{"POST", "/api/streams/later/reset", "{}", 503, "stream later is being started: topic t has no columns"},
	} {
		resp, text := do(t, tt.method, base+tt.path, tt.body)
		if info := checkErrorBody(t, text); resp.StatusCode != tt.status || !strings.HasPrefix(info.Message, tt.want) {
			t.Errorf("%s %s: %d %q, want %d %q", tt.path, tt.body, resp.StatusCode, info.Message, tt.status, tt.want)
		}
	}
}
