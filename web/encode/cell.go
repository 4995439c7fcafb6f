package encode

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Cell writes the values of one column of one batch.
type Cell struct {
	null func(i int) bool
	put  func(dst []byte, i int) []byte
	form form
}

// form says what a cell's text needs in JSON and CSV.
type form uint8

const (
	literal  form = iota // a number, true or false: as it is
	safe                 // quoted in JSON; no character of it is special anywhere
	text                 // any characters
	nested               // JSON that this package wrote
	verbatim             // JSON that somebody else wrote
	float                // a literal, or NaN or an infinity, which JSON has not
)

// Null says whether row i has no value.
func (c Cell) Null(i int) bool { return c.null(i) }

// Text appends the value of row i as people read it.
func (c Cell) Text(dst []byte, i int) []byte { return c.put(dst, i) }

// Number says whether the values line up on the right.
func (c Cell) Number() bool { return c.form == literal || c.form == float }

// Cells gives one Cell for each column of rec, valid as long as rec is.
func Cells(rec arrow.RecordBatch) []Cell {
	cells := make([]Cell, rec.NumCols())
	for c := range cells {
		cells[c] = newCell(rec.Schema().Field(c), rec.Column(c))
	}
	return cells
}

func newCell(f arrow.Field, arr arrow.Array) Cell {
	c := Cell{null: arr.IsNull}
	name, meta := extension(f)
	if e, ok := arr.(array.ExtensionArray); ok {
		name, meta = e.ExtensionType().ExtensionName(), e.ExtensionType().Serialize()
		arr = e.Storage()
	}
	switch a := arr.(type) {
	case *array.Boolean:
		c.put = func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }
	case *array.FixedSizeBinary:
		return fixedBytes(c, a, name, meta)
	case *array.Dictionary:
		return dictionary(f, a)
	case array.Union:
		return union(a)
	case *array.RunEndEncoded:
		return runs(f, a)
	case *array.Null:
		c.null, c.put = func(int) bool { return true }, func(dst []byte, _ int) []byte { return dst }
	default:
		switch {
		case numbers(&c, arr), moments(&c, arr), characters(&c, arr, name), lists(&c, f, arr):
		default:
			c.put, c.form = func(dst []byte, i int) []byte { return append(dst, arr.ValueStr(i)...) }, text
		}
	}
	return c
}

// extension is the extension type of a field whose type nobody registered.
func extension(f arrow.Field) (name, meta string) {
	name, _ = f.Metadata.GetValue("ARROW:extension:name")
	meta, _ = f.Metadata.GetValue("ARROW:extension:metadata")
	return name, meta
}

func integers[T int8 | int16 | int32 | int64](values []T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

func naturals[T uint8 | uint16 | uint32 | uint64](values []T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(values[i]), 10) }
}

func numbers(c *Cell, arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Int8:
		c.put = integers(a.Int8Values())
	case *array.Int16:
		c.put = integers(a.Int16Values())
	case *array.Int32:
		c.put = integers(a.Int32Values())
	case *array.Int64:
		c.put = integers(a.Int64Values())
	case *array.Uint8:
		c.put = naturals(a.Uint8Values())
	case *array.Uint16:
		c.put = naturals(a.Uint16Values())
	case *array.Uint32:
		c.put = naturals(a.Uint32Values())
	case *array.Uint64:
		c.put = naturals(a.Uint64Values())
	case *array.Float16:
		c.put, c.form = func(dst []byte, i int) []byte { return appendFloat(dst, float64(a.Value(i).Float32()), 32) }, float
	case *array.Float32:
		values := a.Float32Values()
		c.put, c.form = func(dst []byte, i int) []byte { return appendFloat(dst, float64(values[i]), 32) }, float
	case *array.Float64:
		values := a.Float64Values()
		c.put, c.form = func(dst []byte, i int) []byte { return appendFloat(dst, values[i], 64) }, float
	default:
		return decimals(c, arr)
	}
	return true
}

func decimals(c *Cell, arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Decimal32:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.put = func(dst []byte, i int) []byte { return appendDecimal(dst, big.NewInt(int64(a.Value(i))), scale) }
	case *array.Decimal64:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.put = func(dst []byte, i int) []byte { return appendDecimal(dst, big.NewInt(int64(a.Value(i))), scale) }
	case *array.Decimal128:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.put = func(dst []byte, i int) []byte {
			v := a.Value(i)
			// Most sums fit 64 bits: those need no big.Int.
			if lo := int64(v.LowBits()); v.HighBits() == lo>>63 {
				return appendScaled(dst, strconv.AppendInt(make([]byte, 0, 24), lo, 10), scale)
			}
			return appendDecimal(dst, v.BigInt(), scale)
		}
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		c.put = func(dst []byte, i int) []byte { return appendDecimal(dst, a.Value(i).BigInt(), scale) }
	default:
		return false
	}
	return true
}

func appendDecimal(dst []byte, v *big.Int, scale int32) []byte {
	return appendScaled(dst, v.Append(nil, 10), scale)
}

// appendScaled puts the point into digits, which may begin with a sign.
func appendScaled(dst, digits []byte, scale int32) []byte {
	if len(digits) > 0 && digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale <= 0 {
		dst = append(dst, digits...)
		if string(digits) != "0" {
			for range -scale {
				dst = append(dst, '0')
			}
		}
		return dst
	}
	if whole := len(digits) - int(scale); whole > 0 {
		dst, digits = append(dst, digits[:whole]...), digits[whole:]
	} else {
		dst = append(dst, '0')
	}
	dst = append(dst, '.')
	for range int(scale) - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// appendFloat writes the shortest text that reads back as v. Exponents come
// where encoding/json has them, so that 1e21 is not 22 digits.
func appendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, v, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, bits)
}

func characters(c *Cell, arr arrow.Array, extension string) bool {
	c.form = text
	switch a := arr.(type) {
	case *array.String:
		c.put = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.LargeString:
		c.put = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.StringView:
		c.put = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.Binary:
		c.put = func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	case *array.LargeBinary:
		c.put = func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	case *array.BinaryView:
		c.put = func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	default:
		c.form = literal
		return false
	}
	if extension == "arrow.json" {
		c.form = verbatim
	}
	return true
}

// appendBytes writes \x and hexadecimal.
func appendBytes(dst, b []byte) []byte { return hex.AppendEncode(append(dst, `\x`...), b) }

func fixedBytes(c Cell, a *array.FixedSizeBinary, extension, meta string) Cell {
	width := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
	switch {
	case extension == "arrow.uuid" && width == 16:
		c.put, c.form = func(dst []byte, i int) []byte { return appendUUID(dst, a.Value(i)) }, safe
	case extension == "arrow.opaque" && width == 16 && strings.Contains(meta, "hugeint"):
		unsigned := strings.Contains(meta, "uhugeint")
		c.put = func(dst []byte, i int) []byte { return hugeInt(a.Value(i), unsigned).Append(dst, 10) }
	default:
		c.put, c.form = func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }, text
	}
	return c
}

func appendUUID(dst, u []byte) []byte {
	for _, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10]} {
		dst = append(hex.AppendEncode(dst, part), '-')
	}
	return hex.AppendEncode(dst, u[10:])
}

// hugeInt reads 16 bytes, little end first, in two's complement.
func hugeInt(b []byte, unsigned bool) *big.Int {
	v := new(big.Int).SetUint64(binary.LittleEndian.Uint64(b[8:]))
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(binary.LittleEndian.Uint64(b)))
	if !unsigned && b[15]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return v
}

func dictionary(f arrow.Field, a *array.Dictionary) Cell {
	words := newCell(arrow.Field{Type: a.Dictionary().DataType(), Metadata: f.Metadata}, a.Dictionary())
	return Cell{
		null: func(i int) bool { return a.IsNull(i) || words.null(a.GetValueIndex(i)) },
		put:  func(dst []byte, i int) []byte { return words.put(dst, a.GetValueIndex(i)) },
		form: words.form,
	}
}

func runs(f arrow.Field, a *array.RunEndEncoded) Cell {
	values := newCell(arrow.Field{Type: a.Values().DataType(), Metadata: f.Metadata}, a.Values())
	return Cell{
		null: func(i int) bool { return values.null(a.GetPhysicalIndex(i)) },
		put:  func(dst []byte, i int) []byte { return values.put(dst, a.GetPhysicalIndex(i)) },
		form: values.form,
	}
}

// union writes the value alone, without its tag, as JSON: members differ in
// what their text needs.
func union(a array.Union) Cell {
	members := make([]Cell, a.NumFields())
	for m := range members {
		members[m] = newCell(a.UnionType().Fields()[m], a.Field(m))
	}
	at := func(i int) (Cell, int) {
		if d, ok := a.(*array.DenseUnion); ok {
			return members[a.ChildID(i)], int(d.ValueOffset(i))
		}
		return members[a.ChildID(i)], i
	}
	return Cell{
		null: func(i int) bool { m, at := at(i); return m.null(at) },
		put:  func(dst []byte, i int) []byte { m, at := at(i); return m.JSON(dst, at) },
		form: nested,
	}
}

// lists takes everything that has elements.
func lists(c *Cell, f arrow.Field, arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Map: // a ListLike, too
		c.put = mapPut(a)
	case array.ListLike:
		elem := arrow.Field{Type: a.ListValues().DataType()}
		if t, ok := f.Type.(arrow.ListLikeType); ok {
			elem = t.ElemField()
		}
		items := newCell(elem, a.ListValues())
		c.put = func(dst []byte, i int) []byte {
			from, to := a.ValueOffsets(i)
			dst = append(dst, '[')
			for j := from; j < to; j++ {
				if j > from {
					dst = append(dst, ',')
				}
				dst = items.JSON(dst, int(j))
			}
			return append(dst, ']')
		}
	case *array.Struct:
		c.put = structPut(a)
	default:
		return false
	}
	c.form = nested
	return true
}

func structPut(a *array.Struct) func([]byte, int) []byte {
	t := a.DataType().(*arrow.StructType)
	names := make([]string, a.NumField())
	cells := make([]Cell, a.NumField())
	for k := range cells {
		names[k] = t.Field(k).Name
		cells[k] = newCell(t.Field(k), a.Field(k))
	}
	keys := objectKeys(names)
	return func(dst []byte, i int) []byte { return appendObject(dst, keys, cells, i) }
}

// mapPut writes an object when the keys are texts, else a list of pairs.
func mapPut(a *array.Map) func([]byte, int) []byte {
	t := a.DataType().(*arrow.MapType)
	keys, items := newCell(t.KeyField(), a.Keys()), newCell(t.ItemField(), a.Items())
	object := keys.form == text || keys.form == safe
	marks := [3]string{"[", "]", ","}
	if object {
		marks = [3]string{"{", "}", ":"}
	}
	return func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		dst = append(dst, marks[0]...)
		for j := int(from); j < int(to); j++ {
			if j > int(from) {
				dst = append(dst, ',')
			}
			if !object {
				dst = append(dst, '[')
			}
			dst = append(keys.JSON(dst, j), marks[2]...)
			dst = items.JSON(dst, j)
			if !object {
				dst = append(dst, ']')
			}
		}
		return append(dst, marks[1]...)
	}
}

// JSON appends the value of row i as JSON on one line.
func (c Cell) JSON(dst []byte, i int) []byte {
	if c.null(i) {
		return append(dst, "null"...)
	}
	start := len(dst)
	switch c.form {
	case safe:
		return append(c.put(append(dst, '"'), i), '"')
	case text:
		return quoteFrom(c.put(dst, i), start)
	case float:
		dst = c.put(dst, i)
		if last := dst[len(dst)-1]; last < '0' || last > '9' { // NaN, Infinity
			return append(slices.Insert(dst, start, '"'), '"')
		}
		return dst
	case verbatim:
		return oneLine(c.put(dst, i), start)
	}
	return c.put(dst, i)
}

// oneLine makes what dst has from start on one JSON value on one line. The text
// of a JSON column is verbatim: it may have line ends, or be no JSON at all.
func oneLine(dst []byte, start int) []byte {
	value := dst[start:]
	if !json.Valid(value) {
		return quoteFrom(dst, start)
	}
	if bytes.ContainsAny(value, "\r\n") {
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err == nil {
			return append(dst[:start], compact.Bytes()...)
		}
	}
	return dst
}
