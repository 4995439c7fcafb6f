package sim

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"maru/internal/gen"
	"maru/marutest"
)

func TestZZ(t *testing.T) {
	rng := newRandom(t)
	s := newScene(t, rng, "")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		gen.Run(ctx, gen.Config{Out: filepath.Join(s.node.Dir, apiLog), Rate: 4000, Flat: true, Follow: true, RotateBytes: 2000000, KeepFiles: gen.KeepMax}, nil)
	}()
	for i := range 40 {
		p := []string{"after_generation", "after_rotate_detected", "after_resume", "after_ack_before_checkpoint", "after_append_before_ack", ""}[rng.IntN(6)]
		if p == "" {
			s.revive()
			marutest.Pause(ctx, time.Duration(rng.IntN(800))*time.Millisecond)
			s.node.Kill("server")
		} else {
			s.happen(t, moment{"server", p, 1 + rng.IntN(2)})
		}
		_ = i
	}
	s.revive()
	cancel()
	wg.Wait()
	want := readLog(t, filepath.Join(s.node.Dir, apiLog))
	err := marutest.Poll(15*time.Second, func() error {
		n, err := count(s.bootstrap(), "api_log")
		if n != int64(len(want.rows)) {
			err = fmt.Errorf("%d of %d %v", n, len(want.rows), err)
		}
		return err
	})
	t.Log(err)
	var got []uint64
	_ = got
	s.checkTopicsOnly(t, want)
}

func (s *scene) checkTopicsOnly(t *testing.T, want *reference) {
	var got []uint64
	records(t, s.bootstrap(), "api_log", func(r *kgo.Record) { got = append(got, hashOf(r.Value)) })
	if d := difference(want.rows, got); d != "" {
		t.Errorf("topic: %s", d)
	}
}
