package yamledit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Edit gives text changed from old to new: both are Groups, old is what text
// says. Lines end in \n. Its error says that the text is not written in a way
// that can be changed in place.
func Edit(text string, old, new Tree) (edited string, err error) {
	// The parser has panics left in it; the caller has another way.
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("edit YAML: %v", e)
		}
	}()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	e := newEditor(text)
	f, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return "", err
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return "", errOther
	}
	end := len(e.starts) - 1
	if d := f.Docs[0].End; d != nil {
		end = d.Position.Line - 1
	}
	if err := e.value(f.Docs[0].Body, &old, &new, end); err != nil {
		return "", err
	}
	return apply(text, 0, len(text), e.cuts)
}

var errOther = errors.New("edit YAML: written in another way than can be changed in place")

// cut replaces text[from:to].
type cut struct {
	from, to int
	text     string
}

// apply makes the cuts in text[from:to], which must not overlap.
func apply(text string, from, to int, cuts []cut) (string, error) {
	slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	var b strings.Builder
	for _, c := range cuts {
		if c.from < from || c.to > to {
			return "", errOther
		}
		b.WriteString(text[from:c.from] + c.text)
		from = c.to
	}
	b.WriteString(text[from:to])
	return b.String(), nil
}

// editor collects the cuts of one Edit. Lines count from 0 in it.
type editor struct {
	text     string
	starts   []int // of each line, and of the line after the last
	tokens   token.Tokens
	comments map[int]int // line → where its comment starts
	cuts     []cut
}

func newEditor(text string) *editor {
	e := &editor{text: text, tokens: lexer.Tokenize(text), comments: map[int]int{}}
	e.starts = append(e.starts, 0)
	for i := range len(text) {
		if text[i] == '\n' {
			e.starts = append(e.starts, i+1)
		}
	}
	for _, t := range e.tokens {
		if t.Type == token.CommentType {
			if at, err := e.offset(t); err == nil && e.text[at] == '#' {
				e.comments[t.Position.Line-1] = at
			}
		}
	}
	return e
}

// offset is where a token starts in the text.
func (e *editor) offset(t *token.Token) (int, error) {
	line := t.Position.Line - 1
	if line < 0 || line+1 >= len(e.starts) || t.Position.Column < 1 {
		return 0, errOther
	}
	at := e.starts[line]
	for range t.Position.Column - 1 {
		_, n := utf8.DecodeRuneInString(e.text[at:])
		at += n
	}
	if at >= e.starts[line+1] {
		return 0, errOther
	}
	return at, nil
}

// line is a line without its end.
func (e *editor) line(n int) string {
	return strings.TrimSuffix(e.text[e.starts[n]:e.starts[n+1]], "\n")
}

func (e *editor) blank(n int) bool { return strings.TrimSpace(e.line(n)) == "" }

// comment says whether line n is nothing but a comment, and where it stands.
func (e *editor) comment(n int) (indent int, ok bool) {
	l := e.line(n)
	trimmed := strings.TrimLeft(l, " ")
	return len(l) - len(trimmed), strings.HasPrefix(trimmed, "#")
}

func (e *editor) cut(from, to int, text string) { e.cuts = append(e.cuts, cut{from, to, text}) }

// try makes the cuts of f, or none of them.
func (e *editor) try(f func() error) bool {
	mark := len(e.cuts)
	if f() != nil {
		e.cuts = e.cuts[:mark]
		return false
	}
	probe := slices.Clone(e.cuts[mark:])
	if _, err := apply(e.text, 0, len(e.text), probe); err != nil {
		e.cuts = e.cuts[:mark]
		return false
	}
	return true
}

// value changes the value at a node, which ends before line end.
func (e *editor) value(n ast.Node, old, new *Tree, end int) error {
	switch n := n.(type) {
	case *ast.MappingNode:
		switch {
		case old.Kind != Group || new.Kind != Group:
			return errOther
		case n.IsFlowStyle:
			return e.flowGroup(n, old, new)
		}
		return e.blockGroup(n.Values, old, new, end)
	case *ast.MappingValueNode:
		if old.Kind == Group && new.Kind == Group {
			return e.blockGroup([]*ast.MappingValueNode{n}, old, new, end)
		}
	case *ast.SequenceNode:
		switch {
		case old.Kind != List || new.Kind != List || len(old.Items) != len(n.Values):
			return errOther
		case n.IsFlowStyle:
			return e.flowList(n, old, new)
		}
		return e.blockList(n, old, new, end)
	}
	return errOther
}
