package commitlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

const (
	headerWindow = 4 << 10 // read ahead when only headers are wanted
	bodyWindow   = 1 << 20 // read ahead when bodies are checked too
	// resyncBytesMax is how far behind damage the next batch is looked for.
	resyncBytesMax = 64 << 20
)

// scanner walks the batches of a segment file up to end.
type scanner struct {
	file  io.ReaderAt
	end   int64 // no byte at or after it is looked at
	check bool  // checksums too, not only headers

	buf []byte
	at  int64 // where buf lies in the file
}

func newScanner(f io.ReaderAt, end int64, check bool) *scanner {
	return &scanner{file: f, end: end, check: check}
}

// bytes gives n bytes at pos, fewer at the end. They are valid until the next call.
func (sc *scanner) bytes(pos int64, n int) ([]byte, error) {
	if pos >= sc.at && pos+int64(n) <= sc.at+int64(len(sc.buf)) {
		return sc.buf[pos-sc.at:][:n], nil
	}
	window := headerWindow
	if sc.check {
		window = bodyWindow
	}
	want := int(min(int64(max(window, n)), sc.end-pos))
	if want <= 0 {
		return nil, nil
	}
	if cap(sc.buf) < want {
		sc.buf = make([]byte, max(want, min(window, int(min(sc.end, int64(window))))))
	}
	got, err := sc.file.ReadAt(sc.buf[:want], pos)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	sc.buf, sc.at = sc.buf[:got], pos
	return sc.buf[:min(n, got)], err
}

// batch reads the header at pos. ok is false when no undamaged batch that
// begins with offset expect is there. An error is one of reading.
func (sc *scanner) batch(pos, expect int64) (h header, ok bool, err error) {
	b, err := sc.bytes(pos, headerBytes)
	if err != nil {
		return h, false, err
	}
	h, ok = parseHeader(b)
	if !ok || h.base != expect || h.epoch != 0 || pos+int64(h.size) > sc.end {
		return h, false, nil
	}
	if sc.check {
		ok, err = sc.sound(pos, &h)
	}
	return h, ok, err
}

// sound checks the checksum of the batch at pos, a window at a time.
func (sc *scanner) sound(pos int64, h *header) (bool, error) {
	sum, at, end := uint32(0), pos+atAttributes, pos+int64(h.size)
	for at < end {
		b, err := sc.bytes(at, int(min(end-at, bodyWindow)))
		if err != nil || len(b) == 0 {
			return false, err
		}
		sum = crc32.Update(sum, castagnoli, b)
		at += int64(len(b))
	}
	return sum == h.crc, nil
}

// resync looks behind damage at pos for the next undamaged batch, which must
// hold offsets after expect.
func (sc *scanner) resync(pos, expect int64) (int64, header, bool, error) {
	limit := min(sc.end, pos+resyncBytesMax)
	for at := pos; at+headerBytes <= limit; {
		b, err := sc.bytes(at, int(min(bodyWindow, limit-at)))
		if err != nil {
			return 0, header{}, false, err
		}
		if len(b) < headerBytes {
			break
		}
		i := candidate(b, expect)
		if i < 0 {
			at += int64(len(b) - headerBytes + 1)
			continue
		}
		at += int64(i)
		h, _ := parseHeader(b[i:])
		if at+int64(h.size) <= sc.end {
			good, err := sc.sound(at, &h)
			if err != nil || good {
				return at, h, good, err
			}
		}
		at++
	}
	return 0, header{}, false, nil
}

// candidate is where in b a header may begin that follows offset expect by
// fewer than 2^31 offsets; -1 when nowhere.
func candidate(b []byte, expect int64) int {
	for i := 0; i+headerBytes <= len(b); i++ {
		if b[i+atMagic] != 2 {
			continue
		}
		base := int64(binary.BigEndian.Uint64(b[i:]))
		if base <= expect || base-expect > 1<<31 {
			continue
		}
		if h, ok := parseHeader(b[i:]); ok && h.epoch == 0 {
			return i
		}
	}
	return -1
}
