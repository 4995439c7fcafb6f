package duck

import (
	"context"
	"fmt"
)

// Times are computed on microseconds wherever a size has no months: the
// functions of the calendar are ten times slower. Which way it is is decided
// once, while planning, because sizes are constants.

// fixed is SQL for: interval has neither months nor years.
func fixed(interval string) string {
	return fmt.Sprintf("date_part('year', %[1]s) = 0 AND date_part('month', %[1]s) = 0", interval)
}

// WindowStart is SQL for the start (TIMESTAMPTZ) of the tumbling window of a
// size in which time ts lies: start <= ts < start + size, aligned to
// 1970-01-01 UTC. ts is TIMESTAMPTZ, TIMESTAMP (taken as UTC) or DATE; size is
// an INTERVAL. Both occur more than once in it.
func WindowStart(ts, size string) string {
	return fmt.Sprintf("CASE WHEN %[4]s THEN make_timestamptz(%[2]s - ((%[2]s %% %[3]s) + %[3]s) %% %[3]s)"+
		" ELSE time_bucket(%[1]s, make_timestamptz(%[2]s), TIMESTAMPTZ '1970-01-01 00:00:00+00') END",
		size, "epoch_us("+ts+")", "epoch_us("+size+")", fixed(size))
}

// WindowEnd is SQL for the end (TIMESTAMPTZ) of a window of a size.
func WindowEnd(start, size string) string {
	return fmt.Sprintf("CASE WHEN %[3]s THEN make_timestamptz(epoch_us(%[1]s) + epoch_us(%[2]s)) ELSE %[1]s + %[2]s END", start, size, fixed(size))
}

// Tumble is SQL for the rows of table with window_start and window_end after
// their columns. Rows without a time are in no window. table is what may stand
// in FROM: a quoted name or a subquery in parentheses.
func Tumble(table, ts, size string) string {
	ts, size = "("+ts+")", "("+size+")"
	return fmt.Sprintf("SELECT *, %[1]s AS window_end FROM (SELECT *, %[2]s AS window_start FROM %[3]s WHERE %[4]s IS NOT NULL)",
		WindowEnd("window_start", size), WindowStart(ts, size), table, ts)
}

// Hop is as Tumble for windows of a size that start at every slide: each row
// is in about size/slide of them.
func Hop(table, ts, slide, size string) string {
	ts, slide, size = "("+ts+")", "("+slide+")", "("+size+")"
	at := "make_timestamptz(epoch_us(" + ts + "))"
	// The starts from the newest that lies before the row, backwards; as
	// microseconds, so that both ways give one type.
	starts := fmt.Sprintf("CASE WHEN %[1]s AND %[2]s THEN range(epoch_us(maru_last), epoch_us(maru_last) - epoch_us(%[3]s), -epoch_us(%[4]s))"+
		" ELSE list_transform(range(maru_last, maru_last - %[3]s, -%[4]s), s -> epoch_us(s)) END", fixed(size), fixed(slide), size, slide)
	return fmt.Sprintf("SELECT * EXCLUDE (maru_at), %[1]s AS window_end FROM ("+
		"SELECT * EXCLUDE (maru_last), make_timestamptz(unnest(%[2]s)) AS window_start FROM ("+
		"SELECT *, %[3]s AS maru_at, %[4]s AS maru_last FROM %[5]s WHERE %[6]s IS NOT NULL)"+
		") WHERE %[1]s > maru_at",
		WindowEnd("window_start", size), starts, at, WindowStart(ts, slide), table, ts)
}

// macros are what a session has beside DuckDB's own functions.
func macros() []string {
	return []string{
		"CREATE OR REPLACE TEMP MACRO tumble(t, ts, size) AS TABLE " + Tumble("query_table(t)", "ts", "size"),
		"CREATE OR REPLACE TEMP MACRO hop(t, ts, slide, size) AS TABLE " + Hop("query_table(t)", "ts", "slide", "size"),
		"CREATE OR REPLACE TEMP MACRO maru_sketch_bucket(x) AS " + SketchBucket("x"),
		"CREATE OR REPLACE TEMP MACRO maru_sketch_value(bucket) AS " + SketchValue("bucket"),
		"CREATE OR REPLACE TEMP MACRO maru_sketch_quantile(counts, q) AS " + SketchQuantile("counts", "q"),
		"CREATE OR REPLACE TEMP MACRO approx_quantile(x, q) AS maru_sketch_quantile(histogram(maru_sketch_bucket(x)), q)",
	}
}

// InstallMacros gives the connection tumble(table, ts, size), hop(table, ts,
// slide, size) and an approx_quantile(x, q) that is equal in streams and
// batches; table is a name. They are temporary: nothing is written to a file.
func InstallMacros(ctx context.Context, c *Conn) error {
	for _, sql := range macros() {
		if err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("install macro %.60s: %w", sql, err)
		}
	}
	return nil
}
