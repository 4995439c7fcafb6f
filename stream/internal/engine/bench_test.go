//go:build duckdb_arrow

package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"maru"
	"maru/internal/gen"
	"maru/kafka"
)

// chunks makes raw batches of n generated rows.
func chunks(t testing.TB, n int64) (raw [][]byte, bytes int64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "api.ndjson")
	cfg := gen.Believable()
	cfg.Rows, cfg.Out, cfg.LateShare = n, file, 0
	if _, err := gen.Run(context.Background(), cfg, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var builder kafka.Builder
	flush := func() {
		batch, err := builder.AppendBatch(nil)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, batch)
		builder.Reset()
	}
	for len(b) > 0 {
		i := slices.Index(b, '\n')
		builder.Add(0, nil, b[:i])
		bytes += int64(i)
		b = b[i+1:]
		if builder.Len() > 500_000 {
			flush()
		}
	}
	flush()
	return raw, bytes
}

var apiLog = Source{Name: "api_log", Time: "ts", Delay: time.Second, Idle: time.Minute, Columns: maru.Schema{
	{Name: "ts", Type: maru.Timestamp}, {Name: "request_id", Type: maru.Varchar}, {Name: "user", Type: maru.Varchar}, {Name: "client_ip", Type: maru.Varchar},
	{Name: "method", Type: maru.Varchar}, {Name: "path", Type: maru.Varchar}, {Name: "query", Type: maru.Varchar}, {Name: "body_hash", Type: maru.Varchar},
	{Name: "status", Type: maru.BigInt}, {Name: "bytes", Type: maru.BigInt}, {Name: "latency_ms", Type: maru.Double}}}

var benchQueries = map[string]Definition{
	"counts":   {SQL: "SELECT window_start, path, count(*) AS n, sum(bytes) AS bytes FROM tumble(api_log, ts, INTERVAL 1 MINUTE) GROUP BY ALL"},
	"quantile": {SQL: "SELECT window_start, path, approx_quantile(latency_ms, 0.99) AS p99 FROM tumble(api_log, ts, INTERVAL 1 MINUTE) GROUP BY ALL"},
	"distinct": {SQL: "SELECT window_start, path, count(DISTINCT user) AS n FROM tumble(api_log, ts, INTERVAL 1 MINUTE) GROUP BY ALL"},
	"repeated": {SQL: "SELECT ts, user, path, gap FROM (SELECT *, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, method, path, query, body_hash ORDER BY ts)) AS gap FROM api_log) WHERE gap < 200"},
	"errors":   {Close: true, SQL: "SELECT window_start, status, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) WHERE status >= 500 GROUP BY ALL"},
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRows is decode, apply and commit of 8 MiB rounds of generated rows
// with durable state: everything but the fetch.
func BenchmarkRows(b *testing.B) {
	raw, bytes := chunks(b, 1_000_000)
	for _, name := range []string{"counts", "errors", "distinct", "quantile", "repeated"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(bytes)
			var used time.Duration
			for range b.N {
				used += benchRun(b, name, raw)
			}
			b.ReportMetric(1e6*float64(b.N)/used.Seconds(), "rows/cpu-s")
		})
	}
}

func benchRun(b *testing.B, name string, raw [][]byte) time.Duration {
	b.Helper()
	ctx := context.Background()
	b.StopTimer()
	e, err := Open(ctx, Config{Dir: b.TempDir(), Bootstrap: "127.0.0.1:1", Threads: 2, MemoryLimit: "1GB"})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	d := benchQueries[name]
	d.Name = name
	spec, err := e.spec(ctx, Set{Streams: []Definition{d}, Sources: []Source{apiLog}}, d, statePath(e.cfg.Dir, name))
	if err != nil {
		b.Fatal(err)
	}
	q := newQuery(&entry{e: e}, *spec, newHub())
	q.topic = kafka.Topic{Name: "api_log", Partitions: []kafka.Partition{{}}}
	if _, err := q.openState(ctx); err != nil {
		b.Fatal(err)
	}
	q.w = newWater(spec.Delay, spec.Idle)
	q.w.parts[0] = &progress{max: noTime}
	b.StartTimer()
	start := cpu()
	var next int64
	for len(raw) > 0 {
		n := min(len(raw), 16)
		from := q.w.mark
		bt := &batch{}
		for _, r := range raw[:n] {
			g := q.w.parts[0]
			g.next = 0
			c := kafka.Chunk{Raw: r, NextOffset: next}
			if err := q.dec.chunk(bt, &c, q.w, g, -1); err != nil {
				b.Fatal(err)
			}
		}
		raw = raw[n:]
		q.dec.flush(bt)
		if err := q.commit(ctx, bt, from); err != nil {
			b.Fatal(err)
		}
	}
	used := cpu() - start
	b.StopTimer()
	if q.ck.Counts.In != 1_000_000 || q.ck.Counts.Out == 0 {
		b.Fatal(fmt.Sprintf("%+v", q.ck.Counts))
	}
	q.close()
	return used
}
