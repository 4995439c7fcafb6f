package tail

import (
	"path/filepath"
	"sort"
	"strings"
)

// Base strips what rotation adds to a name: .1 … .999, -20260131, .2026-01-31
// (with a time or a number behind; also before the extension), .old, .bak,
// and .gz or .zst. Two files with one base are generations of one log, which
// need not have a file called base: a program may write to dated names.
func Base(path string) string {
	dir, name := filepath.Split(path)
	base, _ := split(name)
	return dir + base
}

// rank says how a rotated name sorts: the date, then the number.
type rank struct {
	live   bool   // the base itself
	date   string // digits of the date and time; "" when there is none
	number int    // 0 when there is none; larger is older
}

func split(name string) (base string, r rank) {
	base = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for {
		cut, ok := stripOne(base, &r)
		if !ok {
			break
		}
		base = cut
	}
	// Some put the date before the extension: a-20260131.log.
	if i := strings.LastIndexByte(base, '.'); i > 0 && letters(base[i+1:]) {
		if stem, ok := stripDate(base[:i], &r); ok {
			base = stem + base[i:]
		}
	}
	r.live = base == name
	return base, r
}

func stripOne(name string, r *rank) (string, bool) {
	i := strings.LastIndexAny(name, ".-")
	if i <= 0 || i == len(name)-1 {
		return "", false
	}
	end := name[i+1:]
	switch {
	case name[i] == '.' && (end == "old" || end == "bak") && r.number == 0:
		r.number = 1
		return name[:i], true
	case name[i] == '.' && len(end) <= 3 && digits(end) && r.number == 0 && end[0] != '0':
		for _, c := range end {
			r.number = r.number*10 + int(c-'0')
		}
		return name[:i], true
	}
	return stripDate(name, r)
}

// dateShapes are the dates that logrotate and the usual libraries write; 9
// stands for a digit.
var dateShapes = []string{"99999999", "9999-99-99", "99999999-999999", "9999-99-99-99", "9999-99-99_99-99-99", "9999999999",
	"99999999999999", "9999-99-99T99-99-99", "9999-99-99T99-99-99.999"}

func stripDate(name string, r *rank) (string, bool) {
	if r.date != "" {
		return "", false
	}
	for i := len(dateShapes) - 1; i >= 0; i-- {
		s := dateShapes[i]
		at := len(name) - len(s) - 1
		if at <= 0 || name[at] != '.' && name[at] != '-' || !shaped(name[at+1:], s) {
			continue
		}
		if end := name[at+1:]; end[:2] == "19" || end[:2] == "20" {
			for _, c := range end {
				if c >= '0' && c <= '9' {
					r.date += string(c)
				}
			}
			return name[:at], true
		}
	}
	return "", false
}

func shaped(s, shape string) bool {
	for i := range len(s) {
		if shape[i] == '9' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != shape[i] {
			return false
		}
	}
	return true
}

func letters(s string) bool {
	for i := range len(s) {
		if s[i]|0x20 < 'a' || s[i]|0x20 > 'z' {
			return false
		}
	}
	return s != ""
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Order sorts the files of one log old before new: dated ones by date, then
// numbered ones from the highest number down, then the base.
func Order(paths []string) {
	sort.SliceStable(paths, func(i, j int) bool { return older(paths[i], paths[j]) })
}

func older(p, q string) bool {
	_, a := split(filepath.Base(p))
	_, b := split(filepath.Base(q))
	switch {
	case a.live != b.live:
		return b.live
	case (a.date == "") != (b.date == ""):
		return a.date != ""
	case a.date != b.date:
		return a.date < b.date
	case a.number != b.number:
		return a.number > b.number
	}
	return p < q
}
