package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"maru"
)

// Event is a change of a service's state, for the log and the event table.
type Event struct {
	Service string
	State   State
	Text    string // the error, for Waiting and Failed
}

// SupervisorConfig may be left zero.
type SupervisorConfig struct {
	Clock   maru.Clock  // stamps of the status; SystemClock when nil
	OnEvent func(Event) // called from the service's goroutine; must not block
}

// treeTimeout is how long the suture tree waits for what stop gave up on.
const treeTimeout = 100 * time.Millisecond

// Token names a service that was added.
type Token struct{ w *watched }

// Supervisor starts services in the order in which they were added, each when
// the one before is ready, restarts those that fail, and stops them in reverse.
type Supervisor struct {
	cfg SupervisorConfig

	order sync.Mutex // held through Start and Stop: one at a time

	mu       sync.Mutex // guards what follows; taken after order
	stopping bool       // set by Stop before it waits for anything
	services []*watched
	tree     *suture.Supervisor // nil while not started
	cancel   context.CancelFunc
	done     chan struct{} // closed when tree has ended
}

// NewSupervisor makes a supervisor without services.
func NewSupervisor(cfg SupervisorConfig) *Supervisor {
	if cfg.Clock == nil {
		cfg.Clock = maru.SystemClock
	}
	return &Supervisor{cfg: cfg}
}

// errStopping answers a service that adds or removes others while it is to
// stop itself: waiting for Stop, which waits for it, would be a deadlock.
var errStopping = maru.Errorf(maru.Unavailable, "the services are being stopped")

// Add puts svc at the end of the order. Once the supervisor has started, svc
// is started at once, without waiting for it to be ready.
func (s *Supervisor) Add(svc Service) (Token, error) {
	if err := svc.validate(); err != nil {
		return Token{}, &maru.Error{Op: "run.Add", Kind: maru.Invalid, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return Token{}, errStopping
	}
	for _, w := range s.services {
		if w.svc.Name == svc.Name {
			return Token{}, maru.Errorf(maru.Conflict, "service %s is there already", svc.Name)
		}
	}
	w := newWatched(svc, s.cfg)
	s.services = append(s.services, w)
	if s.tree != nil {
		w.start(s.tree)
	}
	return Token{w}, nil
}

// Start starts the services in order. When one fails for good or is not ready
// in its time, those that run are stopped again and the error names it. The
// services run until Stop, not until ctx ends: ctx bounds the start.
func (s *Supervisor) Start(ctx context.Context) error {
	s.order.Lock()
	defer s.order.Unlock()
	tree, services, err := s.plant(ctx)
	if err != nil {
		return err
	}
	for _, w := range services {
		w.start(tree)
		if err := w.waitReady(ctx); err != nil {
			return errors.Join(err, s.stop())
		}
	}
	return nil
}

// plant makes the suture tree and runs it. It gives the services to start:
// those added from here on are started by Add.
func (s *Supervisor) plant(ctx context.Context) (*suture.Supervisor, []*watched, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tree != nil {
		return nil, nil, maru.Errorf(maru.Conflict, "the services have been started already")
	}
	s.stopping = false
	s.tree = suture.New("maru", suture.Spec{
		// One service that fails often must not hold the others up, which is
		// what suture's common threshold does: each waits by its own Backoff.
		FailureThreshold: math.MaxFloat64,
		// stop has waited for each service already, as long as it may take.
		Timeout:   treeTimeout,
		EventHook: func(e suture.Event) { slog.Debug("supervisor", "event", e.String()) },
	})
	treeCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel, s.done = cancel, make(chan struct{})
	tree, done := s.tree, s.done
	planted := tree.ServeBackground(treeCtx)
	Go("supervisor", func() { <-planted; close(done) })
	return tree, slices.Clone(s.services), nil
}

// Run starts the services, waits for ctx to end, and stops them.
func (s *Supervisor) Run(ctx context.Context) error {
	if err := s.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return s.Stop()
}

// Stop stops the services in reverse, each when the one after it has stopped.
// The error names those that did not stop in their StopTimeout.
func (s *Supervisor) Stop() error {
	s.order.Lock()
	defer s.order.Unlock()
	return s.stop()
}

func (s *Supervisor) stop() error {
	s.mu.Lock()
	s.stopping = true
	tree, cancel, done := s.tree, s.cancel, s.done
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tree, s.stopping = nil, false
	}()
	if tree == nil {
		return nil
	}
	var errs []error
	for _, w := range slices.Backward(s.list()) {
		errs = append(errs, w.stop(tree))
	}
	cancel()
	<-done
	return errors.Join(errs...)
}

// Remove stops one service and forgets it.
func (s *Supervisor) Remove(t Token) error {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return errStopping
	}
	i := slices.Index(s.services, t.w)
	if i < 0 {
		s.mu.Unlock()
		return maru.Errorf(maru.NotFound, "this service is not supervised")
	}
	s.services = slices.Delete(s.services, i, i+1)
	tree := s.tree
	s.mu.Unlock()
	if tree == nil {
		return nil
	}
	return t.w.stop(tree)
}

// Status lists the services in their order.
func (s *Supervisor) Status() []ServiceStatus {
	list := s.list()
	out := make([]ServiceStatus, len(list))
	for i, w := range list {
		out[i] = w.read()
	}
	return out
}

func (s *Supervisor) list() []*watched {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.services)
}

// waitReady waits until w is ready, done, or cannot become so.
func (w *watched) waitReady(ctx context.Context) error {
	limit := orDefault(w.svc.StartTimeout, StartTimeout)
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		ok, err := w.started()
		if err != nil {
			return fmt.Errorf("start %s: %w", w.svc.Name, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start %s: %w", w.svc.Name, ctx.Err())
		case <-timeout.C:
			return w.notReady(limit)
		case <-tick.C:
		}
	}
}

func (w *watched) notReady(limit time.Duration) error {
	if err := w.lastErr(); err != nil {
		return &maru.Error{Kind: maru.Timeout, Err: fmt.Errorf("start %s: not ready after %s; its last error: %w", w.svc.Name, limit, err)}
	}
	return maru.Errorf(maru.Timeout, "start %s: not ready after %s", w.svc.Name, limit)
}
