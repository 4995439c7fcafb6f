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
			if cmp.Equal(got, want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s\nstatus %+v\n%.1000s", sql, e.Status()["v"], cmp.Diff(want, got))
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
