package kafka

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"encoding/binary"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"maru/broker/internal/commitlog"
	"maru/broker/internal/group"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer is a server over an empty store, without a listener.
func newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	store, err := commitlog.Open(context.Background(), commitlog.Config{Dir: t.TempDir(), Durability: commitlog.OS})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := group.Open(group.Config{}, store)
	if err != nil {
		t.Fatal(err)
	}
	cfg.AutoCreate, cfg.Log = true, slog.New(slog.DiscardHandler)
	s, err := New(cfg, store, groups)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// batch is a record batch of one record of n bytes.
func batch(n int) []byte {
	rec := kmsg.NewRecord()
	rec.Value = bytes.Repeat([]byte{'v'}, n)
	rec.Length = int32(len(rec.AppendTo(nil)) - 1)
	body := rec.AppendTo(nil)
	// The length of the length is part of what AppendTo wrote.
	_, k := binary.Varint(body)
	rec.Length = int32(len(body) - k)
	for len(rec.AppendTo(nil))-varintLen(rec.Length) != int(rec.Length) {
		rec.Length--
	}
	b := kmsg.NewRecordBatch()
	b.Magic, b.PartitionLeaderEpoch, b.NumRecords, b.Records = 2, -1, 1, rec.AppendTo(nil)
	b.ProducerID, b.ProducerEpoch, b.FirstSequence = -1, -1, -1
	b.Length = int32(49 + len(b.Records))
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

func varintLen(n int32) int { return len(binary.AppendVarint(nil, int64(n))) }

// pipe is a loopback connection whose server side is handed to a conn.
func pipe(t testing.TB, s *Server) (*conn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), nc.Close() })
	return newConn(s, nc), client
}

func readFrame(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var n int32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// What we write by hand is what kmsg reads, in every version, whether a
// partition's bytes are small (pread) or large (sendfile).
func TestFetchIsEncodedAsKmsgDoes(t *testing.T) {
	s := newServer(t, Config{})
	small, large := batch(100), batch(200_000)
	ids := map[string][16]byte{}
	for name, b := range map[string][]byte{"small": small, "large": large, "none": nil} {
		id, commit, err := s.makeTopic(name, 1, s.topicConfig(nil))
		if err := errors.Join(err, commit.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		ids[name] = id
		if p, _ := s.store.Partition(name, 0); b != nil {
			a, err := p.Append(slices.Clone(b))
			if err := errors.Join(err, a.Commit.Wait(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, client := pipe(t, s)
	for v := fetchAPI.min; v <= fetchAPI.max; v++ {
		req := kmsg.NewPtrFetchRequest()
		req.Version, req.MaxBytes = v, 1<<20
		for _, name := range []string{"small", "large", "none", "large", "small"} {
			rt := kmsg.NewFetchRequestTopic()
			rt.Topic, rt.TopicID = name, ids[name]
			p, q := kmsg.NewFetchRequestTopicPartition(), kmsg.NewFetchRequestTopicPartition()
			p.PartitionMaxBytes, q.Partition = 1<<20, 9
			rt.Partitions = append(rt.Partitions, p, q)
			req.Topics = append(req.Topics, rt)
		}
		k := &call{c: c, s: s, api: s.apis[fetchAPI.key], version: v, correlation: 5, req: req}
		sent := make(chan error, 1)
		go func() { sent <- s.finish(t.Context(), t.Context(), k) }()
		b := readFrame(t, client)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		got := kmsg.NewPtrFetchResponse()
		got.Version = v
		body := b[4:]
		if got.IsFlexible() {
			body = body[1:]
		}
		if err := got.ReadFrom(body); err != nil {
			t.Fatalf("version %d: %v", v, err)
		}
		if again := got.AppendTo(nil); !bytes.Equal(again, body) {
			t.Errorf("version %d: kmsg writes %d bytes, we wrote %d", v, len(again), len(body))
		}
		for i, want := range [][]byte{small, large, nil, large, small} {
			ps := got.Topics[i].Partitions
			if len(ps) != 2 || ps[1].ErrorCode == 0 || ps[0].ErrorCode != 0 || !sameBatch(want, ps[0].RecordBatches) {
				t.Errorf("version %d topic %d: %d partitions, code %d, %d bytes, want %d", v, i, len(ps), ps[0].ErrorCode, len(ps[0].RecordBatches), len(want))
			}
			if want != nil && (ps[0].HighWatermark != 1 || v >= 5 && ps[0].LogStartOffset != 0) {
				t.Errorf("version %d topic %d: high watermark %d, start %d", v, i, ps[0].HighWatermark, ps[0].LogStartOffset)
			}
		}
	}
}

// sameBatch compares all but the leader epoch, which the log sets.
func sameBatch(want, got []byte) bool {
	if len(want) != len(got) || len(want) == 0 {
		return len(want) == len(got)
	}
	return bytes.Equal(want[:12], got[:12]) && bytes.Equal(want[16:], got[16:])
}

// onlyConn hides what a TCPConn can do, so that the portable way is taken.
type onlyConn struct{ net.Conn }

func TestSliceIsSentWholly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	content := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"sendfile": func(c net.Conn) net.Conn { return c },
		"portable": func(c net.Conn) net.Conn { return onlyConn{c} },
	} {
		t.Run(name, func(t *testing.T) {
			c, client := pipe(t, newServer(t, Config{}))
			w := &writer{nc: wrap(c.nc), sent: new(atomic.Uint64), limit: time.Minute}
			released := 0
			b := w.begin(1, false)
			for _, cut := range [][2]int{{16, 4_000_000}, {0, 100_000}} {
				w.parts = append(w.parts, part{at: len(b), slice: commitlog.Slice{File: f, Pos: int64(cut[0]), Len: cut[1], Release: func() { released++ }}})
				b = append(b, "between"...)
			}
			done := make(chan error, 1)
			go func() { done <- w.end(b) }()
			got := readFrame(t, client)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			want := slices.Concat([]byte{0, 0, 0, 1}, content[16:4_000_016], []byte("between"), content[:100_000], []byte("between"))
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes came, want %d", len(got), len(want))
			}
			if released != 2 || w.sent.Load() != uint64(len(want)+4) {
				t.Errorf("%d slices given back, %d bytes counted", released, w.sent.Load())
			}
			w.parts = []part{{at: 4, slice: commitlog.Slice{File: f, Pos: int64(len(content)) - 10, Len: 100_000}}}
			go func() { _, _ = io.Copy(io.Discard, client) }()
			if err := w.end(w.begin(1, false)); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("a file that is too short: %v", err)
			}
		})
	}
}

func TestSlowReaderIsLetGo(t *testing.T) {
	s := newServer(t, Config{WriteTimeout: 100 * time.Millisecond})
	c, _ := pipe(t, s) // its client never reads
	done := make(chan error, 1)
	go func() {
		b := c.out.begin(1, false)
		done <- c.out.end(append(b, make([]byte, 64<<20)...))
	}()
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the writer waits for a client that never reads")
	}
}

func TestFrameRead(t *testing.T) {
	var p framePool
	for _, n := range []int{0, 1, 1023, 1024, 1025, 1 << 20, 1<<20 + 1, 5<<20 + 3} {
		want := bytes.Repeat([]byte{byte(n)}, n)
		got, err := p.read(bytes.NewReader(want), n)
		if err != nil || !bytes.Equal(want, got) {
			t.Errorf("%d bytes: %d came, %v", n, len(got), err)
		}
		p.give(got)
	}
	// A length of 100 MB behind which nothing comes costs one small buffer.
	got, err := p.read(bytes.NewReader(make([]byte, 100)), 100<<20)
	if !errors.Is(err, io.ErrUnexpectedEOF) || cap(got) > 1<<20 {
		t.Errorf("%v, %d bytes held", err, cap(got))
	}
}

func TestAddress(t *testing.T) {
	s := newServer(t, Config{})
	c, _ := pipe(t, s)
	host, port := s.address(c)
	if d := cmp.Diff(c.nc.LocalAddr().(*net.TCPAddr).Port, int(port)); host != "127.0.0.1" || d != "" {
		t.Errorf("%s:%d", host, port)
	}
}
