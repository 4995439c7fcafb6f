package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/thejerf/suture/v4"

	"maru"
	"maru/run"
)

// diary writes down what happened, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, s)
}

// service notes its start and end and is ready after a second.
func (d *diary) service(name string) run.Service {
	var mu sync.Mutex
	var readyAt time.Time
	return run.Service{
		Name: name,
		Run: func(ctx context.Context) error {
			d.add("+" + name)
			mu.Lock()
			readyAt = time.Now().Add(time.Second)
			mu.Unlock()
			<-ctx.Done()
			d.add("-" + name)
			return nil
		},
		Ready: func() bool {
			mu.Lock()
			defer mu.Unlock()
			if readyAt.IsZero() || time.Now().Before(readyAt) {
				return false
			}
			d.add("ready " + name)
			return true
		},
	}
}

func add(t *testing.T, s *run.Supervisor, svc run.Service) run.Token {
	t.Helper()
	token, err := s.Add(svc)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestServicesStartInOrderAndStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := run.NewSupervisor(run.SupervisorConfig{})
		for _, name := range []string{"broker", "stream", "web"} {
			add(t, s, d.service(name))
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		run.Go("test", func() { ended <- s.Run(ctx) })
		time.Sleep(10 * time.Second) // bubble time
		for _, st := range s.Status() {
			if st.State != run.Running || st.Restarts != 0 || time.Since(st.Since) < 6*time.Second {
				t.Errorf("%+v", st)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want := []string{"+broker", "ready broker", "+stream", "ready stream", "+web", "ready web", "-web", "-stream", "-broker"}
		if diff := cmp.Diff(want, d.lines); diff != "" {
			t.Error(diff)
		}
		if st := s.Status()[0]; st.State != run.Stopped {
			t.Errorf("%+v", st)
		}
	})
}

func TestServiceIsRestartedWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Duration
		began := time.Now()
		s := run.NewSupervisor(run.SupervisorConfig{})
		add(t, s, run.Service{Name: "flaky", Run: func(ctx context.Context) error {
			starts = append(starts, time.Since(began))
			switch len(starts) {
			case 2:
				panic("boom")
			case 3: // what would end the whole tree if it reached suture
				return suture.ErrTerminateSupervisorTree
			case 4:
				return context.Canceled
			case 5: // long enough that the earlier failures are forgiven
				time.Sleep(2 * time.Minute)
				return errMine
			case 6:
				<-ctx.Done()
				return ctx.Err()
			}
			return errMine
		}})
		add(t, s, run.Service{Name: "calm", Run: func(ctx context.Context) error { <-ctx.Done(); return nil }})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		st := s.Status()
		if st[0].State != run.Running || st[0].Restarts != 5 || st[0].LastError != "mine" || st[0].LastErrorAt.IsZero() {
			t.Errorf("%+v", st[0])
		}
		if st[1].State != run.Running || st[1].Restarts != 0 {
			t.Errorf("the calm one was disturbed: %+v", st[1])
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		for i, most := range []time.Duration{100, 200, 400, 800} {
			most *= time.Millisecond
			if wait := starts[i+1] - starts[i]; wait < most*8/10-time.Millisecond || wait > most {
				t.Errorf("wait %d was %s, want at most a fifth less than %s", i+1, wait, most)
			}
		}
		if wait := starts[5] - starts[4] - 2*time.Minute; wait > 100*time.Millisecond {
			t.Errorf("after a long life it waited %s", wait)
		}
	})
}

func TestServiceThatIsDoneOrFailsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := run.NewSupervisor(run.SupervisorConfig{OnEvent: func(e run.Event) { d.add(e.Service + " " + string(e.State) + " " + e.Text) }})
		add(t, s, run.Service{Name: "once", Run: func(context.Context) error { return nil }})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		add(t, s, run.Service{Name: "hopeless", Run: func(context.Context) error { return run.Permanent(errMine) }})
		time.Sleep(time.Minute)
		st := s.Status()
		if st[0].State != run.Stopped || st[1].State != run.Failed || st[1].LastError != "mine" || st[1].Restarts != 0 {
			t.Errorf("%+v", st)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		want := []string{"once starting ", "once running ", "once stopped ", "hopeless starting ", "hopeless running ", "hopeless failed mine"}
		if diff := cmp.Diff(want, d.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStartThatFailsStopsWhatRuns(t *testing.T) {
	never := func() bool { return false }
	for name, tc := range map[string]struct {
		svc  run.Service
		says string
	}{
		"never ready": {run.Service{Name: "web", Ready: never, Run: func(ctx context.Context) error { <-ctx.Done(); return nil }}, "not ready after 30s"},
		"keeps failing": {run.Service{Name: "web", Ready: never, StartTimeout: time.Second,
			Run: func(context.Context) error { return errMine }}, "not ready after 1s; its last error: mine"},
		"hopeless": {run.Service{Name: "web", Ready: never, Run: func(context.Context) error { return run.Permanent(errMine) }}, "start web: mine"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d diary
				s := run.NewSupervisor(run.SupervisorConfig{})
				add(t, s, d.service("broker"))
				add(t, s, tc.svc)
				add(t, s, d.service("never"))
				err := s.Start(t.Context())
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("got %v", err)
				}
				if diff := cmp.Diff([]string{"+broker", "ready broker", "-broker"}, d.lines); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestServicesAreAddedAndRemovedWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := run.NewSupervisor(run.SupervisorConfig{})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		token := add(t, s, d.service("a"))
		if _, err := s.Add(d.service("a")); maru.KindOf(err) != maru.Conflict {
			t.Errorf("the same name again: %v", err)
		}
		if _, err := s.Add(run.Service{}); maru.KindOf(err) != maru.Invalid {
			t.Errorf("an empty service: %v", err)
		}
		synctest.Wait()
		if err := s.Remove(token); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(token); maru.KindOf(err) != maru.NotFound {
			t.Errorf("removed twice: %v", err)
		}
		if len(s.Status()) != 0 {
			t.Errorf("%+v", s.Status())
		}
		if err := s.Start(t.Context()); maru.KindOf(err) != maru.Conflict {
			t.Errorf("started twice: %v", err)
		}
		for range 2 {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff([]string{"+a", "-a"}, d.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestServiceThatDoesNotStopIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := run.NewSupervisor(run.SupervisorConfig{})
		add(t, s, d.service("good"))
		stuck := make(chan struct{})
		add(t, s, run.Service{Name: "stuck", StopTimeout: 3 * time.Second, Run: func(context.Context) error { <-stuck; return nil }})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err := s.Stop()
		if maru.KindOf(err) != maru.Timeout || !strings.Contains(err.Error(), "service stuck has not stopped after 3s") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if s.Status()[0].State != run.Stopped || s.Status()[1].State != run.Failed {
			t.Errorf("%+v", s.Status())
		}
		close(stuck)
	})
}

func TestStopDuringBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run.NewSupervisor(run.SupervisorConfig{})
		add(t, s, run.Service{Name: "flaky", Run: func(context.Context) error { return errMine }, Backoff: run.Backoff{Min: time.Hour, Max: time.Hour}})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if st := s.Status()[0]; st.State != run.Waiting {
			t.Errorf("%+v", st)
		}
		began := time.Now()
		if err := s.Stop(); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestBackoffIsBounded(t *testing.T) {
	var b run.Backoff
	for n := range 200 {
		if d := b.Delay(n); d < 0 || d > run.BackoffMax || n > 0 && d < run.BackoffMin*8/10 {
			t.Errorf("Delay(%d) = %s", n, d)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Sleep(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := run.Sleep(context.Background(), 0); err != nil {
		t.Error(err)
	}
}
