package commitlog

import (
	"fmt"
	"slices"
	"sort"

	"maru"
)

// load makes the index cover the whole segment, from its file or by walking
// the headers. h keeps the segment open.
func (g *segment) load(fs FS, hs *handles, h *handle, warn func(error)) error {
	g.loading.Lock()
	defer g.loading.Unlock()
	g.view.RLock()
	upTo, next := g.from, g.next
	if len(g.idx) > 0 {
		next = g.base + int64(g.idx[0].rel)
	}
	g.view.RUnlock()
	if upTo == 0 {
		return nil
	}
	x, holes, err := g.build(fs, h.file, upTo, next)
	if err != nil {
		return err
	}
	g.view.Lock()
	g.seen = make([]bool, len(x))
	g.idx = append(x, g.idx...)
	g.from, g.owner = 0, h
	bytes := int64(len(g.idx) * entryBytes)
	g.view.Unlock()
	g.report(holes, warn)
	if g.sealed {
		hs.charge(h, bytes)
	}
	return nil
}

// build gives the index of the first upTo bytes, after which comes offset next.
func (g *segment) build(fs FS, f File, upTo, next int64) (index, []hole, error) {
	x, n, err := g.readIndex(fs)
	if err == nil && n == upTo {
		return x, nil, nil
	}
	pos, expect := int64(0), g.base
	if k := len(x) - 1; err == nil && n < upTo && k >= 0 {
		pos, expect = int64(x[k].pos), g.base+int64(x[k].rel)
		x = x[:k]
	} else {
		x = nil
	}
	return walkHeaders(f, x, g.base, pos, expect, upTo, next)
}

// walkHeaders continues x from pos. Damage that shows in a header is stepped
// over; what shows only in a checksum is found when the block is read.
func walkHeaders(f File, x index, base, pos, expect, upTo, next int64) (index, []hole, error) {
	sc, deep := newScanner(f, upTo, false), newScanner(f, upTo, true)
	maxTs := int64(-1)
	if len(x) > 0 {
		maxTs = x[len(x)-1].maxTs
	}
	var holes []hole
	prev := hole{pos: pos, from: expect}
	for pos < upTo {
		h, ok, err := sc.batch(pos, expect)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			if _, sound, err := deep.batch(prev.pos, prev.from); err != nil {
				return nil, nil, err
			} else if !sound {
				pos, expect = prev.pos, prev.from
			}
			d, err := damage(deep, pos, expect, next)
			if err != nil {
				return nil, nil, err
			}
			holes = append(holes, d)
			if len(x) == 0 {
				x = append(x, entry{rel: uint32(expect - base), pos: uint32(pos), maxTs: maxTs})
			}
			pos, expect = d.end, d.next
			prev = hole{pos: pos, from: expect}
			continue
		}
		if n := len(x); n == 0 || pos-int64(x[n-1].pos) >= indexInterval {
			x = append(x, entry{rel: uint32(h.base - base), pos: uint32(pos), maxTs: maxTs})
		}
		maxTs = max(maxTs, h.maxTs)
		prev = hole{pos: pos, from: expect}
		pos, expect = pos+int64(h.size), h.next()
	}
	return x, holes, nil
}

// damage measures the hole at pos: up to the next sound batch, or to the
// scanner's end, after which comes offset next.
func damage(sc *scanner, pos, expect, next int64) (hole, error) {
	q, h, found, err := sc.resync(pos+1, expect)
	switch {
	case err != nil:
		return hole{}, err
	case found && h.base < next:
		return hole{pos: pos, end: q, from: expect, next: h.base}, nil
	}
	return hole{pos: pos, end: sc.end, from: expect, next: max(next, expect)}, nil
}

// verify checks, once, the checksums of what lies in [pos, end) and came from
// a file. Blocks found sound are not looked at again while the index is kept.
func (g *segment) verify(f File, pos, end int64, warn func(error)) error {
	g.view.RLock()
	lo, hi := g.idx.byPos(pos), g.idx.byPos(end-1)
	needed := false
	for i := max(lo, 0); i <= hi && i < len(g.seen); i++ {
		needed = needed || !g.seen[i]
	}
	g.view.RUnlock()
	if !needed {
		return nil
	}
	g.loading.Lock()
	defer g.loading.Unlock()
	for i := max(lo, 0); i <= hi; i++ {
		if err := g.verifyBlock(f, i, warn); err != nil {
			return err
		}
	}
	return nil
}

func (g *segment) verifyBlock(f File, i int, warn func(error)) error {
	g.view.RLock()
	if i >= len(g.seen) || g.seen[i] {
		g.view.RUnlock()
		return nil
	}
	pos, expect := int64(g.idx[i].pos), g.base+int64(g.idx[i].rel)
	end, next := g.size, g.next
	if i+1 < len(g.idx) {
		end, next = int64(g.idx[i+1].pos), g.base+int64(g.idx[i+1].rel)
	}
	g.view.RUnlock()
	var holes []hole
	for sc := newScanner(f, end, true); pos < end; {
		h, ok, err := sc.batch(pos, expect)
		if err != nil {
			return diskError("read", g.path, err)
		}
		if ok && h.next() <= next {
			pos, expect = pos+int64(h.size), h.next()
			continue
		}
		d, err := damage(sc, pos, expect, next)
		if err != nil {
			return diskError("read", g.path, err)
		}
		holes = append(holes, d)
		pos, expect = d.end, d.next
	}
	g.report(holes, warn)
	g.view.Lock()
	if i < len(g.seen) {
		g.seen[i] = true
	}
	g.view.Unlock()
	return nil
}

// report keeps holes and tells of those not told of before.
func (g *segment) report(holes []hole, warn func(error)) {
	for _, d := range holes {
		if g.addHole(d) {
			warn(&maru.Error{Op: "commitlog.Read", Kind: maru.Corrupt, Err: fmt.Errorf(
				"%s: bytes %d to %d are not what was written: offsets %d to %d are lost, readers step over them; check the disk",
				g.path, d.pos, d.end, d.from, d.next-1)})
		}
	}
}

// addHole keeps holes by position, disjoint. It says whether d is news.
func (g *segment) addHole(d hole) bool {
	g.view.Lock()
	defer g.view.Unlock()
	i := sort.Search(len(g.holes), func(i int) bool { return g.holes[i].end > d.pos })
	if i < len(g.holes) && g.holes[i].pos < d.end {
		return false
	}
	g.holes = slices.Insert(g.holes, i, d)
	return true
}

// holeAt is the first hole that ends after pos. Called with view held.
func (g *segment) holeAt(pos int64) (hole, bool) {
	i := sort.Search(len(g.holes), func(i int) bool { return g.holes[i].end > pos })
	if i == len(g.holes) {
		return hole{}, false
	}
	return g.holes[i], true
}
