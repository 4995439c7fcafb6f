package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"maru"
	"maru/run"
)

// run keeps the entry's queries going until ctx ends.
func (en *entry) run(ctx context.Context) {
	wait := backoffMin
	for ctx.Err() == nil {
		spec, ok := en.due()
		if !ok {
			en.sleep(ctx, time.Hour)
			continue
		}
		began := time.Now()
		err := run.Protect("stream "+en.name, func() error { return en.generation(ctx, spec) })
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > backoffMax {
			wait = backoffMin
		}
		if err == nil {
			wait = backoffMin
			continue
		}
		en.e.cfg.Warn(fmt.Errorf("stream %s: %w", en.name, err))
		en.mu.Lock()
		en.runErr = err
		en.mu.Unlock()
		if final(err) {
			en.sleep(ctx, time.Hour) // until somebody changes something
			if errors.Is(err, errCrashes) {
				if err := forgive(spec.File); err != nil {
					en.e.cfg.Warn(err)
				}
			}
			continue
		}
		en.sleep(ctx, wait)
		wait = min(2*wait, backoffMax)
	}
}

// final errors do not go away by trying again.
func final(err error) bool {
	k := maru.KindOf(err)
	return k == maru.Conflict || k == maru.Invalid || k == maru.Corrupt
}

// due gives what should run now.
func (en *entry) due() (*Spec, bool) {
	en.mu.Lock()
	defer en.mu.Unlock()
	return en.spec, en.spec != nil
}

func (en *entry) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-en.wake:
	case <-ctx.Done():
	}
}

// generation runs the wanted query, and beside it, while that is being built,
// the old one. It returns nil when something changed and the loop should look again.
func (en *entry) generation(ctx context.Context, spec *Spec) error {
	old, err := en.old(ctx, spec)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if old == nil {
		return en.steady(ctx, spec)
	}
	return en.replace(ctx, old, spec)
}

// old says what stands in the state file: nil when it belongs to spec or does not exist.
func (en *entry) old(ctx context.Context, spec *Spec) (*Spec, error) {
	en.mu.Lock()
	reset, retain := en.reset, en.retain
	en.mu.Unlock()
	if _, err := os.Stat(spec.File); err != nil {
		return nil, nil
	}
	ck, ok, err := en.peek(ctx, spec)
	if err != nil && !reset {
		return nil, err
	}
	switch {
	case err != nil || !ok:
		return nil, removeState(spec.File)
	case ck.Signature == spec.Signature && !reset:
		return nil, nil
	}
	if err := en.holdsBeginning(ctx, ck, retain); err != nil {
		return nil, err
	}
	if spec.turns, err = en.turns(ctx, spec, ck); err != nil {
		return nil, err
	}
	was, err := en.e.spec(ctx, en.e.set, ck.Def, spec.File)
	if err != nil || was.Signature != ck.Signature {
		return nil, removeState(spec.File) // nobody knows any more how to go on with it
	}
	return was, nil
}

// peek reads a state file's checkpoint.
func (en *entry) peek(ctx context.Context, spec *Spec) (checkpoint, bool, error) {
	c, err := en.e.db.Conn()
	if err != nil {
		return checkpoint{}, false, err
	}
	defer c.Close()
	st, ck, ok, err := attach(ctx, c, spec.Plan.Name, spec.File)
	if st != nil {
		err = errors.Join(err, st.detach(ctx))
	}
	return ck, ok && ck.Version == stateVersion, err
}

// turns reads how the old view's partitions took turns.
func (en *entry) turns(ctx context.Context, spec *Spec, ck checkpoint) (out []turn, err error) {
	c, err := en.e.db.Conn()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	st, _, _, err := attach(ctx, c, spec.Plan.Name, spec.File)
	if err != nil {
		return nil, err
	}
	out, err = loadTurns(ctx, st, ck)
	return out, errors.Join(err, st.detach(ctx))
}

// holdsBeginning refuses to build a view anew from less than the old one was made of.
func (en *entry) holdsBeginning(ctx context.Context, ck checkpoint, retain bool) error {
	if retain {
		return nil
	}
	starts, err := en.e.client.Offsets(ctx, ck.Topic, -2)
	if err != nil {
		return err
	}
	for p, at := range ck.Parts {
		if starts[p] > at.Started {
			return maru.Errorf(maru.Conflict, "the query has changed, but topic %s no longer holds the rows its view began with (partition %d began at offset %d, the topic now begins at %d): "+
				"the new view would know less. The old one stands; `maru stream reset %s --from-retained` replaces it", ck.Topic, p, at.Started, starts[p], en.name)
		}
	}
	return nil
}

func removeState(file string) error {
	var errs []error
	for _, suffix := range []string{"", ".wal", ".attempt"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// steady runs one query until something else is wanted.
func (en *entry) steady(ctx context.Context, spec *Spec) error {
	q := newQuery(en, *spec, en.hub)
	return en.drive(ctx, spec, q, nil, "")
}

// replace runs the old query while the new one is built beside it, and
// switches once that has caught up.
func (en *entry) replace(ctx context.Context, old, spec *Spec) error {
	beside := *spec
	beside.File = statePath(en.e.cfg.Dir, en.name+"__next")
	if err := removeState(beside.File); err != nil {
		return err
	}
	cur, next := newQuery(en, *old, en.hub), newQuery(en, beside, nil)
	if err := en.drive(ctx, spec, cur, next, spec.File); err != nil {
		return err
	}
	return nil
}

// drive runs cur, and next until it has caught up; then both stop and next's
// file takes cur's place. It ends without error when another spec is wanted.
func (en *entry) drive(ctx context.Context, spec *Spec, cur, next *Query, file string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, gctx := run.NewGroup(ctx)
	en.show(cur, next)
	defer en.show(nil, nil)
	g.Go("stream "+en.name, func(ctx context.Context) error {
		err := ended(ctx, cur.run(ctx))
		if err != nil && next != nil && ctx.Err() == nil {
			// The old view may be what has to be replaced: go on building the new one.
			en.e.cfg.Warn(fmt.Errorf("stream %s, the view being replaced: %w", en.name, err))
			<-ctx.Done()
			return nil
		}
		return err
	})
	if next != nil {
		g.Go("stream "+en.name+" (new)", func(ctx context.Context) error { return ended(ctx, next.run(ctx)) })
	}
	caughtUp := en.watch(gctx, spec, cur, next)
	en.show(nil, nil) // readers wait from here on: the state files are about to close
	cancel()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if !caughtUp {
		return nil
	}
	if err := errors.Join(removeState(file), os.Rename(next.spec.File, file)); err != nil {
		return err
	}
	en.mu.Lock()
	en.reset, en.retain = false, false
	en.mu.Unlock()
	return nil
}

// ended keeps a query's end from looking like success while others go on.
func ended(ctx context.Context, err error) error {
	if err == nil && ctx.Err() == nil {
		return errors.New("the query ended by itself")
	}
	return err
}

// watch waits until something else is wanted, or (true) the new query has caught up.
func (en *entry) watch(ctx context.Context, spec *Spec, cur, next *Query) bool {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-en.wake:
		case <-t.C:
		}
		en.mu.Lock()
		other := en.spec.Signature != spec.Signature || en.reset && next == nil
		en.mu.Unlock()
		if other {
			return false
		}
		if isReady(cur) {
			en.clear()
		}
		if next != nil && isReady(next) && next.caughtUp() {
			return true
		}
	}
}

func isReady(q *Query) bool {
	select {
	case <-q.ready:
		return true
	default:
		return false
	}
}

// caughtUp says whether a query has read its topic to the end at least once.
func (q *Query) caughtUp() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.status.State == Running && q.status.Lag == 0
}

func (en *entry) clear() {
	en.mu.Lock()
	en.runErr = nil
	en.mu.Unlock()
}

func (en *entry) show(cur, next *Query) {
	en.mu.Lock()
	en.cur, en.next = cur, next
	en.mu.Unlock()
}
