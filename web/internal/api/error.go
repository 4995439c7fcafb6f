package api

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"maru"
)

// statuses maps kinds to HTTP. What is not here is 500.
var statuses = map[maru.Kind]int{
	maru.Invalid:         http.StatusBadRequest,
	maru.NotFound:        http.StatusNotFound,
	maru.Conflict:        http.StatusConflict,
	maru.Denied:          http.StatusForbidden,
	maru.Unauthenticated: http.StatusUnauthorized,
	maru.TooLarge:        http.StatusRequestEntityTooLarge,
	maru.OutOfMemory:     http.StatusUnprocessableEntity,
	maru.OutOfSpace:      http.StatusInsufficientStorage,
	maru.Unavailable:     http.StatusServiceUnavailable,
	maru.Timeout:         http.StatusGatewayTimeout,
	maru.Canceled:        499, // nginx's number for a client that went away
}

// StatusOf is the HTTP status of a kind.
func StatusOf(k maru.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Later is an error that knows when it is worth trying again.
type Later interface {
	error
	RetryAfter() time.Duration
}

// statusAndHeader is how an error shows beside its body.
func statusAndHeader(err error) (int, http.Header) {
	kind, h := maru.KindOf(err), http.Header{}
	var later Later
	switch {
	case errors.As(err, &later):
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(max(later.RetryAfter(), time.Second).Seconds())), 10))
		return http.StatusTooManyRequests, h
	case kind == maru.Unavailable:
		h.Set("Retry-After", "1")
	case kind == maru.Unauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="maru"`)
	}
	return StatusOf(kind), h
}

// Placed is an error that knows where in the SQL it arose, and perhaps what
// to do. Line and column are from 1, 0 when unknown.
type Placed interface {
	error
	Place() (line, column int, hint string)
}

// ErrorBody is what every error looks like on the wire.
type ErrorBody struct {
	Error ErrorInfo `json:"error"`
}

// ErrorInfo is an error's content.
type ErrorInfo struct {
	Kind    string `json:"kind" doc:"What may be branched on: invalid, not_found, conflict, denied, unauthenticated, too_large, unavailable, …"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty" doc:"In the SQL, from 1"`
	Column  int    `json:"column,omitempty" doc:"In the SQL, in characters from 1"`
	Hint    string `json:"hint,omitempty"`
}

// InfoOf is an error as it goes over the wire.
func InfoOf(err error) ErrorInfo {
	i := ErrorInfo{Kind: maru.KindOf(err).String(), Message: err.Error()}
	var p Placed
	if errors.As(err, &p) {
		i.Line, i.Column, i.Hint = p.Place()
	}
	return i
}

// WriteError answers with an error.
func WriteError(w http.ResponseWriter, err error) {
	status, header := statusAndHeader(err)
	maps.Copy(w.Header(), header)
	WriteJSON(w, status, ErrorBody{InfoOf(err)})
}

// WriteJSON answers with a value.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // a type of ours that JSON cannot hold
		status, text = http.StatusInternalServerError, []byte(`{"error":{"kind":"internal","message":"the answer cannot be written as JSON"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client is gone if this fails
}

// statusError is an endpoint's error as huma wants it.
type statusError struct{ err error }

func (e *statusError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *statusError) Unwrap() error { return e.err }

// GetStatus is huma's.
func (e *statusError) GetStatus() int { status, _ := statusAndHeader(e.err); return status }

// GetHeaders is huma's.
func (e *statusError) GetHeaders() http.Header { _, h := statusAndHeader(e.err); return h }

// MarshalJSON is the wire's form.
func (e *statusError) MarshalJSON() ([]byte, error) { return json.Marshal(ErrorBody{InfoOf(e.err)}) }

// Schema is that of the wire's form, not of the Go type.
func (e *statusError) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[ErrorBody](), true, "Error")
}

// newError is called by huma for what it refuses itself: a body or a parameter
// that does not fit its type.
func newError(status int, message string, errs ...error) huma.StatusError {
	var why []string
	for _, err := range errs {
		if err != nil {
			why = append(why, wrongAt(err))
		}
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return &statusError{err: maru.Errorf(maru.TooLarge, "the body is larger than %d bytes", large.Limit)}
		}
	}
	kind := maru.Invalid
	if status == http.StatusRequestEntityTooLarge {
		kind = maru.TooLarge
	} else if status >= http.StatusInternalServerError {
		kind = maru.Internal
	}
	if len(why) > 0 {
		message += ": " + strings.Join(why, "; ")
	}
	return &statusError{err: maru.Errorf(kind, "%s", message)}
}

// wrongAt says what is wrong and where, and not the value, which may be a
// password.
func wrongAt(err error) string {
	var d *huma.ErrorDetail
	switch {
	case !errors.As(err, &d):
		return err.Error()
	case d.Location == "":
		return d.Message
	}
	return d.Message + " (" + d.Location + ")"
}

func typeOf(v any) reflect.Type { return reflect.TypeOf(v) }
