package jsonrow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"maru"
	"maru/jsonrow"
)

// apiLog makes rows such as an API's log has them, about 250 bytes each.
func apiLog(n int) [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([][]byte, n)
	for i := range rows {
		rows[i] = fmt.Appendf(nil, `{"ts":"2026-01-%02dT%02d:%02d:%02d.%03dZ","request_id":"%016x","user":"u%06d","client_ip":"10.%d.%d.%d",`+
			`"method":"GET","path":"/api/v2/orders/%d","query":"page=%d&size=50","body_hash":"%016x","status":%d,"bytes":%d,"latency_ms":%.1f}`,
			1+i/100000, i/3600%24, i/60%60, i%60, rng.IntN(1000), rng.Uint64(), rng.IntN(100000), rng.IntN(256), rng.IntN(256), rng.IntN(256),
			rng.IntN(500), rng.IntN(20), rng.Uint64(), 200+rng.IntN(5)*100, rng.IntN(50000), rng.Float64()*300)
	}
	return rows
}

var wanted = maru.Schema{{Name: "ts", Type: maru.Timestamp}, {Name: "path", Type: maru.Varchar}, {Name: "status", Type: maru.BigInt},
	{Name: "latency_ms", Type: maru.Double}}

func benchRows(b *testing.B, rows [][]byte, cols maru.Schema) {
	b.Helper()
	const batch = 10_000
	d := jsonrow.NewDecoder(cols)
	bytes := 0
	for _, r := range rows {
		bytes += len(r)
	}
	b.SetBytes(int64(bytes / len(rows)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if err := d.Append(rows[i%len(rows)]); err != nil {
			b.Fatal(err)
		}
		if d.Len() == batch {
			d.Record().Release()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkAppend(b *testing.B) { benchRows(b, apiLog(10_000), wanted) }

func BenchmarkAppendNothing(b *testing.B) { benchRows(b, apiLog(10_000), nil) }

func BenchmarkAppendSevenTexts(b *testing.B) {
	var cols maru.Schema
	for _, name := range []string{"user", "method", "path", "query", "body_hash", "client_ip"} {
		cols = append(cols, maru.Column{Name: name, Type: maru.Varchar})
	}
	benchRows(b, apiLog(10_000), append(cols, maru.Column{Name: "ts", Type: maru.Timestamp}))
}

// BenchmarkAppendKorean has text beyond ASCII, whose UTF-8 must be checked.
func BenchmarkAppendKorean(b *testing.B) {
	rows := make([][]byte, 1000)
	for i := range rows {
		rows[i] = fmt.Appendf(nil, `{"ts": "2026-01-02 03:04:05.%03d", "user": "김마루%d", "path": "/검색/주문/%d", "query": "상품=%d&정렬=최신순", `+
			`"status": 200, "latency_ms": %d.5, "message": "주문이 접수되었습니다. 배송은 내일 시작됩니다."}`, i, i, i%50, i, i%300)
	}
	benchRows(b, rows, wanted)
}

// BenchmarkAppendSparse has members that come and go, and spaces.
func BenchmarkAppendSparse(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([][]byte, 1000)
	for i := range rows {
		row := map[string]any{"ts": fmt.Sprintf("2026-01-02T03:04:05.%03dZ", i), "path": fmt.Sprintf("/a/b/%d", i%50), "status": 200}
		for _, name := range []string{"error", "trace_id", "span_id", "referer", "agent", "tags"} {
			if rng.IntN(2) == 0 {
				row[name] = []any{name, rng.IntN(1000), map[string]any{"a": "some text with words in it"}}[rng.IntN(3)]
			}
		}
		rows[i], _ = json.Marshal(row)
	}
	benchRows(b, rows, wanted)
}

// BenchmarkEncodingJSON is the standard library on the same rows: the other side.
func BenchmarkEncodingJSON(b *testing.B) {
	rows := apiLog(1000)
	b.SetBytes(int64(len(rows[0])))
	var row struct {
		TS      string  `json:"ts"`
		Path    string  `json:"path"`
		Status  int64   `json:"status"`
		Latency float64 `json:"latency_ms"`
	}
	for i := range b.N {
		if err := json.Unmarshal(rows[i%len(rows)], &row); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkParseTime(b *testing.B) {
	for _, s := range []string{"2026-01-02T03:04:05.123Z", "2026-01-02 03:04:05", "17/May/2015:10:05:03 +0000", "Sun, 17 May 2015 10:05:03 GMT"} {
		b.Run(s, func(b *testing.B) {
			t := []byte(s)
			for range b.N {
				if _, ok := jsonrow.ParseTime(t); !ok {
					b.Fatal("refused")
				}
			}
		})
	}
}
