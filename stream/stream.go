package stream

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/run"
	"maru/stream/internal/engine"
	"maru/stream/internal/serve"
)

// The types that cross the streamer's socket.
type (
	Set        = serve.Set
	File       = serve.File
	Definition = engine.Definition
	Source     = engine.Source
	Status     = serve.Status
)

// The sides of a view that SQL sees as NAME_late and NAME_rejected.
const (
	Late     = engine.Late
	Rejected = engine.Rejected
)

// Config of the part. The zero value of all but DataDir and Bootstrap works.
type Config struct {
	DataDir    string
	Bootstrap  string // the log's address
	Executable string // "" = this program
	MemoryMiB  int64  // of DuckDB in the streamer; 0 = a quarter of the machine's, 512 to 4096
	Threads    int    // 0 = all cores
}

// Bounds of Config.MemoryMiB.
const (
	memoryMinMiB = 256
	memoryMaxMiB = 1 << 20
)

// addressSpaceBase is what Go and DuckDB reserve without using it, and room to work.
const addressSpaceBase = 3 << 30

// Validate names the setting that is out of range, and the range.
func (c Config) Validate() error {
	switch {
	case c.DataDir == "":
		return maru.Errorf(maru.Invalid, "stream: DataDir is empty")
	case c.Bootstrap == "":
		return maru.Errorf(maru.Invalid, "stream: Bootstrap is empty: give the address of the log, host:port")
	case c.MemoryMiB != 0 && (c.MemoryMiB < memoryMinMiB || c.MemoryMiB > memoryMaxMiB):
		return maru.Errorf(maru.Invalid, "stream: MemoryMiB is %d, allowed are %d to %d", c.MemoryMiB, memoryMinMiB, memoryMaxMiB)
	case c.Threads < 0 || c.Threads > 1024:
		return maru.Errorf(maru.Invalid, "stream: Threads is %d, allowed are 0 to 1024", c.Threads)
	}
	return nil
}

// Stream runs continuous queries in a child process and reads their views.
type Stream struct {
	cfg   Config
	child *run.Child

	mu    sync.Mutex // guards the rest; the child gets the set again after each start
	set   Set
	has   bool
	ready bool // the child answers and has been given the set
}

// Open prepares the part; Run starts the streamer.
func Open(_ context.Context, cfg Config) (*Stream, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.MemoryMiB == 0 {
		cfg.MemoryMiB = 1024
		if m, err := run.MachineMemory(); err == nil {
			cfg.MemoryMiB = min(max(int64(m.Total>>20)/4, 512), 4096)
		}
	}
	if cfg.Threads == 0 {
		cfg.Threads = runtime.NumCPU()
	}
	dir, temp, runDir := filepath.Join(cfg.DataDir, "stream"), filepath.Join(cfg.DataDir, "tmp"), filepath.Join(cfg.DataDir, "run")
	for _, d := range []string{dir, temp, runDir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	socket := filepath.Join(runDir, "streamer.sock")
	s := &Stream{cfg: cfg}
	s.child = &run.Child{Name: "streamer", Path: cfg.Executable, Socket: socket, PIDFile: filepath.Join(runDir, "streamer.pid"),
		Args: []string{"streamer", "-socket", socket, "-dir", dir, "-temp", temp, "-bootstrap", cfg.Bootstrap,
			"-life", rand.Text(), "-memory", fmt.Sprintf("%dMiB", cfg.MemoryMiB), "-threads", strconv.Itoa(cfg.Threads)},
		AddressSpace: uint64(addressSpaceBase + cfg.MemoryMiB<<20),
		KillAfter:    10 * time.Second, // a commit and a checkpoint are let finish
	}
	return s, nil
}

// Run keeps the streamer going until ctx ends; its end is an error.
func (s *Stream) Run(ctx context.Context) error {
	g, _ := run.NewGroup(ctx)
	g.Go("streamer", s.child.Run)
	g.Go("streamer definitions", func(ctx context.Context) error {
		defer s.setReady(false)
		if err := s.begin(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
	return g.Wait()
}

// begin waits until the child answers and gives it what it should run.
func (s *Stream) begin(ctx context.Context) error {
	for s.child.PID() == 0 || !s.listens(ctx) {
		if err := run.Sleep(ctx, listensEvery); err != nil {
			return err
		}
	}
	if s.setReady(true) {
		return s.push(ctx)
	}
	return nil
}

// listensEvery is how often a streamer that starts is looked at.
const listensEvery = 3 * time.Millisecond

// listens says whether the streamer takes connections; unlike a call it does
// not wait for what may explain that it does not.
func (s *Stream) listens(ctx context.Context) bool {
	conn, err := run.DialUnix(ctx, s.child.Socket)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// setReady says whether there is a set to be pushed.
func (s *Stream) setReady(ready bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = ready
	return s.has
}

// Ready says whether the streamer answers.
func (s *Stream) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

// Close has nothing to do once Run has returned.
func (s *Stream) Close() error { return nil }

// PID of the streamer, 0 while there is none.
func (s *Stream) PID() int { return s.child.PID() }

// Apply makes the streamer run exactly set, now and after each of its restarts.
func (s *Stream) Apply(ctx context.Context, set Set) error {
	s.mu.Lock()
	s.set, s.has = set, true
	ready := s.ready
	s.mu.Unlock()
	if !ready {
		return nil // it will get them when it starts
	}
	return s.push(ctx)
}

func (s *Stream) push(ctx context.Context) error {
	s.mu.Lock()
	body, err := json.Marshal(s.set)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	resp, err := s.call(ctx, "PUT", serve.PathSet, nil, bytes.NewReader(body))
	if err != nil {
		return err
	}
	return resp.Close()
}

// Status of every stream, in the order of the set.
func (s *Stream) Status(ctx context.Context) ([]Status, error) {
	var out []Status
	return out, s.get(ctx, serve.PathStatus, nil, &out)
}

// Explain is a stream's plan in words, one operator a paragraph.
func (s *Stream) Explain(ctx context.Context, name string) (string, error) {
	body, err := s.call(ctx, "GET", serve.PathPlan, url.Values{"name": {name}}, nil)
	if err != nil {
		return "", err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, 1<<20))
	return string(b), err
}

// PlanError is why a query cannot be a stream, and where in its SQL: line and
// column from 1, the column in bytes.
type PlanError struct {
	Line, Column int
	Err          error
}

func (e *PlanError) Error() string { return e.Err.Error() }

// Unwrap gives the kind.
func (e *PlanError) Unwrap() error { return e.Err }

// Plan takes a stream of a set apart and runs nothing; the set that is in force
// stays. The error may be a *PlanError.
func (s *Stream) Plan(ctx context.Context, set Set, name string) error {
	body, err := json.Marshal(set)
	if err != nil {
		return err
	}
	resp, err := s.call(ctx, "POST", serve.PathPlan, url.Values{"name": {name}}, bytes.NewReader(body))
	if err != nil {
		return err
	}
	return resp.Close()
}

// Reset makes a view anew from its topic; the old one is shown until then.
// fromRetained: also when the topic no longer holds the view's beginning.
func (s *Stream) Reset(ctx context.Context, name string, fromRetained bool) error {
	return s.post(ctx, serve.PathReset, url.Values{"name": {name}, "retained": {strconv.FormatBool(fromRetained)}})
}

// Pause stops a stream's reading, or lets it go on.
func (s *Stream) Pause(ctx context.Context, name string, paused bool) error {
	return s.post(ctx, serve.PathPause, url.Values{"name": {name}, "paused": {strconv.FormatBool(paused)}})
}

// Columns of a view (side "") or of Late or Rejected.
func (s *Stream) Columns(ctx context.Context, name, side string) (maru.Schema, error) {
	var out maru.Schema
	return out, s.get(ctx, serve.PathColumn, url.Values{"name": {name}, "side": {side}}, &out)
}

// View reads rows of a view: columns (nil = all), those that meet where (SQL,
// "" = all), at most limit (0 = all). The caller closes it.
func (s *Stream) View(ctx context.Context, name, side string, columns []string, where string, limit int64) (*View, error) {
	q := url.Values{"name": {name}, "side": {side}, "where": {where}, "limit": {strconv.FormatInt(limit, 10)}}
	if columns != nil {
		b, err := json.Marshal(columns)
		if err != nil {
			return nil, err
		}
		q.Set("columns", string(b))
	}
	body, err := s.call(ctx, "GET", serve.PathView, q, nil)
	if err != nil {
		return nil, err
	}
	r, err := ipc.NewReader(body)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return &View{r: r, body: body}, nil
}

// View is an open reading of a view.
type View struct {
	r    *ipc.Reader
	body io.Closer
}

// Schema of every batch.
func (v *View) Schema() *arrow.Schema { return v.r.Schema() }

// Next gives the next batch, io.EOF after the last. The caller releases it.
func (v *View) Next() (arrow.RecordBatch, error) {
	if !v.r.Next() {
		if err := v.r.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	rec := v.r.RecordBatch()
	rec.Retain()
	return rec, nil
}

// Close ends the reading.
func (v *View) Close() error {
	v.r.Release()
	return v.body.Close()
}

// Tail gives a view's changes as NDJSON from "now" or "start" on, until ctx
// ends or it is closed. Blank lines mean nothing.
func (s *Stream) Tail(ctx context.Context, name, from string) (io.ReadCloser, error) {
	return s.call(ctx, "GET", serve.PathTail, url.Values{"name": {name}, "from": {from}}, nil)
}

func (s *Stream) get(ctx context.Context, path string, q url.Values, to any) error {
	body, err := s.call(ctx, "GET", path, q, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(to)
}

func (s *Stream) post(ctx context.Context, path string, q url.Values) error {
	body, err := s.call(ctx, "POST", path, q, nil)
	if err != nil {
		return err
	}
	return body.Close()
}

// call asks the streamer; an answer that is not 200 becomes its error.
func (s *Stream) call(ctx context.Context, method, path string, q url.Values, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://streamer"+path+"?"+q.Encode(), body)
	if err != nil {
		return nil, err
	}
	resp, err := s.child.Client().Do(req)
	if err != nil {
		return nil, s.child.Explain(ctx, &maru.Error{Kind: maru.Unavailable, Err: fmt.Errorf("the streamer does not answer: %w", err)})
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var f serve.Failure
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&f); err != nil {
		return nil, maru.Errorf(maru.Internal, "the streamer answered %s", resp.Status)
	}
	err = maru.Errorf(maru.ParseKind(f.Kind), "%s", f.Message)
	if f.Line > 0 {
		err = &PlanError{Line: f.Line, Column: f.Column, Err: err}
	}
	return nil, err
}
