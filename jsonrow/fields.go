package jsonrow

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"maru"
)

const (
	// fieldsMax bounds how many member names are remembered. Names beyond it
	// are looked up anew in every row: slower, never wrong.
	fieldsMax = 4096
	// fieldBytesMax bounds a remembered name with its quotes, colon and spaces.
	fieldBytesMax = 512
)

// field is a member name that has been seen, as it was written: from its
// opening quote up to its value. Rows of one log have the same members in the
// same order with the same spaces, so that the next name is nearly always the
// one that followed last time, and one comparison finds name, colon and value.
type field struct {
	text  string
	head  uint64 // the first eight bytes of text, or all of it
	mask  uint64 // which bytes of head count
	tail  uint64 // the last eight bytes, if text has as many
	quick bool   // text has 8 to 16 bytes: head and tail say all
	flags flags
	exact bool     // the column has this very name
	col   int32    // the column it fills, or none
	next  [2]int32 // what followed, the latest first
}

// none stands for "no column" and "no field".
const none = -1

// fields knows the members of earlier rows and the columns that are wanted.
type fields struct {
	seen   []field          // seen[0] is the row's opening brace: only its next counts
	byText map[string]int32 // by the raw name within the quotes
	exact  map[string]int32 // columns by name
	folded map[string]int32 // columns by name without case
	once   field            // the last one that is not remembered
	name   []byte           // scratch
}

func newFields(cols maru.Schema) fields {
	f := fields{
		seen:   []field{{col: none, next: [2]int32{none, none}}},
		byText: map[string]int32{}, exact: map[string]int32{}, folded: map[string]int32{},
	}
	for i, c := range cols {
		if _, ok := f.exact[c.Name]; !ok {
			f.exact[c.Name] = int32(i)
		}
		if name := fold(c.Name); !has(f.folded, name) {
			f.folded[name] = int32(i)
		}
	}
	return f
}

func has(m map[string]int32, name string) bool { _, ok := m[name]; return ok }

// at says whether the field's text stands at b[p:].
func (f *field) at(b []byte, p int) bool {
	n := len(f.text)
	if p+8 > len(b) || p+n > len(b) {
		return p+n <= len(b) && string(b[p:p+n]) == f.text
	}
	if (binary.LittleEndian.Uint64(b[p:])^f.head)&f.mask != 0 {
		return false
	}
	if n <= 8 {
		return true
	}
	if binary.LittleEndian.Uint64(b[p+n-8:]) != f.tail {
		return false
	}
	return n <= 16 || string(b[p+8:p+n-8]) == f.text[8:n-8]
}

// isQuick is at for the usual text, small enough to be inlined; false says nothing.
func (f *field) isQuick(b []byte, p int) bool {
	end := p + len(f.text)
	return f.quick && end <= len(b) && binary.LittleEndian.Uint64(b[p:]) == f.head && binary.LittleEndian.Uint64(b[end-8:]) == f.tail
}

// expected is the field that followed the one before it last time; nil if
// that is not known.
func (fs *fields) expected(prev int32) *field {
	if prev < 0 {
		return nil
	}
	next := fs.seen[prev].next[0]
	if next < 0 {
		return nil
	}
	return &fs.seen[next]
}

// find reads a member's name, its colon and the spaces behind it at b[p:]. It
// returns the field to go on from (none if it is not remembered), what is
// known of the name, and the position of the value. What it returns is good
// until the next call.
func (fs *fields) find(prev int32, b []byte, p int) (int32, *field, int) {
	if prev >= 0 {
		from := &fs.seen[prev]
		if n := from.next[0]; n >= 0 && fs.seen[n].at(b, p) {
			return n, &fs.seen[n], p + len(fs.seen[n].text)
		}
		if n := from.next[1]; n >= 0 && fs.seen[n].at(b, p) {
			from.next[0], from.next[1] = n, from.next[0]
			return n, &fs.seen[n], p + len(fs.seen[n].text)
		}
	}
	return fs.read(prev, b, p)
}

// read is find without a guess.
func (fs *fields) read(prev int32, b []byte, p int) (int32, *field, int) {
	if p >= len(b) || b[p] != '"' {
		return none, nil, ^p
	}
	start := p
	end, f := scanString(b, p+1)
	if end < 0 {
		return none, nil, end
	}
	if p = skipSpace(b, end); p >= len(b) || b[p] != ':' {
		return none, nil, ^p
	}
	p = skipSpace(b, p+1)
	raw := b[start+1 : end-1]
	i, known := fs.byText[string(raw)]
	switch {
	case known:
		if text := b[start:p]; string(text) != fs.seen[i].text && len(text) <= fieldBytesMax {
			fs.seen[i].setText(string(text))
		}
	case len(fs.seen) < fieldsMax && p-start <= fieldBytesMax:
		i = int32(len(fs.seen))
		fs.seen = append(fs.seen, fs.resolve(raw, f))
		fs.seen[i].setText(string(b[start:p]))
		fs.byText[string(raw)] = i
	default:
		fs.once = fs.resolve(raw, f)
		return none, &fs.once, p
	}
	if prev >= 0 {
		from := &fs.seen[prev]
		from.next[0], from.next[1] = i, from.next[0]
	}
	return i, &fs.seen[i], p
}

func (f *field) setText(text string) {
	var first, last [8]byte
	copy(first[:], text)
	f.text = text
	f.head = binary.LittleEndian.Uint64(first[:])
	f.mask = ^uint64(0)
	n := len(text)
	f.quick = n >= 8 && n <= 16
	if n < 8 {
		f.mask >>= 8 * (8 - n)
	} else {
		copy(last[:], text[n-8:])
		f.tail = binary.LittleEndian.Uint64(last[:])
	}
}

// resolve finds the column of a raw member name.
func (fs *fields) resolve(raw []byte, f flags) field {
	if f&escaped != 0 {
		fs.name = appendUnescaped(fs.name[:0], raw)
		raw = fs.name
	}
	out := field{flags: f & nonASCII, col: none, next: [2]int32{none, none}}
	if i, ok := fs.exact[string(raw)]; ok {
		out.col, out.exact = i, true
	} else if i, ok := fs.folded[fold(string(raw))]; ok {
		out.col = i
	}
	return out
}

// fold gives names that strings.EqualFold calls equal the same spelling: every
// letter becomes the least of those that differ from it in case only.
func fold(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		least := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			least = min(least, o)
		}
		out = utf8.AppendRune(out, least)
	}
	return string(out)
}
