package web

import (
	"encoding/json"
	"errors"
	"net/http"

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

func statusOf(k maru.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// ErrorBody is what every error looks like on the wire.
type ErrorBody struct {
	Error ErrorInfo `json:"error"`
}

// ErrorInfo is an error's content.
type ErrorInfo struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func infoOf(err error) ErrorInfo {
	i := ErrorInfo{Kind: maru.KindOf(err).String(), Message: err.Error()}
	var p Placed
	if errors.As(err, &p) {
		i.Line, i.Column, i.Hint = p.Place()
	}
	return i
}

func writeError(w http.ResponseWriter, err error) {
	kind := maru.KindOf(err)
	if kind == maru.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="maru"`)
	}
	if kind == maru.Unavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, statusOf(kind), ErrorBody{infoOf(err)})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // a type of ours that JSON cannot hold
		status, text = http.StatusInternalServerError, []byte(`{"error":{"kind":"internal","message":"the answer cannot be written as JSON"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client is gone if this fails
}
