package parse

import (
	"fmt"
	"regexp"
)

// regexpParser writes the named groups of an expression. A group that took no
// part or is empty is null; numbers as in csvParser.
type regexpParser struct {
	re    *regexp.Regexp
	names [][]byte // with quotes and colon; nil for a group without a name
}

func newRegexp(pattern string) (*regexpParser, error) {
	if pattern == "" {
		return nil, fmt.Errorf("pattern: is empty: format regexp needs an expression with named groups, like (?P<level>\\w+)")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	p := &regexpParser{re: re, names: make([][]byte, re.NumSubexp()+1)}
	named := 0
	for i, name := range re.SubexpNames() {
		if name == "" {
			continue
		}
		if re.SubexpIndex(name) != i {
			return nil, fmt.Errorf("pattern: two groups are named %q: name each once", name)
		}
		named++
		p.names[i] = append(appendString(nil, []byte(name)), ':')
	}
	if named == 0 {
		return nil, fmt.Errorf("pattern: no group has a name: write (?P<name>…), each becomes a column")
	}
	return p, nil
}

var errNoMatch = &Reason{"the line does not match the pattern"}

func (p *regexpParser) Parse(dst, rec []byte) ([]byte, error) {
	if err := checkUTF8(rec); err != nil {
		return nil, err
	}
	m := p.re.FindSubmatchIndex(rec)
	if m == nil {
		return nil, errNoMatch
	}
	from := len(dst)
	for i, name := range p.names {
		if name == nil {
			continue
		}
		dst = append(dst, ',')
		dst = append(dst, name...)
		if m[2*i] < 0 {
			dst = append(dst, "null"...)
		} else {
			dst = appendValue(dst, rec[m[2*i]:m[2*i+1]])
		}
	}
	dst[from] = '{'
	return append(dst, '}'), nil
}
