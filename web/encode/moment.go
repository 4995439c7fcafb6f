package encode

import (
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const daySeconds = 24 * 60 * 60

// moments takes instants, dates, times of day and lengths of time.
func moments(c *Cell, arr arrow.Array) bool {
	c.form = safe
	switch a := arr.(type) {
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		perSecond, zone := unitsPerSecond(t.Unit), ""
		if t.TimeZone != "" {
			zone = "Z"
		}
		values := a.TimestampValues()
		c.put = func(dst []byte, i int) []byte { return appendInstant(dst, int64(values[i]), perSecond, zone) }
	case *array.Date32:
		c.put = func(dst []byte, i int) []byte { return appendDay(dst, int64(a.Value(i))) }
	case *array.Date64:
		c.put = func(dst []byte, i int) []byte { return appendDay(dst, floorDiv(int64(a.Value(i)), daySeconds*1000)) }
	case *array.Time32:
		perSecond := unitsPerSecond(a.DataType().(*arrow.Time32Type).Unit)
		c.put = func(dst []byte, i int) []byte { return appendTimeOfDay(dst, int64(a.Value(i)), perSecond) }
	case *array.Time64:
		perSecond := unitsPerSecond(a.DataType().(*arrow.Time64Type).Unit)
		c.put = func(dst []byte, i int) []byte { return appendTimeOfDay(dst, int64(a.Value(i)), perSecond) }
	case *array.Duration:
		perSecond := unitsPerSecond(a.DataType().(*arrow.DurationType).Unit)
		c.put = func(dst []byte, i int) []byte { return appendPeriod(dst, 0, 0, int64(a.Value(i)), perSecond) }
	case *array.MonthInterval:
		c.put = func(dst []byte, i int) []byte { return appendPeriod(dst, int64(a.Value(i)), 0, 0, 1) }
	case *array.DayTimeInterval:
		c.put = func(dst []byte, i int) []byte {
			v := a.Value(i)
			return appendPeriod(dst, 0, int64(v.Days), int64(v.Milliseconds), 1000)
		}
	case *array.MonthDayNanoInterval:
		c.put = func(dst []byte, i int) []byte {
			v := a.Value(i)
			return appendPeriod(dst, int64(v.Months), int64(v.Days), v.Nanoseconds, int64(time.Second))
		}
	default:
		c.form = literal
		return false
	}
	return true
}

func unitsPerSecond(u arrow.TimeUnit) int64 { return int64(time.Second / u.Multiplier()) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendInstant writes 2026-01-05T09:00:00.15Z. The ends of the range stand
// for the two infinities, as in DuckDB.
func appendInstant(dst []byte, v, perSecond int64, zone string) []byte {
	switch v {
	case math.MaxInt64:
		return append(dst, "infinity"...)
	case -math.MaxInt64:
		return append(dst, "-infinity"...)
	}
	seconds := floorDiv(v, perSecond)
	t := time.Unix(seconds, 0).UTC()
	dst = appendDate(dst, t)
	h, m, s := t.Clock()
	dst = append(dst, 'T')
	dst = appendClock(dst, h, m, s)
	dst = appendFraction(dst, v-seconds*perSecond, perSecond)
	return append(dst, zone...)
}

func appendDay(dst []byte, day int64) []byte {
	switch day {
	case math.MaxInt32:
		return append(dst, "infinity"...)
	case -math.MaxInt32:
		return append(dst, "-infinity"...)
	}
	return appendDate(dst, time.Unix(day*daySeconds, 0).UTC())
}

func appendDate(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	switch {
	case year < 0:
		dst, year = append(dst, '-'), -year
	case year > 9999: // ISO 8601 wants the sign then
		dst = append(dst, '+')
	}
	for n := 1000; n > 1 && year < n; n /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, int64(year), 10)
	dst = appendTwo(append(dst, '-'), int(month))
	return appendTwo(append(dst, '-'), day)
}

func appendTimeOfDay(dst []byte, v, perSecond int64) []byte {
	s := v / perSecond
	dst = appendClock(dst, int(s/3600), int(s/60%60), int(s%60))
	return appendFraction(dst, v%perSecond, perSecond)
}

func appendClock(dst []byte, h, m, s int) []byte {
	dst = append(appendTwo(dst, h), ':')
	dst = append(appendTwo(dst, m), ':')
	return appendTwo(dst, s)
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10%10), byte('0'+n%10)) }

// appendFraction writes part/whole of a second without zeros at its end.
func appendFraction(dst []byte, part, whole int64) []byte {
	if part <= 0 {
		return dst
	}
	dst = append(dst, '.')
	for part > 0 {
		whole /= 10
		dst = append(dst, byte('0'+part/whole))
		part %= whole
	}
	return dst
}

// appendPeriod writes an ISO 8601 duration: P1Y2M3DT4H5M6.7S.
func appendPeriod(dst []byte, months, days, v, perSecond int64) []byte {
	start := len(dst)
	dst = append(dst, 'P')
	count := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	count(months/12, 'Y')
	count(months%12, 'M')
	count(days, 'D')
	if v != 0 {
		seconds, part := v/perSecond, v%perSecond
		dst = append(dst, 'T')
		count(seconds/3600, 'H')
		count(seconds/60%60, 'M')
		if s := seconds % 60; s != 0 || part != 0 {
			if v < 0 {
				dst, s, part = append(dst, '-'), -s, -part
			}
			dst = strconv.AppendInt(dst, s, 10)
			dst = append(appendFraction(dst, part, perSecond), 'S')
		}
	}
	if len(dst) == start+1 {
		dst = append(dst, "T0S"...)
	}
	return dst
}
