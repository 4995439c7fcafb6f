package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"maru"
	"maru/duck"
	"maru/stream/internal/engine"
	"maru/stream/internal/plan"
)

// setBytesMax bounds the definitions.
const setBytesMax = 64 << 20

// server answers on the streamer's socket.
type server struct {
	e    *engine.Engine
	temp string

	mu  sync.Mutex // guards set
	set Set
}

// Handler serves an engine. temp is where large readings are spooled.
func Handler(e *engine.Engine, temp string) http.Handler {
	s := &server{e: e, temp: temp}
	m := http.NewServeMux()
	m.HandleFunc("PUT "+PathSet, s.answer(s.putSet))
	m.HandleFunc("GET "+PathStatus, s.answer(s.status))
	m.HandleFunc("GET "+PathView, s.answer(s.view))
	m.HandleFunc("GET "+PathColumn, s.answer(s.columns))
	m.HandleFunc("GET "+PathTail, s.answer(s.tail))
	m.HandleFunc("GET "+PathPlan, s.answer(s.plan))
	m.HandleFunc("POST "+PathPlan, s.answer(s.tryPlan))
	m.HandleFunc("POST "+PathReset, s.answer(s.reset))
	m.HandleFunc("POST "+PathPause, s.answer(s.pause))
	return m
}

// answer turns an error into a Failure, unless the answer has begun.
func (s *server) answer(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := fn(w, r)
		if err == nil || errors.Is(err, http.ErrAbortHandler) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		f := Failure{Kind: maru.KindOf(err).String(), Message: err.Error()}
		var p *placed
		if errors.As(err, &p) {
			f.Line, f.Column = p.line, p.column
		}
		_ = json.NewEncoder(w).Encode(f)
	}
}

// placed is an error of a query that knows where in it.
type placed struct {
	error
	line, column int
}

func (p *placed) Unwrap() error { return p.error }

func readSet(r *http.Request) (set Set, err error) {
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, setBytesMax)).Decode(&set); err != nil {
		return set, maru.Errorf(maru.Invalid, "read the definitions: %v", err)
	}
	return set, nil
}

func (s *server) putSet(_ http.ResponseWriter, r *http.Request) error {
	set, err := readSet(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.set = set
	s.mu.Unlock()
	s.e.Apply(context.WithoutCancel(r.Context()), set.Set)
	return nil
}

func (s *server) status(w http.ResponseWriter, _ *http.Request) error {
	s.mu.Lock()
	set := s.set
	s.mu.Unlock()
	all := s.e.Status()
	out := make([]Status, 0, len(all))
	for _, d := range set.Streams {
		st, ok := all[d.Name]
		if !ok {
			continue
		}
		st.Error = s.place(set, d, st)
		out = append(out, Status{Name: d.Name, Status: st, Close: d.Close, Delay: d.Delay, Topic: st.Topic})
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// place says in which line of the stream's file an error of its SQL is.
func (s *server) place(set Set, d engine.Definition, st engine.Status) string {
	f, ok := set.Files[d.Name]
	if !ok || st.Problem == nil {
		return st.Error
	}
	line, column := placeIn(d.SQL, st.Problem)
	if line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, st.Error)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line+line-1, max(column, 1), st.Error)
}

// placeIn is where in the SQL an error is, 0 when that is not known.
func placeIn(sql string, err error) (line, column int) {
	var p *plan.Problem
	var e *duck.Error
	switch {
	case errors.As(err, &p) && p.Offset >= 0:
		return duck.LineColumn(sql, p.Offset)
	case errors.As(err, &e):
		return e.Line, e.Column
	}
	return 0, 0
}

// tryPlan plans one stream of a set that is not in force.
func (s *server) tryPlan(_ http.ResponseWriter, r *http.Request) error {
	set, err := readSet(r)
	if err != nil {
		return err
	}
	name := r.URL.Query().Get("name")
	i := slices.IndexFunc(set.Streams, func(d engine.Definition) bool { return d.Name == name })
	if i < 0 {
		return maru.Errorf(maru.NotFound, "there is no stream %s in the set", name)
	}
	if _, err := engine.Plan(r.Context(), set.Set, set.Streams[i]); err != nil {
		line, column := placeIn(set.Streams[i].SQL, err)
		return &placed{err, line, column}
	}
	return nil
}

func (s *server) view(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := strconv.ParseInt("0"+q.Get("limit"), 10, 64)
	if err != nil {
		return maru.Errorf(maru.Invalid, "limit %q is not a number", q.Get("limit"))
	}
	var cols []string
	if q.Has("columns") {
		if err := json.Unmarshal([]byte(q.Get("columns")), &cols); err != nil {
			return maru.Errorf(maru.Invalid, "columns is not a JSON list of names: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), SpoolTimeMax)
	defer cancel()
	rows, c, err := s.e.Read(ctx, q.Get("name"), q.Get("side"), cols, q.Get("where"))
	if err != nil {
		return err
	}
	sp := &spool{dir: s.temp}
	defer sp.close()
	err = sp.fill(rows, limit)
	rows.Close()
	c.Close()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.apache.arrow.stream")
	w.Header().Set("Content-Length", strconv.FormatInt(sp.size, 10))
	if _, err := sp.WriteTo(w); err != nil {
		return http.ErrAbortHandler
	}
	return nil
}

func (s *server) columns(w http.ResponseWriter, r *http.Request) error {
	cols, err := s.e.Columns(r.Context(), r.URL.Query().Get("name"), r.URL.Query().Get("side"))
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(cols)
}

// heartbeat keeps a quiet feed's connection alive; a blank line means nothing.
const heartbeat = 10 * time.Second

func (s *server) tail(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("name")
	history := 0
	if r.URL.Query().Get("from") == "start" {
		history = historyMax
	}
	f, rows, c, err := s.e.Follow(r.Context(), name, history)
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	rc := http.NewResponseController(w)
	if rows != nil {
		err := writeHistory(w, rows)
		rows.Close()
		c.Close()
		if err != nil {
			return err
		}
	}
	_ = rc.Flush()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		line := ""
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
		case line = <-f.C:
		}
		var b strings.Builder
		b.WriteString(line + "\n")
		for range min(len(f.C), 1000) {
			b.WriteString(<-f.C + "\n")
		}
		if n := f.Skipped(); n > 0 {
			fmt.Fprintf(&b, "{\"_skipped\":%d}\n", n)
		}
		if _, err := w.Write([]byte(b.String())); err != nil {
			return http.ErrAbortHandler
		}
		if err := rc.Flush(); err != nil {
			return http.ErrAbortHandler
		}
	}
}

// historyMax bounds the rows that a feed from the start begins with.
const historyMax = 100_000

// writeHistory writes what the view holds already.
func writeHistory(w http.ResponseWriter, rows *duck.Rows) error {
	for {
		rec, err := rows.Next()
		if err != nil {
			return nil // the end, or the reader has gone
		}
		for i := range int(rec.NumRows()) {
			if _, err := fmt.Fprintln(w, rec.Column(0).ValueStr(i)); err != nil {
				rec.Release()
				return http.ErrAbortHandler
			}
		}
		rec.Release()
	}
}

func (s *server) plan(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("name")
	s.mu.Lock()
	set := s.set
	s.mu.Unlock()
	i := slices.IndexFunc(set.Streams, func(d engine.Definition) bool { return d.Name == name })
	if i < 0 {
		return maru.Errorf(maru.NotFound, "there is no stream %s", name)
	}
	p, err := engine.Plan(r.Context(), set.Set, set.Streams[i])
	if err != nil {
		return maru.Errorf(maru.KindOf(err), "%s", s.place(set, set.Streams[i], engine.Status{Error: err.Error(), Problem: err}))
	}
	_, err = w.Write([]byte(p.Explain()))
	return err
}

func (s *server) reset(_ http.ResponseWriter, r *http.Request) error {
	return s.e.Reset(r.URL.Query().Get("name"), r.URL.Query().Get("retained") == "true")
}

func (s *server) pause(_ http.ResponseWriter, r *http.Request) error {
	return s.e.Pause(r.URL.Query().Get("name"), r.URL.Query().Get("paused") == "true")
}
