package spool

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"maru"
)

func TestAFullDiskKeepsWhatThereIs(t *testing.T) {
	s := open(t, Config{})
	f := newFeed(oneInt)
	r, err := s.Start(t.Context(), "ada", f.open, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.in <- numbers(0, BatchRows)
	if err := r.Wait(t.Context(), BatchRows); err != nil {
		t.Fatal(err)
	}
	// The writer sits at the channel now: its next write meets a disk that is full.
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	if err := unix.Dup3(int(full.Fd()), int(r.file.f.Fd()), 0); err != nil {
		t.Fatal(err)
	}
	f.in <- numbers(0, BatchRows)
	if err := r.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := r.Status(); st.State != Failed || maru.KindOf(st.Err) != maru.OutOfSpace || st.Rows != BatchRows {
		t.Errorf("status %+v", st)
	}
	if got := texts(t, window(t, r, Window{Offset: BatchRows - 1, Limit: 5})); len(got) != 1 || got[0][0] != fmt.Sprint(BatchRows-1) {
		t.Errorf("rows %v", got)
	}
}

func TestAPageThatTheDiskLostIsAnError(t *testing.T) {
	s := open(t, Config{})
	r := start(t, s, oneInt, numbers(0, 10_000))
	if err := r.file.f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Window(t.Context(), Window{Limit: 10}); maru.KindOf(err) != maru.Corrupt {
		t.Errorf("a window: %v", err)
	}
	if _, err := r.Window(t.Context(), Window{Limit: 10, Sort: []Key{{"n", true}}}); maru.KindOf(err) != maru.Corrupt {
		t.Errorf("a sort: %v", err)
	}
}
