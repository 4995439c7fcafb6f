package parse

import (
	"bytes"
	"regexp"
)

// lineFramer cuts at newlines; a carriage return before one belongs to it.
type lineFramer struct{ seen int }

func (f *lineFramer) Reset() { f.seen = 0 }

func (f *lineFramer) Next(b []byte, final bool) ([]byte, int) {
	f.seen = min(f.seen, len(b)) // bytes were dropped, and will be read again
	i := bytes.IndexByte(b[f.seen:], '\n')
	if i < 0 {
		if final && len(b) > 0 {
			f.seen = 0
			return trimLine(b), len(b)
		}
		f.seen = len(b)
		return nil, 0
	}
	i += f.seen
	f.seen = 0
	return trimLine(b[:i]), i + 1
}

func (f *lineFramer) Overlong(b []byte) (int, bool) {
	f.seen = 0
	return len(b), false
}

// trimLine drops the carriage return and answers nil for a blank line.
func trimLine(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	if len(b) == 0 || b[0] <= ' ' && len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	return b
}

// multiline joins lines into records: a line that matches start begins one, a
// line that matches end closes one. With both, what lies between an end and
// the next start is a record of its own and never lost.
type multiline struct {
	start, end *regexp.Regexp
	seen       int // bytes of the pending record whose lines were looked at
}

func newMultiline(start, end string) *multiline {
	m := &multiline{}
	if start != "" {
		m.start = regexp.MustCompile(start) // compiled once already by Options.Check
	}
	if end != "" {
		m.end = regexp.MustCompile(end)
	}
	return m
}

func (m *multiline) Reset() { m.seen = 0 }

func (m *multiline) take(b []byte, n int) ([]byte, int) {
	m.seen = 0
	return trimLine(bytes.TrimSuffix(b[:n], []byte("\n"))), n
}

func (m *multiline) Next(b []byte, final bool) ([]byte, int) {
	if m.seen > len(b) { // bytes were dropped, and will be read again
		m.seen = 0
	}
	for m.seen < len(b) {
		i := bytes.IndexByte(b[m.seen:], '\n')
		next := m.seen + i + 1
		if i < 0 {
			if !final {
				return nil, 0
			}
			next = len(b)
		}
		line := bytes.TrimRight(b[m.seen:next], "\r\n")
		if m.start != nil && m.seen > 0 && m.start.Match(line) {
			return m.take(b, m.seen)
		}
		m.seen = next
		if m.end != nil && m.end.Match(line) {
			return m.take(b, next)
		}
	}
	if final && len(b) > 0 {
		return m.take(b, len(b))
	}
	return nil, 0
}

// Overlong gives up the whole lines of the pending record: what follows is
// framed afresh, so one missing end costs one record only.
func (m *multiline) Overlong(b []byte) (int, bool) {
	n := m.seen
	m.seen = 0
	if n > 0 {
		return n, true
	}
	return len(b), false
}
