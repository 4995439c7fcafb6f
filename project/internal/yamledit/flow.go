package yamledit

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// part is one key of a flow mapping in the text.
type part struct {
	key           string
	at, value, to int // of the key, of its value, and the value's end
	node          ast.Node
}

// flowGroup changes the keys of a flow mapping.
func (e *editor) flowGroup(n *ast.MappingNode, old, new *Tree) error {
	var parts []part
	for _, m := range n.Values {
		at, err := e.offset(m.Key.GetToken())
		if err != nil {
			return err
		}
		from, to, err := e.span(m.GetToken())
		if err != nil {
			return err
		}
		parts = append(parts, part{m.Key.GetToken().Value, at, from, to, m.Value})
	}
	mark := len(e.cuts)
	gone := func(p part) bool { return new.At(p.key) == nil && old.At(p.key) != nil }
	for _, p := range parts {
		was, want := old.At(p.key), new.At(p.key)
		if Same(was, want) || want == nil {
			continue
		}
		if was == nil || !e.try(func() error { return e.value(p.node, was, want, 0) }) {
			e.cut(p.value, p.to, flow(*want))
		}
	}
	var added []int
	for i, k := range new.Keys {
		if !unwritten(old, new, i) && !slices.ContainsFunc(parts, func(p part) bool { return p.key == k }) {
			added = append(added, i)
		}
	}
	if len(added) == 0 && !slices.ContainsFunc(parts, gone) {
		return nil
	}
	inner := slices.Clone(e.cuts[mark:])
	e.cuts = e.cuts[:mark]
	return e.joinParts(n, parts, inner, new, added, gone)
}

// joinParts writes a flow mapping anew out of the text of its parts.
func (e *editor) joinParts(n *ast.MappingNode, parts []part, inner []cut, new *Tree, added []int, gone func(part) bool) error {
	open, err := e.offset(n.Start)
	if err != nil {
		return err
	}
	end, err := e.offset(n.End)
	if err != nil || e.text[open] != '{' || e.text[end] != '}' {
		return errOther
	}
	var keys, texts []string
	for _, p := range parts {
		if gone(p) {
			continue
		}
		var cuts []cut
		for _, k := range inner {
			if k.from >= p.at && k.to <= p.to {
				cuts = append(cuts, k)
			}
		}
		text, err := apply(e.text, p.at, p.to, cuts)
		if err != nil {
			return err
		}
		keys, texts = append(keys, p.key), append(texts, text)
	}
	for _, i := range added {
		behind := 0 // the nearest key before it that is there
		for _, k := range new.Keys[:i] {
			behind = max(behind, slices.Index(keys, k)+1)
		}
		keys = slices.Insert(keys, behind, new.Keys[i])
		texts = slices.Insert(texts, behind, scalar(new.Keys[i], false)+": "+flow(new.Items[i]))
	}
	text := strings.Join(texts, ", ")
	if strings.Contains(text, "#") && strings.Contains(text, "\n") {
		return errOther // a comment inside of a part could swallow the next
	}
	e.cut(open, end+1, "{"+text+"}")
	return nil
}

// flowList changes the entries of a flow list in place, or the whole list.
func (e *editor) flowList(n *ast.SequenceNode, old, new *Tree) error {
	open, err := e.offset(n.Start)
	if err != nil {
		return err
	}
	end, err := e.offset(n.End)
	if err != nil || e.text[open] != '[' || e.text[end] != ']' || manyLines(*new) {
		return errOther
	}
	if sameOrder(old, new) && e.try(func() error { return e.flowItems(n, old, new) }) {
		return nil
	}
	e.cut(open, end+1, flow(*new))
	return nil
}

func (e *editor) flowItems(n *ast.SequenceNode, old, new *Tree) error {
	for i, v := range n.Values {
		was, want := &old.Items[i], &new.Items[i]
		if Same(was, want) {
			continue
		}
		if err := e.value(v, was, want, 0); err != nil {
			return err
		}
	}
	return nil
}

// span is where the value behind a colon stands in a flow mapping.
func (e *editor) span(colon *token.Token) (from, to int, err error) {
	i := slices.IndexFunc(e.tokens, func(t *token.Token) bool {
		return t.Type == token.MappingValueType && t.Position.Line == colon.Position.Line && t.Position.Column == colon.Position.Column
	})
	if i < 0 || i+2 >= len(e.tokens) {
		return 0, 0, errOther
	}
	if from, err = e.offset(e.tokens[i+1]); err != nil {
		return 0, 0, err
	}
	depth := 0
	for _, t := range e.tokens[i+1:] {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.CommentType:
			return 0, 0, errOther
		case token.MappingEndType, token.SequenceEndType, token.CollectEntryType:
			if depth > 0 {
				if t.Type != token.CollectEntryType {
					depth--
				}
				continue
			}
			end, err := e.offset(t)
			if err != nil || end < from {
				return 0, 0, errOther
			}
			return from, from + len(strings.TrimRight(e.text[from:end], " \n\t")), nil
		}
	}
	return 0, 0, errOther
}
