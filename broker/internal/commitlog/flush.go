package commitlog

// Under Durability OS a topic may still ask for the disk, as Kafka's topics
// do: flush.messages and flush.ms. There is no log in front of its batches
// then; the segments themselves are synced, all that are behind, for all
// partitions that want it together.

// synced says whether what p acknowledges must be found after a power cut.
func (p *Partition) synced() bool { return p.s.wal.sync || p.conf.Load().FlushMessages > 0 }

// landUnlogged shows readers what was appended, at once or when it has been
// synced. Called with mu held.
func (p *Partition) landUnlogged(g *segment, m mark, now int64) *Commit {
	every := p.conf.Load().FlushMessages
	if every <= 0 || m.next-p.flushed < every {
		p.advance(g, m)
		return committed
	}
	return p.askFlush(g, m, now)
}

// askFlush is called with mu held.
func (p *Partition) askFlush(g *segment, m mark, now int64) *Commit {
	p.flushed, p.flushedMs = m.next, now
	return p.s.wal.addFlush(landed{p: p, seg: g, mark: m})
}

// flushAged asks for a sync where something has waited for flush.ms.
func (s *Store) flushAged() {
	if s.wal.sync {
		return
	}
	now := s.nowMs()
	for _, p := range s.partitions() {
		if after := p.conf.Load().FlushMs; after > 0 {
			p.flushIfAged(after, now)
		}
	}
}

func (p *Partition) flushIfAged(after, now int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.usable() != nil || p.End() == p.flushed || now-p.flushedMs < after {
		return
	}
	g := p.active()
	if g.size == 0 {
		return // just rolled: the next append is looked at again
	}
	p.askFlush(g, mark{next: g.next, pos: g.size, maxTs: g.maxTs}, now)
}

// addFlush gathers a wish for a sync. Called with the partition's mu held.
func (w *wal) addFlush(l landed) *Commit {
	w.mu.Lock()
	g := w.gather
	l.commit = g.commitFor(l.p)
	g.parts = append(g.parts, l)
	w.mu.Unlock()
	w.wake()
	return l.commit
}

// syncLanded makes l durable. Under Durability OS nothing says that the
// segments before it are.
func (w *wal) syncLanded(l landed) error {
	if !w.sync {
		for _, b := range l.p.unclean(l.seg) {
			if err := w.s.syncSegment(b.seg, b.size); err != nil {
				return err
			}
		}
	}
	if err := w.s.syncSegment(l.seg, l.mark.pos); err != nil {
		return err
	}
	if !w.sync && l.p.clean.Load() < l.seg.base {
		l.p.clean.Store(l.seg.base)
	}
	return nil
}

type sized struct {
	seg  *segment
	size int64
}

// unclean are the segments before g that may wait for a sync.
func (p *Partition) unclean(g *segment) (out []sized) {
	p.view.RLock()
	defer p.view.RUnlock()
	for _, b := range p.segs[max(p.find(p.clean.Load()), 0):] {
		if b.base < g.base {
			out = append(out, sized{b, b.size})
		}
	}
	return out
}
