package jsonrow

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
)

// cell is where a wanted column's value stands in the row that is being read.
type cell struct {
	row        uint64 // the row it was found in: an older number means missing
	start, end int32  // BatchBytesMax fits
	kind       kind
	flags      flags
	exact      bool
}

// quotedMax bounds how much of a value a reason shows.
const quotedMax = 60

// put appends the value text of the given kind to the column, or appends
// nothing and says why it does not fit. scratch is memory for decoding.
func (c *column) put(text []byte, k kind, f flags, scratch *[]byte) string {
	if k == kindNull {
		c.putNull()
		return ""
	}
	if c.typ == jsonText {
		return c.putText(text)
	}
	if k == kindString {
		text = text[1 : len(text)-1]
		if f&escaped != 0 {
			*scratch = appendUnescaped((*scratch)[:0], text)
			text = *scratch
		}
	}
	switch c.typ {
	case boolean:
		return c.putBool(text, k)
	case bigint:
		return c.putInt(text, k)
	case double:
		return c.putDouble(text, k)
	case timestamp:
		return c.putTime(text, k)
	case date:
		return c.putDate(text, k)
	case blob:
		return c.putBlob(text, k, scratch)
	}
	return c.putText(text)
}

func (c *column) putText(text []byte) string {
	c.data = append(c.data, text...)
	c.i32 = append(c.i32, int32(len(c.data)))
	c.done()
	return ""
}

func (c *column) putBool(text []byte, k kind) string {
	on := k == kindTrue || k == kindString && bytes.EqualFold(text, []byte("true"))
	off := k == kindFalse || k == kindString && bytes.EqualFold(text, []byte("false"))
	if !on && !off {
		return reason(text, k, "is not true or false")
	}
	c.bits = setBit(c.bits, c.rows, on)
	c.done()
	return ""
}

// numberText is the text of a number, also of one within a string.
func numberText(text []byte, k kind) ([]byte, bool) {
	if k == kindString {
		return bytes.TrimSpace(text), true
	}
	return text, k == kindNumber
}

func (c *column) putInt(text []byte, k kind) string {
	s, ok := numberText(text, k)
	if !ok {
		return reason(text, k, "is not a number")
	}
	v, how := parseInt(s)
	if how != fits {
		return reason(text, k, how.reason())
	}
	c.i64 = append(c.i64, v)
	c.done()
	return ""
}

func (c *column) putDouble(text []byte, k kind) string {
	s, ok := numberText(text, k)
	if !ok {
		return reason(text, k, "is not a number")
	}
	v, how := parseFloat(s)
	if how != fits {
		return reason(text, k, how.reason())
	}
	c.i64 = append(c.i64, int64(math.Float64bits(v)))
	c.done()
	return ""
}

func (f fit) reason() string {
	switch f {
	case notWhole:
		return "is not a whole number"
	case outside:
		return "is out of range"
	}
	return "is not a number"
}

func (c *column) putTime(text []byte, k kind) string {
	v, ok := int64(0), false
	switch k {
	case kindString:
		v, ok = c.time.parse(text)
	case kindNumber:
		var how fit
		v, how = parseEpoch(text)
		ok = how == fits
	}
	if !ok {
		return reason(text, k, "is not a time: ISO 8601 is, such as 2015-05-17T10:05:03Z, and seconds since 1970")
	}
	c.i64 = append(c.i64, v)
	c.done()
	return ""
}

func (c *column) putDate(text []byte, k kind) string {
	v, ok := int64(0), false
	if k == kindString {
		v, ok = c.time.parse(text)
	}
	if !ok {
		return reason(text, k, "is not a date such as 2015-05-17")
	}
	day := v / microsPerDay
	if v%microsPerDay < 0 {
		day--
	}
	c.i32 = append(c.i32, int32(day))
	c.done()
	return ""
}

func (c *column) putBlob(text []byte, k kind, scratch *[]byte) string {
	if k != kindString {
		return reason(text, k, "is not a string in base64")
	}
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	bare := bytes.TrimRight(text, "=")
	if pad := len(text) - len(bare); pad > 0 && (pad > 2 || len(text)%4 != 0) || bytes.ContainsAny(bare, "\r\n") {
		return reason(text, k, "is not base64")
	}
	was := len(c.data)
	out, err := encoding.AppendDecode(c.data, bare)
	if err != nil {
		c.data = c.data[:was]
		return reason(text, k, "is not base64")
	}
	c.data = out
	c.i32 = append(c.i32, int32(len(c.data)))
	c.done()
	return ""
}

// reason words why a value does not fit, with the value's beginning.
func reason(text []byte, k kind, why string) string {
	shown, more := text, ""
	if len(shown) > quotedMax {
		shown, more = shown[:quotedMax], "…"
	}
	switch k {
	case kindString:
		return fmt.Sprintf("string %q%s %s", shown, more, why)
	case kindObject, kindArray:
		return fmt.Sprintf("nested value %s%s %s", bytes.ToValidUTF8(shown, nil), more, why)
	}
	return fmt.Sprintf("%s%s %s", shown, more, why)
}
