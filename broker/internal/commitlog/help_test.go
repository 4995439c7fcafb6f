package commitlog_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
)

// spec is a batch to build.
type spec struct {
	values   [][]byte
	ts       int64
	step     int64 // between timestamps of records
	pid      int64
	epoch    int16
	seq      int32
	codec    int16
	compress func([]byte) []byte
}

// plain is a batch of n records of size bytes from no producer.
func plain(n, size int, ts int64) []byte {
	return spec{values: filled(n, size), ts: ts, pid: -1}.build()
}

func filled(n, size int) [][]byte {
	vs := make([][]byte, n)
	for i := range vs {
		vs[i] = bytes.Repeat([]byte{byte('a' + i%26)}, size)
	}
	return vs
}

// build lays out a v2 batch as a producer sends it.
func (s spec) build() []byte {
	var recs []byte
	for i, v := range s.values {
		body := []byte{0}
		body = binary.AppendVarint(body, int64(i)*s.step)
		body = binary.AppendVarint(body, int64(i))
		body = binary.AppendVarint(body, -1)
		body = binary.AppendVarint(body, int64(len(v)))
		body = append(body, v...)
		body = binary.AppendVarint(body, 0)
		recs = binary.AppendVarint(recs, int64(len(body)))
		recs = append(recs, body...)
	}
	if s.compress != nil {
		recs = s.compress(recs)
	}
	be := binary.BigEndian
	b := make([]byte, 61, 61+len(recs))
	b = append(b, recs...)
	be.PutUint32(b[8:], uint32(len(b)-12))
	be.PutUint32(b[12:], 0xffffffff)
	b[16] = 2
	be.PutUint16(b[21:], uint16(s.codec))
	be.PutUint32(b[23:], uint32(len(s.values)-1))
	be.PutUint64(b[27:], uint64(s.ts))
	be.PutUint64(b[35:], uint64(s.ts+s.step*int64(len(s.values)-1)))
	be.PutUint64(b[43:], uint64(s.pid))
	be.PutUint16(b[51:], uint16(s.epoch))
	be.PutUint32(b[53:], uint32(s.seq))
	be.PutUint32(b[57:], uint32(len(s.values)))
	be.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func baseOf(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
func sizeOf(b []byte) int   { return int(binary.BigEndian.Uint32(b[8:])) + 12 }
func nextOf(b []byte) int64 { return baseOf(b) + int64(binary.BigEndian.Uint32(b[23:])) + 1 }
func countOf(b []byte) int  { return int(binary.BigEndian.Uint32(b[57:])) }

// clock is one that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.UnixMilli(1_700_000_000_000)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// warnings collects what a store gave up.
type warnings struct {
	mu  sync.Mutex
	all []error
}

func (w *warnings) add(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, err)
}

func (w *warnings) take() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.all
	w.all = nil
	return out
}

func mustOpen(t testing.TB, cfg commitlog.Config) *commitlog.Store {
	t.Helper()
	s, err := commitlog.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

// open is mustOpen with a store that ends with the test.
func open(t testing.TB, cfg commitlog.Config) *commitlog.Store {
	t.Helper()
	s := mustOpen(t, cfg)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func wait(t testing.TB, c *commitlog.Commit) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Wait(ctx); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

var topicIDs atomic.Int32

func topicID(n int) [16]byte { return [16]byte{15: byte(n), 14: byte(n >> 8), 0: 0xee} }

func create(t testing.TB, s *commitlog.Store, name string, parts int32, c commitlog.TopicConfig) {
	t.Helper()
	done, err := s.CreateTopic(name, topicID(int(topicIDs.Add(1))), parts, c)
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	wait(t, done)
}

func part(t testing.TB, s *commitlog.Store, topic string, n int32) *commitlog.Partition {
	t.Helper()
	p, ok := s.Partition(topic, n)
	if !ok {
		t.Fatalf("no partition %s-%d", topic, n)
	}
	return p
}

// add appends and waits until it is durable.
func add(t testing.TB, p *commitlog.Partition, b []byte) commitlog.Appended {
	t.Helper()
	a, err := p.Append(b)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	wait(t, a.Commit)
	return a
}

// content reads a slice's bytes and releases it.
func content(t testing.TB, s commitlog.Slice) []byte {
	t.Helper()
	defer s.Release()
	if s.File == nil {
		return s.Bytes
	}
	b := make([]byte, s.Len)
	if _, err := s.File.ReadAt(b, s.Pos); err != nil {
		t.Fatalf("read slice: %v", err)
	}
	return b
}

// readAll consumes p from offset as a consumer does, a batch or more at a time.
func readAll(p *commitlog.Partition, offset int64, maxBytes int) ([][]byte, error) {
	var out [][]byte
	for offset < p.HighWatermark() {
		s, err := p.Read(offset, maxBytes, true)
		if err != nil {
			return out, err
		}
		b := bytes.Clone(s.Bytes)
		if s.File != nil {
			b = make([]byte, s.Len)
			if _, err := s.File.ReadAt(b, s.Pos); err != nil {
				s.Release()
				return out, err
			}
		}
		s.Release()
		if len(b) == 0 {
			return out, fmt.Errorf("nothing at offset %d below the high watermark %d", offset, p.HighWatermark())
		}
		for len(b) > 0 {
			if len(b) < 61 || sizeOf(b) > len(b) {
				return out, fmt.Errorf("cut batch at offset %d", offset)
			}
			one := b[:sizeOf(b)]
			if baseOf(one) > offset || nextOf(one) <= offset {
				return out, fmt.Errorf("asked for offset %d, got batch of %d to %d", offset, baseOf(one), nextOf(one)-1)
			}
			out = append(out, one)
			offset, b = nextOf(one), b[len(one):]
		}
	}
	return out, nil
}

// same says where two runs of batches differ; empty when nowhere.
func same(want, got [][]byte) string {
	for i := range min(len(want), len(got)) {
		if !bytes.Equal(want[i], got[i]) {
			return fmt.Sprintf("batch %d: want %d bytes at offset %d, got %d bytes at offset %d", i, len(want[i]), baseOf(want[i]), len(got[i]), baseOf(got[i]))
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("want %d batches, got %d", len(want), len(got))
	}
	return ""
}

func refusal(t testing.TB, err error) commitlog.Refusal {
	t.Helper()
	var r *commitlog.Refused
	if !errors.As(err, &r) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return r.Refusal
}

// flipOnDisk turns over one bit of a real file.
func flipOnDisk(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b := []byte{0}
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}
