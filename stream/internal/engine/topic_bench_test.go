//go:build duckdb_arrow

package engine

import (
	"context"
	"os"
	"testing"
	"time"
)

// BenchmarkTopic is a new stream over a real topic, from its first row until it
// has caught up: fetch, decode, apply, commit. MARU_BENCH_KAFKA names a broker
// whose topic api_log holds generated rows; without it there is nothing to read.
func BenchmarkTopic(b *testing.B) {
	bootstrap := os.Getenv("MARU_BENCH_KAFKA")
	if bootstrap == "" {
		b.Skip("MARU_BENCH_KAFKA names no broker with a topic api_log")
	}
	for _, name := range []string{"counts", "errors", "distinct", "quantile", "repeated"} {
		b.Run(name, func(b *testing.B) {
			var used time.Duration
			var rows, batches int64
			for range b.N {
				d := benchQueries[name]
				d.Name = name
				start := cpu()
				e, err := Open(context.Background(), Config{Dir: b.TempDir(), Bootstrap: bootstrap, MemoryLimit: "1GB"})
				if err != nil {
					b.Fatal(err)
				}
				e.Apply(context.Background(), Set{Streams: []Definition{d}, Sources: []Source{apiLog}})
				for {
					s := e.Status()[name]
					if s.In > 0 && s.Lag == 0 && s.Committed.Add(200*time.Millisecond).Before(time.Now()) {
						rows, batches = s.In, s.Batches
						break
					}
					<-time.After(20 * time.Millisecond)
				}
				used += cpu() - start
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/used.Seconds(), "rows/cpu-s")
			b.ReportMetric(float64(batches), "batches")
		})
	}
}
