package commitlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"maru"
)

const (
	// inflatedMax bounds what one compressed batch may become while a
	// timestamp is looked for in it.
	inflatedMax = 256 << 20
	zstdMemory  = 64 << 20
)

// recordSince finds the first record of batch, at or after offset start, whose
// timestamp is at least want. When the records cannot be read, the batch's
// first offset stands for them: no record is missed, a reader sees some older ones.
func recordSince(batch []byte, h *header, want, start int64) (offset, ts int64, ok bool) {
	if h.attrs&attrLogAppendTime != 0 {
		return max(h.base, start), h.maxTs, h.maxTs >= want
	}
	r, err := inflate(batch[headerBytes:], h.attrs&attrCodec)
	if err != nil {
		return max(h.base, start), h.maxTs, true
	}
	br := bufio.NewReader(io.LimitReader(r, inflatedMax))
	for range h.count {
		tsDelta, offDelta, err := readRecord(br)
		if err != nil {
			return max(h.base, start), h.maxTs, true
		}
		if o, t := h.base+offDelta, h.baseTs+tsDelta; t >= want && o >= start {
			return o, t, true
		}
	}
	return 0, 0, false
}

// readRecord reads the two deltas of a record and steps over the rest.
func readRecord(r *bufio.Reader) (tsDelta, offDelta int64, err error) {
	size, err := binary.ReadVarint(r)
	if err != nil {
		return 0, 0, err
	}
	if size < recordBytesMin-1 || size > inflatedMax {
		return 0, 0, maru.Errorf(maru.Corrupt, "record of %d bytes", size)
	}
	body := countingReader{r: r}
	if _, err = body.ReadByte(); err != nil { // attributes
		return 0, 0, err
	}
	if tsDelta, err = binary.ReadVarint(&body); err != nil {
		return 0, 0, err
	}
	if offDelta, err = binary.ReadVarint(&body); err != nil {
		return 0, 0, err
	}
	if body.n > size {
		return 0, 0, maru.Errorf(maru.Corrupt, "record of %d bytes ends in its header", size)
	}
	_, err = r.Discard(int(size - body.n))
	return tsDelta, offDelta, err
}

type countingReader struct {
	r *bufio.Reader
	n int64
}

func (c *countingReader) ReadByte() (byte, error) {
	c.n++
	return c.r.ReadByte()
}

// inflate opens records by their codec.
func inflate(b []byte, codec int16) (io.Reader, error) {
	switch codec {
	case 0:
		return bytes.NewReader(b), nil
	case 1:
		return gzip.NewReader(bytes.NewReader(b))
	case 2:
		return unsnappy(b)
	case 3:
		return lz4.NewReader(bytes.NewReader(b)), nil
	case 4:
		d, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemory))
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return nil, maru.Errorf(maru.Invalid, "compression codec %d is unknown", codec)
}

var xerialMagic = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const xerialHeaderBytes = 16

// unsnappy takes a bare block, or the framing of Java's xerial library: a
// header, then blocks that each begin with their length.
func unsnappy(b []byte) (io.Reader, error) {
	if !bytes.HasPrefix(b, xerialMagic) || len(b) < xerialHeaderBytes {
		out, err := unblock(b)
		return bytes.NewReader(out), err
	}
	var out []byte
	for b = b[xerialHeaderBytes:]; len(b) >= 4; {
		n := binary.BigEndian.Uint32(b)
		b = b[4:]
		if uint64(n) > uint64(len(b)) {
			return nil, maru.Errorf(maru.Corrupt, "snappy block of %d bytes in %d", n, len(b))
		}
		block, err := unblock(b[:n])
		if err != nil {
			return nil, err
		}
		if len(out)+len(block) > inflatedMax {
			return nil, maru.Errorf(maru.TooLarge, "snappy data of more than %d bytes", inflatedMax)
		}
		out, b = append(out, block...), b[n:]
	}
	return bytes.NewReader(out), nil
}

func unblock(b []byte) ([]byte, error) {
	if n, err := snappy.DecodedLen(b); err != nil || n > inflatedMax {
		return nil, maru.Errorf(maru.Corrupt, "snappy block: %d bytes, %v", n, err)
	}
	return snappy.Decode(nil, b)
}
