package govern

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// used gathers when sessions were last used, so that no request waits for
// that to be written.
type used struct {
	kick chan struct{} // says that there is something new

	mu   sync.Mutex // guards last
	last map[string]time.Time
}

func newUsed() *used { return &used{kick: make(chan struct{}, 1), last: map[string]time.Time{}} }

// mark keeps the time until it is written. Only a session that is new to the
// list asks for that: a disk that takes no writes is not asked again with every
// request.
func (u *used) mark(id string, at time.Time) {
	u.mu.Lock()
	_, known := u.last[id]
	room := known || len(u.last) < usedMax
	if room {
		u.last[id] = at
	}
	u.mu.Unlock()
	if known || !room {
		return
	}
	u.ask()
}

func (u *used) ask() {
	select {
	case u.kick <- struct{}{}:
	default: // it is asked already
	}
}

func (u *used) list() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make(map[string]time.Time, len(u.last))
	for id, at := range u.last {
		out[id] = at
	}
	return out
}

// written takes off what was written, and asks for what came meanwhile.
func (u *used) written(list map[string]time.Time) {
	u.mu.Lock()
	for id, at := range list {
		if u.last[id].Equal(at) {
			delete(u.last, id)
		}
	}
	more := len(u.last) > 0
	u.mu.Unlock()
	if more {
		u.ask()
	}
}

// keep writes down when sessions were used and takes away those that are too
// old, until stop is closed.
func (g *Govern) keep(stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(sweepGap)
	defer tick.Stop()
	g.sweep(ctx)
	for {
		select {
		case <-g.used.kick:
			g.writeUsed(ctx)
		case <-tick.C:
			g.writeUsed(ctx)
			g.sweep(ctx)
		case <-stop:
			last, cancel := context.WithTimeout(ctx, lastWrite)
			defer cancel()
			g.writeUsed(last)
			return
		}
	}
}

func (g *Govern) writeUsed(ctx context.Context) {
	list := g.used.list()
	if len(list) == 0 {
		return
	}
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		for id, at := range list {
			// Once a UsedEvery, also when a request had it from before the last write.
			if _, err := tx.Exec("UPDATE session SET last_used_at = ?1 WHERE id = ?2 AND last_used_at <= ?1 - ?3", at.UnixMicro(), id, UsedEvery.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		// Nobody is shut out: a session is good for days after its last use.
		g.log.Warn("sessions: when they were last used is not written", "sessions", len(list), "err", err)
		return
	}
	// First, so that a session that is cached as it was is not marked anew.
	g.cache.forget()
	g.used.written(list)
}

// sweep takes away sessions that are too old. They are refused in any case.
func (g *Govern) sweep(ctx context.Context) {
	created, used := g.oldest()
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM session WHERE created_at <= ? OR last_used_at <= ?", created, used)
		return err
	})
	if err != nil {
		g.log.Warn("sessions: those that are too old stay in meta.db", "err", err)
	}
}
