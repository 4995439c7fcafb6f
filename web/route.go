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
	"maru/web/internal/api"
)

// declare names every endpoint.
func (s *Server) declare(e *api.Endpoints) {
	s.nodeEndpoints(e)
	s.sessionEndpoints(e)
	s.userEndpoints(e)
	s.streamEndpoints(e)
	s.sqlEndpoints(e)
	s.resultEndpoints(e)
	s.topicEndpoints(e)
	s.workspaceEndpoints(e)
	s.catalogEndpoints(e)
	s.dashboardEndpoints(e)
	s.annotationEndpoints(e)
	s.liveEndpoints(e)
}

// register declares an endpoint of Go types; what it fails with by a mistake of
// ours is logged.
func register[I, O any](s *Server, e *api.Endpoints, op api.Op, do func(context.Context, *I) (*O, error)) {
	api.Register(e, op, func(ctx context.Context, i *I) (*O, error) {
		out, err := do(ctx, i)
		if err != nil {
			s.note(ctx, op.Method, op.Path, err)
		}
		return out, err
	})
}

// handler is the whole tree: guards first, then the endpoint.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	s.endpoints = api.New(s.cfg.Version, func(op api.Op, do api.Do) {
		methods[op.Path] = append(methods[op.Path], op.Method)
		mux.Handle(op.Method+" "+op.Path, s.guarded(op, do))
	})
	s.declare(s.endpoints)
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.Handle(path, s.guarded(api.Op{Path: path, Role: api.Viewer}, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			api.WriteJSON(w, http.StatusMethodNotAllowed, ErrorBody{Error: ErrorInfo{Kind: maru.Invalid.String(), Message: r.Method + " is not for " + path,
				Hint: "use " + strings.Join(allowed, ", ")}})
			return nil
		}))
	}
	unknown := s.guarded(api.Op{Path: "/api/other", Role: api.Viewer}, func(_ http.ResponseWriter, r *http.Request) error {
		return maru.Errorf(maru.NotFound, "there is no %.200q here", r.URL.Path)
	})
	mux.Handle("/api", unknown)
	mux.Handle("/api/", unknown)
	mux.Handle("/", s.guarded(api.Op{Path: pagesPath, Role: api.Open}, s.page))
	return mux
}

// pagesPath stands for all pages in metrics.
const pagesPath = "pages"

// guarded puts around a route what holds for all of them.
func (s *Server) guarded(op api.Op, do api.Do) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &answer{ResponseWriter: rw, control: http.NewResponseController(rw), stall: s.cfg.StallTimeout}
		start := time.Now()
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			aborted := s.recovered(recover(), w, op)
			s.metrics.observe(op.Path, w.code(), time.Since(start))
			if aborted {
				panic(http.ErrAbortHandler)
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if err := s.admit(w, r, op, do); err != nil {
			s.fail(w, r, err)
		}
	})
}

// recovered turns a panic into an answer; true when the connection must be
// cut because an answer has begun.
func (s *Server) recovered(p any, w *answer, op api.Op) (abort bool) {
	switch {
	case p == nil:
		return false
	case p == http.ErrAbortHandler:
		return true
	}
	s.metrics.panics.Inc()
	s.cfg.Log.Error("a handler panicked", "route", op.Path, "panic", p, "stack", string(debug.Stack()))
	if w.begun() {
		return true
	}
	api.WriteError(w, maru.Errorf(maru.Internal, "a bug in %s stopped this request; the log has the details", op.Path))
	return false
}

// admit checks who comes and from where, and lets the route do its work.
func (s *Server) admit(w *answer, r *http.Request, op api.Op, do api.Do) error {
	if err := checkHost(r); err != nil {
		return err
	}
	if err := checkOrigin(r, op.Path == pagesPath); err != nil {
		return err
	}
	ctx := r.Context()
	if strings.HasPrefix(op.Path, "/api") {
		known, err := s.known(r, op.Role)
		if err != nil {
			return err
		}
		ctx = known
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		default:
			return maru.Errorf(maru.Unavailable, "%d requests are under way, that is the limit: try again", requestsMax)
		}
	}
	if !op.Stream {
		limited, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		ctx = limited
	} else if r.Method == http.MethodGet {
		// The server's limit is for reading a request; it would end this one.
		_ = w.control.SetReadDeadline(time.Time{})
	}
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, bodyBytesMax)
	return do(w, r)
}

// note logs what should not have happened.
func (s *Server) note(ctx context.Context, method, path string, err error) {
	if maru.KindOf(err) == maru.Internal && ctx.Err() == nil {
		s.cfg.Log.Error("a request failed", "method", method, "path", path, "error", err)
	}
}

// fail answers with err. Once an answer has begun it can only be cut short,
// so that nobody takes a part for the whole; see sql for clients that take
// trailers.
func (s *Server) fail(w *answer, r *http.Request, err error) {
	s.note(r.Context(), r.Method, r.URL.Path, err)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = maru.Errorf(maru.TooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if w.begun() {
		panic(http.ErrAbortHandler)
	}
	api.WriteError(w, err)
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
