package kafka_test

import (
	"bytes"
	"testing"

	"maru/kafka"
)

func benchBatch(c kafka.Compression, n int) (*kafka.Builder, []byte) {
	value := bytes.Repeat([]byte(`{"user":"u1234","path":"/v1/items"},`), 7)[:250]
	b := &kafka.Builder{Compression: c}
	for i := range n {
		b.Add(1700000000000+int64(i), nil, value)
	}
	raw, _ := b.AppendBatch(nil)
	return b, raw
}

// One op is a batch of 4000 records of 250 B (1 MB).
func BenchmarkIter(b *testing.B) {
	for name, c := range map[string]kafka.Compression{"plain": kafka.Uncompressed, "lz4": kafka.LZ4, "zstd": kafka.Zstd} {
		b.Run(name, func(b *testing.B) {
			_, raw := benchBatch(c, 4000)
			b.ReportAllocs()
			b.SetBytes(4000 * 250)
			var it kafka.Iter
			var r kafka.Record
			n := 0
			for b.Loop() {
				it.Reset(raw, 0)
				for it.Next(&r) {
					n++
				}
			}
			if it.Err() != nil {
				b.Fatal(it.Err())
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkBuilder(b *testing.B) {
	value := bytes.Repeat([]byte("x"), 250)
	var bu kafka.Builder
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(4000 * 250)
	for b.Loop() {
		bu.Reset()
		for i := range 4000 {
			bu.Add(1700000000000+int64(i), nil, value)
		}
		dst, _ = bu.AppendBatch(dst[:0], kafka.Header{Key: "p", Value: value[:20]})
	}
	b.ReportMetric(4000*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
