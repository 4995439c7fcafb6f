package kafka

import (
	"fmt"
	"strconv"
	"strings"
)

// kmsg decodes for clients, which trust their broker: it believes the count of
// tagged fields (a request of 20 bytes keeps it busy for a minute), and it
// makes an array before it has seen the elements. So every request is walked
// by its shape first, where each count must be backed by bytes.

// elementsMax bounds the array elements of one request.
const elementsMax = 500_000

// shape is the form of a request, over all its versions.
//
//	1 2 4 8   an integer of so many bytes      u   a UUID
//	s         a string, or null                y   bytes, or null
//	( x )     an array of plain values         [ … ]  an array of structs
//	?{ … }    a struct, or null                #N{ … } tagged field N
//
// Behind a field, @3 means since version 3, @3-5 until 5.
type shape []field

type field struct {
	kind     byte // one of the letters above; '[' '(' '?' '#'
	min, max int16
	tag      uint64
	of       shape
}

// shapes, by API key. Produce has a scan of its own.
var shapes = map[int16]shape{
	1: mustShape(`4@0-14 4 4 4@3 1@4 4@7 4@7 [ s@0-12 u@13 [ 4 4@9 8 4@12 8@5 4 ] ] [ s@0-12 u@13 ( 4 ) ]@7 s@11 #1{ 4 8 }`),
	2: mustShape(`4 1@2 [ s [ 4 4@4 8 ] ] 4@10`),
	3: mustShape(`[ u@10 s ] 1@4 1@8-10 1@8`),

	8:  mustShape(`s 4@1 s@1 s@7 8@2-4 [ s@0-9 u@10 [ 4 8 4@6 s ] ]`),
	9:  mustShape(`s@0-7 [ s ( 4 ) ]@0-7 [ s s@9 4@9 [ s@8-9 u@10 ( 4 ) ] ]@8 1@7`),
	10: mustShape(`s@0-3 1@1 ( s )@4`),
	11: mustShape(`s 4 4@1 s s@5 s [ s y ] s@8`),
	12: mustShape(`s 4 s s@3`),
	13: mustShape(`s s@0-2 [ s s s@5 ]@3`),
	14: mustShape(`s 4 s s@3 s@5 s@5 [ s y ]`),
	15: mustShape(`( s ) 1@3`),
	16: mustShape(`( s )@4 ( s )@5`),
	18: mustShape(`s@3 s@3 s@5 4@5`),
	19: mustShape(`[ s 4 2 [ 4 ( 4 ) ] [ s s ] ] 4 1@1`),
	20: mustShape(`( s )@0-5 [ s u ]@6 4`),
	21: mustShape(`[ s [ 4 8 ] ] 4`),
	22: mustShape(`s 4 8@3 2@3`),
	23: mustShape(`4@3 [ s [ 4 4@2 4 ] ]`),
	32: mustShape(`[ 1 s ( s ) ] 1@1 1@3`),
	35: mustShape(`[ s ( 4 ) ]`),
	37: mustShape(`[ s 4 [ ( 4 ) ] ] 4 1`),
	42: mustShape(`( s )`),
	44: mustShape(`[ 1 s [ s 1 s ] ] 1`),
	47: mustShape(`s [ s [ 4 ] ]`),
	60: mustShape(`1 1@1 1@2`),
	75: mustShape(`[ s ] 4 ?{ s 4 }`),
}

// mustShape reads a shape; the shapes are constants, so a mistake is ours.
func mustShape(text string) shape {
	s, rest := readShape(strings.Fields(text))
	if len(rest) > 0 {
		panic("kafka: shape goes on with " + rest[0])
	}
	return s
}

func readShape(words []string) (s shape, rest []string) {
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		if w[0] == ']' || w[0] == ')' || w[0] == '}' {
			return s, append([]string{w}, words...)
		}
		f := field{kind: w[0]}
		if strings.ContainsRune("[(?#", rune(w[0])) {
			if w[0] == '#' {
				f.tag = uint64(number(strings.TrimSuffix(w[1:], "{")))
			}
			f.of, words = readShape(words)
			w, words = words[0], words[1:]
		}
		f.min, f.max = versions(w)
		s = append(s, f)
	}
	return s, nil
}

// versions reads what stands behind @, if anything does.
func versions(w string) (first, last int16) {
	_, v, ok := strings.Cut(w, "@")
	if !ok {
		return 0, 1 << 14
	}
	lo, hi, until := strings.Cut(v, "-")
	if !until {
		return number(lo), 1 << 14
	}
	return number(lo), number(hi)
}

func number(s string) int16 {
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		panic("kafka: shape: " + err.Error())
	}
	return int16(n)
}

// walker checks one request.
type walker struct {
	cursor
	version  int16
	flexible bool
	elements int
}

// check walks body, and says whether it has the shape in this version.
func (s shape) check(body []byte, version int16, flexible bool) error {
	w := walker{cursor: cursor{b: body}, version: version, flexible: flexible}
	w.fields(s, true)
	switch {
	case w.elements > elementsMax:
		return fmt.Errorf("it has more than %d array elements", elementsMax)
	case w.bad:
		return errShort
	}
	return nil
}

// fields walks a struct; one that is no struct has no tags at its end.
func (w *walker) fields(s shape, isStruct bool) {
	for i := range s {
		if f := &s[i]; w.version >= f.min && w.version <= f.max && f.kind != '#' && !w.bad {
			w.field(f)
		}
	}
	if isStruct && w.flexible {
		w.tagged(s)
	}
}

func (w *walker) field(f *field) {
	switch f.kind {
	case '1', '2', '4', '8':
		w.span(int(f.kind - '0'))
	case 'u':
		w.span(16)
	case 's':
		w.skipString()
	case 'y':
		w.bytes(w.flexible)
	case '?':
		if b := w.span(1); b != nil && int8(b[0]) >= 0 {
			w.fields(f.of, true)
		}
	case '[', '(':
		n := w.array(w.flexible)
		if w.elements += n; w.elements > elementsMax {
			w.bad = true
		}
		for ; n > 0 && !w.bad; n-- {
			w.fields(f.of, f.kind == '[')
		}
	}
}

func (w *walker) skipString() {
	n := 0
	if w.flexible {
		n = w.compact()
	} else {
		n = int(w.int16())
	}
	if n > 0 {
		w.span(n)
	}
}

// tagged walks the tagged fields of a struct. What is inside one that kmsg
// knows as a struct is walked too; the others are bytes.
func (w *walker) tagged(s shape) {
	for n := w.uvarint(); n > 0 && !w.bad; n-- {
		tag, size := w.uvarint(), w.uvarint()
		if size > uint64(len(w.b)) {
			w.bad = true
			return
		}
		inside := w.span(int(size))
		for i := range s {
			if s[i].kind == '#' && s[i].tag == tag && !w.bad {
				in := walker{cursor: cursor{b: inside}, version: w.version, flexible: true}
				in.fields(s[i].of, true)
				w.bad = in.bad
			}
		}
	}
}
