//go:build duckdb_arrow

package room

import (
	"context"
	"testing"

	"maru/query/internal/wire"
)

func BenchmarkInstance(b *testing.B) {
	cfg := Config{MemoryLimit: "1GB", TempDir: b.TempDir(), Threads: 2}
	ctx := context.Background()
	b.Run("open and close", func(b *testing.B) {
		for b.Loop() {
			in, err := openInstance(ctx, cfg)
			if err != nil {
				b.Fatal(err)
			}
			in.close()
		}
	})
	b.Run("statement", func(b *testing.B) {
		b.StopTimer()
		for range b.N {
			in, err := openInstance(ctx, cfg)
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			s, err := openSession(ctx, in, wire.Open{SQL: "SELECT 1"})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.plan(ctx, wire.Plan{}); err != nil {
				b.Fatal(err)
			}
			rows, err := s.start(ctx)
			if err != nil {
				b.Fatal(err)
			}
			rows.Close()
			b.StopTimer()
			in.close()
		}
	})
}
