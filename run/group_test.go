package run_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"maru"
	"maru/run"
)

var errMine = errors.New("mine")

func TestGroupStopsAtTheFirstError(t *testing.T) {
	g, ctx := run.NewGroup(context.Background())
	g.Go("waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Go("fails", func(context.Context) error { return errMine })
	if err := g.Wait(); !errors.Is(err, errMine) {
		t.Errorf("got %v", err)
	}
	if !errors.Is(context.Cause(ctx), errMine) {
		t.Errorf("cause %v", context.Cause(ctx))
	}
}

func TestGroupTurnsAPanicIntoAnError(t *testing.T) {
	g, _ := run.NewGroup(context.Background())
	g.Go("panics", func(context.Context) error { panic(errMine) })
	err := g.Wait()
	var p *run.PanicError
	if !errors.As(err, &p) || p.Name != "panics" || len(p.Stack) == 0 {
		t.Errorf("got %#v", err)
	}
	if !errors.Is(err, errMine) || maru.KindOf(err) != maru.Internal {
		t.Errorf("got %v (%v)", err, maru.KindOf(err))
	}
}

func TestGroupWithoutErrors(t *testing.T) {
	g, ctx := run.NewGroup(context.Background())
	for range 3 {
		g.Go("works", func(context.Context) error { return nil })
	}
	if err := g.Wait(); err != nil || ctx.Err() == nil {
		t.Errorf("got %v; the context must end with the group", err)
	}
}

func TestGoroutinesAreCounted(t *testing.T) {
	find := func(name string) run.GoroutineCount {
		for _, g := range run.Goroutines() {
			if g.Name == name {
				return g
			}
		}
		return run.GoroutineCount{}
	}
	before := find("counted panic").Panics // of an earlier run with -count
	hold, done := make(chan struct{}), make(chan struct{})
	for range 2 {
		run.Go("counted", func() { <-hold; done <- struct{}{} })
	}
	run.Go("counted panic", func() { panic("on purpose") })
	until(t, "two running", func() bool { return find("counted").Running == 2 })
	until(t, "one panic", func() bool { g := find("counted panic"); return g.Panics == before+1 && g.Running == 0 })
	close(hold)
	<-done
	<-done
	until(t, "none", func() bool { return find("counted").Running == 0 })
	if !slices.IsSortedFunc(run.Goroutines(), func(a, b run.GoroutineCount) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}) {
		t.Error("not sorted by name")
	}
}
