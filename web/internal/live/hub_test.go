package live_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"maru"
	"maru/web/internal/live"
)

func steadily(d time.Duration) func(string) time.Duration {
	return func(string) time.Duration { return d }
}

func TestHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks, value atomic.Int64
		h := live.New(func(_ context.Context, topic string) (any, error) {
			if topic == "bad" {
				return nil, maru.Errorf(maru.Unavailable, "away")
			}
			looks.Add(1)
			return value.Load(), nil
		}, steadily(live.Every))
		defer h.Close()
		a, err := h.Open([]string{"x", "bad", "x"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := h.Open([]string{"x"})
		if err != nil {
			t.Fatal(err)
		}
		<-a.Wake()
		if got := a.News(); len(got) != 1 || got[0].Topic != "x" || string(got[0].Data) != "0" {
			t.Errorf("first %v", got)
		}
		for range 5 { // b does not read meanwhile
			value.Add(1)
			time.Sleep(live.Every)
		}
		synctest.Wait()
		if got := b.News(); len(got) != 1 || string(got[0].Data) != "5" {
			t.Errorf("a slow reader got %s", got)
		}
		if n := looks.Load(); n > 7 {
			t.Errorf("%d looks for two readers", n)
		}
		time.Sleep(3 * live.Every)
		_ = a.News()
		if got := b.News(); len(got) != 0 {
			t.Errorf("nothing has changed, and yet %v", got)
		}
		a.Close()
		b.Close()
		synctest.Wait()
		n := looks.Load()
		time.Sleep(5 * live.Every)
		if looks.Load() != n {
			t.Error("somebody looks though nobody listens")
		}
	})
}

func TestReadersMax(t *testing.T) {
	h := live.New(func(context.Context, string) (any, error) { return 1, nil }, steadily(time.Hour))
	defer h.Close()
	var open []*live.Reader
	for range live.ReadersMax {
		r, err := h.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	if _, err := h.Open(nil); maru.KindOf(err) != maru.Unavailable {
		t.Errorf("one more: %v", err)
	}
	open[0].Close()
	if r, err := h.Open(nil); err != nil {
		t.Errorf("after one left: %v", err)
	} else {
		r.Close()
	}
	if _, err := h.Open(make([]string, 0, 1)); err != nil {
		t.Error(err)
	}
}
