//go:build duckdb_arrow

package room

import (
	"strings"
	"testing"

	"maru/query/internal/gate"
)

func TestReadSource(t *testing.T) {
	for _, tt := range []struct {
		sql, word string
		explain   bool
	}{
		{"SELECT 1", "SELECT", false},
		{" -- a comment\n /* another */ copy x to 'y'", "COPY", false},
		{"explain select 1", "SELECT", true},
		{"EXPLAIN/**/DELETE FROM x", "DELETE", true},
		{"EXPLAINS", "EXPLAINS", false},
		{"(SELECT 1)", "", false},
		{"", "", false},
		{"/* open", "", false},
	} {
		s := readSource(tt.sql)
		if s.word != tt.word || s.explain != tt.explain || len(s.sql) != len(tt.sql) {
			t.Errorf("%q: %+v", tt.sql, s)
		}
	}
}

func TestTrace(t *testing.T) {
	tables := []gate.Table{{Name: "Log", Room: "maru_t1"}}
	for _, tt := range []struct {
		sql, run, at string // at: the place in run, found by this text
		want         int
	}{
		{"select\n nope from log", "SELECT nope FROM maru_t1 AS log", "nope", 8},
		{"select a, A from \"Log\"", "SELECT a, A FROM maru_t1", "A FROM", 10},
		{"select f(x), f(y)", "SELECT f(x), f(y)", "f(y)", 13},
		{"select 'it''s' from t", "SELECT 'it''s' FROM t", "'it", 7},
		{"select x from log", "SELECT x FROM maru_t1 AS x", "x FROM", -1}, // x is there once more
		{"select 1", "SELECT 1", "nowhere", -1},
	} {
		at := strings.Index(tt.run, tt.at)
		if at < 0 {
			at = len(tt.run)
		}
		got, ok := trace(tt.sql, tt.run, at, tables)
		if !ok {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%q in %q: %d, want %d", tt.at, tt.run, got, tt.want)
		}
	}
}

func FuzzSource(f *testing.F) {
	for _, s := range []string{"SELECT 1", "EXPLAIN SELECT \"a\"\"b\" FROM t -- x", "/*", "'", `"`, "EXPLAIN EXPLAIN", "select 'x"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, sql, run string) {
		s := readSource(sql)
		if len(s.sql) != len(sql) {
			t.Fatalf("%q became %q", sql, s.sql)
		}
		end := 0
		for _, tok := range tokens(sql) {
			if tok.at < end || tok.end <= tok.at || tok.end > len(sql) {
				t.Fatalf("%q: token %+v after %d", sql, tok, end)
			}
			end = tok.end
		}
		if at, ok := trace(sql, run, len(run)/2, nil); ok && (at < 0 || at >= len(sql)) {
			t.Fatalf("%q, %q: %d", sql, run, at)
		}
	})
}
