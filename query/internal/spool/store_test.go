package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
)

func TestOpenEmptiesItsDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, Config{Dir: dir})
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Fatalf("left: %v, %v", entries, err)
	}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for key, cfg := range map[string]Config{
		"dir": {}, "bytes_max": {Dir: "x", BytesMax: -1}, "rows_max": {Dir: "x", RowsMax: 1 << 40},
		"results_max": {Dir: "x", ResultsMax: -1}, "idle_lifetime": {Dir: "x", IdleLifetime: -1},
	} {
		if _, err := Open(cfg); maru.KindOf(err) != maru.Invalid || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestRowsAreReadableWhileTheyCome(t *testing.T) {
	s := open(t, Config{})
	f := newFeed(oneInt)
	r, err := s.Start(t.Context(), "ada", f.open, "meta")
	if err != nil {
		t.Fatal(err)
	}
	f.in <- numbers(0, 1000)
	began := time.Now()
	if err := r.Wait(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 150*time.Millisecond {
		t.Errorf("1,000 rows were readable %s after they existed", d)
	}
	rows := window(t, r, Window{Offset: 990, Limit: 100})
	if got := texts(t, rows); rows.Total != 1000 || len(got) != 10 || got[9][0] != "999" {
		t.Errorf("%d rows in all, window %v", rows.Total, got)
	}
	if st := r.Status(); st.State != Running || st.Rows != 1000 || st.Bytes == 0 || r.Meta() != "meta" || st.Owner != "ada" {
		t.Errorf("status %+v", st)
	}
	f.in <- numbers(1000, 1001)
	close(f.in)
	if err := r.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := r.Status(); st.State != Done || st.Rows != 1001 || st.Err != nil || st.Truncated != "" {
		t.Errorf("status %+v", st)
	}
}

func TestCancelEndsTheSourceAndKeepsTheRows(t *testing.T) {
	s := open(t, Config{})
	f := newFeed(oneInt)
	r, err := s.Start(t.Context(), "ada", f.open, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.in <- numbers(0, 10)
	if err := r.Wait(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.Cancel()
	<-f.closed
	if err := r.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 500*time.Millisecond {
		t.Errorf("cancel took %s", d)
	}
	st := r.Status()
	if st.State != Canceled || maru.KindOf(st.Err) != maru.Canceled {
		t.Errorf("status %+v", st)
	}
	if rows := window(t, r, Window{Limit: 20}); rows.Total != 10 {
		t.Errorf("total %d", rows.Total)
	}
}

// deaf is a source that does not listen to its context.
type deaf struct {
	list
	wake chan struct{}
}

func (d *deaf) Next() (arrow.RecordBatch, error) {
	<-d.wake
	return nil, io.EOF
}

func TestCancelDoesNotWaitForADeafSource(t *testing.T) {
	s := open(t, Config{})
	src := &deaf{list: list{schema: oneInt}, wake: make(chan struct{})}
	told := make(chan struct{})
	r, err := s.Start(t.Context(), "ada", Opened(src, func() { close(told) }), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	r.Cancel()
	<-told
	if err := r.WaitEnd(t.Context()); err != nil || r.Status().State != Canceled {
		t.Errorf("%v, %+v", err, r.Status())
	}
	close(src.wake)
}

func TestTheEndOfTheRequestDoesNotEndTheResult(t *testing.T) {
	s := open(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	f := newFeed(oneInt)
	r, err := s.Start(ctx, "ada", f.open, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	f.in <- numbers(0, 5)
	close(f.in)
	if err := r.WaitEnd(t.Context()); err != nil || r.Status().State != Done {
		t.Fatalf("%v, %+v", err, r.Status())
	}
}

func TestAFailureKeepsWhatThereIs(t *testing.T) {
	s := open(t, Config{})
	boom := maru.Errorf(maru.OutOfMemory, "the worker died")
	src := &list{schema: oneInt, recs: []arrow.RecordBatch{numbers(0, 5000)}, end: boom, closed: make(chan struct{})}
	r, err := s.Start(t.Context(), "ada", Opened(src, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-src.closed
	if st := r.Status(); st.State != Failed || !errors.Is(st.Err, boom) || st.Rows != 5000 {
		t.Errorf("status %+v", st)
	}
	rd, err := r.Reader(t.Context(), Order{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	n, err := drain(rd)
	if n != 5000 || !errors.Is(err, boom) {
		t.Errorf("read %d rows, then %v", n, err)
	}
}

func TestAnOpenerMayFailOrPanic(t *testing.T) {
	s := open(t, Config{})
	for _, open := range []Opener{
		func(context.Context) (Source, error) { return nil, maru.Errorf(maru.Invalid, "line 1: no such table") },
		func(context.Context) (Source, error) { panic("oh") },
	} {
		r, err := s.Start(t.Context(), "ada", open, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Window(t.Context(), Window{Limit: 1}); err == nil {
			t.Error("a window of nothing")
		}
		if st := r.Status(); st.State != Failed || st.Err == nil {
			t.Errorf("status %+v", st)
		}
	}
}

func drain(src Source) (rows int64, err error) {
	for {
		rec, err := src.Next()
		if err != nil {
			return rows, err
		}
		rows += rec.NumRows()
		rec.Release()
	}
}

func TestLimitsOfOneResult(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		rows int64
		word string
	}{
		{"rows", Config{RowsMax: 5000}, 5000, "cut at 5000 rows"},
		{"bytes", Config{ResultBytesMax: 100_000}, 12_288, "one result may take"},
		{"all bytes", Config{BytesMax: 100_000, ResultBytesMax: 1 << 30}, 12_288, "all results together"},
		{"exactly full", Config{RowsMax: 20_000}, 20_000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.cfg)
			r := start(t, s, oneInt, numbers(0, 7000), numbers(7000, 20_000))
			st := r.Status()
			if st.State != Done || st.Rows != c.rows || !strings.Contains(st.Truncated, c.word) || c.word == "" && st.Truncated != "" {
				t.Errorf("status %+v", st)
			}
			if got := texts(t, window(t, r, Window{Offset: c.rows - 1, Limit: 10})); len(got) != 1 || got[0][0] != fmt.Sprint(c.rows-1) {
				t.Errorf("last row %v", got)
			}
		})
	}
}

func TestOldResultsMakeRoom(t *testing.T) {
	clock := newClock()
	s := open(t, Config{Clock: clock, BytesMax: 200_000, ResultBytesMax: 100_000})
	var all []*Result
	for range 4 { // 70 KB each
		all = append(all, start(t, s, oneInt, numbers(0, 8192)))
		clock.move(time.Second)
		window(t, all[0], Window{Limit: 1}).Batch.Release() // stays used
		clock.move(time.Second)
	}
	if _, err := s.Result(all[0].ID()); err != nil {
		t.Errorf("the one in use went: %v", err)
	}
	if _, err := s.Result(all[1].ID()); maru.KindOf(err) != maru.NotFound {
		t.Errorf("the one unused for longest stayed: %v", err)
	}
	if _, err := all[1].Window(t.Context(), Window{}); maru.KindOf(err) != maru.NotFound {
		t.Errorf("a window of a dropped result: %v", err)
	}
	if used, most := s.Bytes(); used > most {
		t.Errorf("%d bytes of %d", used, most)
	}
}

func TestCountAndLifetime(t *testing.T) {
	clock := newClock()
	s := open(t, Config{Clock: clock, ResultsMax: 2, IdleLifetime: time.Hour})
	a := start(t, s, oneInt, numbers(0, 10))
	f := newFeed(oneInt)
	if _, err := s.Start(t.Context(), "bob", f.open, nil); err != nil {
		t.Fatal(err)
	}
	clock.move(time.Minute)
	g := newFeed(oneInt)
	b, err := s.Start(t.Context(), "bob", g.open, nil) // a goes
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Result(a.ID()); err == nil {
		t.Error("a is still there")
	}
	if _, err := s.Start(t.Context(), "bob", newFeed(oneInt).open, nil); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("a third running one: %v", err)
	}
	if n := len(s.List("bob")); n != 2 || len(s.List("ada")) != 0 {
		t.Errorf("bob has %d", n)
	}
	close(g.in)
	if err := b.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.move(59 * time.Minute)
	s.Sweep()
	if len(s.List("")) != 2 {
		t.Error("swept too early")
	}
	clock.move(2 * time.Minute)
	s.Sweep()
	if left := s.List(""); len(left) != 1 || left[0].Status().State != Running {
		t.Errorf("left: %d", len(left))
	}
	close(f.in)
}

func TestADroppedResultIsReadToItsEnd(t *testing.T) {
	s := open(t, Config{})
	r := start(t, s, oneInt, numbers(0, 50_000))
	rd, err := r.Reader(t.Context(), Order{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(r.ID()); err != nil {
		t.Fatal(err)
	}
	if n, err := drain(rd); n != 50_000 || !errors.Is(err, io.EOF) {
		t.Errorf("%d rows, %v", n, err)
	}
	rd.Close()
	if used, _ := s.Bytes(); used != 0 {
		t.Errorf("%d bytes are still counted", used)
	}
}

func TestTheFileIsAnArrowStream(t *testing.T) {
	s := open(t, Config{})
	r := start(t, s, oneInt, numbers(0, 10_000))
	f, err := os.Open(filepath.Join(r.dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rd, err := ipc.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	var n int64
	for rd.Next() {
		n += rd.RecordBatch().NumRows()
	}
	if n != 10_000 || rd.Err() != nil {
		t.Errorf("%d rows, %v", n, rd.Err())
	}
}

func TestManyReadWhileItRuns(t *testing.T) {
	s := open(t, Config{})
	f := newFeed(oneInt)
	r, err := s.Start(t.Context(), "ada", f.open, nil)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 40_000
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() { readWhileRunning(t, r, n) })
	}
	wg.Go(func() {
		rd, err := r.Reader(t.Context(), Order{})
		if err != nil {
			t.Error(err)
			return
		}
		defer rd.Close()
		if n, err := drain(rd); n != rows || !errors.Is(err, io.EOF) {
			t.Errorf("the follower read %d rows, %v", n, err)
		}
	})
	for at := int64(0); at < rows; at += 500 {
		f.in <- numbers(at, at+500)
	}
	close(f.in)
	wg.Wait()
}

// readWhileRunning looks until the end, at something else each time.
func readWhileRunning(t *testing.T, r *Result, n int) {
	for ended := false; !ended; {
		changed := r.Changed()
		ended = r.Status().State != Running
		w := Window{Offset: int64(n), Limit: 10}
		if n%2 == 1 {
			w.Sort = []Key{{Column: "n", Desc: true}}
		}
		rows, err := r.Window(t.Context(), w)
		if err != nil {
			t.Error(err)
			return
		}
		got := texts(t, rows)
		for i := range got {
			want := int64(n + i)
			if n%2 == 1 {
				want = rows.Of - 1 - want
			}
			if got[i][0] != fmt.Sprint(want) {
				t.Errorf("row %d of %d: %s, want %d", i, rows.Of, got[i][0], want)
			}
		}
		if _, err := r.Profile(t.Context(), "n"); err != nil {
			t.Error(err)
		}
		if !ended {
			<-changed
		}
	}
}
