//go:build duckdb_arrow

package engine

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestOutputTopic: what the view says is in the topic, once, through restarts.
func TestOutputTopic(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	w := newWorld(t, 1)
	d := queries["repeated"]
	d.Name, d.Topic = "repeated", "repeated"
	w.set.Streams = []Definition{d}
	total := 0
	for range 3 {
		e := w.engine()
		w.traffic(rng, total, 400, 1)
		total += 400
		<-time.After(time.Duration(rng.IntN(400)) * time.Millisecond)
		e.Close()
	}
	e := w.engine()
	defer e.Close()
	w.settled(e, "repeated", int64(total))
	want := w.read(e, "repeated", "")
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.bootstrap), kgo.ConsumeTopics("repeated"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var got []string
	for len(got) < len(want) && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { got = append(got, asRow(string(r.Value))) })
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-view +topic) %.2000s", d)
	}
}

// asRow writes {"ts":"…","user":"…","path":"…","gap":1} as read does.
func asRow(json string) string {
	var f []string
	for _, m := range strings.Split(strings.Trim(json, "{}"), ",") {
		_, v, _ := strings.Cut(m, ":")
		f = append(f, strings.Trim(v, `"`))
	}
	return strings.Join(f, " | ")
}

// TestFollow: a feed gives each change of a view as it is committed.
func TestFollow(t *testing.T) {
	w := newWorld(t, 1)
	w.set.Streams = []Definition{{Name: "n", SQL: "SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY window_start"}}
	e := w.engine()
	defer e.Close()
	w.caughtUp(e, "n", 0)
	f, _, _, err := e.Follow(context.Background(), "n", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, want := range []string{`{"window_start":"2026-11-23T09:00:00Z","n":1}`, `{"window_start":"2026-11-23T09:00:00Z","n":2}`} {
		w.produce(0, row(time.Duration(i)*time.Second, "u", "/", "kr", 200, 1))
		select {
		case got := <-f.C:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no change came")
		}
	}
}
