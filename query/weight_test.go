//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"
)

func TestWeight(t *testing.T) {
	begin := time.Now()
	b := start(t, testShelf(t), nil)
	pid := only(t, b)
	t.Logf("cold start of a worker: %s", time.Since(begin).Round(time.Millisecond))
	t.Logf("idle: %d MiB resident, %d MiB address space", statusOf(pid, "VmRSS"), statusOf(pid, "VmSize"))
	var all []time.Duration
	for range 50 {
		begin := time.Now()
		if _, err := b.rows("SELECT 1"); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	t.Logf("SELECT 1: median %s, worst %s", all[len(all)/2].Round(10*time.Microsecond), all[len(all)-1].Round(10*time.Microsecond))
	until(t, "a warm worker", 10*time.Second, func() bool { return len(b.Workers()) >= 1 })
	pid = b.Workers()[0].PID
	rss := statusOf(pid, "VmRSS")
	t.Logf("after 50 statements: %d MiB resident, %d MiB address space", rss, statusOf(pid, "VmSize"))
	if rss > 200 {
		t.Errorf("an idle worker has %d MiB", rss)
	}
}

// A result of any size passes through in little memory.
func TestStreaming(t *testing.T) {
	rows := int64(20_000_000)
	if testing.Short() {
		rows = 2_000_000
	}
	b := start(t, testShelf(t), func(c *Config) { c.Workers = 1 })
	pid := only(t, b)
	begin := time.Now()
	r, err := b.Execute(context.Background(), Request{SQL: fmt.Sprintf("SELECT i, 'row number ' || i AS s, i / 3 AS d FROM range(%d) t(i)", rows)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first, n := time.Since(begin), int64(0)
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
	took := time.Since(begin)
	peak, mine := statusOf(pid, "VmHWM"), statusOf(os.Getpid(), "VmHWM")
	t.Logf("%d rows in %s (first after %s); worker's peak %d MiB, ours %d MiB", n, took.Round(time.Millisecond), first.Round(time.Millisecond), peak, mine)
	if n != rows || peak > 400 || mine > 400 {
		t.Errorf("%d rows; worker's peak %d MiB, ours %d MiB", n, peak, mine)
	}
}
