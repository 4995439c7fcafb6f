package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"maru"
	"maru/spec/internal/sqltext"
)

// paramsMax bounds the different parameters of one SQL text. With it a
// placeholder is never longer than the {{x}} it stands for.
const paramsMax = 99

// Param is one {{name}} in a SQL text.
type Param struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`   // in the text, from 1
	Column int    `json:"column"` // in characters, from 1
}

// Params gives every {{name}} of sql in order, each as often as it stands
// there. Those in strings and comments are no parameters.
func Params(sql string) []Param {
	var out []Param
	line, column, at := 1, 1, 0
	for _, m := range sqltext.Scan(sql) {
		for _, c := range sql[at:m.At] {
			if column++; c == '\n' {
				line, column = line+1, 1
			}
		}
		if at = m.At; m.Kind == sqltext.Param {
			out = append(out, Param{m.Name, line, column})
		}
	}
	return out
}

// Bind replaces each {{name}} by a placeholder $1, $2… and gives their values
// in that order; a value never becomes text. The statement keeps its length
// and lines, so that a place the engine complains of is the writer's. Values
// that are not asked for are left out; one that is missing is maru.Invalid.
func Bind(sql string, values map[string]any) (bound string, params []any, err error) {
	var b strings.Builder
	numbers, done := map[string]int{}, 0
	for _, m := range sqltext.Scan(sql) {
		if m.Kind != sqltext.Param {
			return "", nil, wrongAt(sql, m, fmt.Sprintf("%s is no parameter", sql[m.At:m.End]), "write {{name}}")
		}
		n := numbers[m.Name]
		if n == 0 {
			v, given := values[m.Name]
			if !given {
				return "", nil, wrongAt(sql, m, fmt.Sprintf("{{%s}} has no value", m.Name), "give it one, or make it a filter")
			}
			if len(params) == paramsMax {
				return "", nil, maru.Errorf(maru.TooLarge, "more than %d different parameters in one statement", paramsMax)
			}
			params = append(params, v)
			n = len(params)
			numbers[m.Name] = n
		}
		b.WriteString(sql[done:m.At])
		// The space keeps it from growing onto the word before it.
		fmt.Fprintf(&b, "%-*s", m.End-m.At, fmt.Sprintf(" $%d", n))
		done = m.End
	}
	b.WriteString(sql[done:])
	return b.String(), params, nil
}

// placedError is maru.Invalid, and knows where in the SQL.
type placedError struct {
	text, hint   string
	line, column int
}

func wrongAt(sql string, m sqltext.Mark, text, hint string) error {
	line, column := place(sql, m.At)
	return &placedError{text, hint, line, column}
}

// Error is the text without the place.
func (e *placedError) Error() string { return e.text }

// Unwrap gives the kind.
func (e *placedError) Unwrap() error { return maru.Errorf(maru.Invalid, "%s", e.text) }

// Place is where it is, from 1, and what to do.
func (e *placedError) Place() (line, column int, hint string) { return e.line, e.column, e.hint }

// place is the line and the column of a byte, both from 1, the column in
// characters.
func place(text string, at int) (line, column int) {
	before := text[:at]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
