package commitlog

import (
	"errors"
	"io"

	"maru"
)

// readTries bounds how often a read begins again because the segment it was
// about to use has gone or lost its index.
const readTries = 8

var errAgain = errors.New("segment changed")

// window is what a read has found: bytes [pos, end) of a segment.
type window struct {
	seg      *segment
	pos, end int64
	from     int64 // the offset of the batch at pos
	size     int64 // of the segment, as far as readers see
	next     int64 // offset after it
}

// Read gives whole batches below the high watermark; the first one contains
// offset. They take at most maxBytes, but minOne makes it at least one batch.
// At the high watermark the Slice is empty. Where bytes are damaged, one empty
// batch stands for the offsets that are lost, so that readers go on.
// Errors: *OutOfRange, maru.NotFound when the topic has been deleted.
func (p *Partition) Read(offset int64, maxBytes int, minOne bool) (Slice, error) {
	for range readTries {
		s, err := p.read(offset, maxBytes, minOne)
		if !errors.Is(err, errAgain) {
			p.s.count.read.Add(int64(s.Len))
			return s, err
		}
	}
	return Slice{}, maru.Errorf(maru.Unavailable, "partition %s: segments change faster than they can be read", p.name())
}

func (p *Partition) read(offset int64, maxBytes int, minOne bool) (Slice, error) {
	none := Slice{Release: func() {}}
	w, ok, err := p.look(offset)
	if err != nil || !ok {
		return none, err
	}
	if w.size == 0 { // its file was lost
		return standIn(offset, w.next), nil
	}
	h, err := p.s.open.acquire(w.seg, false)
	if err != nil {
		return none, p.unlessGone(w.seg, err)
	}
	s, err := p.readSegment(h, offset, w, maxBytes, minOne)
	if err != nil || s.File == nil {
		p.s.open.release(h)
		if s.Release == nil {
			s.Release = none.Release
		}
	}
	return s, err
}

// look finds the segment of offset; ok is false when there is nothing to read yet.
func (p *Partition) look(offset int64) (w window, ok bool, err error) {
	p.view.RLock()
	defer p.view.RUnlock()
	start, end := p.LogStart(), p.End()
	if offset < start || offset > end {
		return w, false, &OutOfRange{Offset: offset, LogStart: start, End: end}
	}
	if offset >= p.hw.next {
		return w, false, nil
	}
	i := p.find(offset)
	if i < 0 {
		return w, false, &OutOfRange{Offset: offset, LogStart: start, End: end}
	}
	w.seg = p.segs[i]
	w.size, w.next, _ = p.seen(i)
	return w, true, nil
}

// unlessGone turns an error of a segment that retention has just removed into
// another try.
func (p *Partition) unlessGone(g *segment, err error) error {
	p.mu.Lock()
	deleted := p.deleted
	p.mu.Unlock()
	if deleted {
		return noTopic(p.topic)
	}
	p.view.RLock()
	defer p.view.RUnlock()
	for _, there := range p.segs {
		if there == g {
			return err
		}
	}
	return errAgain
}

// readSegment finds the bytes to give. The Slice holds h only when it has a File.
func (p *Partition) readSegment(h *handle, offset int64, w window, maxBytes int, minOne bool) (Slice, error) {
	if err := p.seek(h, offset, &w); err != nil {
		return Slice{}, err
	}
	if w.pos >= w.size {
		return standIn(offset, w.next), nil
	}
	if err := w.seg.verify(h.file, w.pos, w.pos+1, p.s.warn); err != nil {
		return Slice{}, err
	}
	if d, ok := w.hole(); ok && d.pos <= w.pos {
		return standIn(offset, d.next), nil
	}
	if err := p.limit(h, &w, maxBytes, minOne); err != nil || w.end <= w.pos {
		return Slice{}, err
	}
	if err := w.seg.verify(h.file, w.pos, w.end, p.s.warn); err != nil {
		return Slice{}, err
	}
	if d, ok := w.hole(); ok {
		w.end = min(w.end, d.pos)
	}
	return p.slice(h, w)
}

// standIn is an empty batch in the place of what cannot be read.
func standIn(from, next int64) Slice {
	b := emptyBatch(from, max(next, from+1))
	return Slice{Bytes: b, Len: len(b), Release: func() {}}
}

func (w *window) hole() (hole, bool) {
	w.seg.view.RLock()
	defer w.seg.view.RUnlock()
	return w.seg.holeAt(w.pos)
}

// seek sets pos to the batch that contains offset.
func (p *Partition) seek(h *handle, offset int64, w *window) error {
	g := w.seg
	e, ok := g.entryBefore(offset)
	if !ok {
		if err := g.load(p.s.fs, &p.s.open, h, p.s.warn); err != nil {
			return err
		}
		if e, ok = g.entryBefore(offset); !ok {
			return errAgain
		}
	}
	w.pos, w.from = int64(e.pos), g.base+int64(e.rel)
	if w.from == offset {
		return nil
	}
	if err := g.verify(h.file, w.pos, w.pos+1, p.s.warn); err != nil {
		return err
	}
	for sc := newScanner(h.file, w.size, false); w.pos < w.size; {
		if d, ok := w.hole(); ok && d.pos <= w.pos {
			if offset < d.next {
				return nil
			}
			w.pos, w.from = d.end, d.next
			continue
		}
		b, ok, err := sc.batch(w.pos, w.from)
		if err != nil {
			return diskError("read", g.path, err)
		}
		if !ok {
			return g.distrust()
		}
		if offset < b.next() {
			return nil
		}
		w.pos, w.from = w.pos+int64(b.size), b.next()
	}
	return nil
}

// entryBefore is the index entry to begin a search for offset at; ok is false
// when the index does not reach back so far.
func (g *segment) entryBefore(offset int64) (entry, bool) {
	g.view.RLock()
	defer g.view.RUnlock()
	i := g.idx.byOffset(offset - g.base)
	if i < 0 {
		return entry{}, false
	}
	return g.idx[i], true
}

// limit sets end: to where readers see, to a batch boundary that the index
// knows, or else to one found by walking headers.
func (p *Partition) limit(h *handle, w *window, maxBytes int, minOne bool) error {
	most := w.pos + int64(max(maxBytes, 0))
	if w.size <= most {
		w.end = w.size
		return nil
	}
	w.seg.view.RLock()
	if i := w.seg.idx.byPos(most); i >= 0 {
		w.end = int64(w.seg.idx[i].pos)
	}
	w.seg.view.RUnlock()
	if w.end > w.pos {
		return nil
	}
	w.end = w.pos
	from := w.from
	for sc := newScanner(h.file, w.size, false); w.end < w.size; {
		b, ok, err := sc.batch(w.end, from)
		if err != nil {
			return diskError("read", w.seg.path, err)
		}
		first := w.end == w.pos
		if !ok && first {
			return w.seg.distrust()
		}
		if !ok || (w.end+int64(b.size) > most && !(first && minOne)) {
			return nil
		}
		w.end, from = w.end+int64(b.size), b.next()
	}
	return nil
}

// distrust makes everything be checked again: a header that was sound when it
// was written is not any more.
func (g *segment) distrust() error {
	g.view.Lock()
	g.seen = make([]bool, len(g.idx))
	g.view.Unlock()
	return errAgain
}

// slice hands out the file, or a copy where there is no descriptor.
func (p *Partition) slice(h *handle, w window) (Slice, error) {
	n := int(w.end - w.pos)
	if f := h.file.OS(); f != nil {
		return Slice{File: f, Pos: w.pos, Len: n, Release: func() { p.s.open.release(h) }}, nil
	}
	b := make([]byte, n)
	got, err := h.file.ReadAt(b, w.pos)
	if got < n {
		return Slice{}, diskError("read", w.seg.path, errors.Join(err, io.ErrUnexpectedEOF))
	}
	return Slice{Bytes: b, Len: n, Release: func() {}}, nil
}
