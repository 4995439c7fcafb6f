package commitlog

import (
	"io"

	"maru"
)

// OffsetFor finds the first record below the high watermark whose timestamp is
// at least timestampMs; ok is false when all are older.
func (p *Partition) OffsetFor(timestampMs int64) (offset, ts int64, ok bool, err error) {
	for range readTries {
		offset, ts, ok, err = p.offsetFor(timestampMs)
		if err != errAgain {
			return offset, ts, ok, err
		}
	}
	return 0, 0, false, maru.Errorf(maru.Unavailable, "partition %s: segments change faster than they can be read", p.name())
}

func (p *Partition) offsetFor(want int64) (offset, ts int64, ok bool, err error) {
	p.view.RLock()
	var ws []window
	for i, g := range p.segs {
		if size, next, maxTs := p.seen(i); size > 0 && maxTs >= want && next > p.LogStart() {
			ws = append(ws, window{seg: g, size: size, next: next})
		}
	}
	p.view.RUnlock()
	for _, w := range ws {
		offset, ts, ok, err = p.searchTime(w, want)
		if ok || err != nil {
			return offset, ts, ok, err
		}
	}
	return 0, 0, false, nil
}

// MaxTimestamp is the first record with the largest timestamp; -1, -1 when
// the log is empty or cannot be read.
func (p *Partition) MaxTimestamp() (offset, ts int64) {
	p.view.RLock()
	best := int64(-1)
	for i := range p.segs {
		if size, _, maxTs := p.seen(i); size > 0 {
			best = max(best, maxTs)
		}
	}
	p.view.RUnlock()
	if best < 0 {
		return -1, -1
	}
	offset, ts, ok, err := p.OffsetFor(best)
	if !ok || err != nil {
		return -1, -1
	}
	return offset, ts
}

// searchTime walks w from where the index says that all before is older.
func (p *Partition) searchTime(w window, want int64) (offset, ts int64, ok bool, err error) {
	h, err := p.s.open.acquire(w.seg, false)
	if err != nil {
		return 0, 0, false, p.unlessGone(w.seg, err)
	}
	defer p.s.open.release(h)
	if err := w.seg.load(p.s.fs, &p.s.open, h, p.s.warn); err != nil {
		return 0, 0, false, err
	}
	p.view.RLock()
	if x := w.seg.idx; len(x) > 0 {
		e := x[x.byTime(want)]
		w.pos, w.from = int64(e.pos), w.seg.base+int64(e.rel)
	}
	p.view.RUnlock()
	for sc := newScanner(h.file, w.size, false); w.pos < w.size; {
		if err := w.seg.verify(h.file, w.pos, w.pos+1, p.s.warn); err != nil {
			return 0, 0, false, err
		}
		if d, damaged := w.hole(); damaged && d.pos <= w.pos {
			w.pos, w.from = d.end, d.next
			continue
		}
		b, sound, err := sc.batch(w.pos, w.from)
		if err != nil {
			return 0, 0, false, diskError("read", w.seg.path, err)
		}
		if !sound {
			return 0, 0, false, w.seg.distrust()
		}
		if b.maxTs >= want && b.next() > p.LogStart() {
			body := make([]byte, b.size)
			if _, err := h.file.ReadAt(body, w.pos); err != nil && err != io.EOF {
				return 0, 0, false, diskError("read", w.seg.path, err)
			}
			if offset, ts, ok := recordSince(body, &b, want, p.LogStart()); ok {
				return offset, ts, true, nil
			}
		}
		w.pos, w.from = w.pos+int64(b.size), b.next()
	}
	return 0, 0, false, nil
}
