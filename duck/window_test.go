//go:build duckdb_arrow

package duck

import (
	"context"
	"testing"
)

func withMacros(t testing.TB) *Conn {
	t.Helper()
	c := open(t, Config{})
	if err := InstallMacros(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func text(t testing.TB, c *Conn, sql string) string {
	t.Helper()
	s, ok, err := c.Text(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if !ok {
		return "NULL"
	}
	return s
}

func TestWindows(t *testing.T) {
	c := withMacros(t)
	ctx := context.Background()
	if err := c.Exec(ctx, "CREATE TABLE log AS SELECT make_timestamptz(i * 1000000) AS ts, i FROM range(-20, 20) t(i); INSERT INTO log VALUES (NULL, 99)"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, want string }{
		{"tumble(log, ts, INTERVAL 7 SECOND)", "-21..-14:6 -14..-7:7 -7..0:7 0..7:7 7..14:7 14..21:6"},
		{"tumble('log', ts, INTERVAL 7 SECOND)", "-21..-14:6 -14..-7:7 -7..0:7 0..7:7 7..14:7 14..21:6"},
		{"hop(log, ts, INTERVAL 10 SECOND, INTERVAL 25 SECOND)", "-40..-15:5 -30..-5:15 -20..5:25 -10..15:25 0..25:20 10..35:10"},
		{"hop(log, ts, INTERVAL 20 SECOND, INTERVAL 20 SECOND)", "-20..0:20 0..20:20"},
		{"hop(log, ts, INTERVAL 20 SECOND, INTERVAL 5 SECOND)", "-20..-15:5 0..5:5"},
		{"tumble(log, ts, INTERVAL 1 MONTH)", "-2678400..0:20 0..2678400:20"},
		{"hop(log, ts, INTERVAL 1 MONTH, INTERVAL 2 MONTH)", "-5270400..0:20 -2678400..2678400:40 0..5097600:20"},
		{"tumble(log, i::DATE, INTERVAL 1 DAY)", ""},
	} {
		sql := "SELECT string_agg(concat(s, '..', e, ':', n), ' ' ORDER BY s) FROM (SELECT epoch_us(window_start) // 1000000 AS s, epoch_us(window_end) // 1000000 AS e, count(*) AS n FROM " + tt.from + " GROUP BY ALL)"
		if tt.want == "" {
			if _, _, err := c.Text(ctx, sql); err == nil {
				t.Errorf("%s was taken", tt.from)
			}
			continue
		}
		if got := text(t, c, sql); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.from, got, tt.want)
		}
	}
}

// A window of another time type is the same window: plain timestamps are UTC.
func TestWindowOfTypes(t *testing.T) {
	c := withMacros(t)
	for _, at := range []string{"TIMESTAMP '2026-01-02 10:30:00'", "TIMESTAMPTZ '2026-01-02 12:30:00+02'", "TIMESTAMP_MS '2026-01-02 10:30:00'"} {
		got := text(t, c, "WITH d AS (SELECT "+at+" AS moment) SELECT concat(typeof(window_start), ' ', window_start) FROM tumble(d, moment, INTERVAL 1 HOUR)")
		if want := "TIMESTAMP WITH TIME ZONE 2026-01-02 10:00:00+00"; got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}
