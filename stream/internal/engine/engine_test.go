//go:build duckdb_arrow

package engine

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
	"maru/duck"
	"maru/stream/internal/plan"
)

// world is a log with one topic, and what is in it.
type world struct {
	t         *testing.T
	bootstrap string
	cl        *kgo.Client
	dir       string
	rows      []string
	set       Set
	clock     *clock
}

// clock stands still until a test moves it.
type clock struct{ us atomic.Int64 }

func (c *clock) Now() time.Time { return time.UnixMicro(c.us.Load()) }

func newWorld(t *testing.T, partitions int32) *world {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "api_log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := &world{t: t, bootstrap: c.ListenAddrs()[0], dir: t.TempDir(), clock: &clock{}}
	w.cl, err = kgo.NewClient(kgo.SeedBrokers(w.bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cl.Close)
	seed := filepath.Join(w.dir, "countries.csv")
	if err := os.WriteFile(seed, []byte("code,name\nkr,Korea\nde,Germany\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.set = Set{
		Sources: []Source{{Name: "api_log", Time: "ts", Delay: time.Second, Columns: maru.Schema{{Name: "ts", Type: maru.Timestamp},
			{Name: "user", Type: maru.Varchar}, {Name: "path", Type: maru.Varchar}, {Name: "country", Type: maru.Varchar}, {Name: "status", Type: maru.BigInt}, {Name: "latency", Type: maru.Double}}}},
		Seeds: map[string]string{"countries": seed},
	}
	return w
}

func (w *world) produce(partition int32, rows ...string) {
	w.t.Helper()
	recs := make([]*kgo.Record, len(rows))
	for i, r := range rows {
		recs[i] = &kgo.Record{Topic: "api_log", Partition: partition, Value: []byte(r)}
	}
	if err := w.cl.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
	w.rows = append(w.rows, rows...)
}

func (w *world) engine() *Engine {
	w.t.Helper()
	e, err := Open(context.Background(), Config{Dir: filepath.Join(w.dir, "stream"), Bootstrap: w.bootstrap, Threads: 2, MemoryLimit: "1GB", Clock: w.clock,
		Warn: func(err error) { w.t.Log("warning:", err) }})
	if err != nil {
		w.t.Fatal(err)
	}
	e.Apply(context.Background(), w.set)
	return e
}

// settled waits until a stream has read n rows, lets a long silence pass, and
// waits until that has closed its windows.
func (w *world) settled(e *Engine, name string, n int64) Status {
	w.t.Helper()
	w.caughtUp(e, name, n)
	w.clock.us.Add(time.Hour.Microseconds())
	return w.until(e, name, allIdle)
}

func (w *world) caughtUp(e *Engine, name string, n int64) Status {
	w.t.Helper()
	return w.until(e, name, func(s Status) bool { return s.In >= n && s.Lag == 0 })
}

func (w *world) until(e *Engine, name string, ok func(Status) bool) Status {
	w.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		s := e.Status()[name]
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s did not get there: %+v", name, s)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func allIdle(s Status) bool {
	for _, p := range s.Partitions {
		if !p.Idle {
			return false
		}
	}
	return true
}

// read gives the view's rows as sorted text.
func (w *world) read(e *Engine, name, side string) []string {
	w.t.Helper()
	rows, c, err := e.Read(context.Background(), name, side, nil, "")
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	defer rows.Close()
	return text(w.t, rows)
}

func text(t *testing.T, rows *duck.Rows) []string {
	t.Helper()
	out := []string{}
	for {
		rec, err := rows.Next()
		if err != nil {
			break
		}
		for i := range int(rec.NumRows()) {
			var f []string
			for _, c := range rec.Columns() {
				v := strings.Clone(c.ValueStr(i))
				var x float64
				if _, err := fmt.Sscanf(v, "%g", &x); err == nil && strings.ContainsAny(v, ".e") && !strings.Contains(v, "-") {
					v = fmt.Sprintf("%.15g", x)
				}
				f = append(f, v)
			}
			out = append(out, strings.Join(f, " | "))
		}
		rec.Release()
	}
	slices.Sort(out)
	return out
}

// closeFloats lets numbers differ by how a sum was put together: a stream adds
// batch by batch. All else must be the same text.
var closeFloats = cmp.Comparer(func(a, b string) bool {
	x, y := strings.Split(a, " | "), strings.Split(b, " | ")
	return slices.EqualFunc(x, y, func(a, b string) bool {
		if a == b {
			return true
		}
		f, err1 := strconv.ParseFloat(a, 64)
		g, err2 := strconv.ParseFloat(b, 64)
		return err1 == nil && err2 == nil && strings.ContainsAny(a+b, ".e") && math.Abs(f-g) <= 1e-9*max(1, math.Abs(f), math.Abs(g))
	})
})

// batch answers the same SELECT over all rows at once.
func (w *world) batch(sql string) []string {
	w.t.Helper()
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Config{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn()
	if err != nil {
		w.t.Fatal(err)
	}
	file := filepath.Join(w.t.TempDir(), "rows.ndjson")
	if err := os.WriteFile(file, []byte(strings.Join(w.rows, "\n")), 0o600); err != nil {
		w.t.Fatal(err)
	}
	for _, s := range []string{
		"CREATE TABLE api_log AS SELECT * FROM read_json(" + maru.Literal(file) + ", format='newline_delimited', columns={ts:'TIMESTAMPTZ', user:'VARCHAR', path:'VARCHAR', country:'VARCHAR', status:'BIGINT', latency:'DOUBLE'})",
		plan.SeedSQL("TABLE", plan.Seed{Name: "countries", Path: w.set.Seeds["countries"]}),
	} {
		if err := c.Exec(ctx, s); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := duck.InstallMacros(ctx, c); err != nil {
		w.t.Fatal(err)
	}
	rows, err := c.Query(ctx, sql)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	return text(w.t, rows)
}

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func row(at time.Duration, user, path, country string, status int, latency float64) string {
	return fmt.Sprintf(`{"ts":%q,"user":%q,"path":%q,"country":%q,"status":%d,"latency":%g}`, start.Add(at).Format("2006-01-02T15:04:05.000Z"), user, path, country, status, latency)
}

// queries are answered in a stream and in a batch, and must agree.
var queries = map[string]Definition{
	"filtered":         {SQL: "SELECT ts, path, status FROM api_log WHERE status >= 500"},
	"per_minute":       {SQL: "SELECT window_start, path, count(*) AS n, avg(latency) AS a, max(latency) - min(latency) AS spread, stddev(latency) AS sd, sum(status) AS s, count(*) FILTER (WHERE status >= 500) AS bad FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY ALL"},
	"closed":           {Close: true, SQL: "SELECT window_start, window_end, count(DISTINCT user) AS users, approx_quantile(latency, 0.9) AS p90 FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY ALL HAVING count(*) > 2"},
	"hopping":          {SQL: "SELECT window_start, count(*) AS n, approx_quantile(latency, 0.5) AS p50 FROM hop(api_log, ts, INTERVAL 5 SECOND, INTERVAL 20 SECOND) GROUP BY window_start"},
	"by_status":        {Unbounded: true, SQL: "SELECT status, count(*) AS n, count(DISTINCT path) AS paths, arg_max(path, ts) IS NOT NULL AS x FROM api_log GROUP BY status"},
	"total":            {SQL: "SELECT count(*) AS n, sum(latency) AS s FROM api_log"},
	"repeated":         {SQL: "SELECT ts, user, path, gap FROM (SELECT *, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, path ORDER BY ts)) AS gap FROM api_log) WHERE gap < 200"},
	"repeated_10s":     {SQL: "SELECT window_start, path, count(*) AS n FROM tumble(repeated, ts, INTERVAL 10 SECOND) GROUP BY ALL"},
	"countries_joined": {SQL: "SELECT window_start, c.name, count(*) AS n FROM tumble(api_log, ts, INTERVAL 1 MINUTE) a LEFT JOIN countries c ON a.country = c.code GROUP BY ALL"},
	"busiest":          {SQL: "SELECT window_start, max(n) AS most FROM tumble((SELECT window_start AS ws, path, count(*) AS n FROM tumble(api_log, ts, INTERVAL 5 SECOND) GROUP BY ALL), ws, INTERVAL 20 SECOND) GROUP BY window_start"},
	"rolling":          {SQL: "SELECT ts, user, sum(status) OVER (PARTITION BY user ORDER BY ts RANGE BETWEEN INTERVAL 2 SECOND PRECEDING AND CURRENT ROW) AS s FROM api_log"},
	"top":              {Unbounded: true, SQL: "SELECT path, n FROM (SELECT path, count(*) AS n FROM api_log GROUP BY path) WHERE n > 5"},
}

// asBatch writes out what a batch has no name for: other streams, and a subquery inside tumble.
func asBatch(name string) string {
	switch name {
	case "repeated_10s":
		return "WITH repeated AS (" + queries["repeated"].SQL + ") " + queries[name].SQL
	case "busiest":
		inner := "SELECT window_start AS ws, path, count(*) AS n FROM tumble(api_log, ts, INTERVAL 5 SECOND) GROUP BY ALL"
		return "WITH x AS (" + inner + ") " + strings.Replace(queries[name].SQL, "("+inner+")", "x", 1)
	}
	return queries[name].SQL
}

// traffic makes n rows of three partitions, out of order within 800 ms.
func (w *world) traffic(rng *rand.Rand, from, n, partitions int) {
	type event struct {
		at  time.Duration
		row string
	}
	per := make([][]event, partitions)
	for i := from; i < from+n; i++ {
		at := time.Duration(i)*7*time.Millisecond + time.Duration(rng.IntN(800))*time.Millisecond
		r := row(at, fmt.Sprintf("u%d", rng.IntN(20)), fmt.Sprintf("/p%d", rng.IntN(5)), []string{"kr", "de", "xx"}[rng.IntN(3)], []int{200, 200, 404, 500}[rng.IntN(4)], float64(rng.IntN(100000))/100)
		p := rng.IntN(partitions)
		per[p] = append(per[p], event{at, r})
	}
	// The partitions go on side by side: none is ahead by more than a moment.
	for left := n; left > 0; {
		for p := range per {
			k := min(len(per[p]), 1+rng.IntN(40))
			left -= k
			if k == 0 {
				continue
			}
			rows := make([]string, k)
			for i, e := range per[p][:k] {
				rows[i] = e.row
			}
			per[p] = per[p][k:]
			w.produce(int32(p), rows...)
		}
	}
}

func (w *world) define(names ...string) {
	for _, name := range names {
		d := queries[name]
		d.Name = name
		w.set.Streams = append(w.set.Streams, d)
	}
}

func allQueries() []string {
	var names []string
	for n := range queries {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// TestStreamEqualsBatch reads random traffic in random batches, with restarts
// in between, and compares each view with the same SELECT over all rows.
func TestStreamEqualsBatch(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, 1)
	w.define(allQueries()...)
	total := 0
	for range 3 {
		e := w.engine()
		for range 4 {
			n := 100 + rng.IntN(400)
			w.traffic(rng, total, n, 1)
			total += n
		}
		// A restart while rows wait for the watermark.
		<-time.After(time.Duration(rng.IntN(200)) * time.Millisecond)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	e := w.engine()
	defer e.Close()
	for _, name := range allQueries() {
		s := w.settled(e, name, int64(total))
		if s.Late != 0 || s.Rejected != 0 || s.In != int64(total) {
			t.Errorf("%s: %d in, %d late, %d rejected, of %d", name, s.In, s.Late, s.Rejected, total)
		}
		want, got := w.batch(asBatch(name)), w.read(e, name, "")
		if d := cmp.Diff(want, got, closeFloats); d != "" {
			t.Errorf("%s: %d rows where the batch has %d, status %+v (-batch +stream)\n%.2000s", name, len(got), len(want), s, d)
		}
	}
}
