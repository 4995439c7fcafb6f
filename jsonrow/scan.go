package jsonrow

import (
	"encoding/binary"
	"math/bits"
)

// DepthMax bounds how deep arrays and objects may nest; it is encoding/json's
// bound, so that both accept the same rows.
const DepthMax = 10000

// kind is what a JSON value is.
type kind uint8

const (
	kindNull kind = iota
	kindTrue
	kindFalse
	kindNumber
	kindString
	kindObject
	kindArray
)

// flags say what a scanned piece of text holds, so that later steps may skip
// work that the usual row does not need.
type flags uint8

const (
	escaped  flags = 1 << iota // a string with a backslash
	nonASCII                   // bytes from 0x80 up: UTF-8 must be checked
)

// The functions of this file return the position after what they read, or,
// where the text is not JSON, the complement of the position of the offending
// byte: always negative, so one comparison tells.

const (
	each1 = 0x0101010101010101
	each8 = 0x8080808080808080
)

// scanString reads a string's inside from p on, up to and with its closing
// quote. Eight bytes at a time: the lowest marked byte of a word is exact,
// because a borrow only goes up from a byte that is marked itself.
func scanString(b []byte, p int) (int, flags) {
	var f flags
	for p+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[p:])
		m := ((w - 0x20*each1) | ((w ^ '"'*each1) - each1) | ((w ^ '\\'*each1) - each1) | w) & each8
		if m == 0 {
			p += 8
			continue
		}
		p += bits.TrailingZeros64(m) >> 3
		c := b[p]
		if c == '"' {
			return p + 1, f
		}
		if c < 0x20 {
			return ^p, f
		}
		if c == '\\' {
			f |= escaped
			if p = scanEscape(b, p); p < 0 {
				return p, f
			}
			continue
		}
		f |= nonASCII
		for p < len(b) && b[p] >= 0x80 {
			p++
		}
	}
	return scanStringTail(b, p, f)
}

// scanStringTail does the last seven bytes of the row.
func scanStringTail(b []byte, p int, f flags) (int, flags) {
	for p < len(b) {
		c := b[p]
		switch {
		case c == '"':
			return p + 1, f
		case c < 0x20:
			return ^p, f
		case c == '\\':
			f |= escaped
			if p = scanEscape(b, p); p < 0 {
				return p, f
			}
			continue
		case c >= 0x80:
			f |= nonASCII
		}
		p++
	}
	return ^len(b), f
}

// scanEscape reads one escape sequence; b[p] is its backslash.
func scanEscape(b []byte, p int) int {
	if p+1 >= len(b) {
		return ^len(b)
	}
	switch b[p+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 2
	case 'u':
		for i := p + 2; i < p+6; i++ {
			if i >= len(b) || hexValue(b[i]) < 0 {
				return ^min(i, len(b))
			}
		}
		return p + 6
	}
	return ^(p + 1)
}

func hexValue(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// scanDigits reads at least one digit.
func scanDigits(b []byte, p int) int {
	start := p
	for p < len(b) && b[p]-'0' <= 9 {
		p++
	}
	if p == start {
		return ^p
	}
	return p
}

// scanNumber reads a number; b[p] is '-' or a digit.
func scanNumber(b []byte, p int) int {
	if b[p] == '-' {
		p++
	}
	if p < len(b) && b[p] == '0' {
		p++
	} else if p = scanDigits(b, p); p < 0 {
		return p
	}
	if p < len(b) && b[p] == '.' {
		if p = scanDigits(b, p+1); p < 0 {
			return p
		}
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		p++
		if p < len(b) && (b[p] == '+' || b[p] == '-') {
			p++
		}
		return scanDigits(b, p)
	}
	return p
}

// scanWord reads a literal; its first byte is known to match.
func scanWord(b []byte, p int, word string) int {
	for i := 1; i < len(word); i++ {
		if p+i >= len(b) || b[p+i] != word[i] {
			return ^(p + i)
		}
	}
	return p + len(word)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func skipSpace(b []byte, p int) int {
	for p < len(b) && isSpace(b[p]) {
		p++
	}
	return p
}

// scanValue reads one value; b[p] is its first byte, if there is one. The
// value stands inside one object already, which counts for the depth.
func scanValue(b []byte, p int) (int, kind, flags) {
	if p >= len(b) {
		return ^len(b), kindNull, 0
	}
	switch c := b[p]; c {
	case '"':
		end, f := scanString(b, p+1)
		return end, kindString, f
	case '{', '[':
		var n nest
		end, f := n.scan(b, p)
		if c == '{' {
			return end, kindObject, f
		}
		return end, kindArray, f
	case 't':
		return scanWord(b, p, "true"), kindTrue, 0
	case 'f':
		return scanWord(b, p, "false"), kindFalse, 0
	case 'n':
		return scanWord(b, p, "null"), kindNull, 0
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return scanNumber(b, p), kindNumber, 0
	}
	return ^p, kindNull, 0
}
