package run

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"sync"

	"maru"
)

// PanicError is what a panic inside a named goroutine becomes.
type PanicError struct {
	Name  string // of the goroutine or service
	Value any    // what was passed to panic
	Stack []byte
}

// Error has the panic's value and no stack; the stack goes to the log once.
func (e *PanicError) Error() string { return fmt.Sprintf("%s: panic: %v", e.Name, e.Value) }

// Unwrap gives the panic's value when it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Protect calls fn; a panic becomes a *PanicError of kind maru.Internal, and
// its stack is logged.
func Protect(name string, fn func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		p := &PanicError{Name: name, Value: v, Stack: debug.Stack()}
		living.panicked(name)
		slog.Error("panic", "goroutine", name, "value", fmt.Sprint(v), "stack", string(p.Stack))
		err = &maru.Error{Kind: maru.Internal, Err: p}
	}()
	return fn()
}

// Group owns goroutines that share one context. The first error cancels it.
type Group struct {
	ctx    context.Context // the group's own: it is what Go hands to every fn
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

// NewGroup makes a group whose context ends when ctx ends, when a goroutine of
// the group returns an error or panics, or when Wait returns.
func NewGroup(ctx context.Context) (*Group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{ctx: ctx, cancel: cancel}, ctx
}

// Go starts fn in a goroutine named name. A panic becomes an error.
func (g *Group) Go(name string, fn func(ctx context.Context) error) {
	g.wg.Add(1)
	spawn(name, func() {
		defer g.wg.Done()
		if err := Protect(name, func() error { return fn(g.ctx) }); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel(err)
			})
		}
	})
}

// Wait waits until every goroutine of the group has returned, and gives the
// first error.
func (g *Group) Wait() error {
	g.wg.Wait()
	g.cancel(nil)
	return g.err
}

// Go starts fn in a goroutine named name, for the few that no Group owns. A
// panic is logged and counted; it ends the goroutine, not the process.
func Go(name string, fn func()) {
	spawn(name, func() {
		// The error is logged and counted by Protect; nobody waits for it here.
		_ = Protect(name, func() error { fn(); return nil })
	})
}

// spawn is the one place of the project where goroutines start.
func spawn(name string, fn func()) {
	counted := living.begin(name)
	go func() {
		defer living.end(counted)
		// The label shows in profiles and goroutine dumps.
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("goroutine", name)))
		fn()
	}()
}

// GoroutineCount says how many goroutines of one name are alive.
type GoroutineCount struct {
	Name    string `json:"name"`
	Running int    `json:"running"`
	Panics  int    `json:"panics"` // since the process started
}

// Goroutines lists the named goroutines that are alive or have panicked, by name.
func Goroutines() []GoroutineCount { return living.list() }

// living counts named goroutines.
var living = census{counts: map[string]*GoroutineCount{}}

type census struct {
	mu     sync.Mutex // guards counts
	counts map[string]*GoroutineCount
}

// namesMax bounds the names that are counted apart; beyond it they share one.
// Only names that panicked stay, so it is met when thousands of them did.
const namesMax = 10_000

const otherNames = "(other)"

// at gives the counter of name, or the one that the rest share.
func (c *census) at(name string) *GoroutineCount {
	n := c.counts[name]
	if n == nil && len(c.counts) >= namesMax {
		name = otherNames
		n = c.counts[name]
	}
	if n == nil {
		n = &GoroutineCount{Name: name}
		c.counts[name] = n
	}
	return n
}

// begin counts one more of name and gives the name to end it under.
func (c *census) begin(name string) (counted string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.at(name)
	n.Running++
	return n.Name
}

func (c *census) end(counted string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counts[counted]
	n.Running--
	// Names may carry a table or topic; those that are gone must not pile up.
	if n.Running == 0 && n.Panics == 0 {
		delete(c.counts, counted)
	}
}

func (c *census) panicked(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at(name).Panics++
}

func (c *census) list() []GoroutineCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]GoroutineCount, 0, len(c.counts))
	for _, n := range c.counts {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b GoroutineCount) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
