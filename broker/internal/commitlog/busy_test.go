package commitlog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"maru/broker/internal/commitlog"
)

// TestBusy: writers, readers, checkpoints, retention and metadata at once.
// Every reader sees every offset that retention has left, once, in order.
func TestBusy(t *testing.T) {
	defer goleak.VerifyNone(t)
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		cfg.CheckEvery = time.Millisecond
		s := mustOpen(t, cfg)
		const parts, each = 4, 600
		create(t, s, "a", parts, commitlog.TopicConfig{SegmentBytes: 60_000, RetentionBytes: 300_000})
		ctx, cancel := context.WithCancel(context.Background())
		var run, work sync.WaitGroup
		run.Go(func() { _ = s.Run(ctx) })
		for n := range int32(parts) {
			p := part(t, s, "a", n)
			work.Go(func() {
				for i := range each {
					a, err := p.Append(plain(2, 300+i%1500, int64(i)))
					if err != nil {
						t.Error(err)
						return
					}
					if i%20 == 0 {
						wait(t, a.Commit)
					}
				}
			})
			work.Go(func() {
				if err := follow(p, 2*each); err != nil {
					t.Error(err)
				}
			})
		}
		work.Go(func() {
			for i := range 30 {
				wait(t, s.Put(commitlog.Entry{Key: fmt.Sprint(i % 5), Value: []byte{byte(i)}}))
				create(t, s, fmt.Sprintf("x%d", i), 1, commitlog.TopicConfig{})
				add(t, part(t, s, fmt.Sprintf("x%d", i), 0), plain(1, 10, 1))
				if i%2 == 0 {
					c, err := s.DeleteTopic(fmt.Sprintf("x%d", i))
					if err != nil {
						t.Error(err)
						return
					}
					wait(t, c)
				}
				_ = s.Stats()
			}
		})
		work.Wait()
		cancel()
		run.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, cfg)
		if n := len(s.Topics()); n != 16 {
			t.Errorf("%d topics", n)
		}
		if end := part(t, s, "a", 0).End(); end != 2*each {
			t.Errorf("end %d", end)
		}
		_ = s.Close()
	})
}

// follow reads p up to offset end, waiting as a consumer does.
func follow(p *commitlog.Partition, end int64) error {
	news := make(chan struct{}, 1)
	defer p.Notify(news)()
	deadline := time.After(60 * time.Second)
	for at := int64(0); at < end; {
		got, err := readAll(p, at, 20_000)
		if len(got) > 0 {
			at = nextOf(got[len(got)-1])
		}
		var out *commitlog.OutOfRange
		switch {
		case errors.As(err, &out):
			at = max(at, p.LogStart())
		case err != nil:
			return err
		case at < end && at == p.HighWatermark():
			select {
			case <-news:
			case <-deadline:
				return fmt.Errorf("no news at offset %d of %d", at, end)
			}
		}
	}
	return nil
}
