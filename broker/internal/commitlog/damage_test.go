package commitlog_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"maru"
	"maru/broker/internal/commitlog"
	"maru/broker/internal/commitlog/crashfs"
)

// TestFlippedBit: whichever bit of a segment turns over, readers get every
// other batch, whole, and step over the damaged one.
func TestFlippedBit(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewSource(seed))
	for _, mode := range modes {
		for _, how := range []string{"closed", "killed", "no index"} {
			t.Run(fmt.Sprintf("%s/%s", mode, how), func(t *testing.T) {
				for range 60 {
					flipOne(t, rng, mode, how)
				}
			})
		}
	}
}

func flipOne(t *testing.T, rng *rand.Rand, mode commitlog.Durability, how string) {
	t.Helper()
	fs := crashfs.New()
	var w warnings
	cfg := commitlog.Config{Dir: "/d", FS: fs, Durability: mode, WALBytes: 1 << 20, Warn: w.add}
	s := mustOpen(t, cfg)
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 20_000})
	var want [][]byte
	for i := range 40 {
		b := plain(1+rng.Intn(5), rng.Intn(700), int64(i))
		add(t, part(t, s, "a", 0), b)
		want = append(want, b)
	}
	if how == "killed" {
		if err := s.Checkpoint(); err != nil {
			t.Fatal(err)
		}
		s.Abandon()
	} else if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if how == "no index" {
		for _, name := range fs.Glob("/d", ".idx") {
			_ = fs.Remove(name)
		}
	}
	files := fs.Glob("/d/topics", ".log")
	name := files[rng.Intn(len(files))]
	at := rng.Int63n(fs.Size(name))
	fs.Flip(name, at, uint(rng.Intn(8)))

	s = mustOpen(t, cfg)
	defer s.Abandon()
	p := part(t, s, "a", 0)
	if want := nextOf(want[len(want)-1]); p.End() != want {
		t.Fatalf("%s byte %d: end %d, want %d (%v)", name, at, p.End(), want, w.take())
	}
	got, err := readAll(p, 0, 1+rng.Intn(30_000))
	if err != nil {
		t.Fatalf("%s byte %d: %v", name, at, err)
	}
	lost := 0
	for _, b := range want {
		if !containsBatch(got, b) {
			lost++
		}
	}
	// A flipped length or last offset may drag the batch before it along.
	if lost != 1 {
		t.Fatalf("%s byte %d: %d batches lost", name, at, lost)
	}
	ws := w.take()
	if len(ws) != 1 || maru.KindOf(ws[0]) != maru.Corrupt || !strings.Contains(ws[0].Error(), name) {
		t.Fatalf("%s byte %d: warned of %v", name, at, ws)
	}
	if _, err := readAll(p, 0, 1<<20); err != nil || len(w.take()) > 0 {
		t.Fatalf("second read: %v, or warned again", err)
	}
	if st := s.Stats(); st.Damaged != 1 {
		t.Fatalf("%+v", st)
	}
}

func containsBatch(all [][]byte, b []byte) bool {
	for _, x := range all {
		if bytes.Equal(x, b) {
			return true
		}
	}
	return false
}

// TestFlippedLog: a bit of the write-ahead log costs nothing while the
// segments have their copy.
func TestFlippedLog(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewSource(seed))
	for range 100 {
		fs := crashfs.New()
		cfg := commitlog.Config{Dir: "/d", FS: fs, WALBytes: 1 << 20}
		s := mustOpen(t, cfg)
		create(t, s, "a", 1, commitlog.TopicConfig{})
		if err := s.Checkpoint(); err != nil { // the topic is safe
			t.Fatal(err)
		}
		var want [][]byte
		for i := range 20 {
			b := plain(2, rng.Intn(500), int64(i))
			add(t, part(t, s, "a", 0), b)
			want = append(want, b)
		}
		s.Abandon()
		wal := fs.Glob("/d/wal", ".wal")[0]
		fs.Flip(wal, rng.Int63n(20_000), uint(rng.Intn(8)))
		s = mustOpen(t, cfg)
		got, err := readAll(part(t, s, "a", 0), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if d := same(want, got); d != "" {
			t.Fatal(d)
		}
		s.Abandon()
	}
}

func TestFlippedCheckpoint(t *testing.T) {
	fs := crashfs.New()
	var w warnings
	cfg := commitlog.Config{Dir: "/d", FS: fs, WALBytes: 1 << 20, Warn: w.add}
	s := mustOpen(t, cfg)
	create(t, s, "a", 1, commitlog.TopicConfig{})
	add(t, part(t, s, "a", 0), plain(1, 10, 0))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for at := range fs.Size("/d/checkpoint") {
		fs.Flip("/d/checkpoint", at, uint(at%8))
		s := mustOpen(t, cfg)
		if p := part(t, s, "a", 0); p.End() != 1 {
			t.Fatalf("byte %d: end %d", at, p.End())
		}
		s.Abandon()
		fs.Flip("/d/checkpoint", at, uint(at%8))
	}
	fs.Flip("/d/checkpoint", 40, 0)
	fs.Flip("/d/checkpoint.copy", 40, 0)
	if _, err := commitlog.Open(context.Background(), cfg); maru.KindOf(err) != maru.Corrupt {
		t.Fatalf("with both copies damaged: %v", err)
	}
}

func TestMissingSegment(t *testing.T) {
	for _, mode := range modes {
		for which := range 4 {
			t.Run(fmt.Sprintf("%s/%d", mode, which), func(t *testing.T) { missOne(t, mode, which) })
		}
	}
}

func missOne(t *testing.T, mode commitlog.Durability, which int) {
	fs := crashfs.New()
	var w warnings
	cfg := commitlog.Config{Dir: "/d", FS: fs, Durability: mode, WALBytes: 1 << 20, Warn: w.add}
	want := 6
	if which == 3 && mode == commitlog.Fsync {
		want = 8 // the write-ahead log still has it
	}
	s := mustOpen(t, cfg)
	create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 1000})
	for i := range 8 {
		add(t, part(t, s, "a", 0), plain(1, 400, int64(i)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files := fs.Glob("/d/topics", ".log")
	if len(files) != 4 {
		t.Fatalf("%d segments", len(files))
	}
	_ = fs.Remove(files[which])
	w.take()
	s = mustOpen(t, cfg)
	p := part(t, s, "a", 0)
	got, err := readAll(p, p.LogStart(), 1<<20)
	if err != nil {
		t.Fatalf("without segment %d: %v", which, err)
	}
	records := 0
	for _, b := range got {
		records += countOf(b)
	}
	if records != want || len(w.take()) == 0 || p.End() != 8 {
		t.Fatalf("without segment %d: %d records, end %d", which, records, p.End())
	}
	if a := add(t, p, plain(1, 10, 0)); a.BaseOffset != 8 {
		t.Fatalf("goes on at %d", a.BaseOffset)
	}
	s.Abandon()
}
