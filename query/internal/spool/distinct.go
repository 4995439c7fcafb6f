package spool

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
)

// distinct counts values by their 64-bit hashes: one by one up to
// DistinctExactMax, with HyperLogLog (Flajolet and others, 2007) beyond. Which
// are frequent it learns with Misra and Gries' counters (1982): a value with
// more than one of DistinctExactMax of the rows is among them.
type distinct struct {
	seed      maphash.Seed
	salt      uint64
	counts    map[uint64]counted
	overflown bool
	registers []uint8
	lost      int64 // rows whose count was given up
}

// counted is a value: how often it was seen, and the row that has it first.
type counted struct {
	n   int64
	row uint32
}

const registerBits = 14 // 16,384 registers: an error of 0.8 % (one sigma)

func newDistinct() *distinct {
	seed := maphash.MakeSeed()
	return &distinct{
		seed: seed, salt: maphash.Bytes(seed, nil), counts: map[uint64]counted{},
		registers: make([]uint8, 1<<registerBits),
	}
}

func hashBytes(seed maphash.Seed, b []byte) uint64 { return maphash.Bytes(seed, b) }

// mix spreads what differs over all bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *distinct) add(hash uint64, row uint32) {
	rank := uint8(bits.LeadingZeros64(hash<<registerBits|1<<(registerBits-1))) + 1
	if at := hash >> (64 - registerBits); rank > d.registers[at] {
		d.registers[at] = rank
	}
	if e, ok := d.counts[hash]; ok {
		e.n++
		d.counts[hash] = e
		return
	}
	if len(d.counts) < DistinctExactMax {
		d.counts[hash] = counted{n: 1, row: row}
		return
	}
	d.overflown = true
	d.shrink()
}

// shrink takes one off every count. It costs as much as there are counters,
// and every row pays for one of them at most.
func (d *distinct) shrink() {
	d.lost++
	for hash, e := range d.counts {
		if e.n--; e.n == 0 {
			delete(d.counts, hash)
		} else {
			d.counts[hash] = e
		}
	}
}

func (d *distinct) count() (n int64, exact bool) {
	if !d.overflown {
		return int64(len(d.counts)), true
	}
	return int64(math.Round(d.estimate())), false
}

func (d *distinct) estimate() float64 {
	m := float64(len(d.registers))
	var sum float64
	zeros := 0
	for _, r := range d.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	alpha := 0.7213 / (1 + 1.079/m)
	if e := alpha * m * m / sum; e > 2.5*m || zeros == 0 {
		return e
	}
	return m * math.Log(m/float64(zeros))
}

// recounter counts again, exactly, the values that may be frequent.
type recounter struct{ d *distinct }

// candidates is nil when the counts are exact already.
func (d *distinct) candidates() *recounter {
	if !d.overflown {
		return nil
	}
	for hash, e := range d.counts {
		e.n = 0
		d.counts[hash] = e
	}
	return &recounter{d}
}

func (r *recounter) add(hash uint64) {
	if e, ok := r.d.counts[hash]; ok {
		e.n++
		r.d.counts[hash] = e
	}
}

// top gives the most frequent values. Exact: no other is as frequent as the last of them.
func (d *distinct) top(rows int64) (top []counted, exact bool) {
	all := make([]counted, 0, len(d.counts))
	for _, e := range d.counts {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b counted) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.row, b.row)) })
	top = all[:min(TopMax, len(all))]
	exact = !d.overflown || len(top) == TopMax && top[len(top)-1].n > d.lost
	return slices.Clone(top), exact
}

// decimalFloat is a little-endian signed number as a float.
func decimalFloat(b []byte) float64 {
	switch len(b) {
	case 4:
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case 8:
		return float64(int64(binary.LittleEndian.Uint64(b)))
	}
	// The sign is in the highest word; small numbers must not be lost in the
	// difference of two large ones, so negative ones are turned round first.
	neg := b[len(b)-1]&0x80 != 0
	var f float64
	carry := neg
	words := make([]uint64, len(b)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
		if neg {
			words[i] = ^words[i]
			if carry {
				words[i]++
				carry = words[i] == 0
			}
		}
	}
	for i := len(words) - 1; i >= 0; i-- {
		f = f*(1<<64) + float64(words[i])
	}
	if neg {
		return -f
	}
	return f
}
