package commitlog

import (
	"encoding/binary"
	"hash/crc32"

	"maru"
)

// A frame is one record of the write-ahead log or of a checkpoint; both are
// drawn in docs/format/log.md.
const (
	frameHeaderBytes = 24
	frameAlign       = 8
)

type kind uint8

const (
	kindBatches      kind = 1 // head and the batches themselves
	kindReference    kind = 2 // head only: the segment had been synced
	kindEntries      kind = 3 // keys and values
	kindTopic        kind = 4 // a topic as it is from now on, JSON
	kindTopicDeleted kind = 5 // a topic id
	kindDeleteBefore kind = 6 // topic id, partition, offset
	kindHead         kind = 7 // checkpoint: where the log goes on
	kindPartition    kind = 8 // checkpoint: one partition
	kindEnd          kind = 9 // checkpoint: how many frames came before
)

// frame is a decoded record. payload aliases the buffer it was read from.
type frame struct {
	seq     uint64
	kind    kind
	payload []byte
	size    int // in the file, header and padding included
}

// frameSize is what a payload of n bytes takes in the file.
func frameSize(n int) int {
	return (frameHeaderBytes + n + frameAlign - 1) / frameAlign * frameAlign
}

// saltSeed starts every checksum of a file: what an earlier use of the same
// bytes of disk left behind can never be taken for a record.
func saltSeed(salt uint64) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], salt)
	return crc32.Checksum(b[:], castagnoli)
}

// sealFrame fills in the header of b, whose payload of n bytes is in place.
func sealFrame(b []byte, seed uint32, seq uint64, k kind, n int) {
	le := binary.LittleEndian
	le.PutUint32(b, uint32(n))
	le.PutUint64(b[8:], seq)
	le.PutUint64(b[16:], uint64(k))
	le.PutUint32(b[4:], frameSum(b, seed, n))
}

// frameSum covers length, sequence, kind and payload.
func frameSum(b []byte, seed uint32, n int) uint32 {
	sum := crc32.Update(seed, castagnoli, b[:4])
	return crc32.Update(sum, castagnoli, b[8:frameHeaderBytes+n])
}

// readFrame reads the frame at the start of b; ok is false when there is no
// undamaged one.
func readFrame(b []byte, seed uint32) (f frame, ok bool) {
	if len(b) < frameHeaderBytes {
		return f, false
	}
	le := binary.LittleEndian
	n := uint64(le.Uint32(b))
	if n > uint64(len(b)-frameHeaderBytes) {
		return f, false
	}
	k := le.Uint64(b[16:])
	if k == 0 || k > uint64(kindEnd) || frameSum(b, seed, int(n)) != le.Uint32(b[4:]) {
		return f, false
	}
	return frame{
		seq: le.Uint64(b[8:]), kind: kind(k), size: min(frameSize(int(n)), len(b)),
		payload: b[frameHeaderBytes : frameHeaderBytes+int(n)],
	}, true
}

// eachFrame hands out the frames of b, which are numbered from seq upwards.
// Damage between two frames is stepped over and counted in lost; what follows
// the last one is the unwritten rest. fn must not keep payloads.
func eachFrame(b []byte, seed uint32, seq uint64, fn func(frame) error) (next uint64, end, lost int, err error) {
	for at := 0; at < len(b); {
		f, ok := readFrame(b[at:], seed)
		if !ok || f.seq < seq {
			skip := nextFrame(b[at:], seed, seq)
			if skip < 0 {
				break
			}
			lost++
			at += skip
			continue
		}
		if err := fn(f); err != nil {
			return seq, end, lost, err
		}
		seq, at = f.seq+1, at+f.size
		end = at
	}
	return seq, end, lost, nil
}

// framesAhead is how far the sequence may jump over damage.
const framesAhead = 1 << 20

// nextFrame looks behind damage for a frame that follows seq.
func nextFrame(b []byte, seed uint32, seq uint64) int {
	for at := frameAlign; at+frameHeaderBytes <= len(b); at += frameAlign {
		if s := binary.LittleEndian.Uint64(b[at+8:]); s <= seq || (seq > 0 && s-seq > framesAhead) {
			continue
		}
		if _, ok := readFrame(b[at:], seed); ok {
			return at
		}
	}
	return -1
}

// place says where batches lie: the head of kindBatches and kindReference.
type place struct {
	id         [16]byte
	partition  int32
	bytes      int   // of the batches
	segment    int64 // its base offset
	pos        int64
	base, next int64 // offsets
}

const placeBytes = 56

func appendPlace(b []byte, p place) []byte {
	le := binary.LittleEndian
	b = append(b, p.id[:]...)
	b = le.AppendUint32(b, uint32(p.partition))
	b = le.AppendUint32(b, uint32(p.bytes))
	b = le.AppendUint64(b, uint64(p.segment))
	b = le.AppendUint64(b, uint64(p.pos))
	b = le.AppendUint64(b, uint64(p.base))
	return le.AppendUint64(b, uint64(p.next))
}

// readPlace gives the head of f and the batches, nil for a reference.
func readPlace(f frame) (p place, data []byte, err error) {
	b := f.payload
	if len(b) < placeBytes {
		return p, nil, maru.Errorf(maru.Corrupt, "record %d: %d bytes are no place", f.seq, len(b))
	}
	le := binary.LittleEndian
	copy(p.id[:], b)
	p.partition = int32(le.Uint32(b[16:]))
	p.bytes = int(le.Uint32(b[20:]))
	p.segment = int64(le.Uint64(b[24:]))
	p.pos = int64(le.Uint64(b[32:]))
	p.base = int64(le.Uint64(b[40:]))
	p.next = int64(le.Uint64(b[48:]))
	bad := p.partition < 0 || p.segment < 0 || p.pos < 0 || p.base < p.segment || p.next < p.base || p.pos > 1<<40
	if f.kind == kindBatches {
		data = b[placeBytes:]
		bad = bad || len(data) != p.bytes
	}
	if bad {
		return p, nil, maru.Errorf(maru.Corrupt, "record %d: place %+v makes no sense", f.seq, p)
	}
	return p, data, nil
}

// Entry is a key of the small table and its value; nil deletes the key.
type Entry struct {
	Key   string
	Value []byte
}

func appendEntries(b []byte, es []Entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(es)))
	for _, e := range es {
		b = binary.AppendUvarint(b, uint64(len(e.Key)))
		b = append(b, e.Key...)
		if e.Value == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(e.Value))+1)
		b = append(b, e.Value...)
	}
	return b
}

// readEntries is the inverse of appendEntries. Values are copies.
func readEntries(b []byte) ([]Entry, error) {
	r := reader{b: b}
	n := r.uvarint()
	if n > uint64(len(b)) {
		return nil, maru.Errorf(maru.Corrupt, "%d entries in %d bytes", n, len(b))
	}
	es := make([]Entry, 0, n)
	for range n {
		e := Entry{Key: string(r.take(r.uvarint()))}
		if size := r.uvarint(); size > 0 {
			e.Value = append([]byte{}, r.take(size-1)...)
		}
		es = append(es, e)
	}
	return es, r.err()
}

// reader takes apart a payload; the first lack of bytes sticks.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) err() error {
	if r.bad {
		return maru.Errorf(maru.Corrupt, "record is cut")
	}
	return nil
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) id() (id [16]byte) {
	copy(id[:], r.take(16))
	return id
}
