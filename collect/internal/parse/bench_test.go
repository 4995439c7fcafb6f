package parse

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func benchFormat(b *testing.B, o Options, line func(i int) string, head string) {
	var text bytes.Buffer
	for i := 0; text.Len() < 4<<20; i++ {
		text.WriteString(line(i))
	}
	r, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	data := text.Bytes()
	var dst []byte
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if r.Begin([]byte(head), time.Now()) != nil {
			b.Fatal("header")
		}
		for rest := data; ; {
			rec, n := r.Next(rest, false)
			if n == 0 {
				break
			}
			rest = rest[n:]
			if rec == nil {
				continue
			}
			v, err := r.Parse(dst[:0], rec)
			if err != nil {
				b.Fatalf("%s: %v", rec, err)
			}
			if !r.Verbatim() {
				dst = v
			}
		}
	}
}

func accessLine(i int) string {
	return fmt.Sprintf("83.149.%d.%d - - [17/May/2015:10:%02d:%02d.%03d +0000] \"GET /presentations/logstash-%d/images/kibana-search.png?v=%d HTTP/1.1\" 200 %d "+
		"\"http://semicomplete.com/presentations/\" \"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36\"\n",
		i%256, i%199, i/60%60, i/100%60, i%1000, i%500, i, 100+i%9000)
}

func jsonLine(i int) string {
	return fmt.Sprintf("{\"ts\":\"2026-01-02T03:04:05.%03dZ\",\"request_id\":\"%016x\",\"user\":\"user-%d\",\"client\":\"10.0.%d.%d\",\"method\":\"GET\",\"path\":\"/api/v1/orders/%d\","+
		"\"query\":\"page=%d\",\"body_hash\":\"%08x\",\"status\":200,\"bytes\":%d,\"latency_ms\":%d.5}\n", i%1000, i*7919, i%5000, i%256, i%199, i%500, i%20, i*31, 100+i%9000, i%300)
}

func BenchmarkCombined(b *testing.B) { benchFormat(b, Options{Format: Combined}, accessLine, "") }
func BenchmarkNDJSON(b *testing.B)   { benchFormat(b, Options{Format: NDJSON}, jsonLine, "") }
func BenchmarkJSON(b *testing.B) {
	benchFormat(b, Options{Format: JSON}, func(i int) string { return "  {\n" + jsonLine(i)[1:] + ",\n" }, "")
}
func BenchmarkRaw(b *testing.B) { benchFormat(b, Options{Format: Raw}, accessLine, "") }
func BenchmarkCSV(b *testing.B) {
	benchFormat(b, Options{Format: CSV}, func(i int) string {
		return fmt.Sprintf("%d,%d,\"CHOCOLATE, HOT WATER BOTTLE %d\",%d,2011-01-09 10:06:00,4.95,17243.0,United Kingdom\n", 540000+i%1000, i%90000, i%7, i%50)
	}, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")
}
func BenchmarkSyslog3164(b *testing.B) {
	benchFormat(b, Options{Format: Syslog, Zone: time.UTC}, func(i int) string {
		return fmt.Sprintf("Mar 27 13:%02d:%02d ip-10-77-20-248 sshd[%d]: Accepted publickey for ubuntu from 85.245.107.41 port %d ssh2: RSA SHA256:Kl8kPGZ\n", i/60%60, i%60, i%9000, i%60000)
	}, "")
}
func BenchmarkSyslog5424(b *testing.B) {
	benchFormat(b, Options{Format: Syslog}, func(i int) string {
		return fmt.Sprintf("<165>1 2026-01-02T03:04:%02d.%03dZ host.example.com app %d ID47 [x@32473 iut=\"3\" source=\"Application\"] request %d was served\n", i%60, i%1000, i%9000, i)
	}, "")
}
func BenchmarkRegexp(b *testing.B) {
	benchFormat(b, Options{Format: Regexp, Pattern: `^(?P<client>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d+) (?P<bytes>\d+)`}, accessLine, "")
}
