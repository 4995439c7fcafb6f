package parse

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// DepthMax bounds how deep JSON may be nested.
const DepthMax = 512

type ndjsonParser struct{}

// Parse gives the line verbatim once it is known to be one JSON object.
func (ndjsonParser) Parse(_, rec []byte) ([]byte, error) {
	end, err := scanObject(rec)
	if err != nil {
		return nil, err
	}
	if i := skipSpace(rec, end); i < len(rec) {
		return nil, reasonf("bytes after the JSON object, at byte %d: write one object a line", i+1)
	}
	return rec, nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// scanString finds the end of the string whose first byte after the quote is
// b[i]; -1 when it is broken. high collects the bytes, to know if any is not
// ASCII.
func scanString(b []byte, i int, high *uint64) int {
	or := *high
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			or |= x
			if m := special(x); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				goto found
			}
			i += 8
		}
		for ; i < len(b); i++ {
			or |= uint64(b[i])
			if c := b[i]; c < 0x20 || c == '"' || c == '\\' {
				goto found
			}
		}
		return -1
	found:
		if b[i] == '"' {
			*high = or
			return i + 1
		}
		if b[i] != '\\' {
			return -1
		}
		if i = scanEscape(b, i+1); i < 0 {
			return -1
		}
	}
}

// scanEscape checks what follows a backslash.
func scanEscape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if hexValue(c) < 0 {
				return -1
			}
		}
		return i + 5
	}
	return -1
}

// scanNumber checks a number that starts at b[i]; -1 when it is none.
func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	from := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if i == from || b[from] == '0' && i-from > 1 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		from = i + 1
		for i++; i < len(b) && isDigit(b[i]); i++ {
		}
		if i == from {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from = i
		for ; i < len(b) && isDigit(b[i]); i++ {
		}
		if i == from {
			return -1
		}
	}
	return i
}

// scanLiteral checks true, false and null.
func scanLiteral(b []byte, i int) int {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(b)-i >= len(w) && string(b[i:i+len(w)]) == w {
			return i + len(w)
		}
	}
	return -1
}

// nest is the stack of what is open, a bit each: 1 is an object.
type nest struct {
	bits  [DepthMax / 64]uint64
	depth int
}

func (n *nest) push(object uint64) {
	w, s := n.depth/64, uint(n.depth%64)
	n.bits[w] = n.bits[w]&^(1<<s) | object<<s
	n.depth++
}

func (n *nest) inObject() bool { d := n.depth - 1; return n.bits[d/64]>>uint(d%64)&1 == 1 }

func broken(b []byte, i int, want string) error {
	if i >= len(b) {
		return reasonf("not a JSON object: it ends where %s is due", want)
	}
	return reasonf("not a JSON object: %q at byte %d, where %s is due", rune(b[i]), i+1, want)
}

// scanObject checks that b begins with a JSON object (RFC 8259) in UTF-8 and
// says where it ends.
func scanObject(b []byte) (int, error) {
	var (
		n    nest
		high uint64
		ok   bool
	)
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return 0, broken(b, i, "{")
	}
	n.push(1)
	i++
	fresh := true // an object or array was just opened: it may close at once
	for n.depth > 0 {
		if i < len(b) && b[i] <= ' ' {
			i = skipSpace(b, i)
		}
		if i >= len(b) {
			return 0, broken(b, i, "more")
		}
		object := n.inObject()
		if c := b[i]; c == '}' && object || c == ']' && !object {
			n.depth--
			i++
			fresh = false
			continue
		}
		if !fresh {
			if b[i] != ',' {
				return 0, broken(b, i, "a comma or the end")
			}
			if i++; i < len(b) && b[i] <= ' ' {
				i = skipSpace(b, i)
			}
		}
		if object {
			at := i
			if i, ok = scanKey(b, i, &high); !ok {
				return 0, broken(b, max(i, at), `a name in quotes and a colon`)
			}
		}
		next, opened := scanValue(b, i, &n, &high)
		if next < 0 {
			return 0, broken(b, i, "a value")
		}
		if n.depth > DepthMax-1 {
			return 0, reasonf("JSON is nested deeper than %d", DepthMax-1)
		}
		i, fresh = next, opened
	}
	if high&highs != 0 && !utf8.Valid(b) {
		return 0, errNotUTF8
	}
	return i, nil
}

// scanKey reads a name and its colon, and stands before the value.
func scanKey(b []byte, i int, high *uint64) (int, bool) {
	if i >= len(b) || b[i] != '"' {
		return i, false
	}
	at := i
	if i = scanString(b, i+1, high); i < 0 {
		return at, false
	}
	if i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i >= len(b) || b[i] != ':' {
		return i, false
	}
	if i++; i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	return i, true
}

// scanValue reads a scalar, or opens what nests.
func scanValue(b []byte, i int, n *nest, high *uint64) (next int, opened bool) {
	if i >= len(b) {
		return -1, false
	}
	switch c := b[i]; {
	case c == '"':
		return scanString(b, i+1, high), false
	case isDigit(c) || c == '-':
		return scanNumber(b, i), false
	case c == '{':
		n.push(1)
		return i + 1, true
	case c == '[':
		n.push(0)
		return i + 1, true
	}
	return scanLiteral(b, i), false
}
