package commitlog

import (
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"time"

	"maru"
	"maru/run"
)

const (
	// pendingBytesMax bounds what has been gathered and is not yet durable;
	// who would go over it waits. A quarter of a write-ahead file if that is less.
	pendingBytesMax = 32 << 20
	// directBytes of one partition in one flush are made durable by syncing
	// the segment itself; the log then holds a reference, not a second copy.
	directBytes = 256 << 10
	// urgentBytes of a write-ahead file are kept for what makes space again
	// (deleted topics, retention) when no further file can be had.
	urgentBytes = 16 << 10
	// groupKeptMax is the largest buffer that is kept for the next flush.
	groupKeptMax = 4 << 20
	// spaceRetry is how long a full disk is left alone.
	spaceRetry = 200 * time.Millisecond
)

// closedChan is the done channel of what needs no waiting.
var closedChan = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// committed is the Commit of what is already as durable as promised.
var committed = &Commit{done: closedChan}

func failedCommit(err error) *Commit { return &Commit{done: closedChan, err: err} }

// record is one frame of a group, before it has a number.
type record struct {
	kind    kind
	at, end int    // the payload in the group's buffer
	part    int    // batches: which of the group's parts, else -1
	apply   func() // what becomes visible, under the store's mu
}

// landed is what a partition shows to readers once its batches are durable.
type landed struct {
	p      *Partition
	seg    *segment
	mark   mark
	commit *Commit
}

// group is what one flush makes durable: gathered while the one before it is
// being written.
type group struct {
	buf    []byte
	recs   []record
	parts  []landed
	held   int64   // of pending
	topics bool    // it makes, changes or deletes some: synced in either mode
	commit *Commit // of all that is not batches
}

func newGroup() *group { return &group{commit: &Commit{done: make(chan struct{})}} }

// wal is the one log in front of everything. Its goroutine is the only one
// that writes files; appends only gather.
type wal struct {
	s      *Store
	files  walFiles
	sync   bool
	direct int64

	mu      sync.Mutex // guards what follows; taken after a partition's mu
	room    sync.Cond
	gather  *group
	pending int64
	err     error // final
	closing bool

	kick chan struct{}
	wg   sync.WaitGroup

	// The flusher's own.
	seq         uint64 // of the next record
	lastWritten uint64
	idle        *group // buffers to use again
}

func (w *wal) init(s *Store) {
	w.s = s
	w.sync = s.cfg.Durability == Fsync
	w.direct = min(directBytes, s.cfg.WALBytes/8)
	w.room.L = &w.mu
	w.gather = newGroup()
	w.kick = make(chan struct{}, 1)
	w.files.init(w)
}

// reserve waits until n more bytes may be gathered; release or a record takes
// them back. It fails when the log has failed or its disk is full.
func (w *wal) reserve(n int64, urgent bool) error {
	limit := min(pendingBytesMax, w.s.cfg.WALBytes/4)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case w.err != nil:
			return w.err
		case w.closing:
			return maru.Errorf(maru.Unavailable, "the store is closed")
		case w.pending > 0 && w.pending+n > limit:
		case w.files.roomFor(w.pending+n, urgent):
			w.pending += n
			return nil
		default:
			if err := w.files.spaceErr(); err != nil {
				return err
			}
		}
		w.room.Wait()
	}
}

func (w *wal) release(n int64) {
	w.mu.Lock()
	w.pending -= n
	w.room.Broadcast()
	w.mu.Unlock()
}

// addBatches gathers what p has appended. Called with p.mu held, so that
// records of one partition are in offset order.
func (w *wal) addBatches(held int64, pl place, data []byte, l landed) *Commit {
	w.mu.Lock()
	g := w.gather
	l.commit = g.commitFor(l.p)
	at := g.begin()
	g.buf = appendPlace(g.buf, pl)
	k := kindReference
	if data != nil {
		k = kindBatches
		g.buf = append(g.buf, data...)
	}
	g.parts = append(g.parts, l)
	g.finish(record{kind: k, at: at, part: len(g.parts) - 1}, held)
	w.mu.Unlock()
	w.wake()
	return l.commit
}

// add gathers a record that is no batch; held has been reserved for it.
func (w *wal) add(held int64, k kind, payload []byte, apply func()) *Commit {
	w.mu.Lock()
	g := w.gather
	at := g.begin()
	g.buf = append(g.buf, payload...)
	g.finish(record{kind: k, at: at, part: -1, apply: apply}, held)
	w.mu.Unlock()
	w.wake()
	return g.commit
}

// put reserves and adds.
func (w *wal) put(k kind, payload []byte, urgent bool, apply func()) *Commit {
	n := int64(frameSize(len(payload)))
	if n > w.s.cfg.WALBytes/8 {
		return failedCommit(maru.Errorf(maru.TooLarge, "a record of %d bytes; at most %d fit in the write-ahead log", n, w.s.cfg.WALBytes/8))
	}
	if err := w.reserve(n, urgent); err != nil {
		return failedCommit(err)
	}
	return w.add(n, k, payload, apply)
}

// commitFor is what the appends of p in g share. Called with p.mu held.
func (g *group) commitFor(p *Partition) *Commit {
	if p.gathered != g {
		p.gathered, p.commit = g, &Commit{done: g.commit.done}
	}
	return p.commit
}

func (g *group) isEmpty() bool { return len(g.recs) == 0 && len(g.parts) == 0 }

func (g *group) begin() int {
	g.buf = append(g.buf, make([]byte, frameHeaderBytes)...)
	return len(g.buf)
}

func (g *group) finish(r record, held int64) {
	r.end = len(g.buf)
	for len(g.buf)%frameAlign != 0 {
		g.buf = append(g.buf, 0)
	}
	g.recs = append(g.recs, r)
	g.held += held
	g.topics = g.topics || r.kind == kindTopic || r.kind == kindTopicDeleted
}

func (w *wal) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// run flushes until close; what was gathered before it is flushed too.
func (w *wal) run() {
	defer w.wg.Done()
	for range w.kick {
		for w.turn() {
		}
		w.mu.Lock()
		done := w.closing && w.gather.isEmpty()
		w.mu.Unlock()
		if done {
			return
		}
	}
}

// turn flushes what has been gathered; false when there was nothing.
func (w *wal) turn() bool {
	w.mu.Lock()
	g := w.gather
	if g.isEmpty() {
		w.mu.Unlock()
		return false
	}
	w.gather = w.fresh()
	failed := w.err
	w.mu.Unlock()

	var bad map[*segment]error
	if failed == nil {
		// After a panic the log takes nothing more; who waits must be told.
		failed = run.Protect("broker.wal", func() (err error) {
			bad, err = w.flush(g)
			return err
		})
	}
	w.finish(g, bad, failed)

	w.mu.Lock()
	if failed != nil && w.err == nil {
		w.err = failed
	}
	w.pending -= g.held
	w.room.Broadcast()
	w.mu.Unlock()
	w.keep(g)
	return true
}

// fresh is an empty group, with the buffers of an earlier one if at hand.
func (w *wal) fresh() *group {
	g := w.idle
	w.idle = nil
	if g == nil {
		return newGroup()
	}
	return g
}

// keep makes g's buffers ready for use again. Its Commits belong to callers.
func (w *wal) keep(g *group) {
	if cap(g.buf) > groupKeptMax {
		return
	}
	clear(g.recs)
	clear(g.parts)
	next := newGroup() // a new one: partitions know theirs by address
	next.buf, next.recs, next.parts = g.buf[:0], g.recs[:0], g.parts[:0]
	g.buf, g.recs, g.parts = nil, nil, nil
	w.idle = next
}

// flush writes g and makes it durable. An error is final for the whole store;
// bad names the segments that failed alone.
func (w *wal) flush(g *group) (bad map[*segment]error, err error) {
	wait := w.syncSegments(w.divert(g))
	err = w.writeAll(g.buf)
	if err == nil && (w.sync || g.topics) {
		err = w.files.sync()
	}
	bad = wait()
	run.CrashPoint("broker.after_wal_before_high_watermark")
	return bad, err
}

// writeAll seals and writes the frames of bufs, into the next file if need be.
func (w *wal) writeAll(bufs []byte) error {
	for len(bufs) > 0 {
		n := w.fitting(bufs)
		if n == 0 {
			if err := w.nextFile(); err != nil {
				return err
			}
			continue
		}
		last := w.seal(bufs[:n])
		if err := w.write(bufs[:n]); err != nil {
			return err
		}
		w.lastWritten = last
		bufs = bufs[n:]
	}
	return nil
}

// divert turns the batches of partitions that bring much into references, and
// gives the segments to sync for it.
func (w *wal) divert(g *group) map[*segment]landed {
	segs := map[*segment]landed{}
	if !w.sync {
		w.number(g)
		for i := range g.parts {
			segs[g.parts[i].seg] = g.parts[i] // in the order of appends: the last one counts
		}
		return segs
	}
	sums := map[*segment]int64{}
	heavy := false
	for i := range g.recs {
		if k := g.recs[i].part; k >= 0 {
			l := &g.parts[k]
			sums[l.seg] += l.mark.bytes
			heavy = heavy || sums[l.seg] >= w.direct || g.recs[i].kind == kindReference
		}
	}
	if !heavy {
		w.number(g)
		return nil
	}
	out := g.buf[:0]
	for i := range g.recs {
		r := &g.recs[i]
		start, end := r.at-frameHeaderBytes, r.end
		if r.part >= 0 && (r.kind == kindReference || sums[g.parts[r.part].seg] >= w.direct) {
			l := &g.parts[r.part]
			segs[l.seg] = *l
			r.kind, end = kindReference, r.at+placeBytes
		}
		at := len(out)
		out = append(out, g.buf[start:end]...)
		r.at, r.end = at+frameHeaderBytes, len(out)
		for len(out)%frameAlign != 0 {
			out = append(out, 0)
		}
	}
	g.buf = out
	w.number(g)
	return segs
}

// number writes length, sequence and kind of every frame; the checksum waits
// until it is known which file, and so which salt, the frame goes to.
func (w *wal) number(g *group) {
	le := binary.LittleEndian
	for i := range g.recs {
		r := &g.recs[i]
		b := g.buf[r.at-frameHeaderBytes:]
		le.PutUint32(b, uint32(r.end-r.at))
		le.PutUint64(b[8:], w.seq)
		le.PutUint64(b[16:], uint64(r.kind))
		w.seq++
	}
}

// fitting is how many bytes of whole frames go into the current file.
func (w *wal) fitting(b []byte) int {
	free := w.files.free()
	if int64(len(b)) <= free {
		return len(b)
	}
	n := 0
	for {
		size := frameSize(int(binary.LittleEndian.Uint32(b[n:])))
		if int64(n+size) > free {
			return n
		}
		n += size
	}
}

// seal gives the frames of b their checksums, and the number of the last.
func (w *wal) seal(b []byte) (last uint64) {
	seed := w.files.seed
	for len(b) > 0 {
		n := int(binary.LittleEndian.Uint32(b))
		binary.LittleEndian.PutUint32(b[4:], frameSum(b, seed, n))
		last = binary.LittleEndian.Uint64(b[8:])
		b = b[frameSize(n):]
	}
	return last
}

// write retries while the disk is full: nothing has been promised yet, and
// what waits is bounded. Every other error is final.
func (w *wal) write(b []byte) error {
	for {
		err := w.files.write(b)
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		w.files.full(err)
		if !w.pause() {
			return err
		}
	}
}

func (w *wal) nextFile() error {
	if err := w.files.sync(); err != nil {
		return err
	}
	for !w.files.rotate() {
		if !w.pause() {
			return maru.Errorf(maru.Unavailable, "closed before a write-ahead file could be had")
		}
	}
	return nil
}

// pause waits out a full disk; false when the store is being closed.
func (w *wal) pause() bool {
	t := time.NewTimer(spaceRetry)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.s.closing:
		return false
	}
}

// syncSegments syncs in parallel; the returned function waits for the results.
func (w *wal) syncSegments(segs map[*segment]landed) func() map[*segment]error {
	if len(segs) == 0 {
		return func() map[*segment]error { return nil }
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	bad := map[*segment]error{}
	for seg, l := range segs {
		wg.Add(1)
		run.Go("broker.sync", func() {
			defer wg.Done()
			if err := run.Protect("broker.sync", func() error { return w.syncLanded(l) }); err != nil {
				mu.Lock()
				bad[seg] = err
				mu.Unlock()
			}
		})
	}
	return func() map[*segment]error { wg.Wait(); return bad }
}

// finish makes g visible and wakes who waits for it.
func (w *wal) finish(g *group, bad map[*segment]error, failed error) {
	g.commit.err = failed
	if failed == nil {
		w.s.applyAll(g, w.seq-1)
	}
	for i := range g.parts {
		l := &g.parts[i]
		err := failed
		if err == nil {
			err = bad[l.seg]
		}
		if err == nil {
			err = l.commit.err
		}
		if err != nil {
			l.commit.err = err
			l.p.fail(err)
			continue
		}
		l.p.advance(l.seg, l.mark)
	}
	close(g.commit.done)
}
