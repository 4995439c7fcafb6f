package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"maru"
	"maru/kafka"
)

// memory is a log in memory that keeps a writer's promises: batches of a
// target land in order, each with its position, and a writer that dies loses
// those that have not landed.
type memory struct {
	mu    sync.Mutex
	parts map[string]int32
	rows  map[kafka.Target][]row
	place map[string][]byte // writer and target → position
	live  map[string]*memWriter
	delay func() time.Duration // before a batch lands; nil is none
	fail  func() error         // instead of landing; nil never fails
	empty bool                 // forget the rows
}

type row struct {
	key, value string
	headers    map[string]string
	at         time.Time
}

func newMemory() *memory {
	return &memory{parts: map[string]int32{}, rows: map[kafka.Target][]row{}, place: map[string][]byte{}, live: map[string]*memWriter{}}
}

func (m *memory) EnsureTopic(_ context.Context, name string, n int32, _ map[string]string) (int32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts[name] = max(m.parts[name], n)
	return m.parts[name], nil
}

func (m *memory) OpenWriter(_ context.Context, id string, targets []kafka.Target) (Writer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live[id] != nil {
		return nil, maru.Errorf(maru.Conflict, "writer %s is open", id)
	}
	w := &memWriter{m: m, id: id, targets: targets, stop: make(chan struct{})}
	for range targets {
		ch := make(chan job, 64)
		w.jobs = append(w.jobs, ch)
		w.wg.Add(1)
		go w.land(ch)
	}
	m.live[id] = w
	return w, nil
}

type job struct {
	target int
	b      *kafka.Builder
	pos    []byte
	done   chan error
}

type memWriter struct {
	m       *memory
	id      string
	targets []kafka.Target
	jobs    []chan job
	stop    chan struct{}
	wg      sync.WaitGroup
	once    sync.Once
}

func (w *memWriter) key(i int) string { return fmt.Sprint(w.id, w.targets[i]) }

func (w *memWriter) Landed(i int) ([]byte, bool) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	p, ok := w.m.place[w.key(i)]
	return p, ok
}

func (w *memWriter) Mark(_ context.Context, i int, pos []byte) error {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.m.place[w.key(i)] = pos
	return nil
}

func (w *memWriter) Send(_ context.Context, i int, b *kafka.Builder, pos []byte) <-chan error {
	done := make(chan error, 1)
	w.jobs[i] <- job{i, b, pos, done}
	return done
}

func (w *memWriter) land(jobs chan job) {
	defer w.wg.Done()
	var failed error
	for {
		select {
		case <-w.stop:
			return
		case j := <-jobs:
			if failed == nil {
				failed = w.one(j)
			}
			j.done <- failed
		}
	}
}

func (w *memWriter) one(j job) error {
	if w.m.delay != nil {
		select {
		case <-time.After(w.m.delay()):
		case <-w.stop:
			return errors.New("closed")
		}
	}
	if w.m.fail != nil {
		if err := w.m.fail(); err != nil {
			return err
		}
	}
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	if !w.m.empty {
		raw, err := j.b.AppendBatch(nil)
		if err != nil {
			return err
		}
		if len(raw) > 1048588 {
			return maru.Errorf(maru.TooLarge, "a batch of %d bytes", len(raw))
		}
		it := kafka.NewIter(raw, 0)
		var r kafka.Record
		for it.Next(&r) {
			v := row{key: string(r.Key), value: string(r.Value), headers: map[string]string{}, at: time.UnixMilli(r.TimestampMs)}
			r.EachHeader(func(k string, b []byte) bool { v.headers[k] = string(b); return true })
			w.m.rows[w.targets[j.target]] = append(w.m.rows[w.targets[j.target]], v)
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	w.m.place[w.key(j.target)] = bytes.Clone(j.pos)
	return nil
}

func (w *memWriter) Close(context.Context) error {
	w.kill()
	return nil
}

func (w *memWriter) kill() {
	w.once.Do(func() {
		close(w.stop)
		w.wg.Wait()
		w.m.mu.Lock()
		defer w.m.mu.Unlock()
		delete(w.m.live, w.id)
	})
}

func (m *memory) values(topic string) (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.parts[topic] {
		for _, r := range m.rows[kafka.Target{Topic: topic, Partition: p}] {
			out = append(out, r.value)
		}
	}
	return out
}

func (m *memory) count(topic string) int { return len(m.values(topic)) }

// lines undoes format raw.
func (m *memory) lines(topic string) (out []string) {
	for _, v := range m.values(topic) {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(v, `{"line":"`), `"}`))
	}
	return out
}

// bench is one collector in a test.
type rig struct {
	t      *testing.T
	dir    string
	m      *memory
	cfg    Config
	c      *Collector
	cancel context.CancelFunc
	done   chan error
	crash  func(string)
}

func newRig(t *testing.T, files ...string) *rig {
	r := &rig{t: t, dir: t.TempDir(), m: newMemory()}
	r.cfg = Config{Topic: "t", Format: "raw", Follow: true, Poll: 10 * time.Millisecond, RotateWait: 30 * time.Millisecond, Linger: time.Millisecond,
		FlushPeriod: 100 * time.Millisecond, Multiline: Multiline{Timeout: 100 * time.Millisecond}}
	for _, f := range files {
		r.cfg.Files = append(r.cfg.Files, filepath.Join(r.dir, f))
	}
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) do(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) start() {
	r.t.Helper()
	c, err := Open(context.Background(), r.cfg, Needs{Sink: r.m, CrashPoint: r.crash, Logger: quiet})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.c, r.cancel, r.done = c, cancel, make(chan error, 1)
	go func() { r.done <- c.Run(ctx) }()
	r.t.Cleanup(cancel)
}

func (r *rig) stop() error {
	r.t.Helper()
	r.cancel()
	return r.join()
}

func (r *rig) join() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.do(r.c.Close())
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatal("Run did not return")
		return nil
	}
}

// once reads all files to their ends.
func (r *rig) once() Status {
	r.t.Helper()
	r.cfg.Follow = false
	r.start()
	if err := r.join(); err != nil {
		r.t.Fatal(err)
	}
	return r.c.Status()
}

// until polls until ok says so.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if ok() {
			return
		}
		<-time.After(2 * time.Millisecond)
	}
	r.t.Fatalf("waited for %s; rows %.300q rejected %.300q status %+v", what, r.m.lines("t"), r.m.values("t_rejected"), r.c.Status())
}

// expect waits for exactly these lines in this order.
func (r *rig) expect(want ...string) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); r.m.count("t") < len(want) && time.Now().Before(deadline); {
		<-time.After(2 * time.Millisecond)
	}
	got := r.m.lines("t")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			r.t.Fatalf("line %d of %d, %d wanted: got %.60q, want %.60q; before it %.60q; status %+v", i, len(got), len(want),
				got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))], got[max(0, min(i, len(got))-2):min(i, len(got))], r.c.Status())
		}
	}
}

func numbered(prefix string, from, to int) (lines []string, text string) {
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Sprintf("%s-%06d", prefix, i))
	}
	return lines, strings.Join(lines, "\n") + "\n"
}

func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("MARU_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("MARU_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}
