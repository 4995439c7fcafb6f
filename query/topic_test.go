//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// log makes a broker with topics of some records.
func topics(t testing.TB) string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "api_log", "plain", "empty", "My-Topic.v1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	begin := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var recs []*kgo.Record
	for i := range 3000 {
		at := begin.Add(time.Duration(i) * time.Second)
		r := &kgo.Record{Topic: "api_log", Partition: int32(i % 2), Timestamp: at,
			Value: fmt.Appendf(nil, `{"ts":%q,"path":"/p%d","status":%d,"ms":%d.5,"Extra":{"a":[%d]}}`, at.Format(time.RFC3339Nano), i%10, 200+i%4*100, i, i)}
		switch i {
		case 100:
			r.Value = []byte("not json")
		case 101:
			r.Value = []byte(`{"status":"many"}`)
		case 102:
			r.Value, r.Key = nil, []byte("gone")
		case 103:
			r.Key, r.Headers = []byte("k\xff"), []kgo.RecordHeader{{Key: "h", Value: []byte("한글")}, {Key: "n"}}
		case 104:
			r.Headers = []kgo.RecordHeader{{Key: "maru-position", Value: []byte{1, 0, 0xb8, 0xff}}, {Key: "tab", Value: []byte("a\tb")}, {Key: "nul", Value: []byte("a\x00")}}
		}
		recs = append(recs, r)
	}
	for i := range 5 {
		recs = append(recs, &kgo.Record{Topic: "plain", Value: fmt.Appendf(nil, "line %d", i)})
		recs = append(recs, &kgo.Record{Topic: "My-Topic.v1", Value: fmt.Appendf(nil, `{"_offset":7,"n":%d}`, i)})
	}
	if err := cl.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return c.ListenAddrs()[0]
}

var apiLogColumns = maru.Schema{{Name: "ts", Type: maru.Timestamp}, {Name: "path", Type: maru.Varchar}, {Name: "status", Type: maru.BigInt}, {Name: "ms", Type: maru.Double}}

func topicBench(t testing.TB, change func(*Config)) *bench {
	shelf := testShelf(t)
	shelf.tables = append(shelf.tables,
		Table{Kind: Topic, Name: "api_log", Columns: apiLogColumns},
		Table{Kind: Topic, Name: "plain"}, Table{Kind: Topic, Name: "empty"}, Table{Kind: Topic, Name: "My-Topic.v1"})
	addr := topics(t)
	return start(t, shelf, func(c *Config) {
		c.Bootstrap = addr
		if change != nil {
			change(c)
		}
	})
}

func TestTopics(t *testing.T) {
	b := topicBench(t, nil)
	for _, tt := range []struct{ sql, want string }{
		{"SELECT count(*), count(DISTINCT _partition), max(_offset) FROM api_log", "3000|2|1499"},
		{"SELECT status, count(*) FROM api_log WHERE status IS NOT NULL GROUP BY ALL ORDER BY ALL", "200|749 300|749 400|749 500|750"},
		{"SELECT count(*) FROM api_log WHERE _partition = 1", "1500"},
		{"SELECT count(*), min(_offset), max(_offset) FROM api_log WHERE _partition = 0 AND _offset >= 10 AND _offset < 20", "10|10|19"},
		{"SELECT count(*) FROM api_log WHERE _offset IN (5, 7, 5000)", "4"},
		{"SELECT count(*), min(_timestamp)::VARCHAR FROM api_log WHERE _timestamp >= '2026-11-23 00:49:00Z'", "60|2026-11-23 00:49:00+00"},
		{"SELECT count(*) FROM api_log WHERE _timestamp < '2026-11-23 00:00:10Z'", "10"},
		{"SELECT ts = _timestamp, path, ms, _value[:9] FROM api_log WHERE _partition = 1 AND _offset = 3", "true|/p7|7.5|{\"ts\":\"20"},
		{"SELECT _key, status IS NULL, _value IS NULL FROM api_log WHERE _partition = 0 AND _offset = 51", "gone|true|true"},
		{"SELECT _key, _headers->>'h', _headers->'n' FROM api_log WHERE _partition = 1 AND _headers IS NOT NULL", "k\uFFFD|한글|null"},
		{"SELECT _headers->>'maru-position', _headers->>'tab', _headers->>'nul' FROM api_log WHERE _partition = 0 AND _headers IS NOT NULL", "0x0100b8ff|a\tb|0x6100"},
		{"SELECT typeof(_partition), typeof(_offset), typeof(_timestamp), typeof(_headers), typeof(ts) FROM api_log LIMIT 1", "INTEGER|BIGINT|TIMESTAMP WITH TIME ZONE|JSON|TIMESTAMP WITH TIME ZONE"},
		{"SELECT count(*) FROM (FROM api_log LIMIT 7)", "7"},
		{"SELECT * FROM plain ORDER BY _offset LIMIT 1", ""},
		{"SELECT _value FROM plain WHERE _offset = 3", "line 3"},
		{"SELECT count(*) FROM empty", "0"},
		{"SELECT n, _offset FROM \"My-Topic.v1\" ORDER BY n DESC LIMIT 1", "4|4"},
		{"SELECT column_name FROM (DESCRIBE \"my-topic.v1\")", "n _partition _offset _timestamp _key _value _headers"},
		{"SELECT window_start::VARCHAR, count(*) FROM tumble(api_log, ts, INTERVAL 20 MINUTE) GROUP BY ALL ORDER BY ALL", "2026-11-23 00:00:00+00|1197 2026-11-23 00:20:00+00|1200 2026-11-23 00:40:00+00|600"},
		{"SELECT c.name, count(*) FROM api_log l JOIN countries c ON c.code = l.status - 199 GROUP BY ALL", "Korea|749"},
	} {
		got, err := b.rows(tt.sql)
		if err != nil || tt.want != "" && got != tt.want {
			t.Errorf("%s:\n got %s (%v)\nwant %s", tt.sql, got, err, tt.want)
		}
	}
}

func TestTopicWarnings(t *testing.T) {
	b := topicBench(t, nil)
	for sql, want := range map[string]string{
		"SELECT status FROM api_log":   "topic api_log: 2 records do not fit its columns and were left out, the first at partition",
		"SELECT path FROM api_log":     "topic api_log: 1 records do not fit",
		"SELECT count(*) FROM api_log": "",
	} {
		r, err := b.Execute(context.Background(), Request{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(r.Warnings(), "; ")
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", sql, got)
		}
		if _, err := r.Next(); err != nil && !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		r.Close()
	}
}

func TestTopicLimits(t *testing.T) {
	b := topicBench(t, func(c *Config) { c.RowsMax = 1000 })
	if _, err := b.rows("SELECT count(*) FROM api_log"); maru.KindOf(err) != maru.TooLarge || !strings.Contains(err.Error(), "WHERE _timestamp") {
		t.Error(err)
	}
	if got, err := b.rows("SELECT count(*) FROM api_log WHERE _offset < 500"); got != "1000" || err != nil {
		t.Error(got, err)
	}
	if got, err := b.rows("SELECT count(path) FROM (FROM api_log LIMIT 10)"); got != "10" || err != nil {
		t.Error(got, err)
	}
}

// Columns that were inferred once stay, whatever comes later.
func TestInferredColumnsStay(t *testing.T) {
	b := topicBench(t, nil)
	if got, err := b.rows("SELECT typeof(n) FROM \"My-Topic.v1\" LIMIT 1"); got != "BIGINT" || err != nil {
		t.Fatal(got, err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Bootstrap))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(context.Background(), &kgo.Record{Topic: "My-Topic.v1", Value: []byte(`{"n":"word","new":1}`)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if got, err := b.rows("SELECT typeof(n), count(n) FROM \"My-Topic.v1\" GROUP BY ALL"); got != "BIGINT|5" || err != nil {
		t.Error(got, err)
	}
}

func TestNoBroker(t *testing.T) {
	shelf := testShelf(t)
	shelf.tables = append(shelf.tables, Table{Kind: Topic, Name: "api_log", Columns: apiLogColumns})
	b := start(t, shelf, nil)
	if _, err := b.rows("FROM api_log"); maru.KindOf(err) != maru.Unavailable {
		t.Error(err)
	}
}
