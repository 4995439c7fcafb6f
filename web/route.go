package web

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"maru"
)

// route is one endpoint. An error of do is written as JSON, if nothing has
// been written yet.
type route struct {
	method, path string
	open         bool // no token wanted
	stream       bool // may take longer than answerTimeout
	do           func(w http.ResponseWriter, r *http.Request) error
}

func (s *Server) routes() []route {
	metrics := s.serveMetrics()
	return []route{
		{method: "GET", path: "/healthz", open: true, do: s.health},
		{method: "GET", path: "/metrics", open: true, do: func(w http.ResponseWriter, r *http.Request) error {
			metrics.ServeHTTP(w, r)
			return nil
		}},
		{method: "POST", path: "/api/sql", stream: true, do: s.sql},
		{method: "GET", path: "/api/catalog", do: s.catalog},
		{method: "GET", path: "/api/streams", do: s.streams},
		{method: "GET", path: "/api/streams/{name}", do: s.stream},
		{method: "GET", path: "/api/streams/{name}/explain", do: s.explain},
		{method: "POST", path: "/api/streams/{name}/reset", do: s.reset},
		{method: "GET", path: "/api/views/{name}/tail", stream: true, do: s.tail},
		{method: "GET", path: "/api/doctor", do: s.doctor},
		{method: "GET", path: "/api/project", do: s.project},
	}
}

// handler is the whole tree: guards first, then the route.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	routes := s.routes()
	for _, rt := range routes {
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for _, rt := range routes {
		mux.Handle(rt.method+" "+rt.path, s.guarded(rt))
	}
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.Handle(path, s.guarded(route{path: path, do: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			writeJSON(w, http.StatusMethodNotAllowed, ErrorBody{ErrorInfo{Kind: maru.Invalid.String(), Message: r.Method + " is not for " + path,
				Hint: "use " + strings.Join(allowed, ", ")}})
			return nil
		}}))
	}
	mux.Handle("/", s.guarded(route{path: "other", do: func(_ http.ResponseWriter, r *http.Request) error {
		return maru.Errorf(maru.NotFound, "there is no %.200q here", r.URL.Path)
	}}))
	return mux
}

// guarded puts around a route what holds for all of them.
func (s *Server) guarded(rt route) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &answer{ResponseWriter: rw, control: http.NewResponseController(rw), stall: s.cfg.StallTimeout}
		start := time.Now()
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			aborted := s.recovered(recover(), w, rt)
			s.metrics.observe(rt.path, w.code(), time.Since(start))
			if aborted {
				panic(http.ErrAbortHandler)
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if err := s.admit(w, r, rt); err != nil {
			s.fail(w, r, err)
		}
	})
}

// recovered turns a panic into an answer; true when the connection must be
// cut because an answer has begun.
func (s *Server) recovered(p any, w *answer, rt route) (abort bool) {
	switch {
	case p == nil:
		return false
	case p == http.ErrAbortHandler:
		return true
	}
	s.metrics.panics.Inc()
	s.cfg.Log.Error("a handler panicked", "route", rt.path, "panic", p, "stack", string(debug.Stack()))
	if w.begun() {
		return true
	}
	writeError(w, maru.Errorf(maru.Internal, "a bug in %s stopped this request; the log has the details", rt.path))
	return false
}

// admit checks who comes and from where, and lets the route do its work.
func (s *Server) admit(w *answer, r *http.Request, rt route) error {
	if err := checkHost(r); err != nil {
		return err
	}
	if err := checkOrigin(r); err != nil {
		return err
	}
	ctx := r.Context()
	if !rt.open {
		who, err := s.checkToken(r)
		if err != nil {
			return err
		}
		ctx = maru.WithPrincipal(ctx, who)
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		default:
			return maru.Errorf(maru.Unavailable, "%d requests are under way, that is the limit: try again", requestsMax)
		}
	}
	if !rt.stream {
		limited, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		ctx = limited
	}
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, bodyBytesMax)
	return rt.do(w, r)
}

// fail answers with err. Once an answer has begun it can only be cut short,
// so that nobody takes a part for the whole; see sql for clients that take
// trailers.
func (s *Server) fail(w *answer, r *http.Request, err error) {
	if maru.KindOf(err) == maru.Internal && r.Context().Err() == nil {
		s.cfg.Log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = maru.Errorf(maru.TooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if w.begun() {
		panic(http.ErrAbortHandler)
	}
	writeError(w, err)
}

// answer is a ResponseWriter that knows whether it has begun and gives a
// reader that takes nothing stall to take something.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	status  int
}

func (a *answer) begun() bool { return a.status != 0 }

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader is http.ResponseWriter's.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is http.ResponseWriter's; it fails when the reader stalls.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	_ = a.control.SetWriteDeadline(time.Now().Add(a.stall)) // not every test writer has deadlines
	return a.ResponseWriter.Write(b)
}

// FlushError sends what is buffered.
func (a *answer) FlushError() error {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	_ = a.control.SetWriteDeadline(time.Now().Add(a.stall))
	return a.control.Flush()
}
