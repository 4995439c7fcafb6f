package yamledit

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// place is one key of a block mapping in the text.
type place struct {
	key   string
	at    int // of the key
	colon int
	line  int // of the key, from 0
	end   int // the line after the value's last
	value ast.Node
}

// blockGroup changes the keys of a block mapping that ends before line end.
func (e *editor) blockGroup(entries []*ast.MappingValueNode, old, new *Tree, end int) error {
	places, indent, err := e.places(entries, end)
	if err != nil {
		return err
	}
	for i, p := range places {
		was, want := old.At(p.key), new.At(p.key)
		switch {
		case Same(was, want):
		case want == nil:
			if err := e.drop(places, i); err != nil {
				return err
			}
		case was != nil && e.try(func() error { return e.value(p.value, was, want, p.end) }):
		default:
			e.replace(p, *want, indent)
		}
	}
	return e.insert(places, old, new, indent)
}

// places finds the keys of a block mapping and their indentation.
func (e *editor) places(entries []*ast.MappingValueNode, end int) (places []place, indent int, err error) {
	for _, m := range entries {
		t, colon := m.Key.GetToken(), m.GetToken()
		at, err := e.offset(t)
		if err != nil {
			return nil, 0, err
		}
		colonAt, err := e.offset(colon)
		if err != nil || e.text[colonAt] != ':' || colonAt <= at || colon.Position.Line != t.Position.Line {
			return nil, 0, errOther
		}
		word := strings.TrimLeft(e.text[at:colonAt], `'"`)
		if !strings.HasPrefix(word, t.Value) {
			return nil, 0, errOther
		}
		places = append(places, place{key: t.Value, at: at, colon: colonAt, line: t.Position.Line - 1, value: m.Value})
	}
	if len(places) == 0 {
		return nil, 0, errOther
	}
	// What stands before the first key, a dash perhaps, is one byte a column.
	indent = places[0].at - e.starts[places[0].line]
	for i := range places {
		next := end
		if i+1 < len(places) {
			next = places[i+1].line
		}
		if places[i].end = e.trim(places[i].line+1, next, indent); places[i].end <= places[i].line {
			return nil, 0, errOther
		}
	}
	return places, indent, nil
}

// trim leaves out the blank lines, and the comments not deeper than indent,
// before line end: they belong to what follows.
func (e *editor) trim(least, end, indent int) int {
	for end > least {
		at, isComment := e.comment(end - 1)
		if !e.blank(end-1) && (!isComment || at > indent) {
			break
		}
		end--
	}
	return end
}

// drop takes a key away.
func (e *editor) drop(places []place, i int) error {
	p := places[i]
	first := strings.TrimSpace(e.text[e.starts[p.line]:p.at]) != ""
	switch {
	case !first:
		e.cut(e.starts[p.line], e.starts[p.end], "")
	case i+1 < len(places) && places[i+1].line == p.end:
		e.cut(p.at, places[i+1].at, "") // the next key moves behind the dash
	default:
		return errOther
	}
	return nil
}

// replace writes a key's value anew, and keeps the comment on the key's line.
func (e *editor) replace(p place, want Tree, indent int) {
	comment := ""
	if at, ok := e.comments[p.line]; ok && at > p.colon {
		gap := at
		for gap > p.colon+1 && (e.text[gap-1] == ' ' || e.text[gap-1] == '\t') {
			gap--
		}
		comment = strings.TrimRight(e.text[gap:e.starts[p.line+1]], "\n")
		if gap == at {
			comment = " " + comment
		}
	}
	if quotes(p.value) && want.Kind == Scalar && !want.Raw && !strings.Contains(want.Text, "\n") {
		e.cut(p.colon+1, e.starts[p.end]-1, " "+scalar(want.Text, true)+comment)
		return
	}
	e.cut(p.colon+1, e.starts[p.end]-1, after(want, indent, comment))
}

// quotes says whether a text was quoted by its writer.
func quotes(n ast.Node) bool {
	s, ok := n.(*ast.StringNode)
	return ok && strings.HasPrefix(s.Token.Type.String(), "DoubleQuote")
}

// insert writes the keys that are new behind the one they follow in new.
func (e *editor) insert(places []place, old, new *Tree, indent int) error {
	follows := -1 // index in places
	for i, key := range new.Keys {
		if at := slices.IndexFunc(places, func(p place) bool { return p.key == key }); at >= 0 {
			follows = at
			continue
		}
		if unwritten(old, new, i) {
			continue
		}
		text := entry(key, new.Items[i], indent) + "\n"
		if follows < 0 {
			e.cut(places[0].at, places[0].at, text+spaces(indent))
			continue
		}
		at := e.starts[places[follows].end]
		e.cut(at, at, spaces(indent)+text)
	}
	return nil
}
