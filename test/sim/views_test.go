package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru/internal/gen"
	"maru/marutest"
)

// The streams of the example.
var exampleStreams = []string{"errors_10s", "repeated_calls", "repeated_calls_1m", "repeated_calls_total", "requests_1m"}

// number reads a number of a row.
func number(t testing.TB, r marutest.Row, name string) int64 {
	t.Helper()
	if n, ok := r[name].(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	t.Fatalf("%s is no whole number in %v", name, r)
	return 0
}

func text(t testing.TB, r marutest.Row, name string) string {
	t.Helper()
	s, ok := r[name].(string)
	if !ok {
		t.Fatalf("%s is no text in %v", name, r)
	}
	return s
}

// table reads a query's rows into a map; a key that comes twice is an error.
func table[K comparable, V any](t testing.TB, n *marutest.Node, sql string, entry func(marutest.Row) (K, V)) map[K]V {
	t.Helper()
	out := map[K]V{}
	for _, r := range n.SQL(sql) {
		k, v := entry(r)
		if _, twice := out[k]; twice {
			t.Errorf("%s: %v is there twice", sql, k)
		}
		out[k] = v
	}
	return out
}

// same fails the test with a short account of how two tables differ.
func same[K comparable, V comparable](t testing.TB, view string, want, got map[K]V) {
	t.Helper()
	differ, shown := 0, ""
	note := func(k K, w, g any) {
		if differ++; differ <= 5 {
			shown += fmt.Sprintf("\n  %+v: want %+v, got %+v", k, w, g)
		}
	}
	for k, w := range want {
		if g, ok := got[k]; !ok {
			note(k, w, "nothing")
		} else if g != w {
			note(k, w, g)
		}
	}
	for k, g := range got {
		if _, ok := want[k]; !ok {
			note(k, "nothing", g)
		}
	}
	if differ > 0 {
		t.Errorf("%s: %d of %d rows are not as the log says:%s", view, differ, len(want), shown)
	}
}

// checkViews compares every view of the example with the log.
func checkViews(t testing.TB, n *marutest.Node, want *reference) {
	t.Helper()
	same(t, "requests_1m", want.requests, table(t, n, "SELECT epoch(window_start)::BIGINT AS m, class, path, requests, bytes::BIGINT AS bytes FROM requests_1m",
		func(r marutest.Row) (requestKey, requests) {
			return requestKey{number(t, r, "m"), text(t, r, "class"), text(t, r, "path")}, requests{number(t, r, "requests"), number(t, r, "bytes")}
		}))
	same(t, "errors_10s", want.errors, table(t, n, "SELECT epoch(window_start)::BIGINT AS w, status, errors, users FROM errors_10s",
		func(r marutest.Row) (errorKey, failures) {
			return errorKey{number(t, r, "w"), int(number(t, r, "status"))}, failures{number(t, r, "errors"), number(t, r, "users")}
		}))
	same(t, "repeated_calls", want.repeated, table(t, n, "SELECT request_id, gap_ms FROM repeated_calls",
		func(r marutest.Row) (string, int64) { return text(t, r, "request_id"), number(t, r, "gap_ms") }))
	same(t, "repeated_calls_total", want.total, table(t, n, "SELECT method, path, repeats, epoch_ms(since) AS since, epoch_ms(last) AS last FROM repeated_calls_total",
		func(r marutest.Row) (callKey, span) {
			return callKey{text(t, r, "method"), text(t, r, "path")}, span{number(t, r, "repeats"), number(t, r, "since"), number(t, r, "last")}
		}))
	same(t, "repeated_calls_1m", want.minutes, table(t, n, "SELECT epoch(window_start)::BIGINT AS m, method, path, repeats, users, least_gap_ms FROM repeated_calls_1m",
		func(r marutest.Row) (callMinute, repeats) {
			return callMinute{number(t, r, "m"), text(t, r, "method"), text(t, r, "path")},
				repeats{number(t, r, "repeats"), number(t, r, "users"), number(t, r, "least_gap_ms")}
		}))
}

// checkBatch runs each stream's SELECT in batch over the topic and compares
// the answer with the view, row by row.
func checkBatch(t testing.TB, n *marutest.Node) {
	t.Helper()
	for _, name := range exampleStreams {
		file, err := os.ReadFile(filepath.Join(n.Dir, "streams", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		_, body, ok := strings.Cut(string(file), "*/")
		if !ok {
			t.Fatalf("stream %s has no header", name)
		}
		// Which of two equal calls of one millisecond repeats the other is for
		// TestBatchTies to say.
		columns := "*"
		if name == "repeated_calls" {
			columns = "* EXCLUDE (request_id, status)"
		}
		rows, err := n.Query("WITH b AS (SELECT " + columns + " FROM (" + strings.TrimSpace(body) + ")), v AS (SELECT " + columns + " FROM " + name + ") " +
			"SELECT (SELECT count(*) FROM b) AS rows, (SELECT count(*) FROM (FROM b EXCEPT ALL FROM v)) AS batch, (SELECT count(*) FROM (FROM v EXCEPT ALL FROM b)) AS view")
		if err != nil {
			t.Errorf("%s in batch: %v", name, err)
			continue
		}
		if onlyBatch, onlyView := number(t, rows[0], "batch"), number(t, rows[0], "view"); onlyBatch+onlyView > 0 {
			t.Errorf("%s: of %d rows in batch %d are not in the view, and %d of the view are not in the batch", name, number(t, rows[0], "rows"), onlyBatch, onlyView)
		}
	}
}

// checkTruth compares the generator's own counts with those of the log, so
// that one mistake in both would have to be made twice.
func checkTruth(t testing.TB, truth gen.Truth, want *reference, added int64) {
	t.Helper()
	if truth.Late != 0 {
		t.Errorf("the log has %d late rows, it was to have none", truth.Late)
	}
	if got := int64(len(want.rows)) - added; got != truth.Rows {
		t.Errorf("the log has %d rows, its generator wrote %d", got, truth.Rows)
	}
	byCall := map[string]int64{}
	for k, s := range want.total {
		byCall[k.Method+" "+k.Path] = s.Repeats
	}
	if d := cmp.Diff(truth.Repeated.ByCall, byCall); d != "" {
		t.Errorf("repeated calls of the generator (-) and the log (+):\n%s", d)
	}
}
