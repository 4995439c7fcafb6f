package jsonrow

import "bytes"

// timeWordsMax bounds the words of a time: "Sun May 17 10:05:03 AM +0000 2015".
const timeWordsMax = 8

// wordTime gathers what the words of a time say, whatever their order.
type wordTime struct {
	year, month, date       int64
	micros, east            int64
	hasYear, hasMonth       bool
	hasDate, hasClock       bool
	hasZone, morning, later bool
}

// parseWords reads the layouts that name the month: RFC 1123, 850 and 822, C's
// asctime, date(1), and "May 17, 2015 10:05:03 AM". Each word says by its form
// what it is, and each part may be said once.
func parseWords(b []byte) (int64, bool) {
	var w wordTime
	var words [timeWordsMax][]byte
	n := 0
	for len(b) > 0 {
		i := bytes.IndexAny(b, " ,")
		if i < 0 {
			i = len(b)
		}
		if i > 0 {
			if n == len(words) {
				return 0, false
			}
			words[n] = b[:i]
			n++
		}
		b = b[min(i+1, len(b)):]
	}
	for i, word := range words[:n] {
		if !w.take(word, i) {
			return 0, false
		}
	}
	return w.result()
}

func (w *wordTime) result() (int64, bool) {
	if !w.hasYear || !w.hasMonth || !w.hasDate {
		return 0, false
	}
	if (w.morning || w.later) && !w.halfDay() {
		return 0, false
	}
	if w.hasZone && !w.hasClock {
		return 0, false
	}
	day, ok := dayOf(w.year, w.month, w.date)
	return day*microsPerDay + w.micros - w.east*microsPerSecond, ok
}

// halfDay turns a clock of twelve hours into one of 24.
func (w *wordTime) halfDay() bool {
	const hour = 3600 * microsPerSecond
	h := w.micros / hour
	if !w.hasClock || w.morning && w.later || h < 1 || h > 12 {
		return false
	}
	if h == 12 {
		w.micros -= 12 * hour
	}
	if w.later {
		w.micros += 12 * hour
	}
	return true
}

// take reads one word; i is how many came before it.
func (w *wordTime) take(word []byte, i int) bool {
	if i == 0 && isWeekday(word) {
		return true
	}
	switch c := word[0]; {
	case len(word) >= 5 && word[2] == ':':
		return w.takeClock(word)
	case (c == '+' || c == '-') && !w.hasZone:
		var ok bool
		w.east, ok = zone(word)
		w.hasZone = true
		return ok
	case isDigit(c) && bytes.IndexByte(word, '-') > 0:
		return w.takeDashes(word)
	case isDigit(c):
		return w.takeNumber(word)
	}
	switch string(word) {
	case "GMT", "UTC", "Z":
		was := w.hasZone
		w.hasZone = true
		return !was
	case "AM", "am":
		w.morning = true
		return true
	case "PM", "pm":
		w.later = true
		return true
	}
	month, ok := monthOf(word)
	ok = ok && !w.hasMonth
	w.month, w.hasMonth = month, true
	return ok
}

func (w *wordTime) takeClock(word []byte) bool {
	if w.hasClock {
		return false
	}
	w.hasClock = true
	for _, c := range word {
		if c == '+' || c == '-' || c == 'Z' || c == 'z' {
			return false // the zone is a word of its own here
		}
	}
	var ok bool
	w.micros, ok = clock(word)
	return ok
}

// takeDashes reads RFC 850's 17-May-15.
func (w *wordTime) takeDashes(word []byte) bool {
	parts := bytes.SplitN(word, []byte("-"), 4)
	if len(parts) != 3 || w.hasMonth || !w.takeNumber(parts[0]) {
		return false
	}
	month, ok := monthOf(parts[1])
	w.month, w.hasMonth = month, true
	if year := parts[2]; len(year) == 2 {
		n, isNumber := number(year)
		// Two digits are years 1969 to 2068, as in POSIX.
		if n += 1900; n < 1969 {
			n += 100
		}
		ok = ok && isNumber && !w.hasYear
		w.year, w.hasYear = n, true
		return ok
	}
	return ok && w.takeNumber(parts[2])
}

// takeNumber reads a day (one or two digits) or a year (four).
func (w *wordTime) takeNumber(word []byte) bool {
	n, ok := number(word)
	switch {
	case !ok:
		return false
	case len(word) <= 2 && !w.hasDate:
		w.date, w.hasDate = n, true
		return true
	case len(word) == 4 && !w.hasYear:
		w.year, w.hasYear = n, true
		return true
	}
	return false
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september",
	"october", "november", "december"}

var weekdayNames = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// monthOf reads a month's English name, whole or its first three letters.
func monthOf(b []byte) (int64, bool) {
	for i, name := range monthNames {
		if isName(b, name) {
			return int64(i + 1), true
		}
	}
	return 0, false
}

func isWeekday(b []byte) bool {
	for _, name := range weekdayNames {
		if isName(b, name) {
			return true
		}
	}
	return false
}

func isName(b []byte, name string) bool {
	if len(b) != 3 && len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if c|0x20 != name[i] {
			return false
		}
	}
	return true
}
