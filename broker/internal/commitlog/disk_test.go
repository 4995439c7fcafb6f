package commitlog_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maru"
	"maru/broker/internal/commitlog"
	"maru/broker/internal/commitlog/crashfs"
)

// until polls what to a deadline.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		runtime.Gosched()
	}
}

// fillUp appends until the disk is full and says what was acknowledged.
func fillUp(t *testing.T, p *commitlog.Partition) (acked [][]byte) {
	t.Helper()
	for range 100_000 {
		b := plain(2, 4000, 1)
		a, err := p.Append(b)
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			err = a.Commit.Wait(ctx)
			cancel()
		}
		if err != nil {
			if k := maru.KindOf(err); k != maru.OutOfSpace && k != maru.Timeout {
				t.Fatalf("full disk: %v", err)
			}
			if maru.KindOf(err) == maru.OutOfSpace && !strings.Contains(err.Error(), "free space") {
				t.Fatalf("says not what to do: %v", err)
			}
			return acked
		}
		acked = append(acked, b)
	}
	t.Fatal("the disk does not fill")
	return nil
}

// refill retries an append until the space that has returned is noticed.
func refill(t *testing.T, p *commitlog.Partition) {
	t.Helper()
	until(t, "append after space has returned", func() bool {
		a, err := p.Append(plain(1, 100, 2))
		if err != nil && maru.KindOf(err) != maru.OutOfSpace {
			t.Fatalf("append: %v", err)
		}
		return err == nil && a.Commit.Wait(context.Background()) == nil
	})
}

// hasAll says whether every acknowledged batch can be read, in order.
func hasAll(t *testing.T, p *commitlog.Partition, acked [][]byte) {
	t.Helper()
	got, err := readAll(p, p.LogStart(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range acked {
		if i >= len(got) || !bytes.Equal(got[i], b) {
			t.Fatalf("acknowledged batch %d of %d is not there", i, len(acked))
		}
	}
}

func TestFullDisk(t *testing.T) {
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			fs := crashfs.New()
			cfg := commitlog.Config{Dir: "/d", FS: fs, Durability: mode, WALBytes: 1 << 20}
			s := mustOpen(t, cfg)
			create(t, s, "a", 2, commitlog.TopicConfig{SegmentBytes: 1 << 20})
			p := part(t, s, "a", 0)
			fs.Limit(12 << 20)
			acked := fillUp(t, p)
			if len(acked) == 0 {
				t.Fatal("nothing was taken")
			}
			hasAll(t, p, acked) // readers go on
			fs.Limit(60 << 20)
			refill(t, p)
			hasAll(t, p, acked)
			s.Abandon()
			fs.Kill()
			s = mustOpen(t, cfg)
			defer s.Abandon()
			hasAll(t, part(t, s, "a", 0), acked)
		})
	}
}

// TestFullDiskRetention: a full disk gets space back by deleting a topic.
func TestFullDiskDelete(t *testing.T) {
	fs := crashfs.New()
	s := mustOpen(t, commitlog.Config{Dir: "/d", FS: fs, WALBytes: 1 << 20, CheckEvery: time.Millisecond})
	defer s.Abandon()
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 1 << 20})
	create(t, s, "b", 1, commitlog.TopicConfig{SegmentBytes: 1 << 20})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for range 400 {
		add(t, part(t, s, "b", 0), plain(2, 4000, 1))
	}
	fs.Limit(fs.Used() + 4<<20)
	acked := fillUp(t, part(t, s, "a", 0))
	c, err := s.DeleteTopic("b")
	if err != nil {
		t.Fatalf("delete on a full disk: %v", err)
	}
	wait(t, c)
	refill(t, part(t, s, "a", 0))
	hasAll(t, part(t, s, "a", 0), acked)
}

// TestFullTmpfs is TestFullDisk on a real small file system, where one can be
// mounted.
func TestFullTmpfs(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 || exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).Run() != nil {
		t.Log("no tmpfs can be mounted here; TestFullDisk tells the same on a made-up disk")
		return
	}
	defer func() { _ = exec.Command("umount", "-l", dir).Run() }()
	ballast := dir + "/ballast"
	if err := os.WriteFile(ballast, make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := commitlog.Config{Dir: dir + "/d", WALBytes: 1 << 20}
	s := mustOpen(t, cfg)
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 4 << 20})
	acked := fillUp(t, part(t, s, "a", 0))
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	refill(t, part(t, s, "a", 0))
	s.Abandon()
	s = mustOpen(t, cfg)
	hasAll(t, part(t, s, "a", 0), acked)
	s.Abandon()
}

func TestSyncFails(t *testing.T) {
	errIO := errors.New("input/output error")
	tests := []struct {
		name   string
		suffix string
		spread bool // the other partition fails too
	}{
		{"write-ahead log", ".wal", true},
		{"segment", ".log", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs := crashfs.New()
			cfg := commitlog.Config{Dir: "/d", FS: fs, WALBytes: 1 << 20}
			s := mustOpen(t, cfg)
			create(t, s, "a", 2, commitlog.TopicConfig{})
			p, other := part(t, s, "a", 0), part(t, s, "a", 1)
			small, big := plain(1, 100, 0), plain(1, 300<<10, 0) // big goes to the segment directly
			add(t, p, small)
			var calls atomic.Int32
			fs.FailSync(func(name string) error {
				if strings.HasSuffix(name, tt.suffix) && (tt.spread || strings.Contains(name, "/0/")) {
					calls.Add(1)
					return errIO
				}
				return nil
			})
			a, err := p.Append(big)
			if err != nil {
				t.Fatal(err)
			}
			err = a.Commit.Wait(context.Background())
			var failed *commitlog.Failed
			if !errors.As(err, &failed) || !errors.Is(err, errIO) || !strings.Contains(err.Error(), tt.suffix) || !strings.Contains(err.Error(), "restart") {
				t.Fatalf("commit: %v", err)
			}
			fs.FailSync(nil) // a second sync would succeed, and prove nothing
			if _, err := p.Append(plain(1, 10, 0)); maru.KindOf(err) != maru.Unavailable {
				t.Fatalf("append after: %v", err)
			}
			if p.HighWatermark() != 1 || calls.Load() != 1 {
				t.Fatalf("high watermark %d, %d failed syncs", p.HighWatermark(), calls.Load())
			}
			if got, err := readAll(p, 0, 1<<20); err != nil || len(got) != 1 {
				t.Fatalf("readers: %v", err)
			}
			if _, err := other.Append(plain(1, 10, 0)); (err != nil) != tt.spread {
				t.Fatalf("other partition: %v", err)
			}
			s.Abandon()
			fs.Crash(nil)
			s = mustOpen(t, cfg)
			defer s.Abandon()
			add(t, part(t, s, "a", 0), plain(1, 10, 0))
		})
	}
}

func TestRetention(t *testing.T) {
	tests := []struct {
		name string
		conf commitlog.TopicConfig
		age  time.Duration
		from int64 // log start
	}{
		{"none", commitlog.TopicConfig{RetentionMs: -1, RetentionBytes: -1, SegmentBytes: 1000}, 1000 * time.Hour, 0},
		{"by bytes", commitlog.TopicConfig{RetentionBytes: 2000, SegmentBytes: 1000}, 0, 14},
		{"by time, all", commitlog.TopicConfig{RetentionMs: 60_000, SegmentBytes: 1000}, time.Hour, 20},
		{"by time, some", commitlog.TopicConfig{RetentionMs: 15_000, SegmentBytes: 1000}, 10 * time.Second, 14},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cl := newClock()
			cfg := commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20, Clock: cl, CheckEvery: time.Millisecond}
			s := mustOpen(t, cfg)
			create(t, s, "a", 1, tt.conf)
			p := part(t, s, "a", 0)
			for range 20 { // two a segment
				add(t, p, plain(1, 400, cl.Now().UnixMilli()))
				cl.add(time.Second)
			}
			held, err := p.Read(0, 1000, true) // an old segment, kept open
			if err != nil {
				t.Fatal(err)
			}
			cl.add(tt.age)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); _ = s.Run(ctx) }()
			until(t, "log start", func() bool { return p.LogStart() >= tt.from })
			until(t, "segments removed", func() bool { return int64(s.Stats().Segments) <= max(1, 10-tt.from/2) })
			cancel()
			<-done
			if p.LogStart() != tt.from || p.End() != 20 {
				t.Fatalf("log start %d end %d, want %d", p.LogStart(), p.End(), tt.from)
			}
			if b := content(t, held); len(b) == 0 || baseOf(b) != 0 {
				t.Fatal("a reader lost its segment")
			}
			if _, err := p.Read(tt.from-1, 10, true); err == nil {
				t.Fatal("read before the log start")
			}
			s.Abandon()
			s = open(t, cfg)
			p = part(t, s, "a", 0)
			if p.LogStart() != tt.from || p.End() != 20 {
				t.Fatalf("after a kill: log start %d end %d", p.LogStart(), p.End())
			}
			if got, err := readAll(p, tt.from, 1<<20); err != nil || len(got) != int(20-tt.from) {
				t.Fatalf("%d batches, %v", len(got), err)
			}
			if a := add(t, p, plain(1, 1, 0)); a.BaseOffset != 20 {
				t.Fatalf("goes on at %d", a.BaseOffset)
			}
		})
	}
}

func TestDeleteBefore(t *testing.T) {
	cfg := commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20}
	s := mustOpen(t, cfg)
	create(t, s, "a", 1, commitlog.TopicConfig{})
	p := part(t, s, "a", 0)
	for range 5 {
		add(t, p, plain(4, 10, 1))
	}
	var out *commitlog.OutOfRange
	if _, err := p.DeleteBefore(21); !errors.As(err, &out) {
		t.Fatalf("beyond the high watermark: %v", err)
	}
	c, err := p.DeleteBefore(6)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, c)
	for range 2 {
		if p.LogStart() != 6 {
			t.Fatalf("log start %d", p.LogStart())
		}
		if _, err := p.Read(5, 100, true); !errors.As(err, &out) {
			t.Fatalf("read before it: %v", err)
		}
		if o, _, ok, err := p.OffsetFor(0); o != 6 || !ok || err != nil {
			t.Fatalf("first record: %d %v %v", o, ok, err)
		}
		s.Abandon()
		s = mustOpen(t, cfg)
		p = part(t, s, "a", 0)
	}
	s.Abandon()
}

func TestSegmentAge(t *testing.T) {
	cl := newClock()
	s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20, Clock: cl})
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentMs: 1000})
	p := part(t, s, "a", 0)
	for range 3 {
		add(t, p, plain(1, 1, 0))
		add(t, p, plain(1, 1, 0))
		cl.add(2 * time.Second)
	}
	if n := s.Stats().Segments; n != 3 {
		t.Fatalf("%d segments", n)
	}
}
