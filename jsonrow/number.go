package jsonrow

import (
	"math"
	"strconv"
	"unsafe"
)

// fit says how a number went into a type.
type fit uint8

const (
	fits     fit = iota
	notWhole     // it has a fraction that is not zero
	outside      // out of the type's range
	noNumber     // the text is not a number
)

// exponentMax bounds the exponents that are told apart: no number with fewer
// than so many digits reaches over it.
const exponentMax = 1 << 40

// decimal is a number as written: digits × 10^exponent. Zeros at the end of
// the digits are in the exponent. If the digits are too many for 64 bits, big
// is set and digits means nothing.
type decimal struct {
	digits   uint64
	exponent int64
	negative bool
	big      bool
}

// readDecimal reads [+-]digits[.digits][e[+-]digits]. It takes all numbers of
// JSON, and also a plus sign and leading zeros, as strings hold them. False if
// s is anything else.
func readDecimal(s []byte) (decimal, bool) {
	var d decimal
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		d.negative = s[i] == '-'
		i++
	}
	start, zeros := i, int64(0)
	i, zeros = d.addDigits(s, i, zeros)
	if i == start {
		return d, false
	}
	var fraction int64
	if i < len(s) && s[i] == '.' {
		point := i + 1
		i, zeros = d.addDigits(s, point, zeros)
		if fraction = int64(i - point); fraction == 0 {
			return d, false
		}
	}
	var e int64
	if i < len(s) && s[i]|0x20 == 'e' {
		var ok bool
		if e, ok = readExponent(s[i+1:]); !ok {
			return d, false
		}
		i = len(s)
	}
	d.exponent = e + zeros - fraction
	return d, i == len(s)
}

// addDigits takes the digits at s[i:]; zeros counts those zeros at the end
// that are not in d.digits yet.
func (d *decimal) addDigits(s []byte, i int, zeros int64) (int, int64) {
	for ; i < len(s) && isDigit(s[i]); i++ {
		if s[i] == '0' {
			if d.digits != 0 || d.big {
				zeros++
			}
			continue
		}
		if zeros >= 19 {
			d.big = true
		}
		for ; zeros > 0 && !d.big; zeros-- {
			d.mul10add(0)
		}
		zeros = 0
		d.mul10add(uint64(s[i] - '0'))
	}
	return i, zeros
}

func (d *decimal) mul10add(n uint64) {
	if d.digits > (math.MaxUint64-9)/10 {
		d.big = true
	}
	if !d.big {
		d.digits = d.digits*10 + n
	}
}

func readExponent(s []byte) (int64, bool) {
	negative := len(s) > 0 && s[0] == '-'
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	var e int64
	for _, c := range s {
		if !isDigit(c) {
			return 0, false
		}
		e = min(e*10+int64(c-'0'), exponentMax)
	}
	if negative {
		e = -e
	}
	return e, len(s) > 0
}

// parseInt reads a whole number exactly.
func parseInt(s []byte) (int64, fit) {
	digits := s
	if len(s) > 1 && s[0] == '-' {
		digits = s[1:]
	}
	if n := len(digits); n > 0 && n <= 18 {
		var v int64
		i := 0
		for ; i < n && isDigit(digits[i]); i++ {
			v = v*10 + int64(digits[i]-'0')
		}
		if i == n {
			if n != len(s) {
				v = -v
			}
			return v, fits
		}
	}
	d, ok := readDecimal(s)
	if !ok {
		return 0, noNumber
	}
	return d.int64()
}

func (d decimal) int64() (int64, fit) {
	switch {
	case d.digits == 0 && !d.big:
		return 0, fits
	case d.exponent < 0:
		return 0, notWhole
	case d.big || d.exponent > 18:
		return 0, outside
	}
	u := d.digits
	for e := d.exponent; e > 0; e-- {
		if u > math.MaxUint64/10 {
			return 0, outside
		}
		u *= 10
	}
	switch {
	case d.negative && u <= 1<<63:
		return -int64(u), fits
	case !d.negative && u < 1<<63:
		return int64(u), fits
	}
	return 0, outside
}

var powersOf10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// plainDigitsMax bounds the digits whose number is exact as a double.
const plainDigitsMax = 15

// parsePlain reads the usual double, such as -12.5; false says nothing.
func parsePlain(s []byte) (float64, bool) {
	digits := s
	if len(s) > 0 && s[0] == '-' {
		digits = s[1:]
	}
	if len(digits) > plainDigitsMax+1 {
		return 0, false
	}
	var u int64
	point := -1
	for i, c := range digits {
		if c == '.' && point < 0 && i > 0 {
			point = i
			continue
		}
		if !isDigit(c) {
			return 0, false
		}
		u = u*10 + int64(c-'0')
	}
	f := float64(u)
	switch {
	case len(digits) == 0 || point == len(digits)-1 || point < 0 && len(digits) > plainDigitsMax:
		return 0, false
	case point > 0:
		f /= powersOf10[len(digits)-1-point] // one rounding: see parseFloat
	}
	if len(digits) != len(s) {
		f = -f
	}
	return f, true
}

// parseFloat reads the nearest double.
func parseFloat(s []byte) (float64, fit) {
	if f, ok := parsePlain(s); ok {
		return f, fits
	}
	d, ok := readDecimal(s)
	if !ok {
		return 0, noNumber
	}
	// Both factors are exact as doubles, so one rounding gives the nearest
	// (Clinger 1990, "How to read floating point numbers accurately").
	if !d.big && d.digits < 1<<53 && d.exponent >= -22 && d.exponent <= 22 {
		f := float64(d.digits)
		if d.exponent < 0 {
			f /= powersOf10[-d.exponent]
		} else {
			f *= powersOf10[d.exponent]
		}
		if d.negative {
			f = -f
		}
		return f, fits
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), 64)
	if err != nil {
		return 0, outside // the syntax has been checked: only the range is left
	}
	return f, fits
}

// Numbers are times since 1970: seconds below secondsBelow, milliseconds below
// millisBelow, else microseconds. The bounds are the year 5138 in either unit.
const (
	secondsBelow = 100_000_000_000
	millisBelow  = 100_000_000_000_000
	microsMax    = 9_200_000_000_000_000_000
)

// parseEpoch reads a number as a time in microseconds; what is finer is cut off.
func parseEpoch(s []byte) (int64, fit) {
	d, ok := readDecimal(s)
	if !ok {
		return 0, noNumber
	}
	if d.big || d.exponent < -18 { // digits far behind the point: a double says enough
		f, how := parseFloat(s)
		if how != fits {
			return 0, how
		}
		return scaleEpoch(f)
	}
	if d.digits == 0 {
		return 0, fits
	}
	whole, part, unit := d.digits, uint64(0), uint64(1)
	for e := d.exponent; e < 0; e++ {
		unit *= 10
	}
	whole, part = whole/unit, whole%unit
	for e := d.exponent; e > 0; e-- {
		if whole > microsMax/10 {
			return 0, outside
		}
		whole *= 10
	}
	scale := uint64(1)
	switch {
	case whole < secondsBelow:
		scale = 1e6
	case whole < millisBelow:
		scale = 1e3
	case whole > microsMax:
		return 0, outside
	}
	// The fraction's digits below a microsecond go one by one, so that nothing overflows.
	for unit > 1e12 {
		unit, part = unit/10, part/10
	}
	micros := int64(whole*scale + part*scale/unit)
	if d.negative {
		micros = -micros
	}
	return micros, fits
}

func scaleEpoch(f float64) (int64, fit) {
	switch size := math.Abs(f); {
	case size < secondsBelow:
		return int64(f * 1e6), fits
	case size < millisBelow:
		return int64(f * 1e3), fits
	case size <= microsMax:
		return int64(f), fits
	}
	return 0, outside
}
