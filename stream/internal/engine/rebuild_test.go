//go:build duckdb_arrow

package engine

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// TestRebuild: a changed query is made anew from the topic while the old view
// is still read, and takes its place; so is one whose seed changed, also when
// the change came while nothing ran.
func TestRebuild(t *testing.T) {
	w := newWorld(t, 1)
	w.set.Streams = []Definition{{Name: "v", SQL: "SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY window_start"}}
	w.traffic(rand.New(rand.NewPCG(1, 1)), 0, 2000, 1)
	e := w.engine()
	w.caughtUp(e, "v", 2000)
	change := func(sql string) {
		t.Helper()
		w.set.Streams[0].SQL = sql
		e.Apply(context.Background(), w.set)
		want := w.batch(sql)
		deadline := time.Now().Add(20 * time.Second)
		for {
			got := w.read(e, "v", "")
			if cmp.Equal(got, want, closeFloats) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s\nstatus %+v\n%.1000s", sql, e.Status()["v"], cmp.Diff(want, got, closeFloats))
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	change("SELECT window_start, path, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY ALL")
	joined := "SELECT window_start, c.name, count(*) AS n FROM tumble(api_log, ts, INTERVAL 1 MINUTE) a LEFT JOIN countries c ON a.country = c.code GROUP BY ALL"
	change(joined)
	w.seed("code,name\nkr,한국\n")
	change(joined)
	e.Close()
	w.seed("code,name\nkr,대한민국\nde,독일\n")
	e = w.engine()
	defer e.Close()
	change(joined)
	if err := e.Reset("v", false); err != nil {
		t.Fatal(err)
	}
	w.until(e, "v", func(s Status) bool { return s.In == 2000 && s.Rebuilding == "" && s.Batches < 5 })
	change(joined)
}

// TestRebuildNeedsTheBeginning: where the topic no longer holds what the old
// view was made of, it stands until the user says that less is enough.
func TestRebuildNeedsTheBeginning(t *testing.T) {
	w := newWorld(t, 1)
	w.set.Streams = []Definition{{Name: "v", SQL: "SELECT count(*) AS n FROM api_log"}}
	w.traffic(rand.New(rand.NewPCG(1, 1)), 0, 500, 1)
	e := w.engine()
	defer e.Close()
	w.caughtUp(e, "v", 500)
	var off kadm.Offsets
	off.Add(kadm.Offset{Topic: "api_log", Partition: 0, At: 200})
	if _, err := kadm.NewClient(w.cl).DeleteRecords(context.Background(), off); err != nil {
		t.Fatal(err)
	}
	w.set.Streams[0].SQL = "SELECT count(*) AS n, max(status) AS m FROM api_log"
	e.Apply(context.Background(), w.set)
	s := w.until(e, "v", func(s Status) bool { return s.Error != "" })
	if !strings.Contains(s.Error, "--from-retained") {
		t.Fatal(s.Error)
	}
	if err := e.Reset("v", true); err != nil {
		t.Fatal(err)
	}
	w.until(e, "v", func(s Status) bool { return s.Error == "" && s.In == 300 })
	if d := cmp.Diff([]string{"300 | 500"}, w.read(e, "v", "")); d != "" {
		t.Error(d)
	}
}

func (w *world) seed(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.set.Seeds["countries"], []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// TestReplay: a view made anew finds the same rows late as the old one did,
// although the partitions would be read in another order now.
func TestReplay(t *testing.T) {
	w := newWorld(t, 3)
	w.set.Streams = []Definition{{Name: "v", SQL: "SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 1 SECOND) GROUP BY window_start"}}
	rng := rand.New(rand.NewPCG(7, 7))
	e := w.engine()
	defer e.Close()
	// Each partition is ahead of the others for a while: what is late depends on the turns.
	n := int64(0)
	for i := range 30 {
		p := int32(rng.IntN(3))
		var rows []string
		for range 20 {
			at := time.Duration(i)*time.Second + time.Duration(rng.IntN(6000))*time.Millisecond
			rows = append(rows, row(at, "u", "/", "kr", 200, 1))
		}
		w.produce(p, rows...)
		n += 20
		w.caughtUp(e, "v", n)
		if i%10 == 9 {
			w.clock.us.Add(time.Minute.Microseconds())
			w.until(e, "v", allIdle)
		}
	}
	before := w.caughtUp(e, "v", n)
	late, view := w.read(e, "v", Late), w.read(e, "v", "")
	if before.Late == 0 {
		t.Fatal("nothing was late: the test shows nothing")
	}
	if err := e.Reset("v", false); err != nil {
		t.Fatal(err)
	}
	w.until(e, "v", func(s Status) bool { return s.In == n && s.Rebuilding == "" && s.Batches < before.Batches/2 })
	if d := cmp.Diff(late, w.read(e, "v", Late)); d != "" {
		t.Errorf("late rows (-before +after) %.1500s", d)
	}
	if d := cmp.Diff(view, w.read(e, "v", "")); d != "" {
		t.Errorf("view (-before +after) %.1500s", d)
	}
}
