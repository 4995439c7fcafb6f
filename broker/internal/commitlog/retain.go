package commitlog

import (
	"encoding/binary"

	"maru"
	"maru/run"
)

// DeleteBefore moves the log start to offset, -1 for the high watermark.
// Whole segments before it are removed later. *OutOfRange.
func (p *Partition) DeleteBefore(offset int64) (*Commit, error) {
	if offset == -1 {
		offset = p.HighWatermark()
	}
	if offset < 0 || offset > p.HighWatermark() {
		return nil, &OutOfRange{Offset: offset, LogStart: p.LogStart(), End: p.HighWatermark()}
	}
	if offset <= p.LogStart() {
		return committed, nil
	}
	payload := append([]byte{}, p.id[:]...)
	payload = binary.LittleEndian.AppendUint32(payload, uint32(p.n))
	payload = binary.LittleEndian.AppendUint64(payload, uint64(offset))
	c := p.s.wal.put(kindDeleteBefore, payload, true, func() { p.setStart(offset) })
	if c.done == closedChan && c.err != nil {
		return nil, c.err
	}
	return c, nil
}

func readDeleteBefore(b []byte) (id [16]byte, partition int32, offset int64, err error) {
	if len(b) != 28 {
		return id, 0, 0, maru.Errorf(maru.Corrupt, "%d bytes are no log start", len(b))
	}
	copy(id[:], b)
	return id, int32(binary.LittleEndian.Uint32(b[16:])), int64(binary.LittleEndian.Uint64(b[20:])), nil
}

func (p *Partition) setStart(offset int64) {
	p.view.Lock()
	defer p.view.Unlock()
	if offset > p.LogStart() {
		p.start.Store(offset)
		p.notify()
	}
}

// retain applies retention to every partition and removes segments before the
// log start. Run calls it.
func (s *Store) retain() {
	now := s.nowMs()
	for _, p := range s.partitions() {
		p.mu.Lock()
		p.producers.expire(now)
		skip := p.failed != nil || p.deleted
		p.mu.Unlock()
		if skip {
			continue
		}
		if to := p.retainFrom(now); to > p.LogStart() {
			c, err := p.DeleteBefore(to)
			if err == nil {
				<-c.done
				err = c.err
			}
			if err != nil {
				s.warn(&maru.Error{Op: "retention of " + p.name(), Kind: maru.KindOf(err), Err: err})
				continue
			}
		}
		p.dropSegments()
	}
}

// retainFrom is where the log should start by age and by size. An active
// segment that is too old altogether is sealed, so that it can go.
func (p *Partition) retainFrom(now int64) int64 {
	c := p.conf.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	if g := p.active(); g.size > 0 && p.expired(c, g, now) && p.HighWatermark() == p.End() {
		p.roll(now)
	}
	total := int64(0)
	for _, g := range p.segs {
		total += g.size
	}
	to := p.LogStart()
	for i, g := range p.segs[:len(p.segs)-1] {
		next := p.segs[i+1].base
		tooMuch := c.RetentionBytes > 0 && total-g.size >= c.RetentionBytes
		if next > p.HighWatermark() || (!tooMuch && !p.expired(c, g, now)) {
			break
		}
		total -= g.size
		to = max(to, next)
	}
	return to
}

// expired says whether everything in g is older than retention. Without a
// timestamp in any batch, the age of the file counts.
func (p *Partition) expired(c *TopicConfig, g *segment, now int64) bool {
	newest := g.maxTs
	if newest < 0 {
		newest = g.created
	}
	return c.RetentionMs > 0 && now-newest > c.RetentionMs
}

// dropSegments removes files that lie before the log start as a whole. A
// reader that has one open keeps it until it is done.
func (p *Partition) dropSegments() {
	p.mu.Lock()
	start, n := p.LogStart(), 0
	for n < len(p.segs)-1 && p.segs[n+1].base <= start {
		n++
	}
	gone := p.segs[:n:n]
	if n > 0 {
		p.view.Lock()
		p.segs = p.segs[n:]
		for _, g := range gone {
			if p.hwIn == g {
				p.hwIn, p.hw = p.segs[0], mark{next: p.hw.next, maxTs: -1}
			}
		}
		p.view.Unlock()
	}
	p.mu.Unlock()
	for _, g := range gone {
		run.CrashPoint("broker.before_segment_removed")
		g.gone.Store(true)
		p.s.open.forget(g)
		for _, path := range []string{g.indexPath(), g.path} {
			if err := p.s.fs.Remove(path); err != nil && path == g.path {
				p.s.warn(diskError("remove", path, err))
			}
		}
	}
}
