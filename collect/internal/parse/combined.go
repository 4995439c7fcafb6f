package parse

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// combinedParser reads Apache's and nginx's common and combined access logs:
//
//	client ident user [17/May/2015:10:05:03.123 +0000] "GET /p?q HTTP/1.1" 200 512 "referer" "agent"
//
// Columns: client, ident, user, ts, method, path, query, protocol, status,
// bytes, referer, agent; "-" is null. What follows the agent is kept as
// "rest". A request that is not three words is the path alone.
type combinedParser struct {
	second [25]byte // the time and zone read last, as they stand in the log
	iso    [19]byte // the same as ISO 8601 in UTC
	text   []byte
}

var (
	errNoTime    = &Reason{"not an access log line: no [time] after client, ident and user"}
	errBadTime   = &Reason{"not an access log line: the time is not like 17/May/2015:10:05:03 +0000"}
	errNoRequest = &Reason{`not an access log line: no "request" in quotes after the time`}
	errNoStatus  = &Reason{"not an access log line: no status of three digits after the request"}
	errNoBytes   = &Reason{"not an access log line: no size in bytes (or -) after the status"}
)

func (p *combinedParser) Parse(dst, b []byte) ([]byte, error) {
	plain, err := plainText(b)
	if err != nil {
		return nil, err
	}
	open := bytes.IndexByte(b, '[')
	if open < 6 || b[open-1] != ' ' {
		return nil, errNoTime
	}
	dst, ok := p.who(dst, b[:open-1], plain)
	if !ok {
		return nil, errNoTime
	}
	dst, next := p.time(dst, b, open+1)
	if next < 0 || next+2 >= len(b) || b[next] != ' ' {
		return nil, errBadTime
	}
	if b[next+1] != '"' {
		return nil, errNoRequest
	}
	end := closing(b, next+2, plain)
	if end < 0 {
		return nil, errNoRequest
	}
	dst = p.request(dst, b[next+2:end], plain)
	dst, next, err = numbers(dst, b, end+1)
	if err != nil {
		return nil, err
	}
	return p.last(dst, b, next, plain), nil
}

// plainText says whether b is ASCII without controls and backslashes, so that
// what stands between two quotes may be copied as it is.
func plainText(b []byte) (bool, error) {
	var bad, high uint64
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		high |= x
		bad |= below32(x) | equals(x, backslashes)
	}
	for ; i < len(b); i++ {
		high |= uint64(b[i])
		if b[i] < 0x20 || b[i] == '\\' {
			bad = 1
		}
	}
	if high&highs != 0 && !utf8.Valid(b) {
		return false, errNotUTF8
	}
	return bad == 0, nil
}

// closing finds the quote that ends a quoted field starting at i.
func closing(b []byte, i int, plain bool) int {
	if plain {
		if n := bytes.IndexByte(b[i:], '"'); n >= 0 {
			return i + n
		}
		return -1
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

func (p *combinedParser) who(dst, b []byte, plain bool) ([]byte, bool) {
	i := bytes.IndexByte(b, ' ')
	if i <= 0 {
		return dst, false
	}
	j := bytes.IndexByte(b[i+1:], ' ')
	if j <= 0 || i+j+2 >= len(b) {
		return dst, false
	}
	dst = append(dst, `{"client":`...)
	dst = word(dst, b[:i])
	dst = append(dst, `,"ident":`...)
	dst = word(dst, b[i+1:i+1+j])
	dst = append(dst, `,"user":`...)
	return word(dst, b[i+j+2:]), true
}

// word writes an unquoted field, which may hold any character but a space.
func word(dst, b []byte) []byte {
	if len(b) == 1 && b[0] == '-' {
		return append(dst, "null"...)
	}
	return appendString(dst, b)
}

// time reads dd/Mon/yyyy:hh:mm:ss[.fraction] +zzzz] at b[i]; next is after
// the bracket, or -1.
func (p *combinedParser) time(dst, b []byte, i int) ([]byte, int) {
	if i+27 > len(b) {
		return dst, -1
	}
	frac, z := fraction(b, i+20)
	if z+7 > len(b) || b[z] != ' ' || b[z+6] != ']' {
		return dst, -1
	}
	// Most lines share their second with the line before.
	if string(p.second[:20]) != string(b[i:i+20]) || string(p.second[20:]) != string(b[z+1:z+6]) {
		unix, ok := accessTime(b[i:i+20], b[z+1:z+6])
		if !ok {
			return dst, -1
		}
		copy(p.second[:20], b[i:])
		copy(p.second[20:], b[z+1:])
		appendSecond(p.iso[:0], unix)
	}
	dst = append(dst, `,"ts":"`...)
	dst = append(dst, p.iso[:]...)
	dst = appendFraction(dst, frac)
	return append(dst, '"'), z + 7
}

func accessTime(b, zone []byte) (unix int, ok bool) {
	d, m, hi, lo, sec := two(b), month(b[3:]), two(b[7:]), two(b[9:]), clockOf(b[12:])
	east, n, zok := zoneOf(zone, 0)
	if m == 0 || hi < 0 || lo < 0 || sec < 0 || !zok || n != 5 || b[2] != '/' || b[6] != '/' || b[11] != ':' {
		return 0, false
	}
	y := hi*100 + lo
	if d < 1 || d > monthDays(y, m) || y < 1 || y > 9998 {
		return 0, false
	}
	return days(y, m, d)*86400 + sec - east, true
}

// quoted writes the inside of a quoted field.
func (p *combinedParser) quoted(dst, b []byte, plain bool) []byte {
	if plain {
		dst = append(dst, '"')
		dst = append(dst, b...)
		return append(dst, '"')
	}
	p.text = unescape(p.text[:0], b)
	if !utf8.Valid(p.text) {
		return appendString(dst, b)
	}
	return appendString(dst, p.text)
}

// unescape undoes what the servers do to a quoted field: \" \\ and \xHH.
func unescape(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			dst = append(dst, b[i])
			continue
		}
		switch c := b[i+1]; {
		case c == '"' || c == '\\':
			dst = append(dst, c)
			i++
		case c == 'x' && i+3 < len(b) && hexValue(b[i+2]) >= 0 && hexValue(b[i+3]) >= 0:
			dst = append(dst, byte(hexValue(b[i+2])<<4|hexValue(b[i+3])))
			i += 3
		default:
			dst = append(dst, b[i])
		}
	}
	return dst
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (p *combinedParser) request(dst, b []byte, plain bool) []byte {
	i := bytes.IndexByte(b, ' ')
	j := bytes.LastIndexByte(b, ' ')
	switch {
	case len(b) == 0 || len(b) == 1 && b[0] == '-':
		return append(dst, `,"method":null,"path":null,"query":null,"protocol":null`...)
	case i <= 0 || j <= i+1 || j+1 == len(b):
		dst = append(dst, `,"method":null,"path":`...)
		dst = p.quoted(dst, b, plain)
		return append(dst, `,"query":null,"protocol":null`...)
	}
	dst = append(dst, `,"method":`...)
	dst = p.quoted(dst, b[:i], plain)
	path := b[i+1 : j]
	dst = append(dst, `,"path":`...)
	if q := bytes.IndexByte(path, '?'); q >= 0 {
		dst = p.quoted(dst, path[:q], plain)
		dst = append(dst, `,"query":`...)
		dst = p.quoted(dst, path[q+1:], plain)
	} else {
		dst = p.quoted(dst, path, plain)
		dst = append(dst, `,"query":null`...)
	}
	dst = append(dst, `,"protocol":`...)
	return p.quoted(dst, b[j+1:], plain)
}

// numbers reads ` 200 512` at b[i].
func numbers(dst, b []byte, i int) ([]byte, int, error) {
	if i+5 > len(b) || b[i] != ' ' || b[i+4] != ' ' || b[i+1] == '0' ||
		!isDigit(b[i+1]) || !isDigit(b[i+2]) || !isDigit(b[i+3]) {
		return dst, 0, errNoStatus
	}
	dst = append(dst, `,"status":`...)
	dst = append(dst, b[i+1:i+4]...)
	dst = append(dst, `,"bytes":`...)
	from := i + 5
	n := from
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	switch {
	case n == from && n < len(b) && b[n] == '-':
		n++
		dst = append(dst, "null"...)
	case n == from || n-from > integerDigitsMax || b[from] == '0' && n-from > 1:
		return dst, 0, errNoBytes
	default:
		dst = append(dst, b[from:n]...)
	}
	if n < len(b) && b[n] != ' ' {
		return dst, 0, errNoBytes
	}
	return dst, n, nil
}

func (p *combinedParser) last(dst, b []byte, i int, plain bool) []byte {
	for _, name := range [...]string{`,"referer":`, `,"agent":`} {
		dst = append(dst, name...)
		if i+1 >= len(b) || b[i+1] != '"' {
			dst = append(dst, "null"...)
			continue
		}
		end := closing(b, i+2, plain)
		if end < 0 {
			end = len(b) // a line cut short in its last field, as Apache does at 8 KiB
		}
		if f := b[i+2 : end]; len(f) == 0 || len(f) == 1 && f[0] == '-' {
			dst = append(dst, "null"...)
		} else {
			dst = p.quoted(dst, f, plain)
		}
		i = end + 1
	}
	if rest := bytes.TrimSpace(b[min(i, len(b)):]); len(rest) > 0 {
		dst = append(dst, `,"rest":`...)
		dst = appendString(dst, rest)
	}
	return append(dst, '}')
}
