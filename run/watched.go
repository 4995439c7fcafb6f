package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"maru"
)

// watched is a service under supervision: what suture calls, and its status.
type watched struct {
	svc     Service
	clock   maru.Clock
	onEvent func(Event)

	mu      sync.Mutex // guards what follows
	status  ServiceStatus
	err     error // behind status.LastError
	row     int   // failures in a row
	token   suture.ServiceToken
	live    bool          // handed to suture and not taken back
	serving chan struct{} // closed when Serve has returned; nil before its first call
	over    bool          // done or failed for good
	readied bool          // has been Running since start
}

func newWatched(svc Service, cfg SupervisorConfig) *watched {
	return &watched{svc: svc, clock: cfg.Clock, onEvent: cfg.OnEvent,
		status: ServiceStatus{Name: svc.Name, State: Stopped, Since: cfg.Clock.Now()}}
}

// String is the name that suture shows.
func (w *watched) String() string { return w.svc.Name }

// goroutine is the name under which the service's goroutine is counted.
func (w *watched) goroutine() string { return "service " + w.svc.Name }

func (w *watched) start(tree *suture.Supervisor) {
	w.mu.Lock()
	w.live, w.row, w.over, w.readied, w.serving = true, 0, false, false, nil
	w.mu.Unlock()
	w.enter(Starting, nil)
	token := tree.Add(w)
	w.mu.Lock()
	w.token = token
	w.mu.Unlock()
}

// stop tells the service to end and waits for it, at most its StopTimeout.
// Suture's own RemoveAndWait would leave a goroutine behind when that is over.
func (w *watched) stop(tree *suture.Supervisor) error {
	w.mu.Lock()
	live, token, serving := w.live, w.token, w.serving
	w.live = false // from here on Serve does not begin
	w.mu.Unlock()
	if !live {
		return nil
	}
	if err := tree.Remove(token); err != nil {
		return fmt.Errorf("stop %s: %w", w.svc.Name, err)
	}
	if err := w.waitServed(serving); err != nil {
		w.enter(Failed, err)
		return err
	}
	if w.read().State != Failed {
		w.enter(Stopped, nil)
	}
	return nil
}

func (w *watched) waitServed(serving chan struct{}) error {
	if serving == nil {
		return nil
	}
	limit := orDefault(w.svc.StopTimeout, StopTimeout)
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case <-serving:
		return nil
	case <-timeout.C:
		return maru.Errorf(maru.Timeout, "service %s has not stopped after %s", w.svc.Name, limit)
	}
}

// begin notes that Serve runs, unless the service was told to stop meanwhile.
func (w *watched) begin() (serving chan struct{}, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.live {
		return nil, false
	}
	w.serving = make(chan struct{})
	return w.serving, true
}

// Serve is one life of the service; suture calls it again when it returns an
// error, so the wait between two lives happens in here.
func (w *watched) Serve(ctx context.Context) error {
	serving, ok := w.begin()
	if !ok {
		return suture.ErrDoNotRestart
	}
	defer close(serving)
	defer living.end(living.begin(w.goroutine()))
	began := time.Now()
	w.enter(Starting, nil)
	err := w.life(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		w.finish(Stopped, nil)
		return suture.ErrDoNotRestart
	case isPermanent(err):
		w.finish(Failed, err)
		return suture.ErrDoNotRestart
	}
	failures := w.failed(time.Since(began))
	w.enter(Waiting, err)
	if err := w.svc.Backoff.Sleep(ctx, failures); err != nil {
		return err
	}
	w.mu.Lock()
	w.status.Restarts++
	w.mu.Unlock()
	// A plain error, never ErrDoNotRestart or ErrTerminateSupervisorTree from
	// deep inside the service: those would end it, or everybody.
	return errAgain
}

var errAgain = errors.New("restart")

// life runs the service once, with a watch on Ready beside it.
func (w *watched) life(ctx context.Context) error {
	if w.svc.Ready == nil {
		w.enter(Running, nil)
		return Protect(w.goroutine(), func() error { return w.svc.Run(ctx) })
	}
	g, ctx := NewGroup(ctx)
	ctx, cancel := context.WithCancel(ctx)
	g.Go("ready "+w.svc.Name, func(context.Context) error { w.watchReady(ctx); return nil })
	err := Protect(w.goroutine(), func() error { return w.svc.Run(ctx) })
	cancel()
	return errors.Join(err, g.Wait())
}

func (w *watched) watchReady(ctx context.Context) {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if w.svc.Ready() {
			w.enter(Running, nil)
			return
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// failed counts a failure after a life of that length.
func (w *watched) failed(life time.Duration) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if life >= steadyAfter {
		w.row = 0
	}
	w.row++
	return w.row
}

// finish enters a state that suture will not leave by itself.
func (w *watched) finish(st State, err error) {
	w.enter(st, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// started says whether what comes next in the order may start: the service was
// ready at least once, or had nothing to do. An error means that it never will.
func (w *watched) started() (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over && w.status.State == Failed {
		return false, w.err
	}
	return w.readied || w.over, nil
}

func (w *watched) enter(st State, err error) {
	now := w.clock.Now()
	w.mu.Lock()
	changed := w.status.State != st
	if changed {
		w.status.State, w.status.Since = st, now
		w.readied = w.readied || st == Running
	}
	ev := Event{Service: w.svc.Name, State: st}
	if err != nil {
		w.err, w.status.LastError, w.status.LastErrorAt = err, err.Error(), now
		ev.Text = err.Error()
	}
	w.mu.Unlock()
	if !changed {
		return
	}
	if err != nil {
		slog.Warn("service "+string(st), "service", ev.Service, "error", ev.Text)
	} else {
		slog.Debug("service "+string(st), "service", ev.Service)
	}
	if w.onEvent != nil {
		w.onEvent(ev)
	}
}

func (w *watched) lastErr() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *watched) read() ServiceStatus {
	w.mu.Lock()
	st := w.status
	w.mu.Unlock()
	if w.svc.PID != nil && st.State != Stopped && st.State != Failed {
		st.PID = w.svc.PID()
	}
	return st
}
