package parse

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// syslogParser reads RFC 5424, RFC 3164, and what rsyslog writes to files
// (either time, no priority). Columns: ts, host, app, pid, facility, severity,
// message; RFC 5424 adds msgid and data (structured data as an object of
// objects). RFC 3164 names neither year nor zone: the year is the last one in
// which the time is not after the file was written (a day of slack), the zone
// is the machine's unless told.
type syslogParser struct {
	zone *time.Location
	ref  time.Time
	text []byte
}

func newSyslog(zone *time.Location) *syslogParser {
	if zone == nil {
		zone = time.Local
	}
	return &syslogParser{zone: zone, ref: time.Now()}
}

var (
	severities = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
	facilities = [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
)

var (
	errSyslogTime = &Reason{"not a syslog line: it does not start with a time like Mar 27 13:06:56 or 2026-03-27T13:06:56Z"}
	errSyslogHost = &Reason{"not a syslog line: no host after the time"}
	err5424       = &Reason{"not an RFC 5424 line: time, host, app, procid, msgid and structured data must follow the version"}
	errPriority   = &Reason{"not a syslog line: the priority is not <0> to <191>"}
)

func (p *syslogParser) Parse(dst, b []byte) ([]byte, error) {
	if err := checkUTF8(b); err != nil {
		return nil, err
	}
	pri := -1
	if b[0] == '<' {
		i := 1
		for pri = 0; i < len(b) && i < 4 && isDigit(b[i]); i++ {
			pri = pri*10 + int(b[i]-'0')
		}
		if i == 1 || i >= len(b) || b[i] != '>' || pri > 191 {
			return nil, errPriority
		}
		b = b[i+1:]
		if len(b) > 2 && b[0] == '1' && b[1] == ' ' {
			return p.parse5424(dst, b[2:], pri)
		}
	}
	return p.parse3164(dst, b, pri)
}

func (p *syslogParser) parse3164(dst, b []byte, pri int) ([]byte, error) {
	dst, next := p.stamp(dst, b)
	if next < 0 || next >= len(b) || b[next] != ' ' {
		return nil, errSyslogTime
	}
	b = b[next+1:]
	i := bytes.IndexByte(b, ' ')
	if i <= 0 {
		return nil, errSyslogHost
	}
	dst = append(dst, `,"host":`...)
	dst = appendString(dst, b[:i])
	app, pid, msg := tag(b[i+1:])
	dst = append(dst, `,"app":`...)
	dst = nullable(dst, app)
	dst = append(dst, `,"pid":`...)
	dst = appendValue(dst, pid)
	dst = priority(dst, pri)
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, msg)
	return append(dst, '}'), nil
}

func nullable(dst, b []byte) []byte {
	if len(b) == 0 {
		return append(dst, "null"...)
	}
	return appendString(dst, b)
}

func priority(dst []byte, pri int) []byte {
	if pri < 0 {
		return append(dst, `,"facility":null,"severity":null`...)
	}
	dst = append(dst, `,"facility":"`...)
	dst = append(dst, facilities[pri>>3]...)
	dst = append(dst, `","severity":"`...)
	dst = append(dst, severities[pri&7]...)
	return append(dst, '"')
}

// tag splits "app[pid]: message"; without a tag all of b is the message.
func tag(b []byte) (app, pid, msg []byte) {
	i := 0
	for i < len(b) && b[i] > ' ' && b[i] != ':' && b[i] != '[' {
		i++
	}
	if i == 0 || i == len(b) {
		return nil, nil, b
	}
	switch b[i] {
	case ':':
		return b[:i], nil, bytes.TrimPrefix(b[i+1:], []byte(" "))
	case '[':
		end := bytes.IndexByte(b[i:], ']')
		if end < 0 || i+end+1 >= len(b) || b[i+end+1] != ':' {
			return nil, nil, b
		}
		end += i
		return b[:i], b[i+1 : end], bytes.TrimPrefix(b[end+2:], []byte(" "))
	}
	return nil, nil, b
}

// stamp writes `{"ts":…` from either kind of time; next is -1 for neither.
func (p *syslogParser) stamp(dst, b []byte) ([]byte, int) {
	if unix, frac, next, ok := iso(b); ok {
		return p.write(dst, unix, frac), next
	}
	if len(b) < 15 {
		return dst, -1
	}
	m, sec := month(b), clockOf(b[7:])
	day := two(b[4:])
	if b[4] == ' ' && isDigit(b[5]) {
		day = int(b[5] - '0')
	}
	if m == 0 || sec < 0 || day < 1 || b[3] != ' ' || b[6] != ' ' {
		return dst, -1
	}
	frac, next := fraction(b, 15)
	unix, ok := p.dated(m, day, sec)
	if !ok {
		return dst, -1
	}
	return p.write(dst, unix, frac), next
}

func (p *syslogParser) write(dst []byte, unix int, frac []byte) []byte {
	dst = append(dst, `{"ts":"`...)
	dst = appendSecond(dst, unix)
	dst = appendFraction(dst, frac)
	return append(dst, '"')
}

// leapYearsBack is how far 29 February may be from its last year (1896-1904).
const leapYearsBack = 8

// dated finds the year of a day and time that names none.
func (p *syslogParser) dated(m, day, sec int) (unix int, ok bool) {
	limit := p.ref.Add(24 * time.Hour)
	for y := limit.In(p.zone).Year(); y >= 1 && y >= limit.Year()-leapYearsBack-1; y-- {
		if day > monthDays(y, m) {
			continue
		}
		t := time.Date(y, time.Month(m), day, 0, 0, sec, 0, p.zone)
		if !t.After(limit) {
			return int(t.Unix()), true
		}
	}
	return 0, false
}

// parse5424 reads what follows "<pri>1 " (RFC 5424 §6).
func (p *syslogParser) parse5424(dst, b []byte, pri int) ([]byte, error) {
	var f [5][]byte // time, host, app, procid, msgid
	for i := range f {
		n := bytes.IndexByte(b, ' ')
		if n <= 0 {
			return nil, err5424
		}
		f[i], b = b[:n], b[n+1:]
		if len(f[i]) == 1 && f[i][0] == '-' {
			f[i] = nil
		}
	}
	if f[0] == nil {
		dst = append(dst, `{"ts":null`...)
	} else if unix, frac, n, ok := iso(f[0]); ok && n == len(f[0]) {
		dst = p.write(dst, unix, frac)
	} else {
		return nil, err5424
	}
	dst = append(dst, `,"host":`...)
	dst = nullable(dst, f[1])
	dst = append(dst, `,"app":`...)
	dst = nullable(dst, f[2])
	dst = append(dst, `,"pid":`...)
	dst = appendValue(dst, f[3])
	dst = priority(dst, pri)
	dst = append(dst, `,"msgid":`...)
	dst = nullable(dst, f[4])
	dst = append(dst, `,"data":`...)
	dst, n := p.structured(dst, b)
	if n < 0 || n < len(b) && b[n] != ' ' {
		return nil, err5424
	}
	msg := bytes.TrimPrefix(bytes.TrimPrefix(b[n:], []byte(" ")), bom)
	dst = append(dst, `,"message":`...)
	dst = nullable(dst, msg)
	return append(dst, '}'), nil
}

// structured writes [id name="value" …][…] as {"id":{"name":"value"}}; n is
// where it ends in b, or -1.
func (p *syslogParser) structured(dst, b []byte) ([]byte, int) {
	if len(b) > 0 && b[0] == '-' {
		return append(dst, "null"...), 1
	}
	i := 0
	for i < len(b) && b[i] == '[' {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		if dst, i = p.element(dst, b, i+1); i < 0 {
			return dst, -1
		}
	}
	if i == 0 {
		return dst, -1
	}
	return append(dst, '}'), i
}

// nameEnd is where a name of structured data ends; -1 when it is empty.
func nameEnd(b []byte, i int) int {
	from := i
	for i < len(b) && b[i] > ' ' && b[i] != '=' && b[i] != ']' && b[i] != '"' {
		i++
	}
	if i == from || i == len(b) {
		return -1
	}
	return i
}

func (p *syslogParser) element(dst, b []byte, i int) ([]byte, int) {
	n := nameEnd(b, i)
	if n < 0 {
		return dst, -1
	}
	dst = appendString(dst, b[i:n])
	dst = append(dst, ':', '{')
	for i = n; b[i] == ' '; {
		n = nameEnd(b, i+1)
		if n < 0 || b[n] != '=' || n+1 >= len(b) || b[n+1] != '"' {
			return dst, -1
		}
		end := closing(b, n+2, false)
		if end < 0 || end+1 >= len(b) {
			return dst, -1
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = appendString(dst, b[i+1:n])
		dst = append(dst, ':')
		dst = appendString(dst, p.value(b[n+2:end]))
		i = end + 1
	}
	if b[i] != ']' {
		return dst, -1
	}
	return append(dst, '}'), i + 1
}

// value undoes \" \\ and \] (RFC 5424 §6.3.3); other backslashes stay.
func (p *syslogParser) value(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	p.text = p.text[:0]
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\' || b[i+1] == ']') {
			i++
		}
		p.text = append(p.text, b[i])
	}
	if !utf8.Valid(p.text) {
		return b
	}
	return p.text
}
