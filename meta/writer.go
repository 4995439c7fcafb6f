package meta

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"maru"
)

// pendingMax bounds the writes that wait; a further Write waits for a place.
const pendingMax = 1024

// groupMax bounds the writes of one commit, so that the first of them does not
// wait for ever while others keep coming.
const groupMax = 256

// writer is the one that writes. Callers hand it functions; it runs those that
// wait inside one transaction, each behind a savepoint, and commits once: the
// fsync is shared.
type writer struct {
	db      *sql.DB
	explain func(op string, err error) error
	pending chan *pendingWrite
	ended   chan struct{} // closed when loop has returned

	mu     sync.RWMutex // guards closed, and pending against being closed under a sender
	closed bool
}

type pendingWrite struct {
	ctx  context.Context // the caller's, looked at until fn begins
	fn   func(tx *sql.Tx) error
	err  error
	done chan struct{}
}

func newWriter(db *sql.DB, explain func(string, error) error) *writer {
	return &writer{db: db, explain: explain, pending: make(chan *pendingWrite, pendingMax), ended: make(chan struct{})}
}

func (w *writer) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	p := &pendingWrite{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.enqueue(ctx, p); err != nil {
		return err
	}
	// Not until ctx ends: a caller that gave up early would not know whether
	// its write is on disk. The loop looks at ctx before it begins.
	<-p.done
	return p.err
}

func (w *writer) enqueue(ctx context.Context, p *pendingWrite) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return maru.Errorf(maru.Unavailable, "the database is closed")
	}
	select {
	case w.pending <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) close() {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if first {
		close(w.pending)
	}
	<-w.ended
}

func (w *writer) loop() {
	defer close(w.ended)
	for p := range w.pending {
		group := []*pendingWrite{p}
	gather:
		for len(group) < groupMax {
			select {
			case more, ok := <-w.pending:
				if !ok {
					break gather
				}
				group = append(group, more)
			default:
				break gather
			}
		}
		w.commit(group)
	}
}

// commit runs group and tells each how it went. A function that breaks the
// transaction itself (SQLite rolls it back on a full disk, or when a statement
// is interrupted) fails alone; the others run again without it.
func (w *writer) commit(group []*pendingWrite) {
	for left := group; len(left) > 0; {
		breaker := w.try(left)
		if breaker < 0 {
			break
		}
		left = slices.Delete(slices.Clone(left), breaker, breaker+1)
	}
	for _, p := range group {
		close(p.done)
	}
}

// try runs group in one transaction and commits it. It returns the index of
// the one that broke the transaction, or -1 when everybody has an answer.
func (w *writer) try(group []*pendingWrite) (breaker int) {
	tx, err := w.db.Begin()
	if err != nil {
		w.failAll(group, err)
		return -1
	}
	for i, p := range group {
		if p.err = p.ctx.Err(); p.err != nil {
			continue
		}
		if broken := w.one(tx, p); broken != nil {
			// The error here is often only that there is nothing to roll back.
			_ = tx.Rollback()
			if p.err == nil {
				p.err = w.explain("meta.Write", broken)
			}
			return i
		}
	}
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		w.failAll(group, err)
	}
	return -1
}

// one runs p behind a savepoint. It returns an error only when the transaction
// cannot go on.
func (w *writer) one(tx *sql.Tx, p *pendingWrite) (broken error) {
	if _, err := tx.Exec("SAVEPOINT one"); err != nil {
		return err
	}
	p.err = w.explain("meta.Write", protect(tx, p.fn))
	if p.err == nil {
		_, broken = tx.Exec("RELEASE one")
		return broken
	}
	// ROLLBACK TO keeps the savepoint; RELEASE then takes it away.
	_, broken = tx.Exec("ROLLBACK TO one; RELEASE one")
	return broken
}

func (w *writer) failAll(group []*pendingWrite, err error) {
	for _, p := range group {
		// One whose own function failed keeps its own reason.
		if p.err == nil {
			p.err = w.explain("meta.Write", err)
		}
	}
}
