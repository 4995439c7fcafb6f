package commitlog

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
)

func sealed(k kind, seq uint64, payload []byte) []byte {
	b := make([]byte, frameSize(len(payload)))
	copy(b[frameHeaderBytes:], payload)
	sealFrame(b, 1, seq, k, len(payload))
	return b
}

// FuzzWAL: whatever a write-ahead file holds, decoding ends, hands out frames
// in order, and what is handed out encodes to the same bytes again.
func FuzzWAL(f *testing.F) {
	f.Add([]byte{})
	f.Add(sealed(kindEntries, 1, appendEntries(nil, []Entry{{"k", []byte("v")}, {"gone", nil}})))
	two := append(sealed(kindTopic, 1, []byte("{}")), sealed(kindBatches, 2, appendPlace(nil, place{next: 1}))...)
	f.Add(two)
	f.Add(append(append([]byte{}, two[:30]...), sealed(kindTopicDeleted, 9, make([]byte, 16))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		seq, at := uint64(0), 0
		next, end, _, err := eachFrame(b, 1, 0, func(fr frame) error {
			if fr.seq < seq {
				t.Fatalf("frame %d after %d", fr.seq, seq)
			}
			seq, at = fr.seq+1, at+fr.size
			decodePayload(t, fr)
			return nil
		})
		if err != nil || next != seq || end > len(b) || at > len(b) {
			t.Fatal(next, seq, end, at, err)
		}
	})
}

func decodePayload(t *testing.T, fr frame) {
	switch fr.kind {
	case kindBatches, kindReference:
		if pl, data, err := readPlace(fr); err == nil && !bytes.Equal(append(appendPlace(nil, pl), data...), fr.payload[:placeBytes+len(data)]) {
			t.Fatal("place changed")
		}
	case kindEntries:
		if es, err := readEntries(fr.payload); err == nil {
			if again, err := readEntries(appendEntries(nil, es)); err != nil || !reflect.DeepEqual(es, again) {
				t.Fatal("entries changed", err)
			}
		}
	case kindDeleteBefore:
		_, _, _, _ = readDeleteBefore(fr.payload)
	}
}

// FuzzEntries goes past the checksum.
func FuzzEntries(f *testing.F) {
	f.Add(appendEntries(nil, []Entry{{"k", []byte("v")}, {"", []byte{}}, {"gone", nil}}))
	f.Fuzz(func(t *testing.T, b []byte) { decodePayload(t, frame{kind: kindEntries, payload: b}) })
}

// FuzzCheckpoint decodes both whole files and states behind the checksum.
func FuzzCheckpoint(f *testing.F) {
	state := partState{next: 3, segs: []segState{{0, 10, 5, 1}}, producers: producers{7: {epoch: 1, n: 1}}}
	b := state.encode([16]byte{1}, 2)
	f.Add(b)
	whole := append([]byte(checkpointMagic), make([]byte, 8)...)
	f.Add(append(whole, encodeCheckpoint(1, 1, "boot", nil, map[string][]byte{"k": nil}, [][]byte{b})(0)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeCheckpoint(b, "boot")
		c, err := decodePartState(b)
		if err != nil {
			return
		}
		again, err := decodePartState(c.encode(c.id, c.n))
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatal("state changed", err)
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add(encodeIndex(index{{0, 0, -1}, {5, 4096, 17}}, 9000))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, size, err := decodeIndex(b)
		if err == nil && !bytes.Equal(encodeIndex(x, size), b) {
			t.Fatal("index changed")
		}
	})
}

// FuzzBatch: no bytes make header decoding, checking or scanning go wrong.
func FuzzBatch(f *testing.F) {
	f.Add(emptyBatch(3, 9))
	two := append(emptyBatch(0, 1), emptyBatch(1, 4)...)
	f.Add(two)
	f.Add(append([]byte("damage"), two...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = CheckBatches(b, 1000)
		if h, ok := wholeBatch(b); ok {
			_, _, _ = recordSince(b[:h.size], &h, h.baseTs, h.base)
		}
		if len(b) >= headerBytes { // compressed or not, past the checksum
			if h, ok := parseHeader(b); ok {
				h.count = min(h.count, 1000)
				_, _, _ = recordSince(b, &h, h.baseTs, h.base)
			}
		}
		sc := newScanner(bytesFile{b}, int64(len(b)), true)
		pos, expect := int64(0), int64(0)
		for pos < int64(len(b)) {
			h, ok, err := sc.batch(pos, expect)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				pos, expect = pos+int64(h.size), h.next()
				continue
			}
			d, err := damage(sc, pos, expect, 1<<40)
			if err != nil || d.end <= pos {
				t.Fatal(d, err)
			}
			pos, expect = d.end, d.next
		}
	})
}

// bytesFile is bytes as a File that is only read.
type bytesFile struct{ b []byte }

func (f bytesFile) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(f.b).ReadAt(p, at) }

func TestSequenceArithmetic(t *testing.T) {
	h, ok := parseHeader(emptyBatch(5, 8))
	if !ok || h.next() != 8 || h.base != 5 || h.count != 0 {
		t.Fatalf("%+v", h)
	}
	b := emptyBatch(0, 1)
	binary.BigEndian.PutUint32(b[atLength:], 1<<31)
	if _, ok := parseHeader(b); ok {
		t.Fatal("a negative length was taken")
	}
}
