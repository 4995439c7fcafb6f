package parse

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Eight bytes at a time: each function answers with the top bit of every byte
// that matches. A borrow can set bits above the first match, never below it,
// so "any" and "first" are exact.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func below32(x uint64) uint64         { return (x - ones*0x20) & ^x & highs }
func equals(x, pattern uint64) uint64 { x ^= pattern; return (x - ones) & ^x & highs }

const (
	backslashes = ones * '\\'
	// With bit 1 turned over, the quote (0x22) and all below 0x20 are below
	// 0x21, and nothing else is.
	bit1    = ones * 0x02
	below21 = ones * 0x21
)

// special finds bytes that a JSON string cannot hold as they are.
func special(x uint64) uint64 {
	b := x ^ backslashes
	return (((x ^ bit1) - below21) | ((b - ones) &^ x)) &^ x & highs
}

// firstSpecial is the index of the first byte at or after i that a JSON string
// must escape, or len(b).
func firstSpecial(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

// AppendString writes valid UTF-8 as a JSON string.
func AppendString(dst, s []byte) []byte { return appendString(dst, s) }

func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for {
		i := firstSpecial(s, 0)
		dst = append(dst, s[:i]...)
		if i == len(s) {
			return append(dst, '"')
		}
		dst = appendEscaped(dst, s[i])
		s = s[i+1:]
	}
}

const hexDigits = "0123456789abcdef"

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendLossy writes any bytes as a JSON string: a byte that is not UTF-8
// becomes the four characters \xHH, so that it can still be told.
func AppendLossy(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return appendString(dst, s)
	}
	dst = append(dst, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, '\\', '\\', 'x', hexDigits[s[0]>>4], hexDigits[s[0]&15])
		case r < 0x20 || r == '"' || r == '\\':
			dst = appendEscaped(dst, s[0])
		default:
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return append(dst, '"')
}

// integerDigitsMax and numberDigitsMax keep numbers that a BIGINT and a DOUBLE
// hold exactly; longer ones (card numbers, ids) stay text.
const (
	integerDigitsMax = 18
	numberDigitsMax  = 17
)

// canonical says whether s is a plain number whose text can be had back from
// its value: no leading zero, no plus, no exponent, no space.
func canonical(s []byte) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
		if len(s) == 1 && s[0] == '0' {
			return false
		}
	}
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == 0 || i > integerDigitsMax || s[0] == '0' && i > 1 {
		return false
	}
	if i == len(s) {
		return true
	}
	if s[i] != '.' || i+1 == len(s) || len(s)-1 > numberDigitsMax {
		return false
	}
	for _, c := range s[i+1:] {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// appendValue writes a field of untyped text: nothing becomes null, a
// canonical number stays one, all else is a string.
func appendValue(dst, s []byte) []byte {
	switch {
	case len(s) == 0:
		return append(dst, "null"...)
	case (s[0] == '-' || isDigit(s[0])) && canonical(s):
		return append(dst, s...)
	}
	return appendString(dst, s)
}
