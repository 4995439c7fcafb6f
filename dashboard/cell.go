package dashboard

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Kinds of columns, as the pages tell them apart.
const (
	kindTime   = "time"
	kindNumber = "number"
	kindText   = "text"
	kindBool   = "bool"
	kindOther  = "other"
)

// exactMax is the greatest whole number that every reader of JSON has exactly.
const exactMax = 1 << 53

// cells are the values of one column of one batch.
type cells struct {
	kind string
	null func(i int) bool
	ms   func(i int) (int64, bool)           // of kindTime: since 1970
	put  func(dst []byte, i int) []byte      // of all others: as JSON
	num  func(i int) (v float64, known bool) // of kindNumber
}

func cellsOf(f arrow.Field, arr arrow.Array) cells {
	c := cells{null: arr.IsNull}
	name, _ := f.Metadata.GetValue("ARROW:extension:name")
	meta, _ := f.Metadata.GetValue("ARROW:extension:metadata")
	if e, ok := arr.(array.ExtensionArray); ok {
		name, meta = e.ExtensionType().ExtensionName(), e.ExtensionType().Serialize()
		arr = e.Storage()
	}
	switch a := arr.(type) {
	case *array.Null:
		c.kind, c.null = kindOther, func(int) bool { return true }
		c.put = func(dst []byte, _ int) []byte { return dst }
	case *array.Boolean:
		c.kind, c.put = kindBool, func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }
	case *array.Dictionary:
		words := cellsOf(arrow.Field{Type: a.Dictionary().DataType(), Metadata: f.Metadata}, a.Dictionary())
		return words.at(func(i int) (int, bool) { return a.GetValueIndex(i), a.IsValid(i) })
	case *array.FixedSizeBinary:
		c.fixed(a, name, meta)
	case *array.Binary:
		c.kind, c.put = kindOther, func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	case *array.MonthDayNanoInterval:
		c.kind, c.put = kindOther, func(dst []byte, i int) []byte { return appendText(dst, period(a.Value(i))) }
	default:
		if !c.moments(arr) && !c.numbers(arr) && !c.texts(arr) {
			c.kind, c.put = kindOther, func(dst []byte, i int) []byte { return appendText(dst, arr.ValueStr(i)) }
		}
	}
	return c
}

// at are the cells that index leads to.
func (c cells) at(index func(i int) (int, bool)) cells {
	out := cells{kind: c.kind, null: func(i int) bool {
		at, ok := index(i)
		return !ok || c.null(at)
	}}
	if c.ms != nil {
		out.ms = func(i int) (int64, bool) { at, _ := index(i); return c.ms(at) }
	}
	if c.put != nil {
		out.put = func(dst []byte, i int) []byte { at, _ := index(i); return c.put(dst, at) }
	}
	if c.num != nil {
		out.num = func(i int) (float64, bool) { at, _ := index(i); return c.num(at) }
	}
	return out
}

func (c *cells) moments(arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		values := a.TimestampValues()
		c.ms = func(i int) (int64, bool) { return millis(int64(values[i]), unit) }
	case *array.Date32:
		c.ms = func(i int) (int64, bool) {
			day := a.Value(i)
			return int64(day) * 24 * 3600 * 1000, day != math.MaxInt32 && day != -math.MaxInt32
		}
	case *array.Date64:
		c.ms = func(i int) (int64, bool) { return int64(a.Value(i)), true }
	default:
		return false
	}
	c.kind = kindTime
	return true
}

// millis is false for the two infinities, which stand at the ends.
func millis(v int64, unit arrow.TimeUnit) (int64, bool) {
	if v == math.MaxInt64 || v == -math.MaxInt64 {
		return 0, false
	}
	per := int64(unit.Multiplier())
	if per >= int64(time.Millisecond) {
		return v * (per / int64(time.Millisecond)), true
	}
	n := int64(time.Millisecond) / per
	if v < 0 {
		return (v - n + 1) / n, true
	}
	return v / n, true
}

func (c *cells) numbers(arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Int8:
		whole(c, a.Int8Values())
	case *array.Int16:
		whole(c, a.Int16Values())
	case *array.Int32:
		whole(c, a.Int32Values())
	case *array.Int64:
		whole(c, a.Int64Values())
	case *array.Uint8:
		whole(c, a.Uint8Values())
	case *array.Uint16:
		whole(c, a.Uint16Values())
	case *array.Uint32:
		whole(c, a.Uint32Values())
	case *array.Uint64:
		values := a.Uint64Values()
		c.big(func(i int) (*big.Int, int32) { return new(big.Int).SetUint64(values[i]), 0 })
	case *array.Float32:
		values := a.Float32Values()
		c.floats(func(i int) float64 { return float64(values[i]) }, 32)
	case *array.Float64:
		values := a.Float64Values()
		c.floats(func(i int) float64 { return values[i] }, 64)
	case *array.Decimal32:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.big(func(i int) (*big.Int, int32) { return big.NewInt(int64(a.Value(i))), scale })
	case *array.Decimal64:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.big(func(i int) (*big.Int, int32) { return big.NewInt(int64(a.Value(i))), scale })
	case *array.Decimal128:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.big(func(i int) (*big.Int, int32) { return a.Value(i).BigInt(), scale })
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.big(func(i int) (*big.Int, int32) { return a.Value(i).BigInt(), scale })
	default:
		return false
	}
	c.kind = kindNumber
	return true
}

func whole[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](c *cells, values []T) {
	c.num = func(i int) (float64, bool) { return float64(values[i]), true }
	c.put = func(dst []byte, i int) []byte {
		v := int64(values[i])
		if v > exactMax || v < -exactMax {
			return append(strconv.AppendInt(append(dst, '"'), v, 10), '"')
		}
		return strconv.AppendInt(dst, v, 10)
	}
}

func (c *cells) floats(value func(i int) float64, bits int) {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	c.num = func(i int) (float64, bool) { v := value(i); return v, finite(v) }
	c.put = func(dst []byte, i int) []byte {
		v := value(i)
		switch a := math.Abs(v); {
		case math.IsNaN(v):
			return append(dst, `"NaN"`...)
		case math.IsInf(v, 1):
			return append(dst, `"Infinity"`...)
		case math.IsInf(v, -1):
			return append(dst, `"-Infinity"`...)
		case a != 0 && (a < 1e-6 || a >= 1e21):
			return strconv.AppendFloat(dst, v, 'e', -1, bits)
		}
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
}

// big takes whole numbers of any size, with so many digits behind the point.
func (c *cells) big(value func(i int) (*big.Int, int32)) {
	c.num = func(i int) (float64, bool) {
		v, scale := value(i)
		f, err := strconv.ParseFloat(string(appendScaled(nil, v, scale)), 64)
		return f, err == nil
	}
	c.put = func(dst []byte, i int) []byte {
		v, scale := value(i)
		if v.CmpAbs(big.NewInt(exactMax)) > 0 {
			return append(appendScaled(append(dst, '"'), v, scale), '"')
		}
		return appendScaled(dst, v, scale)
	}
}

func appendScaled(dst []byte, v *big.Int, scale int32) []byte {
	digits := new(big.Int).Abs(v).String()
	if v.Sign() < 0 {
		dst = append(dst, '-')
	}
	if scale <= 0 {
		return append(append(dst, digits...), strings.Repeat("0", int(-scale))...)
	}
	if short := int(scale) + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	point := len(digits) - int(scale)
	return append(append(append(dst, digits[:point]...), '.'), digits[point:]...)
}

func (c *cells) texts(arr arrow.Array) bool {
	var value func(i int) string
	switch a := arr.(type) {
	case *array.String:
		value = a.Value
	case *array.LargeString:
		value = a.Value
	case *array.StringView:
		value = a.Value
	default:
		return false
	}
	c.kind, c.put = kindText, func(dst []byte, i int) []byte { return appendText(dst, value(i)) }
	return true
}

// fixed are bytes of one length: a UUID, or a whole number of 128 bits.
func (c *cells) fixed(a *array.FixedSizeBinary, name, meta string) {
	width := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
	switch {
	case name == "arrow.uuid" && width == 16:
		c.kind, c.put = kindText, func(dst []byte, i int) []byte {
			u := hex.EncodeToString(a.Value(i))
			return appendText(dst, strings.Join([]string{u[:8], u[8:12], u[12:16], u[16:20], u[20:]}, "-"))
		}
	case name == "arrow.opaque" && width == 16 && strings.Contains(meta, "hugeint"):
		signed := !strings.Contains(meta, "uhugeint")
		c.big(func(i int) (*big.Int, int32) { return hugeInt(a.Value(i), signed), 0 })
		c.kind = kindNumber
	default:
		c.kind, c.put = kindOther, func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	}
}

// appendBytes writes \x and hexadecimal.
func appendBytes(dst, b []byte) []byte {
	return appendText(dst, `\x`+hex.EncodeToString(b[:min(len(b), cellBytesMax)]))
}

// period is a length of time as people write it: 2mo 1d 5m0s.
func period(v arrow.MonthDayNanoInterval) string {
	var parts []string
	if v.Months != 0 {
		parts = append(parts, fmt.Sprintf("%dmo", v.Months))
	}
	if v.Days != 0 {
		parts = append(parts, fmt.Sprintf("%dd", v.Days))
	}
	if v.Nanoseconds != 0 || len(parts) == 0 {
		parts = append(parts, time.Duration(v.Nanoseconds).String())
	}
	return strings.Join(parts, " ")
}

// hugeInt reads 16 bytes, the least first, in two's complement.
func hugeInt(b []byte, signed bool) *big.Int {
	v := new(big.Int).SetUint64(binary.LittleEndian.Uint64(b[8:]))
	v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(binary.LittleEndian.Uint64(b)))
	if signed && b[15] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return v
}

// appendText writes a text as JSON, cut to what a tile can show.
func appendText(dst []byte, s string) []byte {
	if len(s) > cellBytesMax {
		s = strings.ToValidUTF8(s[:cellBytesMax], "") + "…"
	}
	text, err := json.Marshal(s) // what is not UTF-8 becomes U+FFFD
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}
