package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"maru/web"
)

// fill appends n records, in turns to both partitions, one a second: each
// hundredth is slow, each thousandth does not fit the columns.
func (s *site) fill(n int, value func(i int) []byte) time.Time {
	s.t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.n.Kafka), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer cl.Close()
	begin := time.Now().Add(-time.Duration(n) * time.Second).Truncate(time.Second).UTC()
	for i := range n {
		at := begin.Add(time.Duration(i) * time.Second)
		v := fmt.Appendf(nil, `{"ts":%q,"path":"/p%d","ms":%d}`, at.Format(time.RFC3339Nano), i%10, i%100)
		if value != nil {
			v = value(i)
		} else if i%1000 == 7 {
			v = []byte(`{"ms":"many"}`)
		}
		cl.Produce(context.Background(), &kgo.Record{Topic: "requests", Partition: int32(i % 2), Timestamp: at, Key: fmt.Appendf(nil, "k%d", i), Value: v}, nil)
	}
	if err := cl.Flush(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.until("they are there", func() error { return s.get("/api/topics/requests").is(200, fmt.Sprintf(`"records":%d`, n)) })
	return begin
}

func (s *site) messages(ask ...string) (m web.Messages) {
	s.t.Helper()
	q := url.Values{}
	for i := 0; i < len(ask); i += 2 {
		q.Set(ask[i], ask[i+1])
	}
	s.get("/api/topics/requests/messages?" + q.Encode()).into(&m)
	return m
}

func keys(m web.Messages) string {
	var out []string
	for _, r := range m.Records {
		out = append(out, *r.Key.Text)
	}
	return strings.Join(out, " ")
}

// TestMessagesWhere: a condition finds what it is true for, newest first, page
// by page, and what was looked at is told.
func TestMessagesWhere(t *testing.T) {
	s := begin(t)
	const n = 20_000
	begin := s.fill(n, nil)
	m := s.messages("where", "ms = 99 AND path LIKE '/p%'", "limit", "3")
	if keys(m) != "k19999 k19899 k19799" || m.Older == "" || *m.Records[0].Value.Text != fmt.Sprintf(`{"ts":%q,"path":"/p9","ms":99}`, begin.Add((n-1)*time.Second).Format(time.RFC3339Nano)) {
		t.Errorf("the newest: %s, %+v", keys(m), m)
	}
	if m.Scanned > 2*2000 || m.Back.Before(begin.Add(15_000*time.Second)) || m.Back.After(begin.Add(19_999*time.Second)) {
		t.Errorf("%d were looked at, back to %s", m.Scanned, m.Back)
	}
	all, pages, told, unread, at := map[string]bool{}, 0, int64(0), int64(0), ""
	for last := ""; ; pages++ {
		m = s.messages("where", "ms = 99", "limit", "30", "at", at)
		for _, r := range m.Records {
			if all[*r.Key.Text] {
				t.Errorf("%s came twice", *r.Key.Text)
			}
			all[*r.Key.Text] = true
			if k := fmt.Sprintf("%05s", (*r.Key.Text)[1:]); last != "" && k >= last && r.Partition == 1 {
				t.Errorf("%s behind %s", k, last)
			} else {
				last = k
			}
		}
		told, unread = told+m.Scanned, unread+m.Unread
		if at = m.Older; at == "" || pages > 50 {
			break
		}
	}
	if len(all) != n/100 || told != n || unread == 0 || unread > n/1000 || !m.Back.IsZero() {
		t.Errorf("%d records on %d pages, %d looked at, %d unread, back to %s", len(all), pages, told, unread, m.Back)
	}
	for _, c := range []struct{ where, want string }{
		{"_key = 'k4'", "k4"},
		{"_partition = 1 AND _offset < 3", "k5 k3 k1"},
		{"_offset IN (2, 9999)", "k19999 k19998 k5 k4"},
		{"ts < TIMESTAMPTZ '" + begin.Add(2*time.Second).Format(time.RFC3339) + "'", "k1 k0"},
		{"_value LIKE '%many%' AND _offset < 600", "k1007 k7"},
		{"false", ""},
	} {
		if m := s.messages("where", c.where, "limit", "10"); keys(m) != c.want || m.Older != "" {
			t.Errorf("%s: %s, older %s, wanted %s", c.where, keys(m), m.Older, c.want)
		}
	}
	if m := s.messages("where", "_partition = 1 AND _offset < 3"); m.Scanned > 3 {
		t.Errorf("%d records were looked at for 3", m.Scanned)
	}
	if m := s.messages("where", "ms = 99", "partition", "0"); len(m.Records) != 0 || m.Scanned != n/2 {
		t.Errorf("of partition 0: %+v", m)
	}
	if m := s.messages("at", "start", "limit", "3", "partition", "0"); keys(m) != "k4 k2 k0" {
		t.Errorf("the oldest: %s", keys(m))
	}
	// Only what came after an answer.
	m = s.messages("where", "ms = 99", "limit", "1")
	if next := s.messages("where", "ms > 50", "since", m.Newer); len(next.Records) != 0 || next.Scanned != 0 || next.Older != "" {
		t.Errorf("nothing has come: %+v", next)
	}
	s.row(`{"ms": 77}`)
	s.row(`{"ms": 7}`)
	if next := s.messages("where", "ms > 50", "since", m.Newer); len(next.Records) != 1 || next.Records[0].Offset != n/2 || next.Scanned != 2 || next.Newer == m.Newer {
		t.Errorf("one has come: %+v", next)
	}
}

// TestMessagesWhereRefused: only a condition, and the error is where it was typed.
func TestMessagesWhereRefused(t *testing.T) {
	s := begin(t)
	s.row(`{"ms": 77}`)
	for _, c := range []struct {
		where string
		words []string
	}{
		{"ms >= 50 AND pth = 'x'", []string{`"kind":"invalid"`, `"line":1`, `"column":14`, "pth"}},
		{"ms >=", []string{`"kind":"invalid"`, "end of input"}},
		{"ms IN (FROM names)", []string{`"kind":"denied"`, `"column":4`, "cannot ask a query"}},
		{"true; SELECT 1", []string{`"kind":"invalid"`, "2 statements"}},
		{"true LIMIT 1", []string{`"kind":"denied"`, `"column":12`, "only a condition"}},
		{"getenv('HOME') = ''", []string{`"kind":"denied"`, `"column":1`, "getenv"}},
	} {
		a := s.get("/api/topics/requests/messages?where=" + url.QueryEscape(c.where))
		if err := a.is(a.status, c.words...); err != nil || a.status < 400 || a.status > 499 {
			t.Errorf("%s: %d, %v", c.where, a.status, err)
		}
	}
	s.get("/api/topics/requests/messages?where=true&filter=x").want(400, "filter and where")
	s.get("/api/topics/requests/messages?where=" + strings.Repeat("(", 5000)).want(400)
	s.get("/api/topics/nope/messages?where=true").want(404)
	s.get("/api/topics/requests/messages?since=x").want(400, "since")
}

// TestMessagesLarge: with large values the newest are found all the same, and
// the answer ends at its bound of bytes.
func TestMessagesLarge(t *testing.T) {
	s := begin(t)
	fat := strings.Repeat("x", 900<<10)
	s.fill(120, func(i int) []byte {
		b, err := json.Marshal(map[string]any{"path": fat, "ms": i})
		if err != nil {
			t.Error(err)
		}
		return b
	})
	for _, ask := range [][]string{{"limit", "5"}, {"limit", "5", "filter", "xxx"}, {"limit", "5", "where", "path LIKE 'x%'"}} {
		if m := s.messages(ask...); keys(m) != "k119 k118 k117 k116 k115" {
			t.Errorf("%v: %s", ask, keys(m))
		}
	}
	for _, ask := range [][]string{{"limit", "500"}, {"filter", "nowhere"}, {"where", "path = 'nowhere'"}} {
		m := s.messages(ask...)
		if !m.Cut || m.Older == "" || m.Scanned < 10 || m.Scanned > 115 || m.Back.IsZero() {
			t.Errorf("%v: %d records of %d, cut %v, older %s", ask, len(m.Records), m.Scanned, m.Cut, m.Older)
		}
	}
}
