//go:build duckdb_arrow

package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"maru"
)

var zero time.Time

// whole is all of api_log.
func whole(where string) Piece {
	return Piece{Topic: Table{Kind: Topic, Name: "api_log", Columns: apiLogColumns}, Where: where, Spans: map[int32]Span{0: {Before: 1500}, 1: {Before: 1500}}, BytesMax: 64 << 20}
}

func places(m Matches) string {
	slices.SortFunc(m.Places, func(a, b RecordPlace) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	var b strings.Builder
	for _, p := range m.Places {
		fmt.Fprintf(&b, "%d/%d ", p.Partition, p.Offset)
	}
	return strings.TrimSpace(b.String())
}

func TestMatch(t *testing.T) {
	b := topicBench(t, nil)
	for _, tt := range []struct {
		where  string
		each   int64
		spans  map[int32]Span
		want   string
		looked [2]Looked // without their times
		unread int64
	}{
		{"path = '/p2' AND ms > 2980", 0, nil, "0/1491 0/1496", [2]Looked{{Records: 1500}, {Records: 1500}}, 1},
		{"status >= 500 -- a remark", 4, nil, "1/1497 1/1499", [2]Looked{{From: 1496, Records: 4}, {From: 1496, Records: 4}}, 0},
		{"path LIKE '/p%'", 5, map[int32]Span{1: {From: 8, Before: 10}}, "1/8 1/9", [2]Looked{{}, {Records: 2}}, 0},
		{"_key = 'gone' OR\n_key LIKE 'k%'", 0, nil, "0/51 1/51", [2]Looked{{Records: 1500}, {Records: 1500}}, 0},
		{"_partition = 1 AND _offset BETWEEN 3 AND 4", 1000, nil, "1/3 1/4", [2]Looked{{}, {Records: 2}}, 0},
		{"_timestamp >= TIMESTAMPTZ '2026-11-23 00:49:58Z'", 100, nil, "0/1499 1/1499", [2]Looked{{Records: 1}, {Records: 1}}, 0},
		{"status IN (500) AND NOT path = '/p7' AND _offset > 1495", 1, nil, "1/1499", [2]Looked{{From: 1499, Records: 1}, {From: 1499, Records: 1}}, 0},
		{"false", 100, nil, "", [2]Looked{}, 0},
		{"1 = 1;", 1, nil, "0/1499 1/1499", [2]Looked{{From: 1499, Records: 1}, {From: 1499, Records: 1}}, 0},
		{"_value LIKE 'not%'", 0, nil, "0/50", [2]Looked{{Records: 1500}, {Records: 1500}}, 0},
	} {
		p := whole(tt.where)
		if p.Each = tt.each; tt.spans != nil {
			p.Spans = tt.spans
		}
		m, err := b.Match(context.Background(), p)
		got := [2]Looked{m.Looked[0], m.Looked[1]}
		got[0].Oldest, got[1].Oldest = zero, zero
		if err != nil || places(m) != tt.want || got != tt.looked || m.Unread != tt.unread {
			t.Errorf("%s:\n got %s %v, %d unread (%v)\nwant %s %v, %d", tt.where, places(m), got, m.Unread, err, tt.want, tt.looked, tt.unread)
		}
	}
}

// TestMatchRefused: a condition is all that can be given, and errors are where
// they were typed.
func TestMatchRefused(t *testing.T) {
	b := topicBench(t, nil)
	for _, tt := range []struct {
		where        string
		kind         maru.Kind
		line, column int // 0: no place
		text         string
	}{
		{"sttus >= 500", maru.Invalid, 1, 1, "sttus"},
		{"status >= 500\n  AND pth = 'x'", maru.Invalid, 2, 7, "pth"},
		{"status >=", maru.Invalid, 0, 0, "end of input"},
		{"status >= 500 500", maru.Invalid, 1, 15, "500"},
		{"", maru.Invalid, 0, 0, "end of input"},
		{"-- nothing", maru.Invalid, 0, 0, "end of input"},
		{"status IN (SELECT 1)", maru.Denied, 1, 8, "cannot ask a query"},
		{"EXISTS (FROM read_text('/etc/passwd'))", maru.Denied, 1, 1, "cannot ask a query"},
		{"status = (SELECT max(code) FROM countries)", maru.Denied, 1, 10, "cannot ask a query"},
		{"true UNION SELECT 1, 2, now()", maru.Denied, 1, 19, "only a condition"},
		{"true ORDER BY ms", maru.Denied, 1, 15, "only a condition"},
		{"true LIMIT 3", maru.Denied, 1, 12, "only a condition"},
		{"true GROUP BY ALL", maru.Denied, 0, 0, "only a condition"},
		{"true QUALIFY row_number() OVER () = 1", maru.Denied, 1, 14, "only a condition"},
		{"true USING SAMPLE 3", maru.Denied, 0, 0, "only a condition"},
		{"true; SELECT 1", maru.Invalid, 0, 0, "2 statements"},
		{"true; DROP TABLE api_log", maru.Denied, 0, 0, "only a condition"},
		{"1) OR (1", maru.Invalid, 1, 2, "syntax error"},
		{"getenv('HOME') = 'x'", maru.Denied, 1, 1, "getenv"},
		{"status = $1", maru.Invalid, 0, 0, "$1"},
		{"count(*) > 1", maru.Invalid, 0, 0, "aggregate"},
		{"row_number() OVER () = 1", maru.Invalid, 0, 0, "window"},
		{"path = 'a\x00'", maru.Invalid, 0, 0, "zero byte"},
		{"path = '\xff'", maru.Invalid, 0, 0, "UTF-8"},
		{strings.Repeat("NOT ", 2000) + "true", maru.Invalid, 0, 0, "nested too deeply"},
		{"path::INTEGER = 1", maru.Invalid, 0, 0, "Could not convert"},
	} {
		_, err := b.Match(context.Background(), whole(tt.where))
		var e *Error
		if !errors.As(err, &e) && tt.line > 0 {
			t.Errorf("%.60q: %v", tt.where, err)
			continue
		}
		if maru.KindOf(err) != tt.kind || !strings.Contains(fmt.Sprint(err), tt.text) || e != nil && tt.line > 0 && (e.Line != tt.line || e.Column != tt.column) || e != nil && tt.line == 0 && e.Line == 1 && e.Column > 9+len(tt.where) {
			t.Errorf("%.60q: %v at %+v, wanted %v at %d:%d with %q", tt.where, err, e, tt.kind, tt.line, tt.column, tt.text)
		}
	}
	small := whole("status = 200")
	small.BytesMax = 1000
	if _, err := b.Match(context.Background(), small); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("more bytes than there may be: %v", err)
	}
}
