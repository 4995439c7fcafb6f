package parse

// Instants are written as ISO 8601 in UTC with milliseconds, with microseconds
// when the log has them: 2015-05-17T10:05:03.123Z.

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// month reads an English month of three letters: 1 … 12, or 0.
func month(b []byte) int {
	for m := 0; m < 12; m++ {
		if n := monthNames[3*m:]; b[0] == n[0] && b[1] == n[1] && b[2] == n[2] {
			return m + 1
		}
	}
	return 0
}

// two reads two digits; -1 when they are none.
func two(b []byte) int {
	if !isDigit(b[0]) || !isDigit(b[1]) {
		return -1
	}
	return int(b[0]-'0')*10 + int(b[1]-'0')
}

// clockOf reads hh:mm:ss as seconds of the day; -1 when it is none. A leap
// second counts as the first of the next minute.
func clockOf(b []byte) int {
	h, m, s := two(b), two(b[3:]), two(b[6:])
	if h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || b[2] != ':' || b[5] != ':' {
		return -1
	}
	return h*3600 + m*60 + s
}

// days counts the days from 1970-01-01 (proleptic Gregorian calendar; the
// era arithmetic is Howard Hinnant's days_from_civil).
func days(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// civil is the inverse of days, for days since year 0 and on.
func civil(z int) (y, m, d int) {
	z += 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	y = yoe + era*400
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, d
}

func monthDays(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func put2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendSecond writes yyyy-mm-ddThh:mm:ss of a Unix time in years 0 … 9999.
func appendSecond(dst []byte, unix int) []byte {
	day := unix / 86400
	sec := unix % 86400
	if sec < 0 {
		sec += 86400
		day--
	}
	y, m, d := civil(day)
	dst = put2(put2(dst, y/100), y%100)
	dst = put2(append(dst, '-'), m)
	dst = put2(append(dst, '-'), d)
	dst = put2(append(dst, 'T'), sec/3600)
	dst = put2(append(dst, ':'), sec/60%60)
	return put2(append(dst, ':'), sec%60)
}

// appendFraction writes .mmm or .uuuuuu from the digits of a fraction, and Z.
func appendFraction(dst, digits []byte) []byte {
	n := 3
	if len(digits) > 3 {
		n = 6
	}
	dst = append(dst, '.')
	for i := 0; i < n; i++ {
		c := byte('0')
		if i < len(digits) {
			c = digits[i]
		}
		dst = append(dst, c)
	}
	return append(dst, 'Z')
}

// fraction reads a fraction's digits after a point at b[i]: where they end.
func fraction(b []byte, i int) (digits []byte, next int) {
	if i >= len(b) || b[i] != '.' && b[i] != ',' {
		return nil, i
	}
	next = i + 1
	for next < len(b) && isDigit(b[next]) {
		next++
	}
	return b[i+1 : next], next
}

// zoneOf reads Z, +hhmm or +hh:mm at b[i] as seconds east of UTC.
func zoneOf(b []byte, i int) (east, next int, ok bool) {
	if i < len(b) && (b[i] == 'Z' || b[i] == 'z') {
		return 0, i + 1, true
	}
	if i+5 > len(b) || b[i] != '+' && b[i] != '-' {
		return 0, i, false
	}
	h, m := two(b[i+1:]), -1
	next = i + 5
	if b[i+3] == ':' {
		if i+6 > len(b) {
			return 0, i, false
		}
		m, next = two(b[i+4:]), i+6
	} else {
		m = two(b[i+3:])
	}
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, i, false
	}
	east = h*3600 + m*60
	if b[i] == '-' {
		east = -east
	}
	return east, next, true
}

// iso reads an RFC 3339 time at the start of b.
func iso(b []byte) (unix int, frac []byte, next int, ok bool) {
	if len(b) < 20 || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' {
		return 0, nil, 0, false
	}
	hi, lo, m, d, sec := two(b), two(b[2:]), two(b[5:]), two(b[8:]), clockOf(b[11:])
	if hi < 0 || lo < 0 || m < 1 || m > 12 || sec < 0 {
		return 0, nil, 0, false
	}
	y := hi*100 + lo
	if d < 1 || d > monthDays(y, m) || y == 0 {
		return 0, nil, 0, false
	}
	frac, next = fraction(b, 19)
	east, next, ok := zoneOf(b, next)
	if !ok || y == 9999 {
		return 0, nil, 0, false
	}
	return days(y, m, d)*86400 + sec - east, frac, next, true
}
