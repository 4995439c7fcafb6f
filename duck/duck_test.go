//go:build duckdb_arrow

package duck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

func open(t testing.TB, cfg Config) *Conn {
	t.Helper()
	db, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func numbers(from, n int) arrow.RecordBatch {
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := from; i < from+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%10 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(strings.Repeat("x", i%5))
		}
	}
	return b.NewRecordBatch()
}

func TestLoad(t *testing.T) {
	ctx := context.Background()
	c := open(t, Config{})
	a, b := numbers(0, 50_000), numbers(50_000, 50_000)
	if err := c.Load(ctx, "t", NewBatches(a.Schema(), a, b)); err != nil {
		t.Fatal(err)
	}
	got, _, err := c.Text(ctx, "SELECT concat_ws(' ', count(*), sum(id), count(s), max(length(s)), count(*) FILTER (id < 10)) FROM t")
	if err != nil || got != "100000 4999950000 90000 4 10" {
		t.Fatalf("got %q, %v", got, err)
	}
	more := numbers(0, 3)
	if err := c.Insert(ctx, "t", NewBatches(more.Schema(), more)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := c.Int64(ctx, "SELECT count(*) FROM t"); n != 100_003 || err != nil {
		t.Fatal(n, err)
	}
}

type failing struct{ schema *arrow.Schema }

func (f failing) Schema() *arrow.Schema            { return f.schema }
func (f failing) Next() (arrow.RecordBatch, error) { return nil, errors.New("the source broke") }

type panicking struct{ schema *arrow.Schema }

func (f panicking) Schema() *arrow.Schema            { return f.schema }
func (f panicking) Next() (arrow.RecordBatch, error) { panic("boom") }

func TestLoadReportsTheSourcesError(t *testing.T) {
	c := open(t, Config{})
	rec := numbers(0, 1)
	defer rec.Release()
	if err := c.Load(context.Background(), "t", failing{rec.Schema()}); err == nil || err.Error() != "the source broke" {
		t.Fatal(err)
	}
	if err := c.Load(context.Background(), "t", panicking{rec.Schema()}); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Fatal(err)
	}
	if n, _, err := c.Int64(context.Background(), "SELECT 7::BIGINT"); n != 7 || err != nil {
		t.Fatal("the connection is unusable afterwards:", err)
	}
}

func TestQueryStreams(t *testing.T) {
	ctx := context.Background()
	c := open(t, Config{MemoryLimit: "200MB"})
	rows, err := c.Query(ctx, "SELECT i, repeat('x', 100) FROM range(20000000) t(i)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	start, n := time.Now(), int64(0)
	for n < 100_000 {
		b, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		n += b.NumRows()
		b.Release()
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Fatalf("the first rows took %v: the result was built before it was read", d)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	c := open(t, Config{})
	start := time.Now()
	err := c.Exec(ctx, "SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 3*time.Second {
		t.Fatalf("%v after %v", err, time.Since(start))
	}
	if n, _, err := c.Int64(context.Background(), "SELECT 1::BIGINT"); n != 1 || err != nil {
		t.Fatal("the connection is unusable afterwards:", err)
	}
}

func TestErrors(t *testing.T) {
	c := open(t, Config{MemoryLimit: "100MB", Settings: map[string]string{"max_temp_directory_size": "0B"}})
	for _, tt := range []struct {
		sql          string
		kind         maru.Kind
		says         string
		line, column int
	}{
		{"SELECT 1,\n  nope FROM (SELECT 1 a)", maru.Invalid, "nope", 2, 3},
		{"SELEC 1", maru.Invalid, "syntax error", 1, 1},
		{"SELECT * FROM missing", maru.Invalid, "missing", 1, 15},
		{"SELECT 'x'::INT", maru.Invalid, "Could not convert", 1, 11},
		{"SELECT max(s) FROM (SELECT string_agg(repeat('x', 1000), '') s FROM range(10000000) t(i) GROUP BY i % 2)", maru.OutOfMemory, "", 0, 0},
	} {
		err := c.Exec(context.Background(), tt.sql)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		if maru.KindOf(err) != tt.kind || !strings.Contains(e.Message, tt.says) || e.Line != tt.line || (tt.column > 0 && e.Column != tt.column) {
			t.Errorf("%s: kind %v, line %d, column %d: %v", tt.sql, maru.KindOf(err), e.Line, e.Column, err)
		}
	}
}

func TestParse(t *testing.T) {
	ctx := context.Background()
	c := open(t, Config{})
	const q = `SELECT path, count(*) AS n FROM tumble(log, ts, INTERVAL 1 MINUTE) WHERE status >= 500 GROUP BY ALL ORDER BY n DESC`
	ast, err := c.Parse(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Format(ctx, ast)
	if err != nil || !strings.Contains(text, "tumble(") {
		t.Fatal(text, err)
	}
	_, err = c.Parse(ctx, "SELECT 1\nFROM t WHER x")
	var e *Error
	if !errors.As(err, &e) || e.Line != 2 {
		t.Fatalf("%#v", err)
	}
	for _, sql := range []string{"COPY t TO 'x'", "INSERT INTO t VALUES (1)", "ATTACH 'x'", "SET threads=1", "PRAGMA version", "LOAD json"} {
		if _, err := c.Parse(ctx, sql); err == nil {
			t.Errorf("%s was taken", sql)
		}
	}
}

func TestPlan(t *testing.T) {
	ctx := context.Background()
	c := open(t, Config{})
	if err := c.Exec(ctx, "CREATE TABLE t (a INT, s VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"SELECT a FROM t WHERE a > 5", "SELECT 1 / 0, 'NaN', 'x\\\"Infinity'"} {
		if p, err := c.Plan(ctx, sql, true); err != nil || p["plans"] == nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := c.Exec(ctx, "SET disabled_optimizers = 'statistics_propagation,empty_result_pullup'"); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		"SELECT 1,\n nope FROM t": "Binder 2:2",
		"FROM missing":            "Catalog 1:6",
		"FROM unnest([1, 2]), range(3), json_each('{}'), generate_series(1, 3)": "INTERNAL 0:0",
	} {
		_, err := c.Plan(ctx, sql, true)
		var e *Error
		if !errors.As(err, &e) || fmt.Sprintf("%s %d:%d", e.Class, e.Line, e.Column) != want {
			t.Errorf("%s: %#v, want %s", sql, err, want)
		}
	}
	if _, err := c.Parse(ctx, "SELECT 1e400"); maru.KindOf(err) != maru.Invalid {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	c := open(t, Config{})
	at := time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)
	got, _, err := c.Text(context.Background(), "SELECT concat_ws('|', ?::BIGINT, ?::VARCHAR, ?::DOUBLE, ?::BOOLEAN, ?::TIMESTAMPTZ, coalesce(?, 'null'))",
		int64(5), "a'b", 1.5, true, at, nil)
	if err != nil || got != "5|a'b|1.5|true|2026-11-23 01:02:03.000004+00|null" {
		t.Fatal(got, err)
	}
}

func TestRowsAfterTheEnd(t *testing.T) {
	c := open(t, Config{})
	rows, err := c.Query(context.Background(), "SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	if _, err := rows.Next(); err != io.EOF {
		t.Fatal(err)
	}
	rows.Close()
	if _, err := rows.Next(); err != io.EOF {
		t.Fatal(err)
	}
}
