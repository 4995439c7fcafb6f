package commitlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/broker/internal/commitlog"
	"maru/broker/internal/commitlog/crashfs"
)

var modes = []commitlog.Durability{commitlog.Fsync, commitlog.OS}

func eachMode(t *testing.T, fn func(t *testing.T, cfg commitlog.Config)) {
	for _, d := range modes {
		t.Run(string(d), func(t *testing.T) {
			fn(t, commitlog.Config{Dir: t.TempDir(), Durability: d, WALBytes: 1 << 20})
		})
	}
}

func TestAppend(t *testing.T) {
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		s := open(t, cfg)
		create(t, s, "a", 2, commitlog.TopicConfig{SegmentBytes: 100 << 10})
		p := part(t, s, "a", 1)
		var want [][]byte
		next := int64(0)
		for i := range 200 {
			b := plain(1+i%7, 10+(i*531)%3000, int64(i))
			if i%50 == 49 {
				b = plain(3, 200<<10, int64(i)) // goes to the segment directly
			}
			a := add(t, p, b)
			if a.BaseOffset != next || a.Duplicate || a.AppendTimeMs != -1 {
				t.Fatalf("append %d: %+v, want offset %d", i, a, next)
			}
			want = append(want, bytes.Clone(b))
			next = nextOf(b)
		}
		if p.HighWatermark() != next || p.End() != next || p.LogStart() != 0 {
			t.Fatalf("high watermark %d end %d start %d, want %d, %d, 0", p.HighWatermark(), p.End(), p.LogStart(), next, next)
		}
		check := func(t *testing.T, p *commitlog.Partition) {
			t.Helper()
			for _, most := range []int{1, 5000, 1 << 20} {
				got, err := readAll(p, 0, most)
				if err != nil {
					t.Fatalf("read by %d: %v", most, err)
				}
				if d := same(want, got); d != "" {
					t.Fatalf("read by %d: %s", most, d)
				}
			}
		}
		check(t, p)
		for _, how := range []string{"closed", "killed"} {
			t.Run(how, func(t *testing.T) {
				if how == "closed" {
					if err := s.Close(); err != nil {
						t.Fatalf("close: %v", err)
					}
				} else {
					s.Abandon()
				}
				var w warnings
				cfg.Warn = w.add
				s = open(t, cfg)
				check(t, part(t, s, "a", 1))
				if ws := w.take(); len(ws) > 0 {
					t.Errorf("warned of %v", ws)
				}
				b := plain(2, 100, 5)
				a := add(t, part(t, s, "a", 1), b)
				if a.BaseOffset != next {
					t.Fatalf("goes on at %d, want %d", a.BaseOffset, next)
				}
				want, next = append(want, b), nextOf(b)
				check(t, part(t, s, "a", 1))
			})
		}
	})
}

func TestReadLimits(t *testing.T) {
	s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20})
	create(t, s, "a", 1, commitlog.TopicConfig{})
	p := part(t, s, "a", 0)
	size := 0
	for i := range 10 {
		b := plain(10, 100, int64(i))
		size = len(b)
		add(t, p, b)
	}
	tests := []struct {
		name     string
		offset   int64
		max      int
		minOne   bool
		batches  int
		first    int64
		outRange bool
	}{
		{"whole batches that fit", 0, 3*size + 5, false, 3, 0, false},
		{"the batch that contains the offset", 25, size, false, 1, 20, false},
		{"one although it is too big", 30, 10, true, 1, 30, false},
		{"none when it is too big", 30, 10, false, 0, 0, false},
		{"all of it", 0, 1 << 20, false, 10, 0, false},
		{"nothing yet at the end", 100, 1 << 20, true, 0, 0, false},
		{"past the end", 101, 1, true, 0, 0, true},
		{"before the start", -1, 1, true, 0, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sl, err := p.Read(tt.offset, tt.max, tt.minOne)
			var out *commitlog.OutOfRange
			if errors.As(err, &out) != tt.outRange || (err != nil && !tt.outRange) {
				t.Fatalf("error %v", err)
			}
			b := content(t, sl)
			if len(b) != tt.batches*size {
				t.Fatalf("%d bytes, want %d batches of %d", len(b), tt.batches, size)
			}
			if len(b) > 0 && baseOf(b) != tt.first {
				t.Fatalf("begins with offset %d, want %d", baseOf(b), tt.first)
			}
		})
	}
}

func TestNotify(t *testing.T) {
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		s := open(t, cfg)
		create(t, s, "a", 1, commitlog.TopicConfig{})
		p := part(t, s, "a", 0)
		ch := make(chan struct{}, 1)
		cancel := p.Notify(ch)
		if _, err := p.Append(plain(1, 10, 0)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ch:
		case <-time.After(10 * time.Second):
			t.Fatal("not told of the high watermark")
		}
		if p.HighWatermark() != 1 {
			t.Fatalf("high watermark %d", p.HighWatermark())
		}
		cancel()
		add(t, p, plain(1, 10, 0))
		select {
		case <-ch:
			t.Fatal("told after cancel")
		default:
		}
	})
}

func TestLogAppendTime(t *testing.T) {
	cl := newClock()
	s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20, Clock: cl})
	create(t, s, "a", 1, commitlog.TopicConfig{Raw: map[string]string{"message.timestamp.type": "LogAppendTime"}})
	p := part(t, s, "a", 0)
	a := add(t, p, plain(3, 10, 42))
	now := cl.Now().UnixMilli()
	if a.AppendTimeMs != now {
		t.Fatalf("append time %d, want %d", a.AppendTimeMs, now)
	}
	sl, err := p.Read(0, 1000, true)
	if err != nil {
		t.Fatal(err)
	}
	b := content(t, sl)
	b[22] &^= 0x08 // the bit a producer may not set
	if commitlog.CheckBatches(b, 0) == nil {
		t.Fatal("the stamp is not under the checksum")
	}
	if offset, ts, ok, err := p.OffsetFor(now); offset != 0 || ts != now || !ok || err != nil {
		t.Fatalf("OffsetFor: %d %d %v %v", offset, ts, ok, err)
	}
}

func TestTopics(t *testing.T) {
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		s := open(t, cfg)
		conf := commitlog.TopicConfig{RetentionMs: 7, RetentionBytes: -1, SegmentBytes: 1000, SegmentMs: 5, MaxMessageBytes: 9, Raw: map[string]string{"k": "v"}}
		create(t, s, "b", 2, conf)
		create(t, s, "__a", 1, commitlog.TopicConfig{})
		create(t, s, "gone", 1, commitlog.TopicConfig{})
		if _, err := s.CreateTopic("b", topicID(9), 1, conf); maru.KindOf(err) != maru.Conflict {
			t.Fatalf("second create: %v", err)
		}
		add(t, part(t, s, "gone", 0), plain(1, 10, 0))
		for _, do := range []func() (*commitlog.Commit, error){
			func() (*commitlog.Commit, error) { return s.CreatePartitions("b", 4) },
			func() (*commitlog.Commit, error) { return s.DeleteTopic("gone") },
		} {
			c, err := do()
			if err != nil {
				t.Fatal(err)
			}
			wait(t, c)
		}
		if _, err := s.DeleteTopic("gone"); maru.KindOf(err) != maru.NotFound {
			t.Fatalf("second delete: %v", err)
		}
		if _, err := s.CreatePartitions("b", 3); maru.KindOf(err) != maru.Invalid {
			t.Fatalf("fewer partitions: %v", err)
		}
		create(t, s, "gone", 1, conf) // again, empty
		want := s.Topics()
		if len(want) != 3 || want[0].Name != "__a" || want[1].Partitions != 4 {
			t.Fatalf("topics %+v", want)
		}
		for i, end := range []func(){s.Abandon, func() { _ = s.Close() }} {
			end()
			s = mustOpen(t, cfg)
			if d := cmp.Diff(want, s.Topics()); d != "" {
				t.Fatalf("after end %d: %s", i, d)
			}
			if byID, ok := s.TopicByID(want[1].ID); !ok || byID.Name != "b" {
				t.Fatalf("by id: %+v", byID)
			}
			if p := part(t, s, "gone", 0); p.End() != 0 {
				t.Fatalf("deleted topic came back with %d offsets", p.End())
			}
		}
		_ = s.Close()
	})
}

func TestTable(t *testing.T) {
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		s := mustOpen(t, cfg)
		for i := range 50 {
			wait(t, s.Put(commitlog.Entry{Key: fmt.Sprintf("g/%02d", i), Value: []byte{byte(i)}}, commitlog.Entry{Key: "last", Value: []byte{byte(i)}}))
		}
		wait(t, s.Put(commitlog.Entry{Key: "g/07"}, commitlog.Entry{Key: "empty", Value: []byte{}}))
		id, err := s.NextProducerID()
		if err != nil || id != 0 {
			t.Fatalf("producer id %d, %v", id, err)
		}
		look := func() map[string]string {
			got := map[string]string{}
			s.Each("", func(k string, v []byte) bool { got[k] = string(v); return true })
			return got
		}
		want := look()
		if len(want) != 51 || want["last"] != "\x31" {
			t.Fatalf("%d keys: %q", len(want), want)
		}
		seen := id
		for _, end := range []func(){s.Abandon, func() { _ = s.Close() }} {
			end()
			s = mustOpen(t, cfg)
			if d := cmp.Diff(want, look()); d != "" {
				t.Fatal(d)
			}
			if id, err := s.NextProducerID(); err != nil || id <= seen {
				t.Fatalf("producer id %d after %d, %v", id, seen, err)
			}
		}
		_ = s.Close()
		if err := s.Put(commitlog.Entry{Key: "x", Value: []byte("y")}).Wait(context.Background()); maru.KindOf(err) != maru.Unavailable {
			t.Fatalf("put after close: %v", err)
		}
	})
}

// TestManySegments: more segments than may be open at once can still be read.
func TestManySegments(t *testing.T) {
	fs := crashfs.New()
	s := open(t, commitlog.Config{Dir: "/d", FS: fs, WALBytes: 1 << 20})
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 1000})
	p := part(t, s, "a", 0)
	var want [][]byte
	for i := range 700 {
		b := plain(1, 600, int64(i))
		a, err := p.Append(b)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, b)
		if i == 699 {
			wait(t, a.Commit)
		}
	}
	got, err := readAll(p, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if d := same(want, got); d != "" {
		t.Fatal(d)
	}
	if st := s.Stats(); st.OpenFiles > 512 || st.Segments != 700 {
		t.Fatalf("%+v", st)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, cfg := range []commitlog.Config{
		{},
		{Dir: "x", Durability: "maybe"},
		{Dir: "x", WALBytes: 1},
		{Dir: "x", SegmentBytes: 1 << 40},
		{Dir: "x", CheckEvery: -1},
	} {
		cfg.FS = crashfs.New()
		if _, err := commitlog.Open(context.Background(), cfg); maru.KindOf(err) != maru.Invalid {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
