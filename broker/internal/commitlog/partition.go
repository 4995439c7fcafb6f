package commitlog

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"maru"
	"maru/run"
)

// mark is how far readers see: up to offset next, which is at pos of a segment.
type mark struct {
	next  int64
	pos   int64
	maxTs int64 // of the segment, up to pos
	bytes int64 // of the append that led here
}

// Partition is one log of batches.
type Partition struct {
	s     *Store
	topic string
	id    [16]byte
	n     int32
	dir   string
	conf  atomic.Pointer[TopicConfig]

	// mu makes appends take turns. It guards what follows; the wal's mu and
	// view may be taken inside it.
	mu        sync.Mutex
	producers producers
	gathered  *group  // that holds the last append
	commit    *Commit // of it
	flushed   int64   // under Durability OS: a sync has been asked for up to here,
	flushedMs int64   // the last one then
	failed    error   // final
	deleted   bool
	made      bool      // its directory
	saved     []byte    // its part of the last checkpoint
	savedFrom uint64    // and the write-ahead file that goes on from there
	back      *recovery // until Open ends

	// view guards what readers see; nothing is locked inside it.
	view sync.RWMutex
	segs []*segment // never empty; the last one is appended to
	hwIn *segment   // where the high watermark lies
	hw   mark
	subs map[int]chan<- struct{}
	sub  int

	start, end, high atomic.Int64 // what the accessors give
	clean            atomic.Int64 // segments before this offset are synced
	stopped          atomic.Bool  // failed or deleted: the high watermark stays
}

// newPartition is an empty one, with its first segment yet to be made.
func (s *Store) newPartition(t Topic, n int32) *Partition {
	p := &Partition{
		s: s, topic: t.Name, id: t.ID, n: n, producers: producers{},
		dir: filepath.Join(s.topicDir(t.Name, t.ID), fmt.Sprint(n)),
	}
	p.reset(0)
	return p
}

// reset makes the log empty, to go on at offset.
func (p *Partition) reset(offset int64) {
	g := newSegment(p.dir, offset, &p.view)
	p.segs, p.hwIn, p.hw = []*segment{g}, g, mark{next: offset, maxTs: -1}
	p.start.Store(offset)
	p.end.Store(offset)
	p.high.Store(offset)
}

func (p *Partition) name() string { return fmt.Sprintf("%s-%d", p.topic, p.n) }

func (p *Partition) active() *segment { return p.segs[len(p.segs)-1] }

// LogStart is the first offset that can be read.
func (p *Partition) LogStart() int64 { return p.start.Load() }

// HighWatermark is the offset after the last one that can be read.
func (p *Partition) HighWatermark() int64 { return p.high.Load() }

// End is the offset that the next batch gets.
func (p *Partition) End() int64 { return p.end.Load() }

// Size is the bytes of all segments.
func (p *Partition) Size() int64 {
	p.view.RLock()
	defer p.view.RUnlock()
	n := int64(0)
	for _, g := range p.segs {
		n += g.size
	}
	return n
}

func (p *Partition) addTo(st *Stats) {
	p.mu.Lock()
	if p.failed != nil {
		st.Failed++
	}
	p.mu.Unlock()
	p.view.RLock()
	defer p.view.RUnlock()
	st.Segments += len(p.segs)
	for _, g := range p.segs {
		st.Bytes += g.size
		st.Damaged += len(g.holes)
	}
}

// Append takes one or more whole batches, already passed by CheckBatches, and
// gives them their offsets. The bytes are patched in place and not kept. On an
// error nothing was appended: *Refused, *Failed, or a maru.Error, OutOfSpace
// among them. A batch of an idempotent producer comes alone.
func (p *Partition) Append(batches []byte) (Appended, error) {
	held, direct := int64(0), false
	if p.s.wal.sync {
		direct = int64(len(batches)) >= p.s.wal.direct
		held = int64(frameSize(placeBytes + len(batches)))
		if direct {
			held = int64(frameSize(placeBytes))
		}
		if err := p.s.wal.reserve(held, false); err != nil {
			p.s.noteFull(err)
			return Appended{}, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a, taken, err := p.append(batches, held, direct)
	p.s.noteFull(err)
	if held > 0 && !taken {
		p.s.wal.release(held)
	}
	return a, err
}

// append is Append under mu; taken says whether held went to the log.
func (p *Partition) append(b []byte, held int64, direct bool) (a Appended, taken bool, err error) {
	if err := p.usable(); err != nil {
		return a, false, err
	}
	h, ok := parseHeader(b)
	if !ok {
		return a, false, refuse(CorruptMessage, "partition %s: not a record batch", p.name())
	}
	a = Appended{LogStartOffset: p.LogStart(), AppendTimeMs: -1}
	original, duplicate, err := p.producers.judge(&h)
	if err != nil {
		return a, false, err
	}
	if duplicate {
		a.BaseOffset, a.Duplicate, a.Commit = original, true, p.commitOf(original)
		return a, false, nil
	}
	now := p.s.nowMs()
	if p.logAppendTime() {
		a.AppendTimeMs = now
	}
	a.BaseOffset = p.End()
	next, err := p.place(b, a.BaseOffset, a.AppendTimeMs)
	if err != nil {
		return a, false, err
	}
	g, err := p.segmentFor(b, next, now)
	if err != nil {
		return a, false, err
	}
	pos := g.size
	if err := p.write(g, b, pos); err != nil {
		return a, false, err
	}
	m := p.took(g, b, pos, now)
	p.s.count.appends.Add(1)
	p.s.count.appended.Add(int64(len(b)))
	run.CrashPoint("broker.after_segment_before_wal")
	if !p.s.wal.sync {
		a.Commit = p.landUnlogged(g, m, now)
		return a, false, nil
	}
	pl := place{id: p.id, partition: p.n, bytes: len(b), segment: g.base, pos: pos, base: a.BaseOffset, next: next}
	data := b
	if direct {
		data = nil
	}
	a.Commit = p.s.wal.addBatches(held, pl, data, landed{p: p, seg: g, mark: m})
	return a, true, nil
}

func (p *Partition) usable() error {
	if p.deleted {
		return noTopic(p.topic)
	}
	return p.failed
}

// commitOf is the promise under which offset was appended.
func (p *Partition) commitOf(offset int64) *Commit {
	if offset < p.HighWatermark() || p.commit == nil {
		return committed
	}
	return p.commit
}

func (p *Partition) logAppendTime() bool {
	return p.conf.Load().Raw["message.timestamp.type"] == "LogAppendTime"
}

// place gives every batch of b its offsets and returns the one after.
func (p *Partition) place(b []byte, base, stampMs int64) (next int64, err error) {
	next = base
	for at := 0; at < len(b); {
		h, ok := parseHeader(b[at:])
		switch {
		case !ok || h.size > len(b)-at:
			return 0, refuse(CorruptMessage, "partition %s: batch at byte %d is cut or damaged", p.name(), at)
		case h.pid >= 0 && h.size != len(b):
			return 0, refuse(InvalidRecord, "partition %s: batches of idempotent producer %d must come one by one", p.name(), h.pid)
		case next > math.MaxInt64-int64(h.lastDelta)-1:
			return 0, refuse(InvalidRecord, "partition %s has no offsets left", p.name())
		}
		batch := b[at : at+h.size]
		patch(batch, next)
		if stampMs >= 0 {
			stamp(batch, stampMs)
		}
		next += int64(h.lastDelta) + 1
		at += h.size
	}
	return next, nil
}

// segmentFor is the active segment, a new one when b would make it too big or
// it has become too old.
func (p *Partition) segmentFor(b []byte, next, now int64) (*segment, error) {
	g := p.active()
	if g.size == 0 {
		g.created = now
		return g, nil
	}
	c := p.conf.Load()
	full := g.size+int64(len(b)) > p.s.segmentBytes(c) || next-g.base > math.MaxInt32
	if full || (c.SegmentMs > 0 && now-g.created > c.SegmentMs) {
		g = p.roll(now)
		run.CrashPoint("broker.after_roll")
	}
	return g, nil
}

func (s *Store) segmentBytes(c *TopicConfig) int64 {
	n := c.SegmentBytes
	if n <= 0 {
		n = s.cfg.SegmentBytes
	}
	return min(n, segmentBytesMax)
}

// roll seals the active segment. The new one's file is made by its first
// write; checkpoints sync the old one.
func (p *Partition) roll(now int64) *segment {
	g := newSegment(p.dir, p.End(), &p.view)
	g.created = now
	p.view.Lock()
	p.active().sealed = true
	p.segs = append(slices.Clip(p.segs), g)
	p.view.Unlock()
	return g
}

// write puts b at pos of g. What a failed write left is cut off, so that it
// cannot be taken for batches by a recovery.
func (p *Partition) write(g *segment, b []byte, pos int64) error {
	if !p.made {
		if err := p.s.fs.MkdirAll(p.dir); err != nil {
			return diskError("create", p.dir, err)
		}
		p.made = true
	}
	h, err := p.s.open.acquire(g, true)
	if err != nil {
		return err
	}
	defer p.s.open.release(h)
	g.grow(h.file, pos+int64(len(b)), p.s.segmentBytes(p.conf.Load()))
	if _, err := h.file.WriteAt(b, pos); err != nil {
		_ = h.file.Truncate(pos)
		g.allocated = pos
		return diskError("append to", g.path, err)
	}
	return nil
}

// took makes the batches in b, which are at pos of g, part of the log.
func (p *Partition) took(g *segment, b []byte, pos, now int64) mark {
	p.view.Lock()
	for at := 0; at < len(b); {
		h, _ := parseHeader(b[at:])
		g.note(&h, pos+int64(at))
		p.producers.note(&h, now)
		at += h.size
	}
	m := mark{next: g.next, pos: g.size, maxTs: g.maxTs, bytes: int64(len(b))}
	p.view.Unlock()
	p.end.Store(m.next)
	return m
}

// advance shows readers what is durable now.
func (p *Partition) advance(g *segment, m mark) {
	if p.stopped.Load() {
		return
	}
	p.view.Lock()
	if m.next > p.hw.next {
		p.hwIn, p.hw = g, m
		p.high.Store(m.next)
		p.notify()
	}
	p.view.Unlock()
}

// notify wakes who waits for news. Called with view held.
func (p *Partition) notify() {
	for _, ch := range p.subs {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Notify sends to ch, without ever waiting for it, whenever the high watermark
// or the log start has moved, until cancel is called.
func (p *Partition) Notify(ch chan<- struct{}) (cancel func()) {
	p.view.Lock()
	defer p.view.Unlock()
	if p.subs == nil {
		p.subs = map[int]chan<- struct{}{}
	}
	n := p.sub
	p.sub++
	p.subs[n] = ch
	return func() {
		p.view.Lock()
		delete(p.subs, n)
		p.view.Unlock()
	}
}

// fail makes the partition refuse writes for good.
func (p *Partition) fail(err error) {
	p.stopped.Store(true)
	p.mu.Lock()
	first := p.failed == nil && !p.deleted // of a deleted one the files are gone
	p.failed = cmp.Or(p.failed, err)
	p.mu.Unlock()
	if first {
		p.s.warn(&maru.Error{Op: "commitlog " + p.name(), Kind: maru.Unavailable, Err: err})
	}
}

// drop ends a deleted partition: appends fail, waiting readers wake, files close.
func (p *Partition) drop() {
	p.stopped.Store(true)
	p.mu.Lock()
	p.deleted = true
	p.mu.Unlock()
	p.view.Lock()
	segs := p.segs
	p.notify()
	p.view.Unlock()
	for _, g := range segs {
		g.gone.Store(true)
		p.s.open.forget(g)
	}
}

// find is the position in segs of the one that holds offset. Called with view held.
func (p *Partition) find(offset int64) int {
	return sort.Search(len(p.segs), func(i int) bool { return p.segs[i].base > offset }) - 1
}

// seen is how much of segment i readers see. Called with view held.
func (p *Partition) seen(i int) (size, next, maxTs int64) {
	g := p.segs[i]
	switch {
	case g == p.hwIn:
		return p.hw.pos, p.hw.next, p.hw.maxTs
	case g.base >= p.hw.next:
		return 0, g.base, -1
	}
	next = g.next
	if i+1 < len(p.segs) {
		next = p.segs[i+1].base
	}
	return g.size, next, g.maxTs
}
