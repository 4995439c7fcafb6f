//go:build duckdb_arrow

package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPause: a paused stream reads nothing, its view can be read, and it is
// paused still after a restart.
func TestPause(t *testing.T) {
	w := newWorld(t, 1)
	w.define("total")
	rng := rand.New(rand.NewPCG(1, 1))
	w.traffic(rng, 0, 100, 1)
	e := w.engine()
	w.caughtUp(e, "total", 100)
	if err := e.Pause("total", true); err != nil {
		t.Fatal(err)
	}
	<-time.After(2 * pollWait) // a fetch under way is waited for, and its batch finished
	paused := func(e *Engine) {
		t.Helper()
		w.until(e, "total", func(s Status) bool { return s.State == Paused && s.In == 100 && s.Lag == 100 })
		if got := w.read(e, "total", ""); len(got) != 1 || got[0][:3] != "100" {
			t.Errorf("the view of a paused stream has %v", got)
		}
	}
	w.traffic(rng, 100, 100, 1)
	paused(e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = w.engine()
	defer e.Close()
	<-time.After(pollWait)
	paused(e)
	if err := e.Pause("total", false); err != nil {
		t.Fatal(err)
	}
	w.until(e, "total", func(s Status) bool { return s.State == Running && s.In == 200 })
	if err := e.Pause("none", true); err == nil {
		t.Error(fmt.Errorf("a stream that is not there can be paused"))
	}
}

// TestResumeAfterCrashes: a stream that stands still after crashes is tried
// again when somebody resumes it.
func TestResumeAfterCrashes(t *testing.T) {
	w := newWorld(t, 1)
	w.define("total")
	w.traffic(rand.New(rand.NewPCG(1, 1)), 0, 100, 1)
	file := statePath(filepath.Join(w.dir, "stream"), "total")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	a, err := openAttempt(file, "total", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	a.crashes = crashesMax
	if err := errors.Join(a.begin(0), a.f.Close()); err != nil {
		t.Fatal(err)
	}
	e := w.engine()
	defer e.Close()
	w.until(e, "total", func(s Status) bool { return s.State == Paused && s.Error != "" })
	if err := e.Pause("total", false); err != nil {
		t.Fatal(err)
	}
	w.caughtUp(e, "total", 100)
}
