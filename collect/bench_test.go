package collect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// benchPipeline measures file → parse → batches into a sink that drops them.
func benchPipeline(b *testing.B, format string, line func(i int) string) {
	path := filepath.Join(b.TempDir(), "a.log")
	var text []byte
	for i := 0; len(text) < 64<<20; i++ {
		text = append(text, line(i)...)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m := newMemory()
		m.empty = true
		c, err := Open(context.Background(), Config{Files: []string{path}, Topic: "t", Format: format}, Needs{Sink: m, Logger: quiet})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		if s := c.Status(); s.Rejected != 0 || s.Bytes != int64(len(text)) {
			b.Fatalf("%+v", s)
		}
	}
}

func BenchmarkPipelineCombined(b *testing.B) {
	benchPipeline(b, "combined", func(i int) string {
		return fmt.Sprintf("83.149.%d.%d - - [17/May/2015:10:%02d:%02d.%03d +0000] \"GET /presentations/logstash-%d/images/kibana.png?v=%d HTTP/1.1\" 200 %d "+
			"\"http://semicomplete.com/\" \"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77\"\n",
			i%256, i%199, i/60%60, i/100%60, i%1000, i%500, i, 100+i%9000)
	})
}

func BenchmarkPipelineNDJSON(b *testing.B) {
	benchPipeline(b, "ndjson", func(i int) string {
		return fmt.Sprintf("{\"ts\":\"2026-01-02T03:04:05.%03dZ\",\"request_id\":\"%016x\",\"user\":\"user-%d\",\"client\":\"10.0.%d.%d\",\"method\":\"GET\","+
			"\"path\":\"/api/v1/orders/%d\",\"query\":\"page=%d\",\"status\":200,\"bytes\":%d,\"latency_ms\":%d.5}\n",
			i%1000, i*7919, i%5000, i%256, i%199, i%500, i%20, 100+i%9000, i%300)
	})
}
