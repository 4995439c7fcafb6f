package commitlog

import (
	"encoding/binary"
	"hash/crc32"
	"sort"

	"maru"
)

// indexInterval is how many bytes of a segment may pass without an entry.
const indexInterval = 4096

// entry is a place where a batch begins. maxTs is the largest timestamp of the
// segment before it, so that a search by time can begin there.
type entry struct {
	rel   uint32 // offset - base
	pos   uint32
	maxTs int64
}

const entryBytes = 16

// index is sorted by offset, position and (because maxTs is a running
// maximum) by time.
type index []entry

// byOffset is the last entry at or before rel; -1 when there is none.
func (x index) byOffset(rel int64) int {
	return sort.Search(len(x), func(i int) bool { return int64(x[i].rel) > rel }) - 1
}

// byPos is the last entry at or before pos.
func (x index) byPos(pos int64) int {
	return sort.Search(len(x), func(i int) bool { return int64(x[i].pos) > pos }) - 1
}

// byTime is the last entry before which everything is older than ts.
func (x index) byTime(ts int64) int {
	return max(0, sort.Search(len(x), func(i int) bool { return x[i].maxTs >= ts })-1)
}

// An index file is drawn in docs/format/log.md: a header, entries, CRC-32C.
const (
	indexMagic       = "maruidx1"
	indexHeaderBytes = 24
)

// encodeIndex covers the first size bytes of a segment.
func encodeIndex(x index, size int64) []byte {
	b := make([]byte, indexHeaderBytes, indexHeaderBytes+len(x)*entryBytes+4)
	copy(b, indexMagic)
	le := binary.LittleEndian
	le.PutUint64(b[8:], uint64(size))
	le.PutUint64(b[16:], uint64(len(x)))
	for _, e := range x {
		b = le.AppendUint32(b, e.rel)
		b = le.AppendUint32(b, e.pos)
		b = le.AppendUint64(b, uint64(e.maxTs))
	}
	return le.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeIndex is the inverse of encodeIndex.
func decodeIndex(b []byte) (x index, size int64, err error) {
	le := binary.LittleEndian
	if len(b) < indexHeaderBytes+4 || string(b[:8]) != indexMagic {
		return nil, 0, maru.Errorf(maru.Corrupt, "not an index of this version")
	}
	body := b[:len(b)-4]
	if crc32.Checksum(body, castagnoli) != le.Uint32(b[len(body):]) {
		return nil, 0, maru.Errorf(maru.Corrupt, "index checksum does not match")
	}
	n := le.Uint64(b[16:])
	if n != uint64(len(body)-indexHeaderBytes)/entryBytes || len(body) != indexHeaderBytes+int(n)*entryBytes {
		return nil, 0, maru.Errorf(maru.Corrupt, "index counts %d entries in %d bytes", n, len(b))
	}
	x = make(index, n)
	for i := range x {
		e := body[indexHeaderBytes+i*entryBytes:]
		x[i] = entry{rel: le.Uint32(e), pos: le.Uint32(e[4:]), maxTs: int64(le.Uint64(e[8:]))}
		if i > 0 && (x[i].rel <= x[i-1].rel || x[i].pos <= x[i-1].pos) {
			return nil, 0, maru.Errorf(maru.Corrupt, "index is not in order at entry %d", i)
		}
	}
	return x, int64(le.Uint64(b[8:])), nil
}
