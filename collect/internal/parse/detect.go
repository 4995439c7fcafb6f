package parse

import (
	"bytes"
	"fmt"
	"strings"
)

// SampleMax is how much of a file Detect wants to see.
const SampleMax = 64 << 10

// sampleLines is how many lines are tried.
const sampleLines = 100

// Detect says which format a log has, from its first bytes, and why. whole
// says that sample is all there is. ok is false when it is too early to tell:
// no whole line yet. A name that ends in .csv lets one row pass for a header.
// o carries what else was declared.
func Detect(sample []byte, whole bool, name string, o Options) (format, why string, ok bool) {
	if o.Start != "" || o.End != "" {
		return Raw, "the lines are joined by a multiline pattern, and no format was named", true
	}
	sample = bytes.TrimPrefix(sample, bom)
	lines := firstLines(sample, whole || len(sample) >= SampleMax)
	if len(lines) == 0 {
		return "", "", false
	}
	if cs, err := newCharset(o.Encoding); err == nil && cs != nil {
		for i, l := range lines {
			if d, err := cs.decode(l); err == nil {
				lines[i] = bytes.Clone(d)
			}
		}
	}
	if format, why, ok = detectJSON(sample, lines, whole); ok {
		return format, why, true
	}
	for _, c := range [...]struct {
		format, words string
		p             Parser
	}{{Combined, "access log lines", &combinedParser{}}, {Syslog, "syslog lines", newSyslog(nil)}} {
		if n := parses(c.p, lines); n*5 >= len(lines)*4 {
			return c.format, fmt.Sprintf("%d of the first %d lines are %s", n, len(lines), c.words), true
		}
	}
	why, ok = detectCSV(sample, lines, whole, strings.Contains(name, ".csv"))
	if ok {
		return CSV, why, true
	}
	if why != "" {
		return "", "", false
	}
	return Raw, fmt.Sprintf("the first %d lines are neither JSON, access log, syslog nor CSV", len(lines)), true
}

func firstLines(b []byte, whole bool) (lines [][]byte) {
	var f lineFramer
	for len(lines) < sampleLines {
		l, n := f.Next(b, whole && len(lines) == 0)
		if n == 0 {
			return lines
		}
		if l != nil {
			lines = append(lines, l)
		}
		b = b[n:]
	}
	return lines
}

func parses(p Parser, lines [][]byte) (n int) {
	var buf []byte
	for _, l := range lines {
		if v, err := p.Parse(buf[:0], l); err == nil {
			n++
			buf = v
		}
	}
	return n
}

func detectJSON(sample []byte, lines [][]byte, whole bool) (format, why string, ok bool) {
	n := parses(ndjsonParser{}, lines)
	if n*5 >= len(lines)*4 {
		return NDJSON, fmt.Sprintf("%d of the first %d lines are JSON objects", n, len(lines)), true
	}
	i := skipSpace(sample, 0)
	array := i < len(sample) && sample[i] == '['
	if array {
		i = skipSpace(sample, i+1)
	}
	if i >= len(sample) || sample[i] != '{' {
		if array && (i >= len(sample) || sample[i] == ']') {
			return JSON, "it starts with a JSON array", true
		}
		return "", "", false
	}
	var f jsonFramer
	rec, _ := f.Next(sample[i:], false)
	if rec == nil {
		// One object longer than the sample: its start must do.
		j := skipSpace(sample, i+1)
		ok = j < len(sample) && (sample[j] == '"' || sample[j] == '}') && !whole
		return JSON, "it starts with a JSON object of many lines", ok
	}
	if _, err := scanObject(rec); err != nil {
		return "", "", false
	}
	if array {
		return JSON, "it starts with a JSON array of objects", true
	}
	return JSON, "it starts with a JSON object of many lines", true
}

// detectCSV wants names in the first row and as many fields in the next ones.
// not ok with a why: there is a header, and no row yet.
func detectCSV(sample []byte, lines [][]byte, whole, named bool) (why string, ok bool) {
	p := &csvParser{}
	if p.header(lines[0]) != nil || len(p.cols) < 2 {
		return "", false
	}
	h := &csvParser{delim: p.delim}
	for i := 0; i <= len(lines[0]); {
		f, next, err := h.field(lines[0], i)
		if err != nil || len(bytes.TrimSpace(f)) == 0 || canonical(bytes.TrimSpace(f)) {
			return "", false
		}
		i = next
	}
	fr := &csvFramer{p: p}
	rows, fit := 0, 0
	var buf []byte
	for b := sample; rows <= sampleLines; {
		rec, n := fr.Next(b, whole)
		if n == 0 {
			break
		}
		b = b[n:]
		if rec == nil {
			continue
		}
		if rows++; rows == 1 {
			continue
		}
		if _, err := p.Parse(buf[:0], rec); err == nil {
			fit++
		}
	}
	if rows < 2 {
		if why = "the first row names columns, and the file is called .csv"; whole && !named {
			why = ""
		}
		return why, whole && named
	}
	if fit*5 < (rows-1)*4 {
		return "", false
	}
	return fmt.Sprintf("the first row names %d columns, and %d of the next %d rows have as many", len(p.cols), fit, rows-1), true
}
