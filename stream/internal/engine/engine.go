package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maru"
	"maru/duck"
	"maru/kafka"
	"maru/run"
	"maru/stream/internal/plan"
)

// Config of an engine.
type Config struct {
	Dir         string // state files
	TempDir     string // spill
	Bootstrap   string
	Threads     int    // of a query that catches up; 0 = all cores
	MemoryLimit string // DuckDB's words
	Life        string // names this run of the server: crashes are counted within one
	Clock       maru.Clock
	Warn        func(error)
}

// Definition is one stream as its file says it, with all that it needs.
type Definition struct {
	Name      string        `json:"name"`
	SQL       string        `json:"sql"`
	Close     bool          `json:"close,omitempty"`
	TTL       time.Duration `json:"ttl,omitempty"`
	Keep      time.Duration `json:"keep,omitempty"`
	Unbounded bool          `json:"unbounded,omitempty"`
	Delay     time.Duration `json:"delay,omitempty"` // 0 = the topic's
	Idle      time.Duration `json:"idle,omitempty"`
	Topic     string        `json:"topic,omitempty"` // output topic
}

// Source is a topic with its columns.
type Source struct {
	Name    string        `json:"name"`
	Columns maru.Schema   `json:"columns"`
	Time    string        `json:"time"`
	Delay   time.Duration `json:"delay"`
	Idle    time.Duration `json:"idle"`
}

// Set is all that should run.
type Set struct {
	Streams []Definition      `json:"streams"`
	Sources []Source          `json:"sources"`
	Seeds   map[string]string `json:"seeds"` // name → absolute path
}

// Defaults of a definition (ARCHITECTURE.md, Contracts).
const (
	DefaultDelay = 5 * time.Second
	DefaultIdle  = 30 * time.Second
	DefaultKeep  = 7 * 24 * time.Hour
)

// Restart backoff of a query that failed.
const (
	backoffMin = 500 * time.Millisecond
	backoffMax = 30 * time.Second
)

// Engine runs continuous queries in one DuckDB instance, each with a state file of its own.
type Engine struct {
	cfg    Config
	db     *duck.DB
	client *kafka.Client
	crowd  crowd

	mu      sync.Mutex // guards entries, set
	entries map[string]*entry
	set     Set
}

// Open makes an engine that runs nothing yet.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Clock == nil {
		cfg.Clock = maru.SystemClock
	}
	if cfg.Threads == 0 {
		cfg.Threads = runtime.NumCPU()
	}
	if cfg.Warn == nil {
		cfg.Warn = func(error) {}
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	db, err := duck.Open(ctx, duck.Config{Threads: 1, MemoryLimit: cfg.MemoryLimit, TempDir: cfg.TempDir,
		// The WAL is folded in between batches, by tidy; a commit never pays for it.
		Settings: map[string]string{"checkpoint_threshold": "1TB", "preserve_insertion_order": "false"}})
	if err != nil {
		return nil, err
	}
	client, err := kafka.NewClient(cfg.Bootstrap, kafka.WithClientID("maru-streamer"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Engine{cfg: cfg, db: db, client: client, crowd: crowd{most: cfg.Threads}, entries: map[string]*entry{}}, nil
}

// Close stops every query at its last commit.
func (e *Engine) Close() error {
	e.mu.Lock()
	entries := e.entries
	e.entries = map[string]*entry{}
	e.mu.Unlock()
	for _, en := range entries {
		en.stop()
	}
	e.client.Close()
	return e.db.Close()
}

// Apply makes the engine run exactly set: what is new starts, what is gone
// stops (its state stays on disk), what has changed is built anew beside the
// old one, which is shown until then.
func (e *Engine) Apply(ctx context.Context, set Set) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.set = set
	want := map[string]bool{}
	var changed []Definition
	for _, d := range set.Streams {
		want[d.Name] = true
		en := e.entries[d.Name]
		if en == nil {
			en = newEntry(e, d.Name)
			e.entries[d.Name] = en
		}
		// Planning takes DuckDB's parser and binder, some ten milliseconds: only
		// for what has changed.
		if key := planKey(set, d); key != en.planKey {
			en.planKey = key
			changed = append(changed, d)
		} else {
			en.poke()
		}
	}
	e.plan(ctx, set, changed)
	for name, en := range e.entries {
		if !want[name] {
			en.stop()
			delete(e.entries, name)
		}
	}
}

// plan plans definitions side by side and hands each to its entry. Called with
// mu held.
func (e *Engine) plan(ctx context.Context, set Set, defs []Definition) {
	g, ctx := run.NewGroup(ctx)
	slots := make(chan struct{}, e.crowd.most)
	for _, d := range defs {
		en := e.entries[d.Name]
		g.Go("plan "+d.Name, func(ctx context.Context) error {
			slots <- struct{}{}
			defer func() { <-slots }()
			en.apply(e.spec(ctx, set, d, statePath(e.cfg.Dir, d.Name)))
			return nil
		})
	}
	if err := g.Wait(); err != nil { // a panic: it has been logged
		e.cfg.Warn(err)
	}
}

// planKey is all that a plan is made from.
func planKey(set Set, d Definition) string {
	key := fmt.Sprintf("%+v|%+v|%+v", d, set.Sources, set.Streams)
	for _, name := range slices.Sorted(maps.Keys(set.Seeds)) {
		key += "|" + set.Seeds[name]
		if st, err := os.Stat(set.Seeds[name]); err == nil {
			key += fmt.Sprintf(" %d %d", st.Size(), st.ModTime().UnixNano())
		}
	}
	return key
}

func statePath(dir, name string) string { return filepath.Join(dir, name+".duckdb") }

// spec plans a definition.
func (e *Engine) spec(ctx context.Context, set Set, d Definition, file string) (*Spec, error) {
	p, err := Plan(ctx, set, d)
	if err != nil {
		return nil, err
	}
	sig, err := signature(p)
	if err != nil {
		return nil, err
	}
	s := &Spec{Plan: p, Signature: sig, Def: d, File: file, Delay: d.Delay, Idle: d.Idle, Keep: d.Keep, TTL: d.TTL}
	for _, src := range set.Sources {
		if src.Name == p.Source.Name {
			s.Delay, s.Idle = orElse(s.Delay, src.Delay), orElse(s.Idle, src.Idle)
		}
	}
	s.Delay, s.Idle, s.Keep = orElse(s.Delay, DefaultDelay), orElse(s.Idle, DefaultIdle), orElse(s.Keep, DefaultKeep)
	return s, nil
}

func orElse(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// Plan takes one definition of a set apart, without running it.
func Plan(ctx context.Context, set Set, d Definition) (*plan.Plan, error) {
	cat := plan.Catalog{Topics: map[string]plan.Topic{}, Seeds: map[string]plan.Seed{}, Streams: map[string]plan.Query{}}
	for _, s := range set.Sources {
		cat.Topics[s.Name] = plan.Topic{Name: s.Name, Columns: s.Columns, Time: s.Time}
	}
	for name, path := range set.Seeds {
		cat.Seeds[name] = plan.Seed{Name: name, Path: path}
	}
	for _, o := range set.Streams {
		cat.Streams[o.Name] = query(o)
	}
	return plan.Make(ctx, cat, query(d))
}

func query(d Definition) plan.Query {
	return plan.Query{Name: d.Name, SQL: d.SQL, Close: d.Close, TTL: d.TTL, Unbounded: d.Unbounded}
}

// entry is one stream: the query that makes its view, and the one that will.
type entry struct {
	e    *Engine
	name string
	hub  *hub
	// planKey is what spec was made from; guarded by Engine.mu.
	planKey string

	mu      sync.Mutex // guards all below
	spec    *Spec      // wanted
	planErr error
	cur     *Query // makes the view
	next    *Query // is being built beside it
	runErr  error
	reset   bool // build anew although nothing changed
	retain  bool // … from what the topic still holds
	wake    chan struct{}

	paused atomic.Bool // its queries read nothing, and are there to be read

	cancel context.CancelFunc
	done   chan struct{}
}

func newEntry(e *Engine, name string) *entry {
	ctx, cancel := context.WithCancel(context.Background())
	en := &entry{e: e, name: name, hub: newHub(), wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{})}
	_, err := os.Stat(en.pauseMark())
	en.paused.Store(err == nil)
	run.Go("stream "+name, func() {
		defer close(en.done)
		en.run(ctx)
	})
	return en
}

func (en *entry) stop() {
	en.cancel()
	<-en.done
}

func (en *entry) apply(spec *Spec, err error) {
	en.mu.Lock()
	en.planErr = err
	if err == nil {
		en.spec = spec
	}
	en.mu.Unlock()
	en.poke()
}

func (en *entry) poke() {
	select {
	case en.wake <- struct{}{}:
	default:
	}
}

// Reset builds a stream's view anew from its topic; the old one is shown until
// then. fromRetained: also when the topic no longer holds its beginning.
func (e *Engine) Reset(name string, fromRetained bool) error {
	en, err := e.entry(name)
	if err != nil {
		return err
	}
	en.mu.Lock()
	en.reset, en.retain, en.runErr = true, fromRetained, nil
	en.mu.Unlock()
	en.poke()
	return nil
}

// Pause stops a stream's reading, or lets it go on; a batch at hand is
// finished. Its view stays as it is and can be read. It holds until it is taken
// back, over restarts too: a file beside the state says so.
func (e *Engine) Pause(name string, paused bool) error {
	en, err := e.entry(name)
	if err != nil {
		return err
	}
	if paused {
		err = os.WriteFile(en.pauseMark(), nil, 0o600)
	} else if err = os.Remove(en.pauseMark()); errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("pause stream %s: %w", name, err)
	}
	en.paused.Store(paused)
	en.poke() // one that stands still after crashes, or waits to be tried again, is tried now
	return nil
}

func (en *entry) pauseMark() string { return statePath(en.e.cfg.Dir, en.name) + ".paused" }

func (e *Engine) entry(name string) (*entry, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if en := e.entries[name]; en != nil {
		return en, nil
	}
	return nil, maru.Errorf(maru.NotFound, "there is no stream %s", name)
}

// Status of every stream, by name.
func (e *Engine) Status() map[string]Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make(map[string]Status, len(e.entries))
	for name, en := range e.entries {
		out[name] = en.status()
	}
	return out
}

func (en *entry) status() Status {
	en.mu.Lock()
	defer en.mu.Unlock()
	s := Status{State: Starting, HeldBy: -1}
	if q := en.cur; q != nil {
		q.mu.Lock()
		s = q.status
		q.mu.Unlock()
	}
	switch {
	case en.planErr != nil:
		s.Error, s.Problem = en.planErr.Error(), en.planErr
		if en.cur == nil {
			s.State = Failed
		}
	case errors.Is(en.runErr, errCrashes):
		s.State, s.Error, s.Problem = Paused, en.runErr.Error(), en.runErr
	case en.runErr != nil:
		s.State, s.Error, s.Problem = Failed, en.runErr.Error(), en.runErr
	case en.paused.Load():
		s.State = Paused
	case en.next != nil:
		en.next.mu.Lock()
		s.Rebuilding, s.RowsToGo = fmt.Sprintf("%d rows to go", en.next.status.Lag), en.next.status.Lag
		en.next.mu.Unlock()
	}
	return s
}

// Follow opens a feed of a view's changes. With history it also opens at most
// so many rows of the view as it is where the feed begins; the caller closes both.
func (e *Engine) Follow(ctx context.Context, name string, history int) (*Feed, *duck.Rows, *duck.Conn, error) {
	en, err := e.entry(name)
	if err != nil {
		return nil, nil, nil, err
	}
	var rows *duck.Rows
	var c *duck.Conn
	f, err := en.hub.follow(func() (err error) {
		if history > 0 {
			rows, c, err = e.ReadJSON(ctx, name, history)
		}
		return err
	})
	return f, rows, c, err
}
