package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of one definition file.
const (
	definitionBytesMax = 256 << 10
	yamlDepthMax       = 32
	fileProblemsMax    = 50
)

// reader collects the problems of one file.
type reader struct {
	file     string
	problems []Problem
}

func (r *reader) fail(at Pos, hint, format string, args ...any) {
	if len(r.problems) < fileProblemsMax {
		r.problems = append(r.problems, Problem{File: r.file, Line: at.Line, Column: at.Column,
			Message: fmt.Sprintf(format, args...), Hint: hint})
	}
}

// fields says how each key of a mapping is read.
type fields map[string]func(value)

func (f fields) keys() []string {
	ks := make([]string, 0, len(f))
	for k := range f {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// document reads text, a whole YAML document that is one mapping. It gives the
// place of every key. An empty document has no keys.
func (r *reader) document(text []byte, f fields) map[string]Pos {
	root, ok := r.parse(text)
	if !ok || root == nil {
		return map[string]Pos{}
	}
	return value{r: r, node: root, at: position(root)}.mapping(f)
}

// parse gives the only document of text; nil when that is empty.
func (r *reader) parse(text []byte) (node ast.Node, ok bool) {
	if at, deep := tooDeep(text); deep {
		r.fail(at, "", "more than %d levels of nesting", yamlDepthMax)
		return nil, false
	}
	// A parser of this size has panics left in it; one file must not take
	// the others along.
	defer func() {
		if e := recover(); e != nil {
			r.fail(Pos{1, 1}, "", "this is not YAML that can be read: %v", e)
			node, ok = nil, false
		}
	}()
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.syntax(err)
		return nil, false
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil && d.Body.Type() != ast.NullType {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, true
	case 1:
		return bodies[0], true
	}
	r.fail(position(bodies[1]), "make it a file of its own", "a second document in one file")
	return nil, false
}

func (r *reader) syntax(err error) {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil || y.GetToken().Position == nil {
		r.fail(Pos{1, 1}, "", "this is not YAML: %s", firstLine(err.Error()))
		return
	}
	p := y.GetToken().Position
	hint := ""
	if strings.ContainsRune(y.GetToken().Origin, '\t') {
		hint = "YAML wants spaces, not tabs"
	}
	r.fail(Pos{p.Line, p.Column}, hint, "this is not YAML: %s", firstLine(y.GetMessage()))
}

// tooDeep looks for nesting that would exhaust the parser's stack. It counts
// brackets wherever they stand, so it may refuse what is only a strange text.
func tooDeep(text []byte) (Pos, bool) {
	depth, dashes, lead := 0, 0, true
	line, col := 1, 0
	for _, c := range text {
		col++
		switch c {
		case '[', '{':
			depth++
			lead = false
		case ']', '}':
			depth = max(0, depth-1)
			lead = false
		case '\n':
			line, col, dashes, lead = line+1, 0, 0, true
		case '-', '?', ':':
			if lead {
				dashes++
			}
		case ' ', '\t', '\r':
		default:
			lead = false
		}
		if depth > yamlDepthMax || dashes > yamlDepthMax && depth > 0 || dashes > 4*yamlDepthMax {
			return Pos{line, col}, true
		}
		if lead && col > definitionBytesMax/16 {
			return Pos{line, col}, true
		}
	}
	return Pos{}, false
}

func position(n ast.Node) Pos {
	// A block mapping's own token is the colon of its first key.
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return position(m.Values[0])
	}
	if v, ok := n.(*ast.MappingValueNode); ok && v.Key != nil {
		n = v.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Pos{t.Position.Line, t.Position.Column}
	}
	return Pos{1, 1}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	const showMax = 300
	if len(s) > showMax {
		s = strings.ToValidUTF8(s[:showMax], "") + "…"
	}
	return s
}

// checkText refuses what no editor would show. It gives text without a byte
// order mark, which Windows editors write.
func (r *reader) checkText(text []byte) ([]byte, bool) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	line, col := 1, 1
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && n == 1:
			r.fail(Pos{line, col}, "save the file as UTF-8", "byte 0x%02x is not UTF-8", text[i])
			return nil, false
		case c == 0:
			r.fail(Pos{line, col}, "", "a zero byte: this is not a text file")
			return nil, false
		case c == '\n':
			line, col = line+1, 0
		}
		i += n
		col++
	}
	return text, true
}
