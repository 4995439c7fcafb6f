package spool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/run"
)

// State of a result.
type State string

// The states. Rows can be read in all of them.
const (
	Running  State = "running"
	Done     State = "done"
	Failed   State = "failed"
	Canceled State = "canceled"
)

// Status is what is known of a result at one moment.
type Status struct {
	ID        string
	Owner     string
	State     State
	Schema    *arrow.Schema // nil until the source is open
	Rows      int64         // that can be read
	Bytes     int64         // on disk
	Started   time.Time
	Elapsed   time.Duration // until now, or until the end
	Err       error         // why it failed or was cancelled
	Truncated string        // why rows are missing at the end, in words; "" when none are
	Warnings  []string      // of the source
	Work      []Work        // sorts and filters that are being computed
}

// Work is a sort or filter under way.
type Work struct {
	Sort   []string // columns, the first has the last word
	Filter bool
	Done   float64 // 0 to 1
}

// Result is the rows of one query. Any number of goroutines use it.
type Result struct {
	store   *Store
	id      string
	owner   string
	meta    any
	dir     string
	started time.Time
	file    *file
	cancel  context.CancelCauseFunc
	pulled  chan struct{} // closed when the source is closed

	mu        sync.Mutex // guards what follows; never held over I/O
	schema    *arrow.Schema
	layout    []column // how each column lies in a batch
	batches   []batch  // published; only appended to
	rows      int64
	bytes     int64
	state     State
	ended     time.Time
	err       error
	truncated string
	warnings  []string
	changed   chan struct{} // closed and replaced when rows or state change
	used      time.Time
	readers   int
	dropped   bool
	counted   int64 // bytes that the store's books have for this result
	profiles  map[int]*Profile
}

func newResult(s *Store, id, owner string, meta any) *Result {
	now := s.cfg.Clock.Now()
	return &Result{
		store: s, id: id, owner: owner, meta: meta, dir: filepath.Join(s.cfg.Dir, id),
		started: now, used: now, state: Running, pulled: make(chan struct{}), changed: make(chan struct{}),
	}
}

// ID of the result: 32 hex digits that cannot be guessed.
func (r *Result) ID() string { return r.id }

// Owner is who started it. Who may read it is the caller's matter.
func (r *Result) Owner() string { return r.owner }

// Meta is what Start was given.
func (r *Result) Meta() any { return r.meta }

// Status now.
func (r *Result) Status() Status {
	work := r.store.workOf(r)
	now := r.store.cfg.Clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != Running {
		now = r.ended
	}
	return Status{
		ID: r.id, Owner: r.owner, State: r.state, Schema: r.schema, Rows: r.rows, Bytes: r.bytes,
		Started: r.started, Elapsed: now.Sub(r.started), Err: r.err, Truncated: r.truncated,
		Warnings: r.warnings, Work: work,
	}
}

// Changed is closed when there are more rows, or the state is another. Take it
// before Status, or a change is missed.
func (r *Result) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Wait returns when rows rows can be read or the result has ended; it gives
// ctx's error, never the result's.
func (r *Result) Wait(ctx context.Context, rows int64) error {
	for {
		r.mu.Lock()
		enough, changed := r.state != Running || r.schema != nil && r.rows >= rows, r.changed
		r.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitEnd waits until the result has ended.
func (r *Result) WaitEnd(ctx context.Context) error { return r.Wait(ctx, 1<<62) }

var errCanceled = &maru.Error{Kind: maru.Canceled, Err: errors.New("the query was cancelled")}

// Cancel ends the source. The rows that are there can still be read. After the
// end it does nothing.
func (r *Result) Cancel() { r.cancel(errCanceled) }

// begin starts the two goroutines that make the result.
func (r *Result) begin(ctx context.Context, open Opener) {
	p := &puller{out: make(chan pulled, 1)}
	run.Go("spool.pull", func() {
		defer close(r.pulled)
		p.run(ctx, open)
	})
	run.Go("spool.write", func() {
		var end ending
		err := run.Protect("spool.write", func() error {
			end = r.write(ctx, p)
			return nil
		})
		if err != nil {
			end = ending{state: Failed, err: err}
		}
		r.cancel(errCanceled) // a puller that still has a batch in its hand must let go
		r.finish(end)
	})
}

// ending is how a result ends.
type ending struct {
	state     State
	err       error
	truncated string
	warnings  []string
}

func (r *Result) finish(e ending) {
	now := r.store.cfg.Clock.Now()
	r.mu.Lock()
	r.state, r.err, r.truncated, r.warnings, r.ended, r.used = e.state, e.err, e.truncated, e.warnings, now, now
	r.wake()
	r.mu.Unlock()
	r.release(false)
}

// wake tells who waits. r.mu is held.
func (r *Result) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// acquire keeps the file open until release.
func (r *Result) acquire() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropped {
		return gone(r.id)
	}
	r.readers++
	r.used = r.store.cfg.Clock.Now()
	return nil
}

// release ends what acquire began; reader is false for the writer, which is
// counted by the state. Whoever leaves a dropped result last closes its file.
func (r *Result) release(reader bool) {
	r.mu.Lock()
	if reader {
		r.readers--
		r.used = r.store.cfg.Clock.Now()
	}
	last := r.dropped && r.readers == 0 && r.state != Running
	r.mu.Unlock()
	if last {
		r.file.close()
	}
}

// idleSince says when it was last used, and whether it is neither running nor read.
func (r *Result) idleSince() (used time.Time, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used, r.state != Running && r.readers == 0
}

// drop deletes the file; it is out of the store's books already.
func (r *Result) drop() {
	r.Cancel()
	r.mu.Lock()
	again := r.dropped
	r.dropped = true
	r.mu.Unlock()
	if again {
		return
	}
	_ = os.RemoveAll(r.dir) // what cannot be deleted now is deleted at the next start
	r.store.giveBack(r.takeBytes())
	r.release(false)
}

// takeBytes gives the bytes that the store's books still have for r, once.
func (r *Result) takeBytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.counted
	r.counted = 0
	return n
}

// table is what a reader sees: the rows published at one moment.
type table struct {
	schema  *arrow.Schema
	layout  []column
	batches []batch
	rows    int64
	state   State
}

// table waits for the schema and takes a look.
func (r *Result) table(ctx context.Context) (*table, error) {
	if err := r.Wait(ctx, 0); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.schema == nil {
		return nil, r.err
	}
	return &table{schema: r.schema, layout: r.layout, batches: r.batches, rows: r.rows, state: r.state}, nil
}
