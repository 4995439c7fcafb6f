//go:build duckdb_arrow

package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLate: a row is late by the rows before it in its partition, wherever the
// batches end; main and late rows together are all.
func TestLate(t *testing.T) {
	w := newWorld(t, 1)
	w.set.Streams = []Definition{
		{Name: "per_10s", SQL: "SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY window_start"},
		{Name: "hopping", SQL: "SELECT window_start, count(*) AS n FROM hop(api_log, ts, INTERVAL 5 SECOND, INTERVAL 10 SECOND) GROUP BY window_start"},
		{Name: "gaps", SQL: "SELECT ts, user, gap FROM (SELECT *, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user ORDER BY ts)) AS gap FROM api_log) WHERE gap < 60000"},
		{Name: "slow", SQL: "SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) WHERE latency > 100 GROUP BY window_start"},
	}
	at := func(s float64, latency float64) string {
		return row(time.Duration(s*float64(time.Second)), "u", "/", "kr", 200, latency)
	}
	// Delay 1 s: after 12.0 the mark is 11.0, window [0,10) has ended.
	w.produce(0, at(1, 1), at(12, 1), at(9, 1), at(9.5, 500), at(11.2, 1), at(10.5, 1), at(25, 1))
	e := w.engine()
	defer e.Close()
	want := map[string]struct {
		main, late []string
	}{
		"per_10s": {[]string{"09:00:00 1", "09:00:10 3", "09:00:20 1"}, []string{"09:00:00 2", "09:00:00 3"}},
		// [-5,5) and [0,10) have ended for 9 and 9.5; they still count in [5,15).
		"hopping": {[]string{"08:59:55 1", "09:00:00 1", "09:00:05 5", "09:00:10 3", "09:00:20 1", "09:00:25 1"}, []string{"09:00:00 2", "09:00:00 3"}},
		// Rows before 11.0 are late: the mark had passed them.
		"gaps": {[]string{"09:00:11.2 10200", "09:00:12 800", "09:00:25 13000"}, []string{"- 2", "- 3", "- 5"}},
		// Only rows that the query would have counted are late.
		"slow": {nil, []string{"09:00:00 3"}},
	}
	for name, x := range want {
		s := w.settled(e, name, 7)
		if s.Late != int64(len(x.late)) {
			t.Errorf("%s counts %d late rows, %d are", name, s.Late, len(x.late))
		}
		if d := cmp.Diff(x.main, w.select2(e, name, "")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(x.late, w.select2(e, name, Late)); d != "" {
			t.Errorf("%s late: %s", name, d)
		}
	}
}

// select2 shortens a view to time of day and last column, a late side to window and offset.
func (w *world) select2(e *Engine, name, side string) []string {
	var out []string
	for _, r := range w.read(e, name, side) {
		f := strings.Split(r, " | ")
		short := func(s string) string {
			_, s, ok := strings.Cut(s, "T")
			if !ok {
				return "-"
			}
			return strings.TrimSuffix(s, "Z")
		}
		if side == Late {
			out = append(out, short(f[4])+" "+f[1])
			continue
		}
		out = append(out, short(f[0])+" "+f[len(f)-1])
	}
	slices.Sort(out)
	return out
}

// TestRejected: what cannot be read is written down with its place and reason, and the rest goes on.
func TestRejected(t *testing.T) {
	w := newWorld(t, 1)
	w.set.Streams = []Definition{{Name: "n", SQL: "SELECT count(*) AS n, sum(status) AS s FROM api_log"}}
	w.produce(0, row(0, "u", "/", "kr", 200, 1), "not json", `{"ts":"yesterday","status":1}`, `{"status":1}`, `{"ts":"2026-11-23T09:00:01Z","status":"x"}`, "", row(time.Second, "u", "/", "kr", 201, 1))
	e := w.engine()
	defer e.Close()
	s := w.caughtUp(e, "n", 7)
	if s.In != 7 || s.Rejected != 5 {
		t.Errorf("%+v", s.Counts)
	}
	if d := cmp.Diff([]string{"2 | 401"}, w.read(e, "n", "")); d != "" {
		t.Error(d)
	}
	var got []string
	for _, r := range w.read(e, "n", Rejected) {
		f := strings.Split(r, " | ")
		got = append(got, f[1]+": "+f[3])
	}
	for i, part := range []string{"1: not one JSON object", `2: column "ts"`, "3: no event time: ts is missing or null", `4: column "status"`, "5: not one JSON object"} {
		if i >= len(got) || !strings.HasPrefix(got[i], part) {
			t.Fatalf("rejected %q, want each to begin with %q", got, part)
		}
	}
}

// TestPartitions: four partitions in random interleaving, restarts in between;
// a partition without rows holds nothing back once it is idle.
func TestPartitions(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	w := newWorld(t, 4)
	names := []string{"repeated", "per_minute", "closed", "repeated_10s"}
	w.define(names...)
	// Interleaving moves a partition ahead of others by up to some hundred rows.
	w.set.Sources[0].Delay = 5 * time.Second
	total := 0
	for range 2 {
		e := w.engine()
		for range 3 {
			n := 100 + rng.IntN(300)
			w.traffic(rng, total, n, 3)
			total += n
		}
		<-time.After(time.Duration(rng.IntN(300)) * time.Millisecond)
		e.Close()
	}
	e := w.engine()
	defer e.Close()
	for _, name := range names {
		s := w.settled(e, name, int64(total))
		if s.Late != 0 {
			t.Fatalf("%s: %d rows late: %+v", name, s.Late, s)
		}
		if d := cmp.Diff(w.batch(asBatch(name)), w.read(e, name, ""), closeFloats); d != "" {
			t.Errorf("%s (-batch +stream)\n%.3000s", name, d)
		}
	}
}

// TestWater: the mark waits for the slowest partition, leaves out idle ones,
// goes on with the clock when all are silent, and never goes back.
func TestWater(t *testing.T) {
	s := time.Second.Microseconds()
	w := newWater(time.Second, 30*time.Second)
	t0 := time.UnixMicro(0)
	for p := range int32(2) {
		w.parts[p] = &progress{max: noTime, quiet: t0, atEnd: true}
	}
	step := func(what string, want int64) {
		t.Helper()
		if w.mark != want {
			t.Fatalf("%s: mark %d, want %d", what, w.mark, want)
		}
	}
	w.row(0, w.parts[0], 100*s)
	step("the other partition has no row yet", noTime)
	w.row(1, w.parts[1], 50*s)
	step("the slower one decides", 49*s)
	if got := w.row(1, w.parts[1], 200*s); got != 49*s {
		t.Fatalf("a row is judged by those before it: %d", got)
	}
	step("now the first is the slower", 99*s)
	w.row(0, w.parts[0], 90*s)
	step("an old row moves nothing", 99*s)
	w.parts[1].quiet = t0.Add(25 * time.Second)
	w.tick(t0.Add(31 * time.Second))
	step("the first is idle", 199*s)
	w.row(0, w.parts[0], 120*s)
	step("it wakes up late, the mark stays", 199*s)
	w.parts[0].quiet = t0.Add(31 * time.Second)
	w.tick(t0.Add(100 * time.Second))
	step("all silent for 69 s", (200+69-1)*s)
}

func TestFormatOfStatus(t *testing.T) {
	if got := fmt.Sprint(floor(-1, 10*time.Microsecond), floor(19, 10*time.Microsecond)); got != "-10 10" {
		t.Fatal(got)
	}
}
