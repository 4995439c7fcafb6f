package parse

import "bytes"

// jsonFramer finds the objects of a stream of JSON: the elements of top-level
// arrays, or objects that follow each other, over any number of lines. What
// stands between objects (brackets, commas, spaces) is skipped, so reading
// may start after any element. An element that is no object is a record of
// its own, up to the end of its line, and is refused by the parser.
type jsonFramer struct {
	seen  int
	depth int
	text  bool // inside a string
	esc   bool // after a backslash in one
}

func (f *jsonFramer) Reset() { *f = jsonFramer{} }

func (f *jsonFramer) Next(b []byte, final bool) ([]byte, int) {
	if f.seen > len(b) { // bytes were dropped, and will be read again
		if !final {
			return nil, 0
		}
		f.Reset()
	}
	if f.depth == 0 {
		if n := gap(b); n > 0 {
			return nil, n
		}
		if len(b) == 0 {
			return nil, 0
		}
		if b[0] != '{' {
			return f.stray(b, final)
		}
	}
	for f.seen < len(b) {
		if f.step(b); f.depth == 0 {
			n := f.seen
			f.Reset()
			return b[:n], n
		}
	}
	if final && len(b) > 0 {
		f.Reset()
		return trimLine(b), len(b)
	}
	return nil, 0
}

// step looks at the next byte, or at the rest of a string up to one that
// matters.
func (f *jsonFramer) step(b []byte) {
	c := b[f.seen]
	if f.text && !f.esc {
		f.seen = firstSpecial(b, f.seen)
		if f.seen == len(b) {
			return
		}
		c = b[f.seen]
	}
	f.seen++
	switch {
	case f.esc:
		f.esc = false
	case f.text:
		f.esc = c == '\\'
		f.text = c != '"'
	case c == '"':
		f.text = true
	case c == '{' || c == '[':
		f.depth++
	case c == '}' || c == ']':
		f.depth--
	}
}

// gap is how many bytes at the start of b stand between objects.
func gap(b []byte) int {
	i := 0
	for i < len(b) && (b[i] <= ' ' || b[i] == ',' || b[i] == '[' || b[i] == ']') {
		i++
	}
	return i
}

func (f *jsonFramer) stray(b []byte, final bool) ([]byte, int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 && !final {
		return nil, 0
	}
	if i < 0 {
		i = len(b)
	}
	return trimLine(b[:i]), i
}

func (f *jsonFramer) Overlong(b []byte) (int, bool) {
	f.seen = 0
	return len(b), false
}

type jsonParser struct{}

// Parse checks the object and writes it on one line without the spaces
// between its parts.
func (jsonParser) Parse(dst, rec []byte) ([]byte, error) {
	end, err := scanObject(rec)
	if err != nil {
		return nil, err
	}
	if i := skipSpace(rec, end); i < len(rec) {
		return nil, reasonf("bytes after the JSON object, at byte %d", i+1)
	}
	return compact(dst, rec[:end]), nil
}

func compact(dst, b []byte) []byte {
	var high uint64
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '"':
			end := scanString(b, i+1, &high)
			dst = append(dst, b[i:end]...)
			i = end
		case c <= ' ':
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}
