package tidy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ratchetRules may have exceptions. The other rules have none.
var ratchetRules = []string{"function", "file", "goroutine", "context", "init"}

// Exception is one line of ratchet.txt: "rule where number # reason".
type Exception struct {
	Rule   string
	Where  string
	N      int
	Reason string
	line   int
}

// String is the exception's line.
func (e Exception) String() string {
	return fmt.Sprintf("%s %s %d # %s", e.Rule, e.Where, e.N, e.Reason)
}

// ParseRatchet reads ratchet.txt; empty lines and lines that begin with # are
// passed over.
func ParseRatchet(text string) (list []Exception, err error) {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		entry, reason, _ := strings.Cut(line, "#")
		f := strings.Fields(entry)
		reason = strings.TrimSpace(reason)
		if len(f) != 3 || reason == "" {
			return nil, fmt.Errorf("ratchet.txt:%d: write \"rule where number # reason\"", i+1)
		}
		n, err := strconv.Atoi(f[2])
		if err != nil || n < 1 || !slices.Contains(ratchetRules, f[0]) {
			return nil, fmt.Errorf("ratchet.txt:%d: the rule is one of %s, the number is at least 1", i+1, strings.Join(ratchetRules, ", "))
		}
		list = append(list, Exception{Rule: f[0], Where: f[1], N: n, Reason: reason, line: i + 1})
	}
	return list, nil
}

// Apply takes away the findings that an exception allows. What an exception
// allows and nobody needs is a finding itself: the numbers only fall.
func Apply(found []Finding, list []Exception) (left []Finding) {
	for _, f := range found {
		i := slices.IndexFunc(list, func(e Exception) bool { return e.Rule == f.Rule && e.Where == f.Where })
		if i < 0 || list[i].N < f.N {
			left = append(left, f)
		}
	}
	for _, e := range list {
		n := 0
		for _, f := range found {
			if e.Rule == f.Rule && e.Where == f.Where {
				n += f.N
			}
		}
		switch {
		case n == 0:
			left = append(left, ratchetFinding(e, "it is no longer needed: take the line out"))
		case n < e.N:
			left = append(left, ratchetFinding(e, fmt.Sprintf("it is down to %d: lower the number", n)))
		}
	}
	return left
}

func ratchetFinding(e Exception, text string) Finding {
	return Finding{Rule: "ratchet", Where: "internal/tidy/ratchet.txt", Line: e.line, Text: e.Rule + " " + e.Where + ": " + text}
}

// Lower rewrites text, a ratchet.txt, so that every number is what is needed
// now; it never raises one and never adds a line.
func Lower(text string, found []Finding) (string, error) {
	list, err := ParseRatchet(text)
	if err != nil {
		return "", err
	}
	lines := strings.Split(text, "\n")
	for _, e := range slices.Backward(list) {
		n := 0
		for _, f := range found {
			if e.Rule == f.Rule && e.Where == f.Where {
				n += f.N
			}
		}
		switch {
		case n == 0:
			lines = slices.Delete(lines, e.line-1, e.line)
		case n < e.N:
			e.N = n
			lines[e.line-1] = e.String()
		}
	}
	return strings.Join(lines, "\n"), nil
}
