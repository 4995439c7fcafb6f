package spool

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/float16"
)

// class parts the cells of a column before they are compared.
type class uint8

const (
	ordinary class = iota
	notANumber
	null
)

// signBit turns the order of signed numbers into that of unsigned ones.
const signBit = 1 << 63

// float is a cell of kindFloat.
func (c *cells) float(k *chunk, i int) float64 {
	switch c.width {
	case 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(k.vals[8*i:]))
	case 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(k.vals[4*i:])))
	}
	return float64(float16.FromBits(binary.LittleEndian.Uint16(k.vals[2*i:])).Float32())
}

func (c *cells) class(k *chunk, i int) class {
	if c.isNull(k, i) {
		return null
	}
	if c.kind == kindFloat {
		if f := c.float(k, i); f != f {
			return notANumber
		}
	}
	return ordinary
}

// levels is how many keys of 8 bytes tell any two cells apart; for bytes there
// is no such number.
func (c *column) levels() int {
	switch c.kind {
	case kindDecimal:
		return max(1, c.width/8)
	case kindInterval:
		return 2
	}
	return 1
}

// key gives the level-th 8 bytes of an ordinary cell in a form whose unsigned
// order is that of the cells.
func (c *cells) key(k *chunk, i, level int) uint64 {
	switch c.kind {
	case kindInt:
		return uint64(c.int(k, i)) ^ signBit
	case kindUint:
		return c.uint(k, i)
	case kindFloat:
		return floatKey(c.float(k, i))
	case kindBool:
		if c.boolean(k, i) {
			return 1
		}
		return 0
	case kindDecimal:
		return c.decimalKey(k, i, level)
	case kindInterval:
		hi, lo := intervalLength(c.bytes(k, i))
		if level == 0 {
			return uint64(hi) ^ signBit
		}
		return lo
	case kindNull:
		return 0
	}
	return prefix(c.bytes(k, i), level)
}

func floatKey(f float64) uint64 {
	if f == 0 {
		f = 0 // the negative zero too
	}
	b := math.Float64bits(f)
	if b&signBit != 0 {
		return ^b
	}
	return b | signBit
}

func (c *cells) decimalKey(k *chunk, i, level int) uint64 {
	if c.width == 4 {
		return uint64(int64(int32(binary.LittleEndian.Uint32(k.vals[4*i:])))) ^ signBit
	}
	word := binary.LittleEndian.Uint64(k.vals[(i+1)*c.width-8*(level+1):])
	if level == 0 {
		word ^= signBit
	}
	return word
}

// intervalLength is an interval in nanoseconds, 128 bits of them, as DuckDB
// compares them: 30 days a month, 24 hours a day.
func intervalLength(b []byte) (hi int64, lo uint64) {
	months, days, nanos := intervalParts(b)
	const nanosPerDay = 24 * 3600 * 1e9
	return addMul(months*30+days, nanosPerDay, nanos)
}

func intervalParts(b []byte) (months, days, nanos int64) {
	return int64(int32(binary.LittleEndian.Uint32(b))), int64(int32(binary.LittleEndian.Uint32(b[4:]))), int64(binary.LittleEndian.Uint64(b[8:]))
}

// prefix is 8 bytes of b as a number, with zeros behind its end.
func prefix(b []byte, level int) uint64 {
	at := 8 * level
	if at+8 <= len(b) {
		return binary.BigEndian.Uint64(b[at:])
	}
	var p [8]byte
	if at < len(b) {
		copy(p[:], b[at:])
	}
	return binary.BigEndian.Uint64(p[:])
}

// addMul is a*b+c in 128 bits, b positive.
func addMul(a int64, b uint64, c int64) (hi int64, lo uint64) {
	neg := a < 0
	if neg {
		a = -a
	}
	h, l := bits.Mul64(uint64(a), b)
	if neg {
		l = ^l + 1
		h = ^h
		if l == 0 {
			h++
		}
	}
	sum := l + uint64(c)
	h += uint64(c >> 63)
	if sum < l {
		h++
	}
	return int64(h), sum
}
