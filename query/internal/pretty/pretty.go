package pretty

import (
	"strings"

	"maru"
)

// Bounds of what is laid out.
const (
	BytesMax = 256 << 10
	depthMax = 60  // of parentheses
	casesMax = 20  // within each other that are broken up
	width    = 100 // of a line, in bytes
	short    = 60  // of a statement that stays on one line
	step     = 2   // of the indentation
)

// Error says where a text begins that has no end.
type Error struct{ Line, Column int }

func (e *Error) Error() string { return "the quote or comment that begins here has no end" }

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return &maru.Error{Kind: maru.Invalid, Op: e.Error()} }

// Place is the error's; columns count characters.
func (e *Error) Place() (line, column int, hint string) { return e.Line, e.Column, "" }

// Format lays sql out. A text whose parentheses do not fit stays as it is.
func Format(sql string) (string, error) {
	if len(sql) > BytesMax {
		return "", maru.Errorf(maru.TooLarge, "the text has %d bytes, at most %d are laid out", len(sql), BytesMax)
	}
	tokens, open := lex(sql)
	if open != nil {
		before := sql[:open.at]
		return "", &Error{Line: 1 + strings.Count(before, "\n"), Column: len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1}
	}
	if len(tokens) == 0 {
		return sql, nil
	}
	nodes, ok := tree(tokens)
	if !ok {
		return sql, nil
	}
	out := statements(nodes)
	// What must not happen is that a statement means something else: then
	// rather no layout.
	if again, open := lex(out); open != nil || !same(tokens, again) {
		return sql, nil
	}
	return out, nil
}

func same(a, b []token) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].kind != b[i].kind || a[i].text != b[i].text {
			return false
		}
	}
	return true
}

// node is a token, or all of a pair of parentheses.
type node struct {
	token
	kids  []node
	close *token // nil for a token
}

func tree(tokens []token) ([]node, bool) {
	type level struct {
		nodes []node
		open  token
	}
	stack := []level{{}}
	for i, t := range tokens {
		top := &stack[len(stack)-1]
		switch {
		case t.kind == mark && strings.Contains("([{", t.text):
			if len(stack) > depthMax {
				return nil, false
			}
			stack = append(stack, level{open: t})
		case t.kind == mark && strings.Contains(")]}", t.text):
			if len(stack) == 1 || strings.IndexByte("([{", top.open.text[0]) != strings.IndexByte(")]}", t.text[0]) {
				return nil, false
			}
			g := node{token: top.open, kids: top.nodes, close: &tokens[i]}
			stack = stack[:len(stack)-1]
			under := &stack[len(stack)-1]
			under.nodes = append(under.nodes, g)
		default:
			top.nodes = append(top.nodes, node{token: t})
		}
	}
	return stack[0].nodes, len(stack) == 1
}

// statements are parted by ; and a blank line.
func statements(nodes []node) string {
	var out strings.Builder
	start := 0
	for i := range nodes {
		end := nodes[i].text == ";" && nodes[i].kind == mark
		if !end && i+1 < len(nodes) {
			continue
		}
		part := nodes[start : i+1]
		start = i + 1
		if end {
			part = part[:len(part)-1]
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		text := statement(part)
		out.WriteString(text)
		if end {
			if last := strings.LastIndexByte(text, '\n'); strings.Contains(text[last+1:], "--") {
				out.WriteByte('\n') // or it would be in the comment
			}
			out.WriteByte(';')
		}
	}
	return out.String() + "\n"
}

func statement(nodes []node) string {
	if text, ok := flat(nodes); ok && len(text) <= short {
		return text
	}
	return query(nodes, 0)
}
