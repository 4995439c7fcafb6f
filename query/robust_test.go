//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"maru"
)

// slow would run for hours.
const slow = "SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)"

// until polls a condition to a deadline.
func until(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, within)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestErrorsHavePlaces(t *testing.T) {
	b := start(t, testShelf(t), nil)
	for _, tt := range []struct {
		sql          string
		kind         maru.Kind
		line, column int
		says         string
	}{
		{"SELECT 1 +\nFROM numbers", maru.Invalid, 2, 1, "syntax error"},
		{"SELECT id,\n  nam FROM numbers", maru.Invalid, 2, 3, "nam"},
		{"SELECT n.nam FROM numbers n JOIN numbers m ON n.id = m.id", maru.Invalid, 1, 8, "nam"},
		{"SELECT id FROM numbers WHERE\n  lower(id, 3) = 'x'", maru.Invalid, 2, 3, "lower"},
		{"EXPLAIN SELECT nope FROM numbers", maru.Invalid, 1, 16, "nope"},
		{"SELECT *\nFROM number", maru.NotFound, 2, 6, "did you mean numbers?"},
		{"SELECT * FROM broken", maru.Internal, 0, 0, "the view broke"},
		{"SELECT * FROM numbers, 'no.csv'", maru.NotFound, 1, 24, "no file matches"},
		{"SELECT name::INT FROM numbers", maru.Invalid, 0, 0, "name-"},
		{"", maru.Invalid, 0, 0, "no statement"},
		{"SELECT '" + strings.Repeat("x", 300_000) + "'", maru.TooLarge, 0, 0, "300009 bytes"},
		{"SELECT " + strings.Repeat("1 + ", 30_000) + "1", maru.Invalid, 0, 0, "nested too deeply"},
		{"SELECT " + strings.Repeat("1, ", 30_000) + "1", maru.TooLarge, 0, 0, "nodes"},
		{"SELECT \x00", maru.Invalid, 0, 0, "zero byte"},
		{"SELECT '\xff'", maru.Invalid, 0, 0, "UTF-8"},
		{"SELECT $1", maru.Invalid, 0, 0, "$1"},
	} {
		_, err := b.rows(tt.sql)
		var e *Error
		line, column := 0, 0
		if errors.As(err, &e) {
			line, column = e.Line, e.Column
		}
		if err == nil || maru.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.says) || tt.line > 0 && (line != tt.line || column != tt.column) {
			t.Errorf("%.80s: %v at %d:%d: %.300v", tt.sql, maru.KindOf(err), line, column, err)
		}
	}
}

func TestPushdown(t *testing.T) {
	shelf := testShelf(t)
	b := start(t, shelf, nil)
	for _, tt := range []struct{ sql, columns, filters string }{
		{"SELECT count(*) FROM numbers", "id", ""},
		{"SELECT name FROM numbers WHERE id > 5 AND id <= 7", "id name", `"id" > 5 AND "id" <= 7`},
		{"SELECT 1 FROM numbers WHERE name IN ('a', 'b''c') AND id IS NOT NULL", "id name", `"id" IS NOT NULL AND "name" IN ('a', 'b''c')`},
		{"SELECT n.id FROM numbers n JOIN countries c ON n.id = c.code WHERE c.code = 2", "id", `"id" = 2`},
		{"SELECT a.id FROM numbers a, numbers b WHERE a.id = 3 AND b.id = 4", "id", ""},
		{"SELECT id FROM numbers WHERE id % 2 = 0 OR id = 1", "id", ""},
		{"SELECT * FROM (SELECT id + 1 AS x, name FROM numbers) WHERE name = 'n'", "id name", `"name" = 'n'`},
	} {
		if _, err := b.rows(tt.sql); err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		var filters []string
		for _, f := range shelf.filter["numbers"] {
			filters = append(filters, f.String())
		}
		if got := strings.Join(shelf.asked["numbers"], " "); got != tt.columns || strings.Join(filters, " AND ") != tt.filters {
			t.Errorf("%s: columns %q, filters %q", tt.sql, got, filters)
		}
	}
	got, err := b.rows("EXPLAIN SELECT name FROM numbers WHERE id = 5")
	if err != nil || !strings.Contains(got, `read numbers|columns id, name`) || !strings.Contains(got, `only where "id" = 5`) || strings.Contains(got, "maru_") {
		t.Error(got, err)
	}
}

func TestLimitsOfTables(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.RowsMax = 50_000 })
	_, err := b.rows("SELECT count(*) FROM numbers")
	if maru.KindOf(err) != maru.TooLarge || !strings.Contains(err.Error(), "50000 rows") {
		t.Error(err)
	}
	if got, err := b.rows("SELECT count(*) FROM countries"); got != "2" || err != nil {
		t.Error(got, err)
	}
	r, err := b.Execute(context.Background(), Request{SQL: "FROM range(10000)", MaxRows: 3000})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := int64(0)
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n += rec.NumRows()
		rec.Release()
	}
	if n != 3000 || !r.Truncated() {
		t.Error(n, r.Truncated())
	}
}

func TestCancel(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 1 })
	for _, sql := range []string{slow, "SELECT i FROM range(100000000000) t(i) WHERE i < 0", "SELECT count(*) FROM (SELECT unnest(range(100000000)) FROM range(1000000))",
		"SELECT repeat(repeat(repeat(repeat('x', 1000), 1000), 1000), 1000)"} {
		ctx, cancel := context.WithCancel(context.Background())
		pid := only(t, b)
		done := make(chan error, 1)
		go func() {
			_, err := b.Execute(ctx, Request{SQL: sql})
			done <- err
		}()
		untilBusy(t, pid)
		begin := time.Now()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", sql, err)
		}
		// Half a second is what is promised; a busy test machine gets more.
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("%s: it took %s to end", sql, d)
		} else {
			t.Logf("%s: it ended after %s", sql, d.Round(time.Millisecond))
		}
		if got, err := b.rows("SELECT 1"); got != "1" || err != nil {
			t.Errorf("afterwards: %s, %v", got, err)
		}
	}
	slowBench := start(t, testShelf(t), func(c *Config) { c.Timeout = 300 * time.Millisecond })
	if _, err := slowBench.rows(slow); maru.KindOf(err) != maru.Timeout || !strings.Contains(err.Error(), "ran for more than") {
		t.Error(err)
	}
}

func TestResultClosedEarly(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 1 })
	for range 3 {
		r, err := b.Execute(context.Background(), Request{SQL: "SELECT i, repeat('x', 1000) FROM range(1000000000) t(i)"})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		rec.Release()
		r.Close()
		r.Close()
	}
	if got, err := b.rows("SELECT 1"); got != "1" || err != nil {
		t.Error(got, err)
	}
}

func TestQueue(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers, c.QueueMax, c.QueueTimeout = 1, 1, 500*time.Millisecond })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	busy, err := b.Execute(ctx, Request{SQL: "FROM range(1000000000000)"})
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := b.rows("SELECT 1")
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; maru.KindOf(err) != maru.Unavailable {
			t.Error(err)
		}
	}
	busy.Close()
	if got, err := b.rows("SELECT 1"); got != "1" || err != nil {
		t.Error(got, err)
	}
}

func TestConcurrent(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 3 })
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			want := fmt.Sprintf("%d|100000", i)
			if got, err := b.rows(fmt.Sprintf("SELECT %d, count(*) FROM numbers", i)); got != want || err != nil {
				t.Error(got, err)
			}
		}()
	}
	wg.Wait()
}

// bombs ask for more memory than there may be.
var bombs = []string{
	"SELECT length(range(1000000000))",
	"SELECT max(length(s)) FROM (SELECT string_agg(repeat('x', 1000), '') AS s FROM range(100000000) GROUP BY range % 2)",
	"SELECT length(repeat('x', 4000000000))",
	"SELECT list(range) FROM range(1000000000)",
	"SELECT length(list(repeat('x', 10000))) FROM range(10000000)",
	"SELECT length(string_agg(s, '')) FROM (SELECT repeat('x', 100000000) AS s FROM range(100))",
}

func TestMemoryBombs(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers, c.WorkerMemory = 1, 512<<20 })
	for _, sql := range bombs {
		begin := time.Now()
		_, err := b.rows(sql)
		took := time.Since(begin)
		if k := maru.KindOf(err); k != maru.OutOfMemory && k != maru.Invalid {
			t.Errorf("%s: %v: %v", sql, k, err)
		}
		begin = time.Now()
		if got, err := b.rows("SELECT 1"); got != "1" || err != nil {
			t.Fatalf("after %s: %s, %v", sql, got, err)
		}
		t.Logf("%s: %v after %s; the next one took %s\n  %.300v", sql, maru.KindOf(err), took.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond), err)
	}
}

func TestCrash(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 1 })
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGABRT} {
		pid := only(t, b)
		done := make(chan error, 1)
		go func() {
			_, err := b.rows(slow)
			done <- err
		}()
		untilBusy(t, pid)
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		err := <-done
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
			t.Errorf("%v: %v", sig, err)
		}
		begin := time.Now()
		if got, err := b.rows("SELECT 1"); got != "1" || err != nil {
			t.Errorf("after %v: %s, %v", sig, got, err)
		}
		t.Logf("%v: %v; the next statement took %s", sig, err, time.Since(begin).Round(time.Millisecond))
	}
}

func TestCrashInTheMiddleOfTheRows(t *testing.T) {
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 1 })
	pid := only(t, b)
	r, err := b.Execute(context.Background(), Request{SQL: "SELECT i, repeat('x', 1000) FROM range(1000000000) t(i)"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := 0; ; i++ {
		rec, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
				t.Error("the rows ended as if they were complete:", err)
			}
			break
		}
		rec.Release()
		if i == 10 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An error in the middle of the rows comes after those before it.
func TestErrorInTheMiddleOfTheRows(t *testing.T) {
	b := start(t, testShelf(t), nil)
	r, err := b.Execute(context.Background(), Request{SQL: "SELECT CASE WHEN i = 500000 THEN error('bad row') ELSE i END FROM range(1000000) t(i)"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := int64(0)
	for {
		rec, err := r.Next()
		if err != nil {
			if !strings.Contains(err.Error(), "bad row") || maru.KindOf(err) != maru.Invalid {
				t.Error(err)
			}
			break
		}
		n += rec.NumRows()
		rec.Release()
	}
	if n == 0 {
		t.Error("no rows came before the error")
	}
}

// The parent of this test is a process that holds a Query and is killed.
func TestNoOrphans(t *testing.T) {
	if dir := os.Getenv("MARU_TEST_PARENT"); dir != "" {
		q, err := Open(context.Background(), Config{DataDir: dir}, Needs{Tables: testShelf(t)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Execute(context.Background(), Request{SQL: "FROM range(1000000000000)"}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("running")
		select {}
	}
	dir := filepath.Join(t.TempDir(), "data")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestNoOrphans$", "-test.v")
	cmd.Env = append(os.Environ(), "MARU_TEST_PARENT="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(seen.String(), "running") {
		n, err := out.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatal(seen.String(), err)
		}
	}
	pids, err := filepath.Glob(filepath.Join(dir, "run", "*.pid"))
	if err != nil || len(pids) == 0 {
		t.Fatal(pids, err)
	}
	var pid int
	text, err := os.ReadFile(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "the end of the worker", 5*time.Second, func() bool {
		st, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(st), ") Z ")
	})
}
