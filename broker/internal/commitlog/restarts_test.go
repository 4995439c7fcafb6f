package commitlog_test

import (
	"fmt"
	"sync"
	"testing"

	"maru/broker/internal/commitlog"
	"maru/broker/internal/commitlog/crashfs"
)

// TestRestarts: every end without a checkpoint leaves a write-ahead file behind.
// A checkpoint gives many of them back, also while topics are being deleted:
// once, a partition that went away in its middle held all of them, and the
// store stood still as if a disk had failed.
func TestRestarts(t *testing.T) {
	fs := crashfs.New()
	start := func() *commitlog.Store {
		return mustOpen(t, commitlog.Config{Dir: "/data", FS: fs, WALBytes: 64 << 10})
	}
	s := start()
	create(t, s, "stays", 1, commitlog.TopicConfig{})
	const restarts = 20
	for i := range restarts {
		add(t, part(t, s, "stays", 0), plain(1, 10, int64(i)))
		fs.Kill()
		s.Abandon()
		s = start()
	}
	const topics = 100
	for i := range topics {
		name := fmt.Sprintf("goes-%d", i)
		create(t, s, name, 1, commitlog.TopicConfig{})
		add(t, part(t, s, name, 0), plain(1, 10, 1))
	}
	var deleter sync.WaitGroup
	deleter.Go(func() {
		for i := range topics {
			c, err := s.DeleteTopic(fmt.Sprintf("goes-%d", i))
			if err != nil {
				t.Error(err)
				return
			}
			wait(t, c)
		}
	})
	for range topics {
		if err := s.Checkpoint(); err != nil {
			t.Errorf("checkpoint: %v", err)
			break
		}
	}
	deleter.Wait()
	add(t, part(t, s, "stays", 0), plain(1, 10, restarts))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start()
	defer func() { _ = s.Close() }()
	if end := part(t, s, "stays", 0).End(); end != restarts+1 {
		t.Errorf("the topic ends at %d, want %d", end, restarts+1)
	}
}
