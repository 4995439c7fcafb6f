package param

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"maru"
)

// Bounds of the parameters of one statement.
const (
	Max     = 1000 // different names
	NameMax = 100  // bytes of a name
)

// Param is one parameter, at its first place.
type Param struct {
	Name   string `json:"name"`
	Line   int    `json:"line" doc:"Of its first place, from 1"`
	Column int    `json:"column" doc:"In characters from 1"`
}

// use is one place of a parameter.
type use struct {
	name       string
	start, end int // bytes
}

// Find gives the parameters in the order of their first places.
func Find(sql string) ([]Param, error) {
	uses, _, err := scan(sql)
	if err != nil {
		return nil, err
	}
	out, seen := []Param{}, map[string]bool{}
	for _, u := range uses {
		if seen[u.name] {
			continue
		}
		seen[u.name] = true
		line, column := place(sql, u.start)
		out = append(out, Param{Name: u.name, Line: line, Column: column})
	}
	return out, nil
}

// Bind puts $n in the place of each parameter, filled up with blanks, so that
// every other character stays where it is. The values are in the order of n.
func Bind(sql string, values map[string]any) (bound string, args []any, err error) {
	uses, dollar, err := scan(sql)
	if err != nil || len(uses) == 0 {
		return sql, nil, err
	}
	if dollar {
		return "", nil, maru.Errorf(maru.Invalid, "the statement has $1 beside {{%s}}: write all parameters as {{name}}", uses[0].name)
	}
	var b strings.Builder
	numbers, last := map[string]int{}, 0
	for _, u := range uses {
		n := numbers[u.name]
		if n == 0 {
			v, ok := values[u.name]
			if !ok {
				line, column := place(sql, u.start)
				return "", nil, &Error{Text: fmt.Sprintf("the parameter %s has no value", u.name), Line: line, Column: column}
			}
			args = append(args, v)
			n = len(args)
			numbers[u.name] = n
		}
		b.WriteString(sql[last:u.start])
		was := utf8.RuneCountInString(sql[u.start:u.end])
		fmt.Fprintf(&b, "%-*s", was, fmt.Sprintf("$%d", n))
		last = u.end
	}
	b.WriteString(sql[last:])
	return b.String(), args, nil
}

// Error is one with its place in the statement. Its kind is maru.Invalid.
type Error struct {
	Text         string
	Line, Column int
}

func (e *Error) Error() string { return e.Text }

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return &maru.Error{Kind: maru.Invalid, Op: e.Text} }

// Place is the error's.
func (e *Error) Place() (line, column int, hint string) { return e.Line, e.Column, "" }

// scan walks a statement. dollar says whether it has a $1 of its own.
func scan(sql string) (uses []use, dollar bool, err error) {
	names := map[string]bool{}
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch {
		case strings.HasPrefix(rest, "{{"):
			u, err := read(sql, i)
			if err != nil {
				return nil, false, err
			}
			names[u.name] = true
			if len(names) > Max {
				return nil, false, maru.Errorf(maru.TooLarge, "the statement has more than %d parameters", Max)
			}
			uses = append(uses, u)
			i = u.end
		case rest[0] == '$' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' && (i == 0 || !wordByte(sql[i-1])):
			dollar = true
			i += 2
		default:
			i = skip(sql, i)
		}
	}
	return uses, dollar, nil
}

// read takes the {{name}} at start.
func read(sql string, start int) (use, error) {
	wrong := func(text string) error {
		line, column := place(sql, start)
		return &Error{Text: text, Line: line, Column: column}
	}
	inner, _, ok := strings.Cut(sql[start+2:], "}}")
	if !ok {
		return use{}, wrong("a parameter is not closed: write {{name}}")
	}
	name := strings.TrimSpace(inner)
	if name == "" || len(name) > NameMax || strings.ContainsFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return use{}, wrong(fmt.Sprintf("%.40q is no name of a parameter: use letters, digits and _", name))
	}
	return use{name: name, start: start, end: start + 2 + len(inner) + 2}, nil
}

// skip gives where to go on after what is at i: one character, or all of a
// quoted text or comment. What is not closed reaches to the end.
func skip(sql string, i int) int {
	rest := sql[i:]
	switch {
	case strings.HasPrefix(rest, "--"):
		return after(sql, i, "\n")
	case strings.HasPrefix(rest, "/*"):
		return after(sql, i+2, "*/")
	case rest[0] == '\'' || rest[0] == '"':
		escapes := rest[0] == '\'' && i > 0 && (sql[i-1] == 'e' || sql[i-1] == 'E') && (i == 1 || !wordByte(sql[i-2]))
		return quoted(sql, i, escapes)
	case rest[0] == '$' && (i == 0 || !wordByte(sql[i-1])):
		if n := strings.IndexByte(rest[1:], '$'); n >= 0 && !strings.ContainsFunc(rest[1:1+n], func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			tag := rest[:n+2]
			return after(sql, i+len(tag), tag)
		}
	}
	return i + 1
}

// after gives the place behind the next end.
func after(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}

func quoted(sql string, i int, escapes bool) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch {
		case escapes && sql[i] == '\\':
			i++
		case sql[i] == quote && i+1 < len(sql) && sql[i+1] == quote:
			i++
		case sql[i] == quote:
			return i + 1
		}
	}
	return len(sql)
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// place is the line and the column of a byte.
func place(sql string, at int) (line, column int) {
	before := sql[:at]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
