package brake_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/govern/internal/brake"
)

var start = time.Unix(1_800_000_000, 0)

func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	var soon interface{ RetryAfter() time.Duration }
	if maru.KindOf(err) != maru.Unavailable || !errors.As(err, &soon) {
		t.Fatalf("%v: it should be unavailable and say for how long", err)
	}
	return soon.RetryAfter()
}

// waits makes n wrong tries, each as soon as it may, and lists how long each
// had to wait.
func waits(t *testing.T, b *brake.Brake, n int, keys func(i int) (account, address string)) (out []time.Duration) {
	now := start
	for i := range n {
		account, address := keys(i)
		w := waitOf(t, b.Try(account, address, now))
		if w > 0 {
			now = now.Add(w)
			if err := b.Try(account, address, now); err != nil {
				t.Fatalf("after the wait: %v", err)
			}
		}
		out = append(out, w)
	}
	return out
}

func TestWaitsDouble(t *testing.T) {
	const s = time.Second
	want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s}
	t.Run("account", func(t *testing.T) {
		got := waits(t, brake.New(time.Minute), brake.AccountFree+7, func(i int) (string, string) { return "kim", fmt.Sprint("10.0.0.", i) })
		if d := cmp.Diff(want, got[brake.AccountFree+1:]); d != "" || got[brake.AccountFree] != 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("address", func(t *testing.T) {
		got := waits(t, brake.New(time.Minute), brake.AddressFree+7, func(i int) (string, string) { return fmt.Sprint("user", i), "10.0.0.1" })
		if d := cmp.Diff(want, got[brake.AddressFree+1:]); d != "" || got[brake.AddressFree] != 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("never longer than the most", func(t *testing.T) {
		got := waits(t, brake.New(time.Minute), 1000, func(int) (string, string) { return "kim", "" })
		if most := got[999]; most < 30*s || most > time.Minute {
			t.Errorf("after a thousand: %v", most)
		}
		for i, w := range got {
			if w > time.Minute {
				t.Fatalf("try %d waits %v", i, w)
			}
		}
	})
}

func TestRight(t *testing.T) {
	b := brake.New(time.Minute)
	for range brake.AccountFree {
		if err := b.Try("kim", "10.0.0.1", start); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Try("kim", "10.0.0.1", start); err != nil {
		t.Fatal(err)
	}
	b.Right("kim", "10.0.0.1")
	if accounts, addresses := b.Len(); accounts != 0 || addresses != 1 {
		t.Errorf("%d accounts, %d addresses: the account is forgiven, the address is not", accounts, addresses)
	}
	if err := b.Try("kim", "10.0.0.1", start); err != nil {
		t.Error(err)
	}
}

func TestUndo(t *testing.T) {
	b := brake.New(time.Minute)
	for range 10 * brake.AddressFree {
		if err := b.Try("kim", "10.0.0.1", start); err != nil {
			t.Fatal(err)
		}
		b.Undo("kim", "10.0.0.1")
	}
	if accounts, addresses := b.Len(); accounts != 0 || addresses != 0 {
		t.Errorf("%d accounts and %d addresses are left", accounts, addresses)
	}
}

func TestForgottenInTime(t *testing.T) {
	b := brake.New(time.Minute)
	now := start
	// One wrong password a minute is never held up.
	for range 100 {
		if err := b.Try("kim", "10.0.0.1", now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(brake.ForgetEvery)
	}
}

func TestClockSetBack(t *testing.T) {
	b := brake.New(time.Minute)
	for range brake.AccountFree + 1 {
		if err := b.Try("kim", "", start); err != nil {
			t.Fatal(err)
		}
	}
	back := start.Add(-365 * 24 * time.Hour)
	w := waitOf(t, b.Try("kim", "", back))
	if w == 0 || w > time.Minute {
		t.Errorf("it waits %v", w)
	}
	if err := b.Try("kim", "", back.Add(w)); err != nil {
		t.Error(err)
	}
}

func TestBounded(t *testing.T) {
	b := brake.New(time.Minute)
	for range brake.AccountFree + 1 {
		if err := b.Try("kim", "", start); err != nil {
			t.Fatal(err)
		}
	}
	for i := range brake.KeysMax + 20 {
		if err := b.Try(fmt.Sprint("name", i), fmt.Sprint("address", i), start); err != nil {
			t.Fatal(err)
		}
	}
	if accounts, addresses := b.Len(); accounts != brake.KeysMax || addresses != brake.KeysMax {
		t.Errorf("%d accounts, %d addresses, want %d", accounts, addresses, brake.KeysMax)
	}
	if b.Try("kim", "", start) == nil {
		t.Error("many other names have made it forget one that is tried hard")
	}
	if err := b.Try("late", "late", start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if accounts, _ := b.Len(); accounts != 1 {
		t.Errorf("%d accounts are left after an hour, want the last one", accounts)
	}
}
