package node

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"maru"
	"maru/collect"
	"maru/project"
	"maru/run"
	"maru/stream"
)

// retryEvery is how often what could not be applied is tried again: a topic
// whose first row has not come, a broker that is away.
const retryEvery = time.Second

// folder makes the node do what the project's files say.
type folder struct {
	n    *node
	wake chan struct{}

	mu         sync.Mutex // guards all below
	p          *project.Project
	problems   []project.Problem
	waiting    []string // what could not be applied yet, in words
	loaded     time.Time
	collectors map[string]*collector
}

// collector is one running collector.
type collector struct {
	cfg   collect.Config
	c     atomic.Pointer[collect.Collector] // nil until it is open
	token run.Token
}

func newFolder(n *node) *folder {
	return &folder{n: n, wake: make(chan struct{}, 1), collectors: map[string]*collector{}}
}

// project is what is loaded; never nil.
func (f *folder) project() *project.Project {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.p == nil {
		return &project.Project{}
	}
	return f.p
}

// run follows the folder, and applies it until all of it has been taken.
func (f *folder) run(ctx context.Context) error {
	g, ctx := run.NewGroup(ctx)
	g.Go("project watch", func(ctx context.Context) error {
		return project.Watch(ctx, f.n.cfg.ProjectDir, f.changed)
	})
	g.Go("project apply", f.keep)
	return g.Wait()
}

func (f *folder) changed(p *project.Project, problems []project.Problem) {
	for _, pr := range problems {
		f.n.log.Warn("project", "problem", pr.Error())
	}
	f.mu.Lock()
	f.p, f.problems, f.loaded = p, problems, time.Now()
	f.mu.Unlock()
	f.n.noticeDashboards()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *folder) keep(ctx context.Context) error {
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
		case <-retry.C:
		}
		waiting := f.apply(ctx)
		f.mu.Lock()
		f.waiting = waiting
		f.mu.Unlock()
		if text := strings.Join(waiting, "; "); text != last {
			last = text
			if text != "" {
				f.n.log.Info("project", "waiting", text)
			}
		}
		retry.Reset(time.Hour)
		if len(waiting) > 0 {
			retry.Reset(retryEvery)
		}
	}
}

// apply makes topics, streams and collectors what the project says. It gives
// what has to wait, in words.
func (f *folder) apply(ctx context.Context) (waiting []string) {
	p := f.project()
	if err := f.topics(ctx, p); err != nil {
		return []string{err.Error()} // without topics nothing else has a place
	}
	set, waits, err := f.streams(ctx, p)
	waiting = append(waiting, waits...)
	if err == nil {
		err = f.n.stream.Apply(ctx, set)
	}
	if err != nil {
		waiting = append(waiting, "streams: "+err.Error())
	}
	for _, err := range f.collect(ctx, p) {
		waiting = append(waiting, err.Error())
	}
	return waiting
}

// topics makes the declared topics and those that collectors fill.
func (f *folder) topics(ctx context.Context, p *project.Project) error {
	declared := map[string]bool{}
	for _, t := range p.Topics {
		declared[t.Name] = true
		if _, err := f.n.kafka.EnsureTopic(ctx, t.Name, int32(t.Partitions), topicConfig(t.Retention, t.RetentionBytes)); err != nil {
			return fmt.Errorf("%s: %w", t.File, err)
		}
	}
	for _, c := range p.Collectors {
		if declared[c.Topic] {
			continue
		}
		if _, err := f.n.kafka.EnsureTopic(ctx, c.Topic, int32(max(p.Defaults.Partitions, 1)), topicConfig(p.Defaults.Retention, p.Defaults.RetentionBytes)); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	return nil
}

func topicConfig(retention time.Duration, bytes int64) map[string]string {
	ms := int64(-1)
	if retention != project.Forever {
		ms = retention.Milliseconds()
	}
	if bytes == 0 {
		bytes = -1
	}
	return retentionConfig(ms, bytes)
}

// retentionConfig says how long records are kept; -1 is without end.
func retentionConfig(ms, bytes int64) map[string]string {
	return map[string]string{"retention.ms": strconv.FormatInt(ms, 10), "retention.bytes": strconv.FormatInt(bytes, 10)}
}

// streams gives what the streamer should run. A stream whose topic has no
// columns yet waits for its first row.
func (f *folder) streams(ctx context.Context, p *project.Project) (set stream.Set, waiting []string, err error) {
	set.Seeds, set.Files = map[string]string{}, map[string]stream.File{}
	for _, s := range p.Seeds {
		set.Seeds[s.Name] = filepath.Join(p.Dir, filepath.FromSlash(s.File))
	}
	unknown := map[string]bool{}
	for _, name := range f.sources(ctx, p) {
		src, err := f.source(ctx, p, name)
		if err != nil {
			return set, nil, err
		}
		if len(src.Columns) == 0 {
			unknown[name] = true
			waiting = append(waiting, fmt.Sprintf("topic %s has no columns: declare them in topics/%[1]s.yaml, or they are inferred from its first row", name))
			continue
		}
		set.Sources = append(set.Sources, src)
	}
	for _, s := range p.Streams {
		if reads(s.SQL, unknown) {
			continue
		}
		set.Streams = append(set.Streams, stream.Definition{Name: s.Name, SQL: s.SQL, Close: s.Emit == project.EmitWindowClose, TTL: s.TTL, Keep: s.Keep,
			Unbounded: s.State == "unbounded", Delay: s.Watermark, Idle: s.Idle, Topic: s.Topic})
		set.Files[s.Name] = stream.File{Path: s.File, Line: s.Line}
	}
	return set, waiting, nil
}

// reads says whether SQL names one of the topics; a word inside a text counts too.
func reads(sql string, topics map[string]bool) bool {
	for t := range topics {
		if strings.Contains(strings.ToLower(sql), strings.ToLower(t)) {
			return true
		}
	}
	return false
}

// sources are the declared topics and others of the log that a stream names.
func (f *folder) sources(ctx context.Context, p *project.Project) []string {
	var names []string
	for _, t := range p.Topics {
		names = append(names, t.Name)
	}
	all, err := f.n.kafka.Topics(ctx)
	if err != nil {
		return names
	}
	own := map[string]bool{}
	for _, s := range p.Streams {
		own[s.Name] = true
	}
	for _, t := range all {
		if slices.Contains(names, t.Name) || own[t.Name] {
			continue
		}
		for _, s := range p.Streams {
			if reads(s.SQL, map[string]bool{t.Name: true}) {
				names = append(names, t.Name)
				break
			}
		}
	}
	return names
}

func (f *folder) source(ctx context.Context, p *project.Project, name string) (stream.Source, error) {
	src := stream.Source{Name: name, Delay: p.Defaults.Watermark, Idle: p.Defaults.Idle}
	for _, t := range p.Topics {
		if t.Name == name {
			src.Columns, src.Time, src.Delay, src.Idle = t.Columns, t.Time, t.Watermark, t.Idle
		}
	}
	var err error
	if len(src.Columns) == 0 {
		src.Columns, err = f.n.inferred(ctx, name)
	}
	return src, err
}

// collect starts, stops and replaces collectors.
func (f *folder) collect(ctx context.Context, p *project.Project) (errs []error) {
	want := map[string]collect.Config{}
	for _, c := range p.Collectors {
		want[c.Name] = f.collectConfig(p, c)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, c := range f.collectors {
		if cfg, ok := want[name]; ok && reflect.DeepEqual(cfg, c.cfg) {
			delete(want, name)
			continue
		}
		if err := f.n.sup.Remove(c.token); err != nil {
			errs = append(errs, fmt.Errorf("stop collector %s: %w", name, err))
		}
		delete(f.collectors, name)
	}
	for name, cfg := range want {
		c, err := f.start(ctx, name, cfg)
		if err != nil {
			errs = append(errs, fmt.Errorf("collector %s: %w", name, err))
			continue
		}
		f.collectors[name] = c
	}
	return errs
}

// start adds a collector as a service: a new one is opened at each restart.
func (f *folder) start(ctx context.Context, name string, cfg collect.Config) (*collector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &collector{cfg: cfg}
	token, err := f.n.sup.Add(run.Service{Name: "collector " + name, Run: func(ctx context.Context) error {
		col, err := collect.Open(ctx, cfg, collect.Needs{Logger: f.n.log, CrashPoint: run.CrashPoint})
		if err != nil {
			return err
		}
		c.c.Store(col)
		err = col.Run(ctx)
		if cerr := col.Close(); err == nil {
			err = cerr
		}
		return err
	}})
	c.token = token
	return c, err
}

func (f *folder) collectConfig(p *project.Project, c project.Collector) collect.Config {
	cfg := collect.Config{Name: c.Name, Topic: c.Topic, Format: c.Format, Pattern: c.Pattern, Encoding: c.Encoding, TimeZone: c.TimeZone,
		Follow: c.Follow, Bootstrap: f.n.bootstrap, Key: c.Key, OnError: collect.OnError(c.OnError), MaxLineBytes: int(c.MaxLineBytes)}
	if m := c.Multiline; m != nil {
		cfg.Multiline = collect.Multiline{Start: m.Start, End: m.End, Timeout: m.Timeout}
	}
	for _, g := range c.Files {
		if !filepath.IsAbs(g) {
			g = filepath.Join(p.Dir, filepath.FromSlash(g))
		}
		cfg.Files = append(cfg.Files, g)
	}
	return cfg
}

// statuses of the collectors, by name.
func (f *folder) statuses() []collect.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []collect.Status
	for _, c := range f.collectors {
		if col := c.c.Load(); col != nil {
			out = append(out, col.Status())
		}
	}
	slices.SortFunc(out, func(a, b collect.Status) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// inferred columns of a topic are found once and kept; empty while it has no rows.
func (n *node) inferred(ctx context.Context, topic string) (maru.Schema, error) {
	text, err := n.meta.Setting(ctx, columnsKey(topic))
	if err == nil && text != "" {
		var cols maru.Schema
		return cols, json.Unmarshal([]byte(text), &cols)
	}
	if err != nil && maru.KindOf(err) != maru.NotFound {
		return nil, err
	}
	cols, err := n.query.Infer(ctx, topic)
	if err != nil || len(cols) == 0 {
		if maru.KindOf(err) == maru.NotFound {
			err = nil
		}
		return nil, err
	}
	return cols, n.keepColumns(ctx, topic, cols)
}

func columnsKey(topic string) string { return "columns:" + topic }

func (n *node) keepColumns(ctx context.Context, topic string, cols maru.Schema) error {
	b, err := json.Marshal(cols)
	if err != nil {
		return err
	}
	return n.meta.Set(ctx, columnsKey(topic), string(b), maru.SystemClock.Now())
}
