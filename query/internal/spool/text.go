package spool

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// appendText writes a cell as people read it, in the manner of DuckDB's casts
// to VARCHAR; what is nested as JSON. NULL gives nothing.
func (c *cells) appendText(dst []byte, k *chunk, i int) []byte {
	if c.isNull(k, i) {
		return dst
	}
	switch c.kind {
	case kindBool:
		return strconv.AppendBool(dst, c.boolean(k, i))
	case kindInt:
		return appendInt(dst, c.field.Type, c.int(k, i))
	case kindUint:
		return strconv.AppendUint(dst, c.uint(k, i), 10)
	case kindFloat:
		return appendFloat(dst, c.float(k, i), 8*c.width)
	case kindDecimal:
		return appendDecimal(dst, decimalInt(c.bytes(k, i)), c.field.Type.(arrow.DecimalType).GetScale())
	case kindInterval:
		return appendInterval(dst, c.bytes(k, i))
	case kindVar:
		if isText(c.field.Type) {
			return append(dst, c.bytes(k, i)...)
		}
		return appendHex(dst, c.bytes(k, i))
	case kindFixed:
		return appendHex(dst, c.bytes(k, i))
	}
	return appendArrayText(dst, k.arr, i)
}

func isText(t arrow.DataType) bool { return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING }

func appendHex(dst, b []byte) []byte { return hex.AppendEncode(append(dst, `\x`...), b) }

func appendFloat(dst []byte, f float64, bits int) []byte {
	if bits < 32 {
		bits = 32
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

// timeLayouts of dates and timestamps.
const (
	dateLayout      = "2006-01-02"
	timestampLayout = "2006-01-02 15:04:05.999999999"
)

// appendInt writes what 64 bits mean under t.
func appendInt(dst []byte, t arrow.DataType, v int64) []byte {
	switch t := t.(type) {
	case *arrow.Date32Type:
		return time.Unix(v*86400, 0).UTC().AppendFormat(dst, dateLayout)
	case *arrow.Date64Type:
		return time.UnixMilli(v).UTC().AppendFormat(dst, dateLayout)
	case *arrow.TimestampType:
		dst = unixTime(v, t.Unit).AppendFormat(dst, timestampLayout)
		if t.TimeZone != "" {
			dst = append(dst, "+00"...)
		}
		return dst
	case *arrow.Time32Type:
		return unixTime(v, t.Unit).AppendFormat(dst, "15:04:05.999999999")
	case *arrow.Time64Type:
		return unixTime(v, t.Unit).AppendFormat(dst, "15:04:05.999999999")
	case *arrow.DurationType:
		return append(dst, (time.Duration(v) * t.Unit.Multiplier()).String()...)
	case *arrow.MonthIntervalType:
		return fmt.Appendf(dst, "%d months", v)
	}
	return strconv.AppendInt(dst, v, 10)
}

// perSecond is how many of a unit make a second.
func perSecond(u arrow.TimeUnit) int64 { return int64(time.Second / u.Multiplier()) }

func unixTime(v int64, u arrow.TimeUnit) time.Time {
	per := perSecond(u)
	sec, rest := v/per, v%per
	if rest < 0 {
		sec, rest = sec-1, rest+per
	}
	return time.Unix(sec, rest*int64(u.Multiplier())).UTC()
}

// decimalInt is a little-endian signed number of any width.
func decimalInt(b []byte) *big.Int {
	be := slices.Clone(b)
	slices.Reverse(be)
	v := new(big.Int).SetBytes(be)
	if be[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

func appendDecimal(dst []byte, v *big.Int, scale int32) []byte {
	digits := new(big.Int).Abs(v).String()
	if v.Sign() < 0 {
		dst = append(dst, '-')
	}
	if scale <= 0 {
		dst = append(dst, digits...)
		for range -scale {
			dst = append(dst, '0')
		}
		return dst
	}
	for len(digits) <= int(scale) {
		digits = "0" + digits
	}
	cut := len(digits) - int(scale)
	return append(append(append(dst, digits[:cut]...), '.'), digits[cut:]...)
}

// appendInterval writes "1 year 2 months 3 days 04:05:06.5".
func appendInterval(dst []byte, b []byte) []byte {
	months, days, nanos := intervalParts(b)
	start := len(dst)
	for _, p := range []struct {
		n    int64
		unit string
	}{{months / 12, "year"}, {months % 12, "month"}, {days, "day"}} {
		if p.n == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = fmt.Appendf(dst, "%d %s", p.n, p.unit)
		if p.n != 1 {
			dst = append(dst, 's')
		}
	}
	if nanos == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	if nanos < 0 {
		dst = append(dst, '-')
	}
	rest := uint64(nanos)
	if nanos < 0 {
		rest = -rest
	}
	const hour = uint64(time.Hour)
	dst = fmt.Appendf(dst, "%02d:", rest/hour)
	return time.Unix(0, int64(rest%hour)).UTC().AppendFormat(dst, "04:05.999999999")
}

// appendArrayText writes a cell of any array as JSON; at the top a text is
// bare, and NULL is nothing.
func appendArrayText(dst []byte, arr arrow.Array, i int) []byte {
	if arr.IsNull(i) {
		return dst
	}
	return appendJSON(dst, arr, i)
}

func appendJSON(dst []byte, arr arrow.Array, i int) []byte {
	if arr.IsNull(i) {
		return append(dst, "null"...)
	}
	switch a := arr.(type) {
	case *array.Struct:
		return appendStruct(dst, a, i)
	case *array.Map:
		return appendMap(dst, a, i)
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		dst = append(dst, '[')
		for k := from; k < to; k++ {
			if k > from {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, a.ListValues(), int(k))
		}
		return append(dst, ']')
	case array.Union:
		child := a.ChildID(i)
		at := i
		if d, ok := a.(*array.DenseUnion); ok {
			at = int(d.ValueOffset(i))
		}
		return appendJSON(dst, a.Field(child), at)
	}
	return appendScalar(dst, arr, i)
}

func appendStruct(dst []byte, a *array.Struct, i int) []byte {
	fields := a.DataType().(*arrow.StructType).Fields()
	dst = append(dst, '{')
	for n, f := range fields {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, f.Name), ':')
		dst = appendJSON(dst, a.Field(n), i)
	}
	return append(dst, '}')
}

// appendMap writes a map as an object; its keys become texts.
func appendMap(dst []byte, a *array.Map, i int) []byte {
	from, to := a.ValueOffsets(i)
	dst = append(dst, '{')
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		key := appendJSON(nil, a.Keys(), int(k))
		if len(key) == 0 || key[0] != '"' {
			key = appendQuoted(nil, string(key))
		}
		dst = append(append(dst, key...), ':')
		dst = appendJSON(dst, a.Items(), int(k))
	}
	return append(dst, '}')
}

func appendQuoted(dst []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil { // a string always can
		return append(dst, `""`...)
	}
	return append(dst, q...)
}

// appendScalar writes what is not nested: numbers and truth bare, all else quoted.
func appendScalar(dst []byte, arr arrow.Array, i int) []byte {
	k, w := kindOf(arr.DataType())
	c := cells{column: column{field: arrow.Field{Type: arr.DataType()}, kind: k, width: w}}
	switch k {
	case kindNull:
		return append(dst, "null"...)
	case kindNested: // a type without a form of its own here
		return appendQuoted(dst, arr.ValueStr(i))
	}
	// The cell's own chunk: buffers of an array may begin before it.
	d := arr.Data()
	at := i + d.Offset()
	ch := chunk{vals: d.Buffers()[1].Bytes()}
	if k == kindVar && d.Buffers()[2] != nil {
		ch.data = d.Buffers()[2].Bytes()
	}
	text := c.appendText(nil, &ch, at)
	bare := k == kindBool || k == kindUint || k == kindDecimal || k == kindInt && isInteger(arr.DataType())
	if k == kindFloat {
		f := c.float(&ch, at)
		bare = f-f == 0 // neither NaN nor infinite: JSON has no such numbers
	}
	if bare {
		return append(dst, text...)
	}
	return appendQuoted(dst, string(text))
}

func isInteger(t arrow.DataType) bool { return arrow.IsInteger(t.ID()) }
