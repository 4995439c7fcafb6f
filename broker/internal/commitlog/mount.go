package commitlog

import (
	"bytes"
	"errors"
	"fmt"
	iofs "io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"maru"
)

// recovery is what a partition needs while it is brought back.
type recovery struct {
	ahead []int64 // bases of segment files behind the last known one
	stuck bool    // records of the log no longer fit
	extra bool    // something was found that no log promises
	floor int64   // offsets before it have been given out
	same  bool    // the machine has not been started since the checkpoint
}

// mount takes up the segments that a checkpoint vouches for; the rest waits
// for replay and settleTail. Of a machine that has been started anew only
// what was synced is believed.
func (p *Partition) mount(state *partState, sameBoot bool) error {
	names, err := p.s.fs.ReadDir(p.dir)
	if err != nil {
		return diskError("list", p.dir, err)
	}
	var bases []int64
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, segmentSuffix)
		if base, err := strconv.ParseInt(digits, 10, 64); ok && err == nil {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	p.back = &recovery{same: sameBoot}
	p.made = len(names) > 0
	if state != nil {
		p.saved = state.encode(p.id, p.n)
		p.adopt(state, sameBoot)
		p.missing(bases)
	}
	last := p.active()
	i, _ := slices.BinarySearch(bases, last.base+1)
	p.back.ahead = slices.Clone(bases[i:])
	return p.checkSize(last)
}

// adopt makes the segments of a checkpoint those of p.
func (p *Partition) adopt(c *partState, sameBoot bool) {
	p.reset(c.segs[0].base)
	p.segs = nil
	end := c.next
	for i, st := range c.segs {
		g := newSegment(p.dir, st.base, &p.view)
		g.created = st.created
		p.segs = append(p.segs, g)
		if !sameBoot && st.base >= c.synced {
			end = st.base
			break
		}
		g.size, g.maxTs, g.from = st.size, st.maxTs, st.size
		g.next, g.sealed = c.next, i+1 < len(c.segs)
		if g.sealed {
			g.next = c.segs[i+1].base
		}
		if st.base < c.synced {
			g.synced, g.linked = st.size, true
		}
	}
	p.producers = c.producers
	p.producers.cut(end)
	p.start.Store(c.start)
	p.end.Store(end)
	p.back.floor = min(c.next, max(end, c.synced))
}

// missing gives up segments whose files are not there, and removes those that
// retention had given up.
func (p *Partition) missing(bases []int64) {
	first, last := p.segs[0].base, len(p.segs)-1
	for _, base := range bases {
		if base < first {
			p.discard(base)
		}
	}
	var there []*segment
	for i, g := range p.segs {
		if _, ok := slices.BinarySearch(bases, g.base); ok || g.size == 0 || i == last {
			there = append(there, g)
			continue
		}
		p.s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s is not there: offsets %d to %d are lost", g.path, g.base, g.next-1)})
	}
	p.segs = there
	p.start.Store(max(p.LogStart(), there[0].base))
}

// checkSize begins the last segment again when its file is shorter than a
// checkpoint said.
func (p *Partition) checkSize(g *segment) error {
	size, err := p.fileSize(g)
	if err != nil || size >= g.size {
		return err
	}
	p.s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s has %d bytes, it was synced with %d: the missing offsets are lost", g.path, size, g.size)})
	g.size, g.from, g.next, g.maxTs, g.synced, g.linked = 0, 0, g.base, -1, 0, false
	p.producers.cut(g.base)
	p.end.Store(g.base)
	return nil
}

// fileSize is 0 for a file that is not there.
func (p *Partition) fileSize(g *segment) (int64, error) {
	h, err := p.s.open.acquire(g, false)
	if errors.Is(err, iofs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer p.s.open.release(h)
	n, err := h.file.Size()
	if err != nil {
		return 0, diskError("stat", g.path, err)
	}
	return n, nil
}

// replay applies one record of the write-ahead log; data is nil for a reference.
func (p *Partition) replay(at place, data []byte) error {
	if p.back.stuck || at.next <= p.End() {
		return nil
	}
	if at.base > p.End() { // what lies between may be in the segments
		if err := p.scan(at.base, false); err != nil {
			return err
		}
	}
	g := p.active()
	if at.segment != g.base && at.segment == p.End() && at.pos == 0 {
		g = p.nextSegment()
	}
	if at.base != p.End() || at.segment != g.base || at.pos != g.size {
		p.back.stuck = true
		p.s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf(
			"partition %s: the log goes on with offset %d at byte %d of segment %d, but %s ends with offset %d at byte %d: what lies between is lost",
			p.name(), at.base, at.pos, at.segment, g.path, p.End(), g.size)})
		return nil
	}
	if data == nil {
		p.back.extra = true
		return p.scan(at.next, false)
	}
	if !soundBatches(data, at.base, at.next) {
		p.back.stuck = true
		return nil
	}
	if err := p.rewrite(g, data, at.pos); err != nil {
		return err
	}
	p.took(g, data, at.pos, p.s.nowMs())
	return nil
}

func soundBatches(b []byte, base, next int64) bool {
	for len(b) > 0 {
		h, ok := wholeBatch(b)
		if !ok || h.base != base {
			return false
		}
		base, b = h.next(), b[h.size:]
	}
	return base == next
}

// rewrite puts data at pos unless it is there already, which after a kill it is.
func (p *Partition) rewrite(g *segment, data []byte, pos int64) error {
	if h, err := p.s.open.acquire(g, false); err == nil {
		there := make([]byte, len(data))
		n, _ := h.file.ReadAt(there, pos)
		p.s.open.release(h)
		if bytes.Equal(there[:n], data) {
			return nil
		}
	}
	return p.write(g, data, pos)
}

func (p *Partition) nextSegment() *segment {
	g := p.roll(p.s.nowMs())
	if i := slices.Index(p.back.ahead, g.base); i >= 0 {
		p.back.ahead = slices.Delete(p.back.ahead, i, i+1)
	}
	return g
}

// scan takes in batches that lie behind the end in the segment files, as long
// as they are undamaged and follow one another, up to offset until. With
// resync, damage before sound batches is kept as a hole.
func (p *Partition) scan(until int64, resync bool) error {
	for p.End() < until {
		more, err := p.scanSegment(p.active(), until, resync)
		if err != nil {
			return err
		}
		if !more && !p.step(resync) {
			return nil
		}
	}
	return nil
}

// step goes on to the segment file that follows; false when there is none.
func (p *Partition) step(resync bool) bool {
	g := p.active()
	for len(p.back.ahead) > 0 && p.back.ahead[0] < p.End() {
		p.discard(p.back.ahead[0])
		p.back.ahead = p.back.ahead[1:]
	}
	if len(p.back.ahead) == 0 {
		return false
	}
	base := p.back.ahead[0]
	empty := g.size == 0 && len(p.segs) == 1
	switch {
	case base == p.End() && g.size > 0:
	case base > p.End() && empty && p.End() == g.base && !p.fileThere(g):
		p.segs = nil // retention had removed what came before
		p.resetTo(base)
		p.back.ahead = p.back.ahead[1:]
		return true
	case base > p.End() && resync && p.beginsSound(base):
		p.lose(g, base)
		p.end.Store(base)
	default:
		return false
	}
	p.nextSegment()
	return true
}

// resetTo begins the log at base, keeping a log start that lies behind it.
func (p *Partition) resetTo(base int64) {
	start := p.LogStart()
	p.reset(base)
	p.start.Store(max(start, base))
}

func (p *Partition) fileThere(g *segment) bool {
	h, err := p.s.open.acquire(g, false)
	if err == nil {
		p.s.open.release(h)
	}
	return err == nil
}

// beginsSound says whether the segment file base begins with a whole batch.
func (p *Partition) beginsSound(base int64) bool {
	g := newSegment(p.dir, base, &p.view)
	h, err := p.s.open.acquire(g, false)
	if err != nil {
		return false
	}
	defer p.s.open.forget(g)
	defer p.s.open.release(h)
	size, err := h.file.Size()
	if err != nil {
		return false
	}
	_, ok, err := newScanner(h.file, size, true).batch(0, base)
	return ok && err == nil
}

// lose notes that offsets from the end of g up to next are gone.
func (p *Partition) lose(g *segment, next int64) {
	g.report([]hole{{pos: g.size, end: g.size + 1, from: g.next, next: next}}, p.s.warn)
}

// scanSegment takes in what follows in g; more is false when it ends there.
func (p *Partition) scanSegment(g *segment, until int64, resync bool) (more bool, err error) {
	h, err := p.s.open.acquire(g, false)
	if errors.Is(err, iofs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer p.s.open.release(h)
	size, err := h.file.Size()
	if err != nil {
		return false, diskError("stat", g.path, err)
	}
	sc, now := newScanner(h.file, size, true), p.s.nowMs()
	for g.size < size && g.next < until {
		b, ok, err := sc.batch(g.size, g.next)
		pos := g.size
		if err == nil && !ok && resync {
			var q int64
			q, b, ok, err = sc.resync(g.size+1, g.next)
			if ok {
				g.enter(g.next, g.size) // the lost offsets must be found, too
				g.report([]hole{{pos: g.size, end: q, from: g.next, next: b.base}}, p.s.warn)
				pos = q
			}
		}
		if err != nil {
			return false, diskError("read", g.path, err)
		}
		if !ok {
			return false, nil
		}
		p.view.Lock()
		g.note(&b, pos)
		p.view.Unlock()
		p.producers.note(&b, now)
		p.end.Store(g.next)
		p.back.extra = true
	}
	return g.next >= until, nil
}

// settleTail ends recovery of p: what the segments hold beyond the log is
// taken in, what is torn behind it is cut off, and readers see it all.
func (p *Partition) settleTail() error {
	// After a power cut, what lies behind the first damage of a topic that was
	// synced had not been promised, and is cut off as torn.
	resync := !p.s.wal.sync && (p.back.same || !p.synced())
	if err := p.scan(math.MaxInt64, resync); err != nil {
		return err
	}
	for _, base := range p.back.ahead {
		p.discard(base)
	}
	g := p.active()
	if err := p.cutTail(g); err != nil {
		return err
	}
	if p.End() < p.back.floor {
		p.lose(g, p.back.floor)
		p.end.Store(p.back.floor)
		g = p.nextSegment()
	}
	if p.LogStart() > p.End() { // all was deleted, and then lost
		p.end.Store(p.LogStart())
		g = p.nextSegment()
	}
	if p.synced() && (p.back.extra || !p.s.wal.sync) {
		for _, g := range p.segs {
			if g.size == 0 {
				continue
			}
			if err := p.s.syncSegment(g, g.size); err != nil {
				return err
			}
		}
	}
	p.back = nil
	p.flushed, p.flushedMs = p.End(), p.s.nowMs()
	p.hwIn, p.hw = g, mark{next: p.End(), pos: g.size, maxTs: g.maxTs}
	p.high.Store(p.End())
	return nil
}

// discard removes a segment file that no longer follows on what is there.
func (p *Partition) discard(base int64) {
	g := newSegment(p.dir, base, &p.view)
	if base >= p.LogStart() && base > p.End() {
		p.s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s is removed: the log before it ends with offset %d", filepath.Base(g.path), p.End())})
	}
	_ = p.s.fs.Remove(g.indexPath())
	_ = p.s.fs.Remove(g.path)
}

// cutTail removes what lies behind the last whole batch. An index file may
// know of it, so it goes too.
func (p *Partition) cutTail(g *segment) error {
	h, err := p.s.open.acquire(g, false)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.s.open.release(h)
	size, err := h.file.Size()
	if err != nil {
		return diskError("stat", g.path, err)
	}
	if p.back.extra || size != g.size {
		_ = p.s.fs.Remove(g.indexPath())
	}
	if size <= g.size {
		return nil
	}
	p.s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s: a torn tail of %d bytes after offset %d is cut off; nothing in it had been acknowledged as durable", g.path, size-g.size, p.End()-1)})
	if err := h.file.Truncate(g.size); err != nil {
		return diskError("truncate", g.path, err)
	}
	return nil
}
