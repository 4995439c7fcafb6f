//go:build duckdb_arrow

package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"maru/duck"
)

const repeats = `SELECT count(*) FROM (SELECT epoch_ms(ts) - lag(epoch_ms(ts)) OVER (PARTITION BY user_ip, path ORDER BY ts) AS d FROM '*.parquet') WHERE d < 200`

// callLog is a directory of Parquet files of calls: that of MARU_BENCH_LOGS (as
// gen_api_logs.py makes them), else one of 4 M rows.
func callLog(b *testing.B) string {
	if dir := os.Getenv("MARU_BENCH_LOGS"); dir != "" {
		return dir
	}
	dir := b.TempDir()
	db, err := duck.Open(context.Background(), duck.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn()
	if err != nil {
		b.Fatal(err)
	}
	err = c.Exec(context.Background(), fmt.Sprintf(`COPY (SELECT make_timestamp(i * 108) AS ts, concat('10.', hash(i) %% 256, '.', hash(i, 1) %% 256, '.', hash(i, 2) %% 4) AS user_ip,
		'/api/v1/thing/' || (hash(i, 3) %% 500) AS path FROM range(4000000) t(i)) TO '%s' (COMPRESSION zstd)`, filepath.Join(dir, "calls.parquet")))
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkRepeats is the 200 ms question over Parquet, as DuckDB does it alone
// and as a worker does it.
func BenchmarkRepeats(b *testing.B) {
	dir := callLog(b)
	var want string
	b.Run("duckdb", func(b *testing.B) {
		db, err := duck.Open(context.Background(), duck.Config{})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		c, err := db.Conn()
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Exec(context.Background(), "SET file_search_path = '"+dir+"'"); err != nil {
			b.Fatal(err)
		}
		was := cpuOf(os.Getpid())
		for b.Loop() {
			if want, _, err = c.Text(context.Background(), repeats); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(cpuOf(os.Getpid())-was)/100/float64(b.N), "cpu-s/op")
	})
	b.Run("worker", func(b *testing.B) {
		q := start(b, testShelf(b), func(c *Config) { c.WorkerMemory = 4 << 30 })
		used := 0
		for b.Loop() {
			pid := only(b, q) // it is replaced when it has grown
			was := cpuOf(pid)
			got, err := q.rowsOf(Request{SQL: repeats, Dir: dir})
			if err != nil || want != "" && got != want {
				b.Fatal(got, want, err)
			}
			used += cpuOf(pid) - was
		}
		b.ReportMetric(float64(used)/100/float64(b.N), "cpu-s/op")
	})
}

// BenchmarkSelectOne is the shortest way there and back.
func BenchmarkSelectOne(b *testing.B) {
	q := start(b, testShelf(b), nil)
	only(b, q)
	for b.Loop() {
		if _, err := q.rows("SELECT 1"); err != nil {
			b.Fatal(err)
		}
	}
}
