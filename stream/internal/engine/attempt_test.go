package engine

import (
	"errors"
	"path/filepath"
	"testing"

	"maru"
)

// TestAttempts: three ends inside one batch stop the query; an end between
// batches, inside different ones, or of the server too, does not.
func TestAttempts(t *testing.T) {
	file, life := filepath.Join(t.TempDir(), "q.duckdb"), "1"
	die := func(seq int64) *attempt { // a process that dies inside batch seq
		t.Helper()
		a, err := openAttempt(file, "q", life, seq)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.begin(seq); err != nil {
			t.Fatal(err)
		}
		a.f.Close()
		return a
	}
	for range 3 {
		if err := die(7).check("offset 70"); err != nil {
			t.Fatal(err)
		}
	}
	if err := die(7).check("offset 70"); !errors.Is(err, errCrashes) || maru.KindOf(err) != maru.Conflict {
		t.Fatalf("after three crashes: %v", err)
	}
	life = "2"
	if err := die(7).check("offset 70"); err != nil {
		t.Fatalf("after a restart of the server: %v", err)
	}
	if err := die(8).check(""); err != nil {
		t.Fatalf("another batch: %v", err)
	}
	a, err := openAttempt(file, "q", life, 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.end(9), a.f.Close()); err != nil {
		t.Fatal(err)
	}
	if a = die(9); a.crashes != 0 {
		t.Fatalf("%d crashes after a batch that was finished", a.crashes)
	}
	if err := forgive(file); err != nil {
		t.Fatal(err)
	}
	if a = die(9); a.crashes != 0 {
		t.Fatal("not forgiven")
	}
}
