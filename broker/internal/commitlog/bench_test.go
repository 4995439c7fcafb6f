package commitlog_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
)

// BenchmarkAppend is 8 partitions, batches of 16 KiB with records of 1 KiB,
// each producer with up to five batches in flight as Kafka's have.
func BenchmarkAppend(b *testing.B) {
	for _, d := range modes {
		for _, inFlight := range []int{1, 5} {
			b.Run(fmt.Sprintf("%s/inflight=%d", d, inFlight), func(b *testing.B) { benchAppend(b, d, inFlight) })
		}
	}
}

func benchAppend(b *testing.B, d commitlog.Durability, inFlight int) {
	const parts, records = 8, 16
	s := open(b, commitlog.Config{Dir: b.TempDir(), Durability: d})
	create(b, s, "bench", parts, commitlog.TopicConfig{})
	batch := plain(records, 1010, 1)
	b.SetBytes(int64(len(batch)))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for n := range int32(parts) {
		p := part(b, s, "bench", n)
		wg.Go(func() {
			own := append([]byte{}, batch...)
			var flight []*commitlog.Commit
			for range b.N/parts + 1 {
				a, err := p.Append(own)
				if err != nil {
					b.Error(err)
					return
				}
				if flight = append(flight, a.Commit); len(flight) == inFlight {
					wait(b, flight[0])
					flight = append(flight[:0], flight[1:]...)
				}
			}
			for _, c := range flight {
				wait(b, c)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)*records/b.Elapsed().Seconds(), "rec/s")
	b.ReportMetric(float64(s.Stats().Fsyncs)/float64(b.N), "syncs/op")
}

// BenchmarkRead is a consumer that has caught up to nothing: whole log, a
// mebibyte at a time, without copying.
func BenchmarkRead(b *testing.B) {
	s := open(b, commitlog.Config{Dir: b.TempDir(), Durability: commitlog.OS})
	create(b, s, "bench", 1, commitlog.TopicConfig{})
	p := part(b, s, "bench", 0)
	for range 4096 {
		if _, err := p.Append(plain(16, 1010, 1)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	offset, n := int64(0), int64(0)
	for range b.N {
		sl, err := p.Read(offset, 1<<20, true)
		if err != nil {
			b.Fatal(err)
		}
		offset += int64(sl.Len) / 16_400 * 16
		n += int64(sl.Len)
		sl.Release()
		if offset >= p.HighWatermark() {
			offset = 0
		}
	}
	b.SetBytes(n / int64(b.N))
}

// BenchmarkOpen is the start after a kill: MARU_BENCH_GB gigabytes (default 1)
// in 8 partitions, of which the last checkpoint knows all but what came since.
func BenchmarkOpen(b *testing.B) {
	gb, err := strconv.Atoi(os.Getenv("MARU_BENCH_GB"))
	if err != nil {
		gb = 1
	}
	for _, d := range modes {
		b.Run(string(d), func(b *testing.B) {
			cfg := commitlog.Config{Dir: b.TempDir(), Durability: d}
			s := mustOpen(b, cfg)
			create(b, s, "bench", 8, commitlog.TopicConfig{})
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); _ = s.Run(ctx) }()
			batch := plain(63, 1010, 1)
			var last commitlog.Appended
			for i := range gb << 30 / len(batch) {
				if last, err = part(b, s, "bench", int32(i%8)).Append(batch); err != nil {
					b.Fatal(err)
				}
			}
			wait(b, last.Commit)
			cancel()
			<-done
			s.Abandon()
			var first time.Duration
			for b.Loop() {
				s := mustOpen(b, cfg)
				b.StopTimer()
				start := time.Now()
				if sl, err := part(b, s, "bench", 3).Read(0, 1<<20, true); err != nil {
					b.Fatal(err)
				} else {
					sl.Release()
				}
				first += time.Since(start)
				s.Abandon()
				b.StartTimer()
			}
			b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "first-read-ms")
		})
	}
}
