package parse

import (
	"bytes"
	"strconv"
)

// csvColumnsMax bounds the columns of one file.
const csvColumnsMax = 5000

// csvParser reads RFC 4180 rows. The first record of a file names the columns.
// An empty field is null; a canonical number (no leading zero, plus, exponent
// or space; at most 18 digits, 17 with a point) is a number; all else is a
// string, so that the text of every field can be had back from its value.
type csvParser struct {
	delim byte // 0 until a header was read, when it is to be found there
	cols  [][]byte
	text  []byte
}

// delimiters are tried in this order; the one with most fields wins.
const delimiters = ",;\t|"

// sniff takes the delimiter that cuts the header into most fields.
func sniff(header []byte) byte {
	best, most := delimiters[0], 0
	for i := range len(delimiters) {
		if n := countFields(header, delimiters[i]); n > most {
			best, most = delimiters[i], n
		}
	}
	return best
}

func countFields(b []byte, delim byte) int {
	n, quoted := 1, false
	for _, c := range b {
		if c == '"' {
			quoted = !quoted
		} else if c == delim && !quoted {
			n++
		}
	}
	return n
}

// header takes the names of the columns; one that is empty becomes column_N,
// one that was there before gets _2, _3 …
func (p *csvParser) header(b []byte) error {
	if err := checkUTF8(b); err != nil {
		return err
	}
	b = bytes.TrimPrefix(b, bom)
	if p.delim == 0 {
		p.delim = sniff(b)
	}
	p.cols = p.cols[:0]
	taken := map[string]bool{}
	for i := 0; i <= len(b); {
		f, next, err := p.field(b, i)
		if err != nil {
			return err
		}
		if len(p.cols) == csvColumnsMax {
			return reasonf("the header has more than %d columns", csvColumnsMax)
		}
		name := string(bytes.TrimSpace(f))
		if name == "" {
			name = "column_" + strconv.Itoa(len(p.cols)+1)
		}
		base := name
		for n := 2; taken[name]; n++ {
			name = base + "_" + strconv.Itoa(n)
		}
		taken[name] = true
		p.cols = append(p.cols, append(appendString(nil, []byte(name)), ':'))
		i = next
	}
	return nil
}

var bom = []byte("\xEF\xBB\xBF")

// field reads the field at b[i]; next is after its delimiter, or beyond len(b)
// when it was the last.
func (p *csvParser) field(b []byte, i int) (f []byte, next int, err error) {
	if i >= len(b) || b[i] != '"' {
		if n := bytes.IndexByte(b[i:], p.delim); n >= 0 {
			return b[i : i+n], i + n + 1, nil
		}
		return b[i:], len(b) + 1, nil
	}
	p.text = p.text[:0]
	for i++; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return nil, 0, reasonf("a quoted field is not closed")
		}
		p.text = append(p.text, b[i:i+n]...)
		i += n + 1
		if i == len(b) {
			return p.text, len(b) + 1, nil
		}
		switch b[i] {
		case '"':
			p.text = append(p.text, '"')
			i++
		case p.delim:
			return p.text, i + 1, nil
		default:
			return nil, 0, reasonf("text after the closing quote of a field, at byte %d", i+1)
		}
	}
}

// Parse gives nil, nil for the header.
func (p *csvParser) Parse(dst, b []byte) ([]byte, error) {
	if len(p.cols) == 0 {
		return nil, p.header(b)
	}
	if err := checkUTF8(b); err != nil {
		return nil, err
	}
	n, from := 0, len(dst)
	for i := 0; i <= len(b); n++ {
		f, next, err := p.field(b, i)
		if err != nil {
			return nil, err
		}
		if n < len(p.cols) {
			dst = append(dst, ',')
			dst = append(dst, p.cols[n]...)
			dst = appendValue(dst, f)
		}
		i = next
	}
	if n != len(p.cols) {
		return nil, reasonf("the row has %d fields, the header has %d", n, len(p.cols))
	}
	dst[from] = '{'
	return append(dst, '}'), nil
}

// csvFramer cuts at newlines that are not inside a quoted field.
type csvFramer struct{ p *csvParser }

func (f *csvFramer) Reset() {}

func (f *csvFramer) Next(b []byte, final bool) ([]byte, int) {
	i := bytes.IndexByte(b, '\n')
	if i >= 0 && bytes.IndexByte(b[:i], '"') < 0 {
		return trimRow(b[:i]), i + 1
	}
	if i = f.rowEnd(b); i >= 0 {
		return trimRow(b[:i]), i + 1
	}
	if final && len(b) > 0 {
		return trimRow(b), len(b)
	}
	return nil, 0
}

// trimRow is trimLine for rows, where a row of spaces and tabs may hold fields.
func trimRow(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// rowEnd is the index of the newline that ends the row at the start of b, or
// -1. A quote opens a field only at its start, as in field.
func (f *csvFramer) rowEnd(b []byte) int {
	delim := f.p.delim
	start := true
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\n':
			return i
		case c == '"' && start:
			n := skipQuoted(b, i+1)
			if n < 0 {
				return -1
			}
			i = n
			start = false
		case delim == 0:
			// Before the header is known any delimiter may be the one.
			start = bytes.IndexByte([]byte(delimiters), c) >= 0 || i < 3 && c >= 0x80
		default:
			start = c == delim
		}
	}
	return -1
}

// skipQuoted finds the quote that closes a field; b[i] is its first byte.
func skipQuoted(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if i+1 < len(b) && b[i+1] == '"' {
			i += 2
			continue
		}
		return i
	}
}

// Overlong takes the first line alone: a quote that was never closed must not
// cost the rows after it.
func (f *csvFramer) Overlong(b []byte) (int, bool) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1, true
	}
	return len(b), false
}
