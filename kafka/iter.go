package kafka

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Record is one record in place. Key, Value and header values alias the batch
// and are valid until the iterator opens the next one; a nil Key or Value is
// Kafka's null.
type Record struct {
	Offset      int64
	TimestampMs int64
	Key, Value  []byte

	headers  []byte
	nheaders int
}

// Header is the value of the last header called key.
func (r *Record) Header(key string) (value []byte, ok bool) {
	b, i := r.headers, 0
	for n := r.nheaders; n > 0; n-- {
		k, next := lenBytes(b, i)
		v, next := lenBytes(b, next)
		if next < 0 {
			break
		}
		if string(k) == key {
			value, ok = v, true
		}
		i = next
	}
	return value, ok
}

// EachHeader calls f for every header in order until f returns false.
func (r *Record) EachHeader(f func(key string, value []byte) bool) {
	b, i := r.headers, 0
	for n := r.nheaders; n > 0; n-- {
		key, next := lenBytes(b, i)
		value, next := lenBytes(b, next)
		if next < 0 || !f(string(key), value) {
			return
		}
		i = next
	}
}

// Iter walks the records of raw batches in place, in offset order. Control
// batches, and records before the offset it was made for, are passed over. A
// last batch that is cut short ends the walk without an error.
type Iter struct {
	raw  []byte // what is left, from the next batch on
	from int64
	next int64
	err  error

	recs    []byte // what is left of the open batch
	left    int32
	delta   int64 // of the record read last
	base    int64
	end     int64 // first offset after the open batch
	baseTs  int64
	fixedTs bool // log append time: all records have baseTs
	bad     []byte
}

// NewIter walks raw, whole batches as a fetch gives them, from an offset on.
func NewIter(raw []byte, from int64) *Iter {
	it := &Iter{}
	it.Reset(raw, from)
	return it
}

// Reset makes the iterator walk other batches, as NewIter does.
func (it *Iter) Reset(raw []byte, from int64) {
	*it = Iter{raw: raw, from: from, next: from}
}

// Next reads the next record into r; false at the end or at an error.
func (it *Iter) Next(r *Record) bool {
	for {
		for it.left > 0 {
			if !it.record(r) {
				return false
			}
			if it.left == 0 {
				it.next = max(it.next, it.end)
			} else if r.Offset >= it.from {
				it.next = r.Offset + 1
			}
			if r.Offset >= it.from {
				return true
			}
		}
		if it.err != nil || !it.batch() {
			return false
		}
	}
}

// Err is what ended the walk early: of kind Corrupt, naming the offset.
func (it *Iter) Err() error { return it.err }

// NextOffset is the offset to go on from: after the last record that Next
// gave, or after all batches that were passed over.
func (it *Iter) NextOffset() int64 { return it.next }

// SkipCorrupt passes over the batch that Err speaks of, so that one flipped
// bit costs one batch only. False when its end cannot be known.
func (it *Iter) SkipCorrupt() bool {
	if it.err == nil || len(it.bad) < BatchHeaderSize {
		return false
	}
	it.next = max(it.next, header(it.bad).nextOffset())
	it.err, it.bad, it.left, it.recs = nil, nil, 0, nil
	return true
}

func (it *Iter) fail(batch []byte, format string, args ...any) bool {
	it.err, it.bad, it.left = corrupt(batch, format, args...), batch, 0
	return false
}

// batch opens the next batch that has records to give.
func (it *Iter) batch() bool {
	for {
		b, err := cutBatch(it.raw)
		if err != nil || b == nil {
			it.err = err
			return false
		}
		it.raw = it.raw[len(b):]
		h := header(b)
		if h.nextOffset() <= it.from {
			continue
		}
		if sum := crc32.Checksum(b[atAttributes:], castagnoli); sum != binary.BigEndian.Uint32(b[atCRC:]) {
			return it.fail(b, "its checksum is %08x and its bytes give %08x: a bit was flipped on disk or on the way",
				binary.BigEndian.Uint32(b[atCRC:]), sum)
		}
		if h.lastDelta() < 0 || h.count() < 0 || int64(h.count()) > int64(h.lastDelta())+1 {
			return it.fail(b, "%d records do not fit in offsets 0 to %d", h.count(), h.lastDelta())
		}
		if h.count() == 0 && len(b) > BatchHeaderSize {
			return it.fail(b, "it has no records and %d bytes of them", len(b)-BatchHeaderSize)
		}
		if h.attributes()&attrControl != 0 || h.count() == 0 { // compaction leaves empty batches
			it.next = max(it.next, h.nextOffset())
			continue
		}
		return it.open(b)
	}
}

func (it *Iter) open(b []byte) bool {
	h := header(b)
	it.recs = b[BatchHeaderSize:]
	if codec := h.attributes() & attrCodec; codec != 0 {
		out, err := decompressor().Decompress(it.recs, kgo.CompressionCodecType(codec))
		if err != nil {
			return it.fail(b, "decompress with codec %d: %v", codec, err)
		}
		it.recs = out
	}
	it.bad = b
	it.left, it.delta = h.count(), -1
	it.base, it.end = h.baseOffset(), h.nextOffset()
	it.baseTs, it.fixedTs = h.baseTimestamp(), h.attributes()&attrAppendTime != 0
	if it.fixedTs {
		it.baseTs = h.maxTimestamp()
	}
	return true
}

// record reads one record of the open batch.
func (it *Iter) record(r *Record) bool {
	n, i := varint(it.recs, 0)
	if i < 0 || n < 0 || n > int64(len(it.recs)-i) {
		return it.fail(it.bad, "a record after offset delta %d is cut short", it.delta)
	}
	b := it.recs[i : i+int(n)]
	it.recs = it.recs[i+int(n):]
	// One byte of attributes, which Kafka has not given a meaning.
	ts, i := varint(b, 1)
	delta, i := varint(b, i)
	key, i := lenBytes(b, i)
	value, i := lenBytes(b, i)
	nh, i := varint(b, i)
	if i < 0 || delta <= it.delta || delta >= it.end-it.base {
		return it.fail(it.bad, "a record after offset delta %d cannot be read", it.delta)
	}
	r.headers, r.nheaders = b[i:], int(nh)
	if nh != 0 {
		i = skipHeaders(b, i, nh)
	}
	if i != len(b) {
		return it.fail(it.bad, "the record at offset delta %d has %d header bytes that cannot be read", delta, len(r.headers))
	}
	it.left--
	it.delta = delta
	if it.left == 0 && len(it.recs) != 0 {
		return it.fail(it.bad, "%d bytes follow its last record", len(it.recs))
	}
	r.Offset = it.base + delta
	r.TimestampMs = it.baseTs
	if !it.fixedTs {
		r.TimestampMs += ts
	}
	r.Key, r.Value = key, value
	return true
}

// skipHeaders finds the end of n headers that begin at i; -1 when they do not fit.
func skipHeaders(b []byte, i int, n int64) int {
	if n < 0 || n > int64(len(b)) {
		return -1
	}
	for ; n > 0; n-- {
		var key []byte
		if key, i = lenBytes(b, i); i < 0 || key == nil {
			return -1
		}
		if _, i = lenBytes(b, i); i < 0 {
			return -1
		}
	}
	return i
}

// varint reads a zigzag varint at b[i]; next is -1 when there is none.
func varint(b []byte, i int) (v int64, next int) {
	if uint(i) < uint(len(b)) && b[i] < 0x80 {
		u := b[i]
		return int64(u>>1) ^ -int64(u&1), i + 1
	}
	if uint(i) >= uint(len(b)) {
		return 0, -1
	}
	v, n := binary.Varint(b[i:])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}

// lenBytes reads a length and as many bytes; nil for the length -1.
func lenBytes(b []byte, i int) (v []byte, next int) {
	n, i := varint(b, i)
	switch {
	case i < 0 || n < -1 || n > int64(len(b)-i):
		return nil, -1
	case n == -1:
		return nil, i
	}
	end := i + int(n)
	return b[i:end:end], end
}
