package gen

import (
	"strconv"
	"time"
)

func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// appendPadded writes n with at least width digits.
func appendPadded(dst []byte, n uint32, width int) []byte {
	for limit := uint32(1); width > 1; width-- {
		limit *= 10
		if n < limit {
			for ; width > 1; width-- {
				dst = append(dst, '0')
			}
		}
	}
	return appendUint(dst, uint64(n))
}

const hexDigits = "0123456789abcdef"

func appendHex(dst []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[n>>shift&0xF])
	}
	return dst
}

func appendAddress(dst []byte, ip uint32) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		dst = append(appendUint(dst, uint64(ip>>shift&0xFF)), '.')
	}
	return appendUint(dst, uint64(ip&0xFF))
}

// rowWriter turns calls into lines. It remembers the text of the last seconds,
// which few rows leave.
type rowWriter struct {
	world  *world
	format string
	layout string
	texts  [16]struct {
		second int64
		text   []byte
	}
}

func newRowWriter(w *world, format string) *rowWriter {
	r := &rowWriter{world: w, format: format, layout: "2006-01-02T15:04:05."}
	if format == Combined {
		r.layout = "02/Jan/2006:15:04:05."
	}
	return r
}

// appendTime writes a time up to its milliseconds.
func (r *rowWriter) appendTime(dst []byte, ms int64) []byte {
	second := ms / 1000
	t := &r.texts[second%int64(len(r.texts))]
	if t.text == nil || t.second != second {
		t.second, t.text = second, time.Unix(second, 0).UTC().AppendFormat(t.text[:0], r.layout)
	}
	part := ms % 1000
	return append(append(dst, t.text...), byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
}

func (r *rowWriter) append(dst []byte, c *call) []byte {
	if r.format == Combined {
		return r.appendCombined(dst, c)
	}
	return r.appendJSON(dst, c)
}

func (r *rowWriter) appendJSON(dst []byte, c *call) []byte {
	p := &r.world.paths[c.path]
	dst = r.appendTime(append(dst, `{"ts":"`...), c.ts)
	dst = appendHex(append(dst, `Z","request_id":"`...), c.id)
	dst = appendPadded(append(dst, `","user":"u`...), c.user, 6)
	dst = appendAddress(append(dst, `","client_ip":"`...), c.client)
	dst = append(append(dst, `","method":"`...), methodNames[c.method]...)
	dst = append(append(dst, `","path":"`...), p.text...)
	dst = p.shape.appendQuery(append(dst, `","query":"`...), c.query)
	dst = appendHex(append(dst, `","body_hash":"`...), c.body)
	dst = appendUint(append(dst, `","status":`...), uint64(c.status))
	dst = appendUint(append(dst, `,"bytes":`...), uint64(c.bytes))
	dst = appendUint(append(dst, `,"latency_ms":`...), uint64(c.latency/10))
	return append(dst, '.', byte('0'+c.latency%10), '}', '\n')
}

func (r *rowWriter) appendCombined(dst []byte, c *call) []byte {
	p := &r.world.paths[c.path]
	dst = appendAddress(dst, c.client)
	dst = appendPadded(append(dst, ` - u`...), c.user, 6)
	dst = r.appendTime(append(dst, ` [`...), c.ts)
	dst = append(append(dst, ` +0000] "`...), methodNames[c.method]...)
	dst = append(append(dst, ' '), p.text...)
	if c.query != noQuery {
		dst = p.shape.appendQuery(append(dst, '?'), c.query)
	}
	dst = appendUint(append(dst, ` HTTP/1.1" `...), uint64(c.status))
	dst = appendUint(append(dst, ' '), uint64(c.bytes))
	h := mix(uint64(c.user))
	dst = append(append(dst, ` "`...), referers[(h+c.id&1)%uint64(len(referers))]...)
	return append(append(append(dst, `" "`...), agents[h>>32%uint64(len(agents))]...), '"', '\n')
}
