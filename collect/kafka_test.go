package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"maru/kafka"
)

// cluster is a Kafka that speaks the real protocol.
func cluster(t testing.TB) string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()[0]
}

// landedIn reads all that a topic has, by partition.
func landedIn(t testing.TB, addr, topic string) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := kafka.NewClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ends, err := c.Offsets(ctx, topic, -1)
	if err != nil {
		t.Fatal(err)
	}
	for p, end := range ends {
		r, err := c.NewReader(ctx, kafka.ReaderConfig{Topic: topic, From: map[int32]int64{p: 0}})
		if err != nil {
			t.Fatal(err)
		}
		for r.Position(p) < end {
			chunks, err := r.Poll(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, ch := range chunks {
				it := kafka.NewIter(ch.Raw, ch.From)
				var rec kafka.Record
				for it.Next(&rec) {
					out = append(out, string(rec.Value))
				}
			}
		}
		r.Close()
	}
	return out
}

func TestKafkaOnce(t *testing.T) {
	r := newRig(t, "*.ndjson")
	addr := cluster(t)
	var want []string
	for f := range 20 {
		var text strings.Builder
		for i := range 100 {
			line := fmt.Sprintf("{\"f\":%d,\"i\":%d}", f, i)
			want = append(want, line)
			text.WriteString(line + "\n")
		}
		r.write(fmt.Sprintf("%03d.ndjson", f), text.String()+"bad\n")
	}
	cfg := Config{Files: r.cfg.Files, Topic: "t", Bootstrap: addr}
	for range 2 {
		c, err := Open(context.Background(), cfg, Needs{Logger: quiet})
		r.do(err)
		r.do(c.Run(context.Background()))
		r.do(c.Close())
	}
	if got := landedIn(t, addr, "t"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d rows, %d wanted", len(got), len(want))
	}
	if got := landedIn(t, addr, "t_rejected"); len(got) != 20 {
		t.Errorf("%d rejected, 20 wanted", len(got))
	}
}

// TestKafkaCrash dies at every named point while a log is followed into a
// cluster, and goes on.
func TestKafkaCrash(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(quiet) // package run logs each panic with its stack
	defer slog.SetDefault(before)
	r := newRig(t, "a.log")
	addr := cluster(t)
	var passed, deaths atomic.Int32
	point := atomic.Pointer[string]{}
	die := func(name string) {
		if p := point.Load(); p != nil && *p == name && passed.Add(1) == 1 {
			deaths.Add(1)
			panic(killed)
		}
	}
	cfg := r.cfg
	cfg.Format, cfg.Bootstrap = "ndjson", addr
	n, bad := 0, 0
	for round, name := range CrashPoints {
		passed.Store(0)
		point.Store(&name)
		var text strings.Builder
		for range 300 {
			fmt.Fprintf(&text, "{\"n\":%d}\n", n)
			if n++; n%50 == 0 {
				text.WriteString("bad\n")
				bad++
			}
		}
		rows := 0
		for try := 0; rows < 300; try++ {
			if try == 20 {
				t.Fatalf("%s: %d rows after %d starts", name, rows, try)
			}
			r.life(cfg, die, func() {
				if try == 0 {
					half := text.Len() / 2
					r.write("a.log", text.String()[:half])
					r.write("a.log", text.String()[half:])
				}
			})
			rows = len(landedIn(t, addr, "t")) - (n - 300)
		}
		if round%2 == 0 {
			r.rename("a.log", fmt.Sprintf("a.log-202601%02d", round+1))
		} else {
			r.copytruncate("a.log", fmt.Sprintf("a.log-202601%02d", round+1))
		}
	}
	got := landedIn(t, addr, "t")
	for i := range min(n, len(got)) {
		if got[i] != fmt.Sprintf("{\"n\":%d}", i) {
			t.Fatalf("row %d is %s", i, got[i])
		}
	}
	if len(got) != n || len(landedIn(t, addr, "t_rejected")) != bad || deaths.Load() < 4 {
		t.Errorf("%d rows of %d, %d rejected of %d, %d deaths", len(got), n, len(landedIn(t, addr, "t_rejected")), bad, deaths.Load())
	}
}

// life runs a collector until it dies or has had time enough.
func (r *rig) life(cfg Config, die func(string), write func()) {
	r.t.Helper()
	c, err := Open(context.Background(), cfg, Needs{Logger: quiet, CrashPoint: die})
	r.do(err)
	ctx, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	write()
	if err := <-done; err != nil && !errors.Is(err, killed) {
		r.t.Fatal(err)
	}
	r.do(c.Close())
}
