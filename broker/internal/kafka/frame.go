package kafka

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"sync"
)

// Frames are read into buffers of a few sizes, powers of two, which are used
// again. Larger ones are left to the garbage collector.
const (
	classMin = 10 // 1 KiB
	classMax = 20 // 1 MiB
)

type framePool struct {
	classes [classMax - classMin + 1]sync.Pool
}

// class is the pool that holds buffers of at least n bytes, -1 for none.
func class(n int) int {
	c := max(bits.Len(uint(max(n, 1)-1)), classMin)
	if c > classMax {
		return -1
	}
	return c - classMin
}

func (p *framePool) take(n int) []byte {
	c := class(n)
	if c < 0 {
		return make([]byte, n)
	}
	if b, ok := p.classes[c].Get().(*[]byte); ok {
		return (*b)[:n]
	}
	return make([]byte, n, 1<<(c+classMin))
}

func (p *framePool) give(b []byte) {
	if c := class(cap(b)); c >= 0 && cap(b) == 1<<(c+classMin) {
		b = b[:0]
		p.classes[c].Put(&b)
	}
}

// read takes size bytes from r. A length is only a claim until its bytes are
// here: beyond the largest class the buffer grows with what has arrived.
func (p *framePool) read(r io.Reader, size int) ([]byte, error) {
	b := p.take(min(size, 1<<classMax))
	if _, err := io.ReadFull(r, b); err != nil {
		return b, err
	}
	for len(b) < size {
		have := len(b)
		grown := make([]byte, min(2*have, size))
		copy(grown, b)
		p.give(b)
		b = grown
		if _, err := io.ReadFull(r, b[have:]); err != nil {
			return b, err
		}
	}
	return b, nil
}

// errShort is a request that ends before its fields do.
var errShort = errors.New("the request ends in the middle of a field")

// cursor walks bytes in Kafka's encoding. After an error it gives zeros.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) span(n int) []byte {
	if c.bad || n < 0 || n > len(c.b) {
		c.bad = true
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) int16() int16 {
	if b := c.span(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (c *cursor) int32() int32 {
	if b := c.span(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if c.bad || n <= 0 {
		c.bad = true
		return 0
	}
	c.b = c.b[n:]
	return v
}

// compact is a compact length: -1 is null.
func (c *cursor) compact() int {
	v := c.uvarint()
	if v > uint64(len(c.b))+1 {
		c.bad = true
		return -1
	}
	return int(v) - 1
}

// str is a nullable string; null gives ok false.
func (c *cursor) str(flexible bool) (s string, ok bool) {
	var n int
	if flexible {
		n = c.compact()
	} else {
		n = int(c.int16())
	}
	if n < 0 || c.bad {
		return "", false
	}
	return string(c.span(n)), !c.bad
}

// bytes is a nullable run of bytes that aliases the request.
func (c *cursor) bytes(flexible bool) []byte {
	var n int
	if flexible {
		n = c.compact()
	} else {
		n = int(c.int32())
	}
	if n < 0 {
		return nil
	}
	return c.span(n)
}

// array is an array's length, 0 for null. Every element takes a byte at
// least, so a length beyond what is left is a lie.
func (c *cursor) array(flexible bool) int {
	var n int
	if flexible {
		n = c.compact()
	} else {
		n = int(c.int32())
	}
	if n > len(c.b) {
		c.bad = true
	}
	if c.bad {
		return 0
	}
	return max(n, 0)
}

// tags skips tagged fields.
func (c *cursor) tags() {
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		c.uvarint()
		size := c.uvarint()
		if size > uint64(len(c.b)) {
			c.bad = true
			return
		}
		c.span(int(size))
	}
}
