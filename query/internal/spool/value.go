package spool

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// value is a constant in the form in which cells of one column compare.
type value struct {
	bytes []byte    // of kinds that compare by bytes
	key   [4]uint64 // of all others: what cells.key gives for such a cell
	more  bool      // it lies a little above key: the column has no room for its last digits
	nan   bool
}

// valueTextMax bounds the text of a value that is not a text.
const valueTextMax = 200

// parse reads a value by the column's type.
func (c *cells) parse(text string) (value, error) {
	switch {
	case c.kind == kindVar && isText(c.field.Type), c.kind == kindNested:
		return value{bytes: []byte(text)}, nil
	case c.kind == kindVar, c.kind == kindFixed:
		b, err := parseBlob(text)
		return value{bytes: b}, err
	}
	text = strings.TrimSpace(text)
	if len(text) > valueTextMax {
		return value{}, invalid("a value for the type %s is %d bytes long; %d can be", c.typeName(), len(text), valueTextMax)
	}
	v, err := c.parseKey(text)
	if err != nil {
		return value{}, invalid("%q is not %s (the column's type is %s)", clip(text), err, c.typeName())
	}
	return v, nil
}

func (c *cells) typeName() string { return c.field.Type.String() }

// What a text should have been: "… is not a whole number".
var (
	errWhole    = errors.New("a whole number that 64 bits can hold")
	errPositive = errors.New("a whole number from 0 that 64 bits can hold")
	errNumber   = errors.New("a number")
	errTruth    = errors.New("true or false")
	errDate     = errors.New("a date like 2026-11-23")
	errMoment   = errors.New("a time like 2026-11-23 09:30:00 or 2026-11-23T09:30:00Z")
	errTime     = errors.New("a time of day like 09:30:00")
	errDuration = errors.New("a duration like 1h30m")
	errInterval = errors.New("an interval like 2 months 3 days 04:05:06")
)

func (c *cells) parseKey(text string) (value, error) {
	switch c.kind {
	case kindBool:
		return parseTruth(text)
	case kindUint:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return value{}, errPositive
		}
		return keyed(n), nil
	case kindFloat:
		return parseFloat(text, 8*c.width)
	case kindDecimal:
		return c.parseDecimal(text)
	case kindInterval:
		return parseInterval(text)
	case kindInt:
		n, more, err := parseInt(text, c.field.Type)
		v := keyed(uint64(n) ^ signBit)
		v.more = more
		return v, err
	}
	return keyed(0), nil // a column of nothing but NULL
}

func keyed(n uint64) value { return value{key: [4]uint64{n}} }

func parseTruth(text string) (value, error) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "1":
		return keyed(1), nil
	case "false", "f", "no", "0":
		return keyed(0), nil
	}
	return value{}, errTruth
}

func parseFloat(text string, bits int) (value, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(text, "xX_") {
		return value{}, errNumber
	}
	// A float column shows 0.1 for what is not 0.1 in 64 bits; what people
	// write is what they see.
	if short := float64(float32(f)); bits == 32 && (f-f != 0 || !math.IsInf(short, 0)) {
		f = short
	}
	return value{key: [4]uint64{floatKey(f)}, nan: f != f}, nil
}

var decimalForm = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)$`)

func (c *cells) parseDecimal(text string) (value, error) {
	if !decimalForm.MatchString(text) {
		return value{}, errNumber
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return value{}, errNumber
	}
	scale := c.field.Type.(arrow.DecimalType).GetScale()
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	if scale >= 0 {
		r.Mul(r, new(big.Rat).SetInt(power))
	} else {
		r.Quo(r, new(big.Rat).SetInt(power))
	}
	whole, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	v := value{more: rest.Sign() != 0}
	bits := uint(max(64, 8*c.width))
	limit := new(big.Int).Lsh(big.NewInt(1), bits-1)
	switch {
	case whole.Cmp(limit) >= 0: // beyond what any cell can be
		whole.Sub(limit, big.NewInt(1))
		v.more = true
	case whole.Cmp(new(big.Int).Neg(limit)) < 0:
		whole.Neg(limit)
	}
	whole.Add(whole, limit) // the order of unsigned numbers, as in the cells' keys
	buf := whole.FillBytes(make([]byte, bits/8))
	for level := range len(buf) / 8 {
		v.key[level] = prefix(buf, level)
	}
	return v, nil
}

func parseInt(text string, t arrow.DataType) (n int64, more bool, err error) {
	switch t := t.(type) {
	case *arrow.Date32Type:
		at, err := time.Parse(dateLayout, text)
		return floorDiv(at.Unix(), 86400), false, instead(err, errDate)
	case *arrow.Date64Type:
		at, err := time.Parse(dateLayout, text)
		return at.UnixMilli(), false, instead(err, errDate)
	case *arrow.TimestampType:
		at, err := parseMoment(text)
		if err != nil {
			return 0, false, errMoment
		}
		return unitsOf(at, t.Unit)
	case *arrow.Time32Type:
		return parseTimeOfDay(text, t.Unit)
	case *arrow.Time64Type:
		return parseTimeOfDay(text, t.Unit)
	case *arrow.DurationType:
		d, err := time.ParseDuration(text)
		unit := t.Unit.Multiplier()
		return floorDiv(int64(d), int64(unit)), d%unit != 0, instead(err, errDuration)
	}
	n, err = strconv.ParseInt(text, 10, 64)
	return n, false, instead(err, errWhole)
}

func instead(err, words error) error {
	if err != nil {
		return words
	}
	return nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// momentLayouts: without a zone it is UTC, as TIMESTAMPTZ is shown.
var momentLayouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999",
	timestampLayout, "2006-01-02 15:04", "2006-01-02T15:04", dateLayout,
}

func parseMoment(text string) (time.Time, error) {
	for _, layout := range momentLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errMoment
}

// unitsOf counts from 1970; what does not fit into 64 bits is no time of ours.
func unitsOf(at time.Time, u arrow.TimeUnit) (n int64, more bool, err error) {
	per := perSecond(u)
	sec := at.Unix()
	if sec > math.MaxInt64/per-1 || sec < math.MinInt64/per+1 {
		return 0, false, fmt.Errorf("a time that a column of this unit can hold")
	}
	unit := int(u.Multiplier())
	return sec*per + int64(at.Nanosecond()/unit), at.Nanosecond()%unit != 0, nil
}

func parseTimeOfDay(text string, u arrow.TimeUnit) (int64, bool, error) {
	for _, layout := range []string{"15:04:05.999999999", "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			d := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute +
				time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
			return int64(d / u.Multiplier()), d%u.Multiplier() != 0, nil
		}
	}
	return 0, false, errTime
}

var (
	intervalPart  = regexp.MustCompile(`^([+-]?\d{1,9}) (year|month|week|day|hour|minute|second)s?( |$)`)
	intervalClock = regexp.MustCompile(`^(-?)(\d{1,7}):([0-5]\d)(?::([0-5]\d)(\.\d{1,9})?)?$`)
)

// parseInterval reads what appendInterval writes, and weeks, hours, minutes and seconds.
func parseInterval(text string) (value, error) {
	var days, nanos int64
	const day = int64(24 * time.Hour)
	units := map[string][2]int64{
		"year": {360, 0}, "month": {30, 0}, "week": {7, 0}, "day": {1, 0},
		"hour": {0, int64(time.Hour)}, "minute": {0, int64(time.Minute)}, "second": {0, int64(time.Second)},
	}
	rest := strings.ToLower(strings.Join(strings.Fields(text), " "))
	if rest == "" {
		return value{}, errInterval
	}
	for rest != "" {
		m := intervalPart.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		rest = rest[len(m[0]):]
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return value{}, errInterval
		}
		unit := units[m[2]]
		// Whole days move over, so that many hours do not leave 64 bits.
		if unit[1] != 0 {
			perDay := day / unit[1]
			days += n / perDay
			nanos += n % perDay * unit[1]
			continue
		}
		days += n * unit[0]
	}
	if rest != "" {
		clock, err := parseClock(rest)
		if err != nil {
			return value{}, err
		}
		nanos += clock
	}
	hi, lo := addMul(days, uint64(day), nanos)
	return value{key: [4]uint64{uint64(hi) ^ signBit, lo}}, nil
}

func parseClock(text string) (int64, error) {
	m := intervalClock.FindStringSubmatch(text)
	if m == nil {
		return 0, errInterval
	}
	hours, _ := strconv.ParseInt(m[2], 10, 64) // the form has let digits only through
	minutes, _ := strconv.ParseInt(m[3], 10, 64)
	seconds, _ := strconv.ParseFloat("0"+m[5], 64)
	whole, _ := strconv.ParseInt("0"+m[4], 10, 64)
	if hours > 2_500_000 {
		return 0, errInterval
	}
	n := hours*int64(time.Hour) + minutes*int64(time.Minute) + whole*int64(time.Second) + int64(math.Round(seconds*1e9))
	if m[1] == "-" {
		n = -n
	}
	return n, nil
}

// parseBlob reads \x and hexadecimal digits, or else the text's own bytes.
func parseBlob(text string) ([]byte, error) {
	digits, ok := strings.CutPrefix(text, `\x`)
	if !ok {
		return []byte(text), nil
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, invalid("%q is not a blob: behind \\x stand pairs of hexadecimal digits", clip(text))
	}
	return b, nil
}
