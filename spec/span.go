package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time as a person writes it, 90s, 6h or 7d; see
// ParseDuration.
type Span string

// Length is the span's length; 0 for one that is empty or no length of time.
func (s Span) Length() time.Duration {
	d, err := ParseDuration(string(s))
	if s == "" || err != nil {
		return 0
	}
	return d
}

var durationUnits = []struct {
	name string
	unit time.Duration
}{{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond}, {"s", time.Second}, {"m", time.Minute},
	{"h", time.Hour}, {"d", 24 * time.Hour}, {"w", 7 * 24 * time.Hour}}

// ParseDuration reads 500ms, 1.5s, 90m, 7d, 1d12h: time.ParseDuration with
// days of 24 hours and weeks, and without signs.
func ParseDuration(s string) (time.Duration, error) {
	rest, total := strings.TrimSpace(s), 0.0
	if rest == "" {
		return 0, fmt.Errorf("a length of time is empty")
	}
	for rest != "" {
		digits := strings.IndexFunc(rest, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
		if digits < 0 {
			if rest == "0" && total == 0 {
				return 0, nil
			}
			return 0, fmt.Errorf("%q has no unit", s)
		}
		n, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no length of time", s)
		}
		rest = rest[digits:]
		found := false
		for _, u := range durationUnits {
			after, ok := strings.CutPrefix(rest, u.name)
			if ok && (after == "" || after[0] >= '0' && after[0] <= '9') {
				total, rest, found = total+n*float64(u.unit), after, true
				break
			}
		}
		if !found {
			return 0, fmt.Errorf("%q is no length of time", s)
		}
	}
	if total > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is longer than can be counted", s)
	}
	return time.Duration(math.Round(total)), nil
}
