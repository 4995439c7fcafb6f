package commitlog_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
	"maru/broker/internal/commitlog/crashfs"
)

// model is what must be there after a crash, and what may be.
type model struct {
	rng    *rand.Rand
	fs     *crashfs.FS
	mode   commitlog.Durability
	flush  bool // every topic has flush.messages=1, and nothing is put
	clock  *clock
	store  *commitlog.Store
	stop   context.CancelFunc
	warned warnings

	logs    map[string][]appended // by partition, in order
	durable map[string]int        // of logs: how many committed
	table   map[string][]put      // by key, in order
	topics  map[string]int32
	n       int
}

type appended struct {
	bytes  []byte
	commit *commitlog.Commit
}

type put struct {
	value  []byte
	commit *commitlog.Commit
}

// TestCrash appends, puts and crashes at random. What a Commit has promised
// is there, byte for byte and in order; nothing else than what was appended
// is. MARU_CRASH_SEED repeats one run, MARU_CRASH_RUNS makes more of them.
func TestCrash(t *testing.T) {
	runs, first := 12, time.Now().UnixNano()
	if v, err := strconv.Atoi(os.Getenv("MARU_CRASH_RUNS")); err == nil {
		runs = v
	}
	if v, err := strconv.ParseInt(os.Getenv("MARU_CRASH_SEED"), 10, 64); err == nil {
		runs, first = 1, v
	}
	for i := range runs {
		seed := first + int64(i)
		kind := seed % 3
		if kind == 2 {
			t.Run(fmt.Sprintf("os with flush/seed=%d", seed), func(t *testing.T) { crashRun(t, seed, commitlog.OS, true) })
			continue
		}
		t.Run(fmt.Sprintf("%s/seed=%d", modes[kind], seed), func(t *testing.T) { crashRun(t, seed, modes[kind], false) })
	}
}

func crashRun(t *testing.T, seed int64, mode commitlog.Durability, flush bool) {
	rng := rand.New(rand.NewSource(seed))
	m := &model{
		rng: rng, fs: crashfs.New(), mode: mode, flush: flush, clock: newClock(),
		logs: map[string][]appended{}, durable: map[string]int{}, table: map[string][]put{}, topics: map[string]int32{},
	}
	m.start(t)
	for range 8 {
		for range 20 + rng.Intn(150) {
			m.step(t)
		}
		m.crash(t)
		m.check(t)
	}
	m.stop()
	if err := m.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	m.fs.Kill()
	m.start(t)
	m.check(t)
	m.stop()
	m.store.Abandon()
}

func (m *model) start(t *testing.T) {
	t.Helper()
	m.store = mustOpen(t, commitlog.Config{
		Dir: "/data", FS: m.fs, Durability: m.mode, WALBytes: 64 << 10, Clock: m.clock,
		Warn: m.warned.add, CheckEvery: time.Millisecond,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.store.Run(ctx) }()
	m.stop = func() { cancel(); <-done }
}

func (m *model) step(t *testing.T) {
	t.Helper()
	switch r := m.rng.Intn(100); {
	case len(m.topics) == 0 || r == 0:
		m.create(t)
	case r < 70 || r < 85 && m.flush:
		m.append(t)
	case r < 85:
		key := fmt.Sprintf("k%d", m.rng.Intn(10))
		v := []byte(fmt.Sprintf("v%d", m.n))
		m.n++
		m.table[key] = append(m.table[key], put{v, m.store.Put(commitlog.Entry{Key: key, Value: v}, commitlog.Entry{Key: key + "'", Value: v})})
	case r < 95: // wait for something, so that more than the last group is promised
		for _, l := range m.logs {
			if len(l) > 0 {
				wait(t, l[len(l)-1].commit)
				break
			}
		}
	case r < 97:
		m.clock.add(40 * time.Second)
	default:
		if err := m.store.Checkpoint(); err != nil {
			t.Fatalf("checkpoint: %v", err)
		}
	}
}

func (m *model) create(t *testing.T) {
	t.Helper()
	name := fmt.Sprintf("t%d", len(m.topics))
	n := int32(1 + m.rng.Intn(3))
	c := commitlog.TopicConfig{SegmentBytes: 10_000 + m.rng.Int63n(60_000)}
	if m.flush {
		c.FlushMessages = 1
	}
	create(t, m.store, name, n, c)
	m.topics[name] = n
}

func (m *model) append(t *testing.T) {
	t.Helper()
	names := make([]string, 0, len(m.topics))
	for name := range m.topics {
		names = append(names, name)
	}
	slices.Sort(names)
	name := names[m.rng.Intn(len(names))]
	n := m.rng.Int31n(m.topics[name])
	size := 1 + m.rng.Intn(900)
	if m.rng.Intn(10) == 0 {
		size = 5000 + m.rng.Intn(9000) // beyond an eighth of the log: synced directly
	}
	value := make([]byte, size)
	m.rng.Read(value)
	m.n++
	b := spec{values: [][]byte{value, []byte(strconv.Itoa(m.n))}, ts: int64(m.n), pid: -1}.build()
	a, err := part(t, m.store, name, n).Append(b)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	key := fmt.Sprintf("%s/%d", name, n)
	if want := 2 * int64(len(m.logs[key])); a.BaseOffset != want {
		t.Fatalf("append to %s got offset %d, want %d", key, a.BaseOffset, want)
	}
	m.logs[key] = append(m.logs[key], appended{bytes.Clone(b), a.Commit})
}

// crash ends the process or the power, and notes what had been promised.
func (m *model) crash(t *testing.T) {
	t.Helper()
	if m.rng.Intn(4) > 0 { // else whatever is on its way is cut in the middle
		m.stop()
	}
	for key, l := range m.logs {
		for i := m.durable[key]; i < len(l); i++ {
			if !finished(l[i].commit) {
				break
			}
			m.durable[key] = i + 1
		}
	}
	for key, ps := range m.table {
		for i := len(ps) - 1; i >= 0; i-- {
			if finished(ps[i].commit) {
				m.table[key] = ps[i:]
				break
			}
		}
	}
	if (m.mode == commitlog.Fsync || m.flush) && m.rng.Intn(3) > 0 {
		var rng *rand.Rand
		if m.rng.Intn(3) > 0 {
			rng = m.rng
		}
		m.fs.Crash(rng)
	} else {
		m.fs.Kill()
	}
	m.stop()
	m.store.Abandon()
	m.start(t)
}

// finished says whether a promise has been kept already.
func finished(c *commitlog.Commit) bool {
	if c == nil {
		return true
	}
	select {
	case <-c.Done():
		return c.Wait(context.Background()) == nil
	default:
		return false
	}
}

func (m *model) check(t *testing.T) {
	t.Helper()
	for name, n := range m.topics {
		for i := range n {
			m.checkLog(t, name, i)
		}
	}
	for key, ps := range m.table {
		v, ok := m.store.Get(key)
		twin, _ := m.store.Get(key + "'")
		if !bytes.Equal(v, twin) {
			t.Fatalf("half a put: %s is %q, %s' is %q", key, v, key, twin)
		}
		at := slices.IndexFunc(ps, func(p put) bool { return bytes.Equal(p.value, v) })
		if at < 0 && (ok || finished(ps[0].commit)) {
			t.Fatalf("key %s is %q, want one of %d values from %q on", key, v, len(ps), ps[0].value)
		}
		if at < 0 {
			delete(m.table, key)
			continue
		}
		wait(t, m.store.Put(commitlog.Entry{Key: "touch", Value: v}))
		m.table[key] = []put{{v, m.store.Put(commitlog.Entry{Key: key, Value: v}, commitlog.Entry{Key: key + "'", Value: v})}}
	}
	for _, err := range m.warned.take() {
		t.Logf("warned: %v", err)
	}
}

func (m *model) checkLog(t *testing.T, name string, n int32) {
	t.Helper()
	key := fmt.Sprintf("%s/%d", name, n)
	p := part(t, m.store, name, n)
	got, err := readAll(p, 0, 1+m.rng.Intn(50_000))
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	want := m.logs[key]
	if len(got) < m.durable[key] {
		t.Fatalf("%s: %d batches were promised, %d are there", key, m.durable[key], len(got))
	}
	if len(got) > len(want) {
		t.Fatalf("%s: %d batches were appended, %d are there", key, len(want), len(got))
	}
	for i, b := range got {
		if !bytes.Equal(b, want[i].bytes) {
			t.Fatalf("%s: batch %d (offset %d, %d records) is not what was appended; %d were promised", key, i, baseOf(b), countOf(b), m.durable[key])
		}
	}
	if p.End() != 2*int64(len(got)) || p.HighWatermark() != p.End() {
		t.Fatalf("%s: %d batches, end %d, high watermark %d", key, len(got), p.End(), p.HighWatermark())
	}
	m.logs[key] = want[:len(got)]
	for i := range got {
		m.logs[key][i].commit = nil // kept: what an earlier process said of it is past
	}
	m.durable[key] = len(got)
}
