package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"maru"
	"maru/duck"
	"maru/project"
	"maru/query"
	"maru/run"
	"maru/spec"
	"maru/stream"
	"maru/web"
)

// webNeeds plugs the parts into the HTTP API.
func (n *node) webNeeds() web.Needs {
	reg := prometheus.NewRegistry()
	reg.MustRegister(&metrics{n})
	return web.Needs{Sessions: &users{n.govern, n.workspace}, Query: &sqlDoor{n}, Results: &results{n}, Catalog: &catalog{n}, Streams: &streams{n}, Control: &streams{n}, Topics: &topics{n}, Home: &overview{n}, Sample: &firstSteps{n}, Dashboards: n.webDashboards(), Workspace: &desk{n.workspace}, Doctor: &doctor{n}, Project: &projectInfo{n}, Health: &health{n}, Metrics: reg}
}

// sqlDoor is query as web wants it.
type sqlDoor struct{ n *node }

// Run answers one statement.
func (d *sqlDoor) Run(ctx context.Context, req web.QueryRequest) (web.QueryResult, error) {
	r, err := d.n.query.Execute(ctx, query.Request{SQL: req.SQL, Dir: req.Dir, Roots: req.Roots, MaxRows: req.MaxRows})
	if err != nil {
		return nil, place(err)
	}
	for _, w := range r.Warnings() {
		d.n.log.Warn("sql", "warning", w)
	}
	return r, nil
}

// placed carries an error's place in the statement to the HTTP answer.
type placed struct {
	at  *query.Error
	err error
}

func (p *placed) Error() string                          { return p.err.Error() }
func (p *placed) Place() (line, column int, hint string) { return p.at.Line, p.at.Column, "" }
func (p *placed) Unwrap() error                          { return p.err }

func place(err error) error {
	var e *query.Error
	if errors.As(err, &e) && e.Line > 0 {
		return &placed{at: e, err: err}
	}
	return err
}

type streams struct{ n *node }

// List gives every stream's status.
func (s *streams) List(ctx context.Context) ([]web.StreamStatus, error) {
	all, err := s.n.stream.Status(ctx)
	if err != nil {
		return nil, err
	}
	have := map[string]stream.Status{}
	for _, st := range all {
		have[st.Name] = st
	}
	var out []web.StreamStatus
	for _, d := range s.n.folder.project().Streams {
		if st, ok := have[d.Name]; ok {
			w := webStatus(d, st)
			in, made := s.n.samples.stream(d.Name)
			w.RateIn, w.RateOut = in.rate, made.rate
			out = append(out, w)
			continue
		}
		out = append(out, web.StreamStatus{Name: d.Name, File: d.File, State: "waiting", Error: s.n.folder.waits(), Emit: d.Emit})
	}
	return out, nil
}

func webStatus(d project.Stream, st stream.Status) web.StreamStatus {
	w := web.StreamStatus{Name: d.Name, File: d.File, State: string(st.State), Error: st.Error, Emit: d.Emit, RowsIn: st.In, RowsOut: st.Out, RowsLate: st.Late,
		RowsRejected: st.Rejected, Lag: st.Lag, StateBytes: st.StateBytes, Since: st.Committed}
	if st.Rebuilding != "" {
		w.State, w.Error, w.RowsToGo = "rebuilding", st.Rebuilding, st.RowsToGo
	}
	w.Checkpoint, w.DelayMS, w.Busy = st.Committed, st.Delay.Milliseconds(), st.Busy
	for _, o := range st.Operators {
		w.Operators = append(w.Operators, web.StreamOperator(o))
	}
	if st.Topic != "" {
		w.Reads = []string{st.Topic}
	}
	if st.Watermark != nil {
		w.Watermark = *st.Watermark
		w.WatermarkMS = max(time.Since(*st.Watermark).Milliseconds(), 0)
	}
	if st.HeldBy >= 0 {
		w.HeldBackBy = fmt.Sprintf("%s/%d", st.Topic, st.HeldBy)
	}
	for _, p := range st.Partitions {
		part := web.StreamPartition{Topic: st.Topic, Partition: p.Partition, Offset: p.Offset, End: p.Offset + p.Lag, Idle: p.Idle}
		if p.Newest != nil {
			part.Watermark = p.Newest.Add(-st.Delay)
		}
		w.Partitions = append(w.Partitions, part)
	}
	return w
}

// Status of one stream.
func (s *streams) Status(ctx context.Context, name string) (web.StreamStatus, error) {
	all, err := s.List(ctx)
	if err != nil {
		return web.StreamStatus{}, err
	}
	for _, st := range all {
		if st.Name == name {
			for _, d := range s.n.folder.project().Streams {
				if d.Name == name {
					st.SQL = d.SQL
				}
			}
			return st, nil
		}
	}
	return web.StreamStatus{}, s.missing(name)
}

func (s *streams) missing(name string) error {
	var names []string
	for _, d := range s.n.folder.project().Streams {
		names = append(names, d.Name)
	}
	if like := spec.Nearest(name, names); like != "" {
		return maru.Errorf(maru.NotFound, "there is no stream %s; did you mean %s?", name, like)
	}
	return maru.Errorf(maru.NotFound, "there is no stream %s; `maru stream list` names those there are", name)
}

// Explain is a stream's plan in words.
func (s *streams) Explain(ctx context.Context, name string) (string, error) {
	return s.n.stream.Explain(ctx, name)
}

// Reset makes a view anew.
func (s *streams) Reset(ctx context.Context, name string, req web.ResetRequest) error {
	return s.n.stream.Reset(ctx, name, req.FromRetained)
}

// Pause stops a stream's reading, or lets it go on.
func (s *streams) Pause(ctx context.Context, name string, paused bool) error {
	return s.n.stream.Pause(ctx, name, paused)
}

// Tail follows a view.
func (s *streams) Tail(ctx context.Context, name, from string) (io.ReadCloser, error) {
	for _, d := range s.n.folder.project().Streams {
		if d.Name == name {
			return s.n.stream.Tail(ctx, name, from)
		}
	}
	return nil, s.missing(name)
}

type projectInfo struct{ n *node }

// Project says what is loaded and what is wrong with it.
func (i *projectInfo) Project(context.Context) (web.ProjectState, error) {
	p := i.n.folder.project()
	f := i.n.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	st := web.ProjectState{Name: p.Name, Dir: p.Dir, Loaded: f.loaded, Objects: []web.ProjectObject{}, Problems: []web.FileProblem{}}
	add := func(kind, name, file string) {
		st.Objects = append(st.Objects, web.ProjectObject{Kind: kind, Name: name, File: file})
	}
	for _, c := range p.Collectors {
		add("collector", c.Name, c.File)
	}
	for _, t := range p.Topics {
		add("topic", t.Name, t.File)
	}
	for _, s := range p.Streams {
		add("stream", s.Name, s.File)
	}
	for _, s := range p.Seeds {
		add("seed", s.Name, s.File)
	}
	for _, pr := range f.problems {
		st.Problems = append(st.Problems, web.FileProblem{File: pr.File, Line: pr.Line, Column: pr.Column, Message: pr.Message, Hint: pr.Hint})
	}
	return st, nil
}

func (f *folder) waits() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.waiting, "; ")
}

type health struct{ n *node }

// Healthy is nil when every service runs.
func (h *health) Healthy(context.Context) error {
	var bad []string
	for _, s := range h.n.sup.Status() {
		if s.State == run.Failed || s.State == run.Waiting {
			bad = append(bad, fmt.Sprintf("%s: %s", s.Name, s.LastError))
		}
	}
	if len(bad) > 0 {
		return maru.Errorf(maru.Unavailable, "%s", strings.Join(bad, "; "))
	}
	return nil
}

type doctor struct{ n *node }

// diskLow is the free space below which the doctor warns.
const diskLow = 1 << 30

// Report looks over the node.
func (d *doctor) Report(ctx context.Context) (web.Report, error) {
	n := d.n
	r := web.Report{Version: n.cfg.Version, Started: n.started, PID: os.Getpid(), HTTP: n.web.Addr(), Kafka: n.bootstrap, DataDir: n.cfg.DataDir, ProjectDir: n.cfg.ProjectDir,
		Services: n.sup.Status(), Goroutines: run.Goroutines(), Versions: []web.Version{{Name: "go", Version: strings.TrimPrefix(runtime.Version(), "go")}}}
	// The library says its version without being opened.
	r.Versions = append(r.Versions, web.Version{Name: "duckdb", Version: strings.TrimPrefix(duck.Version(), "v")})
	if n.broker != nil {
		st := n.broker.Stats()
		r.Limits = append(r.Limits, web.Limit{Name: "kafka connections", Used: int64(st.Connections), Max: 2000},
			web.Limit{Name: "partitions", Used: int64(st.Partitions), Max: 20000})
	}
	if m, err := run.MachineMemory(); err == nil {
		r.Limits = append(r.Limits, web.Limit{Name: "memory", Used: int64(m.Limit - m.Available), Max: int64(m.Limit), Unit: "bytes"})
	}
	if free, total, err := run.DiskFree(n.cfg.DataDir); err == nil {
		r.Disks = append(r.Disks, web.Disk{Path: n.cfg.DataDir, Free: free, Total: total})
		if free < diskLow {
			r.Problems = append(r.Problems, fmt.Sprintf("only %d MiB are free under %s: make room, or shorten the retention of topics", free>>20, n.cfg.DataDir))
		}
	}
	for _, s := range r.Services {
		if s.State == run.Failed || s.State == run.Waiting {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: %s", s.Name, s.LastError))
		}
	}
	r.Problems = append(r.Problems, d.streamProblems(ctx)...)
	ps, _ := (&projectInfo{n}).Project(ctx)
	for _, p := range ps.Problems {
		r.Problems = append(r.Problems, fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message))
	}
	if w := n.folder.waits(); w != "" {
		r.Problems = append(r.Problems, w)
	}
	return r, nil
}

func (d *doctor) streamProblems(ctx context.Context) (out []string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	all, err := (&streams{d.n}).List(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, s := range all {
		if s.Error != "" && s.State != "rebuilding" {
			out = append(out, fmt.Sprintf("stream %s: %s", s.Name, s.Error))
		}
	}
	return out
}
