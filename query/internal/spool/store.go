package spool

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"maru"
	"maru/run"
)

// Store holds results. Any number of goroutines use it.
type Store struct {
	cfg   Config
	stop  chan struct{}
	swept chan struct{}
	sorts chan struct{} // holds one token: one sort or filter at a time, for its memory

	mu      sync.Mutex // guards what follows; taken before a Result's mu
	results map[string]*Result
	bytes   int64 // on disk, of all results
	closed  bool
	views   viewCache
}

// Open empties cfg.Dir and gives a Store that lives there. A directory belongs
// to one Store at a time.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, &maru.Error{Op: "spool.Open", Kind: maru.Invalid, Err: err}
	}
	if err := empty(cfg.Dir); err != nil {
		return nil, fmt.Errorf("spool.Open: empty the directory of results %s: %w", cfg.Dir, err)
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("spool.Open: %w", err)
	}
	s := &Store{
		cfg: cfg, stop: make(chan struct{}), swept: make(chan struct{}), sorts: make(chan struct{}, 1),
		results: map[string]*Result{},
	}
	s.views.bytesMax = cfg.ViewBytesMax
	run.Go("spool.sweep", s.sweepLoop)
	return s, nil
}

// empty removes what is in dir, not dir itself: it may be a mount or a link.
func empty(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Start begins a result of owner and returns at once; open and all that follows
// happen behind. The end of ctx does not end the result (it is a request's,
// most often): Cancel, Remove and Close do. Meta is kept as it is.
// TooLarge: the store is full of results that are running or being read.
func (s *Store) Start(ctx context.Context, owner string, open Opener, meta any) (*Result, error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("spool.Start: make an id: %w", err)
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := newResult(s, hex.EncodeToString(id), owner, meta)
	r.cancel = cancel
	var err error
	if r.file, err = createFile(r.dir); err != nil {
		return nil, diskError("spool.Start", err)
	}
	old, err := s.admit(r)
	destroy(old)
	if err != nil {
		r.file.close()
		_ = os.RemoveAll(r.dir)
		return nil, err
	}
	r.begin(ctx, open)
	return r, nil
}

// admit makes room for one more result and enters it.
func (s *Store) admit(r *Result) (gone []*Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &maru.Error{Op: "spool.Start", Kind: maru.Unavailable, Err: errors.New("the store of results is closed")}
	}
	for len(s.results) >= s.cfg.ResultsMax {
		old := s.oldestUnused()
		if old == nil {
			return gone, &maru.Error{Op: "spool.Start", Kind: maru.TooLarge, Err: fmt.Errorf(
				"%d results are running or being read, and no more are kept at once: cancel one, or try again", s.cfg.ResultsMax)}
		}
		s.forget(old)
		gone = append(gone, old)
	}
	s.results[r.id] = r
	return gone, nil
}

// oldestUnused is the finished result that nobody reads and that was used
// least lately; nil when there is none. s.mu is held.
func (s *Store) oldestUnused() *Result {
	var old *Result
	var oldUsed time.Time
	for _, r := range s.results {
		used, idle := r.idleSince()
		if idle && (old == nil || used.Before(oldUsed)) {
			old, oldUsed = r, used
		}
	}
	return old
}

// forget takes r out of the books; the caller destroys it without the lock.
func (s *Store) forget(r *Result) {
	delete(s.results, r.id)
	s.views.dropOf(r)
}

func destroy(results []*Result) {
	for _, r := range results {
		r.drop()
	}
}

// Result finds one by its id. NotFound: it never was, or was dropped since.
func (s *Store) Result(id string) (*Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.results[id]; r != nil {
		return r, nil
	}
	return nil, gone(id)
}

func gone(id string) error {
	return &maru.Error{Op: "spool.Result", Kind: maru.NotFound, Err: fmt.Errorf(
		"there is no result %q: results are dropped when they were not read for a while or when room is needed; run the query again", clip(id))}
}

// List gives the results of owner, of all when owner is "", newest first.
func (s *Store) List(owner string) []*Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Result
	for _, r := range s.results {
		if owner == "" || r.owner == owner {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Result) int {
		return cmp.Or(b.started.Compare(a.started), cmp.Compare(a.id, b.id))
	})
	return out
}

// Remove cancels a result if it runs and drops it. Reads that are under way end well.
func (s *Store) Remove(id string) error {
	s.mu.Lock()
	r := s.results[id]
	if r == nil {
		s.mu.Unlock()
		return gone(id)
	}
	s.forget(r)
	s.mu.Unlock()
	r.drop()
	return nil
}

// Bytes on disk of all results, and how many they may be.
func (s *Store) Bytes() (used, most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, s.cfg.BytesMax
}

// Sweep drops what was not used for the idle lifetime. The Store calls it every
// minute.
func (s *Store) Sweep() {
	limit := s.cfg.Clock.Now().Add(-s.cfg.IdleLifetime)
	var gone []*Result
	s.mu.Lock()
	for _, r := range s.results {
		if used, idle := r.idleSince(); idle && used.Before(limit) {
			s.forget(r)
			gone = append(gone, r)
		}
	}
	s.mu.Unlock()
	destroy(gone)
}

func (s *Store) sweepLoop() {
	defer close(s.swept)
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			s.Sweep()
		}
	}
}

// reserve takes n bytes of the store for a batch of r, and drops old results
// when they are in the way. False: there is no room.
func (s *Store) reserve(n int64) bool {
	var gone []*Result
	s.mu.Lock()
	for s.bytes+n > s.cfg.BytesMax {
		old := s.oldestUnused()
		if old == nil {
			break
		}
		s.forget(old)
		// Its bytes come back here and not in drop, or this loop would not see them.
		s.bytes -= old.takeBytes()
		gone = append(gone, old)
	}
	ok := s.bytes+n <= s.cfg.BytesMax
	if ok {
		s.bytes += n
	}
	s.mu.Unlock()
	destroy(gone)
	return ok
}

func (s *Store) giveBack(n int64) {
	s.mu.Lock()
	s.bytes -= n
	s.mu.Unlock()
}

// Close cancels what runs, waits for it, and deletes everything.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var all []*Result
	for _, r := range s.results {
		s.forget(r)
		all = append(all, r)
	}
	s.mu.Unlock()
	close(s.stop)
	<-s.swept
	destroy(all)
	patience := time.NewTimer(closePatience)
	defer patience.Stop()
	for _, r := range all {
		select {
		case <-r.pulled:
		case <-patience.C:
			return &maru.Error{Op: "spool.Close", Kind: maru.Timeout, Err: fmt.Errorf(
				"the source of result %s did not end %s after it was cancelled", r.id, closePatience)}
		}
	}
	return nil
}

// clip shortens what a caller said, for an error.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
