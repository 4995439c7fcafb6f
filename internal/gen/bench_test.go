package gen_test

import (
	"path/filepath"
	"testing"

	"maru/internal/gen"
)

func BenchmarkRun(b *testing.B) {
	for _, format := range []string{gen.NDJSON, gen.Combined} {
		b.Run(format, func(b *testing.B) {
			const rows = 500_000
			dir := b.TempDir()
			for range b.N {
				c := gen.Believable()
				c.Rows, c.Rate, c.Format = rows, 9260, format
				c.Out, c.Truth = filepath.Join(dir, "api.log"), filepath.Join(dir, "truth.json")
				s, err := gen.Run(b.Context(), c, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(s.Bytes)
				b.ReportMetric(float64(s.Bytes)/float64(s.Rows), "B/row")
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
