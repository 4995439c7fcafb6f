package jsonrow

import (
	"bytes"
	"encoding/binary"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// timeBytesMax bounds the text of a time: no layout needs more, and what is
// longer is refused before anything looks at it.
const timeBytesMax = 64

// ParseTime reads a time as logs write it, in microseconds since 1970 UTC. A
// time without a zone is in UTC. Digits below a microsecond are cut off. It
// knows:
//
//	2015-05-17T10:05:03.123456Z  also with a space, a slash between the date's parts,
//	                             a comma before the fraction, without seconds, and with
//	                             +09:00, +0900, +09, Z, UTC or GMT behind it
//	2015-05-17                   midnight
//	20150517T100503Z             ISO 8601 basic
//	17/May/2015:10:05:03 +0000   access logs, also in brackets
//	Sun, 17 May 2015 10:05:03 GMT, Sunday, 17-May-15 10:05:03 GMT, 17 May 2015 10:05:03 +0900
//	Sun May 17 10:05:03 2015, Sun May 17 10:05:03.123 +0000 2015, May 17, 2015 10:05:03 AM
//
// Zones by other letters (KST, EST) are refused: they mean different things to
// different people.
func ParseTime(b []byte) (micros int64, ok bool) {
	var c timeParser
	return c.parse(b)
}

// timeParser remembers the last ISO date, because rows that follow each other
// are nearly always of the same day.
type timeParser struct {
	head  uint64 // its first eight bytes
	last  uint16 // its last two
	known bool
	day   int64
}

func (t *timeParser) parse(b []byte) (int64, bool) {
	if len(b) >= 19 && (b[10] == 'T' || b[10] == ' ') {
		head, last := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint16(b[8:])
		if !t.known || head != t.head || last != t.last {
			day, ok := isoDate(b)
			if !ok {
				return parseOther(b)
			}
			t.head, t.last, t.day, t.known = head, last, day, true
		}
		if seconds, ok := clock8(binary.LittleEndian.Uint64(b[11:])); ok {
			if fraction, ok := timeTail(b[19:]); ok {
				return t.day*microsPerDay + seconds*microsPerSecond + fraction, true
			}
		}
	}
	return parseOther(b)
}

// isoDate reads the ten bytes of a date and returns its day since 1970.
func isoDate(b []byte) (int64, bool) {
	if b[4] != b[7] || b[4] != '-' && b[4] != '/' {
		return 0, false
	}
	year, ok1 := number(b[:4])
	month, ok2 := number(b[5:7])
	day, ok3 := number(b[8:10])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return dayOf(year, month, day)
}

// number reads a few bytes that must all be digits.
func number(b []byte) (int64, bool) {
	var n int64
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

var daysIn = [...]int64{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// daysBefore is the days of a year before each month, in a year that begins in
// March: then the leap day is the last one and disturbs nothing.
var daysBefore = [...]int64{306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275}

// dayOf counts the days from 1970-01-01 to a date of the Gregorian calendar.
func dayOf(year, month, day int64) (int64, bool) {
	if month < 1 || month > 12 || day < 1 || year < 0 || year > 9999 {
		return 0, false
	}
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	if day > daysIn[month-1] && !(leap && month == 2 && day == 29) {
		return 0, false
	}
	if month <= 2 {
		year--
	}
	// Years are never below -1 here; 400 of them are always 146,097 days.
	year += 400
	return year*365 + year/4 - year/100 + year/400 + daysBefore[month-1] + day - 1 - 146_097 - 719_468, true
}

// clock8 reads "10:05:03", given as its eight bytes in little-endian order.
func clock8(w uint64) (int64, bool) {
	const colonsAndZeros = 0x30303A30303A3030
	x := w ^ colonsAndZeros // digits become 0..9, colons 0
	if (x|(x+0x76767F76767F7676))&each8 != 0 {
		return 0, false
	}
	hour := int64(x&0xF*10 + x>>8&0xF)
	minute := int64(x>>24&0xF*10 + x>>32&0xF)
	second := int64(x>>48&0xF*10 + x>>56&0xF)
	return hour*3600 + minute*60 + second, hour < 24 && minute < 60 && second < 60
}

// timeTail reads what may follow the seconds: a fraction and a zone. The
// result is what is to be added, in microseconds.
func timeTail(b []byte) (int64, bool) {
	var micros int64
	if len(b) > 1 && (b[0] == '.' || b[0] == ',') {
		i, scale := 1, int64(100_000)
		for ; i < len(b) && isDigit(b[i]); i++ {
			micros += int64(b[i]-'0') * scale
			scale /= 10
		}
		if i == 1 {
			return 0, false
		}
		b = b[i:]
	}
	if len(b) == 1 && b[0] == 'Z' {
		return micros, true
	}
	east, ok := zone(b)
	return micros - east*microsPerSecond, ok
}

// zone reads a zone, or nothing, and says how many seconds it is east of UTC.
func zone(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] == ' ' {
		b = b[1:]
	}
	switch string(b) {
	case "Z", "z", "UTC", "GMT":
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	minutes := b[3:]
	if len(minutes) == 3 && minutes[0] == ':' {
		minutes = minutes[1:]
	}
	h, ok := number(b[1:3])
	m := int64(0)
	if len(minutes) > 0 && ok {
		m, ok = number(minutes)
	}
	if !ok || len(minutes) != 0 && len(minutes) != 2 || h > 23 || m > 59 {
		return 0, false
	}
	east := h*3600 + m*60
	if b[0] == '-' {
		east = -east
	}
	return east, true
}

// clock reads "10:05" or "10:05:03" with what timeTail takes behind it, all in
// microseconds since midnight UTC.
func clock(b []byte) (int64, bool) {
	if len(b) >= 8 && b[5] == ':' {
		seconds, ok := clock8(binary.LittleEndian.Uint64(b))
		micros, ok2 := timeTail(b[8:])
		return seconds*microsPerSecond + micros, ok && ok2
	}
	if len(b) < 5 || b[2] != ':' {
		return 0, false
	}
	h, ok1 := number(b[:2])
	m, ok2 := number(b[3:5])
	east, ok3 := zone(b[5:])
	return (h*3600 + m*60 - east) * microsPerSecond, ok1 && ok2 && ok3 && h < 24 && m < 60
}

// parseOther tries every layout but the one that parse knows by heart.
func parseOther(b []byte) (int64, bool) {
	if len(b) < 8 || len(b) > timeBytesMax {
		return 0, false
	}
	if b = bytes.TrimSpace(b); len(b) < 8 {
		return 0, false
	}
	if b[0] == '[' && b[len(b)-1] == ']' {
		b = b[1 : len(b)-1]
	}
	if len(b) >= 10 && (b[4] == '-' || b[4] == '/') {
		return parseISO(b)
	}
	if len(b) >= 15 && b[8] == 'T' {
		return parseBasic(b)
	}
	if len(b) >= 20 && b[2] == '/' && b[6] == '/' && b[11] == ':' {
		return parseAccess(b)
	}
	return parseWords(b)
}

func parseISO(b []byte) (int64, bool) {
	day, ok := isoDate(b)
	if !ok || len(b) == 10 {
		return day * microsPerDay, ok
	}
	if c := b[10]; c != 'T' && c != 't' && c != ' ' && c != '_' {
		return 0, false
	}
	micros, ok := clock(b[11:])
	return day*microsPerDay + micros, ok
}

// parseBasic reads 20150517T100503[.fff][zone].
func parseBasic(b []byte) (int64, bool) {
	year, ok1 := number(b[:4])
	month, ok2 := number(b[4:6])
	date, ok3 := number(b[6:8])
	hour, ok4 := number(b[9:11])
	minute, ok5 := number(b[11:13])
	second, ok6 := number(b[13:15])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	day, ok := dayOf(year, month, date)
	micros, ok2 := timeTail(b[15:])
	return day*microsPerDay + (hour*3600+minute*60+second)*microsPerSecond + micros, ok && ok2
}

// parseAccess reads 17/May/2015:10:05:03[.fff] +0000.
func parseAccess(b []byte) (int64, bool) {
	date, ok1 := number(b[:2])
	month, ok2 := monthOf(b[3:6])
	year, ok3 := number(b[7:11])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	day, ok := dayOf(year, month, date)
	micros, ok2 := clock(b[12:])
	return day*microsPerDay + micros, ok && ok2
}
