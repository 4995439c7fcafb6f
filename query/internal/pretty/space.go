package pretty

import "strings"

// between says whether a blank goes between two tokens. in is the bracket that
// both are in; unary: a is an operator without anything before it.
func between(a, b token, in string, unary bool) bool {
	switch {
	case a.comment() || b.comment():
		return true
	case b.kind == mark && strings.Contains(",;.)]}", b.text), a.kind == mark && strings.Contains(".([{", a.text):
		return false
	case a.text == "::" || b.text == "::":
		return false
	case a.kind == mark && a.text == ",":
		return true
	case b.text == ":" || a.text == ":" && in == "[":
		return false
	case a.kind == operator && unary, a.text == "->" || a.text == "->>" || b.text == "->" || b.text == "->>":
		return b.spaced
	case b.kind == mark && (b.text == "(" || b.text == "["):
		if a.kind == operator || a.key != "" && !callable[a.key] {
			return true
		}
		return b.spaced
	}
	return true
}

// flat is nodes on one line; false when something in them needs more, or they
// are longer than any line.
func flat(nodes []node) (string, bool) {
	var b strings.Builder
	ok := flatIn(&b, nodes, "")
	return b.String(), ok
}

func flatIn(b *strings.Builder, nodes []node, in string) bool {
	for i, n := range nodes {
		if i > 0 && nodes[i-1].comment() && n.lined || n.kind == lineComment || n.comment() && n.lined || strings.Contains(n.text, "\n") {
			return false
		}
		if i > 0 && gap(nodes, i, in) {
			b.WriteByte(' ')
		}
		b.WriteString(n.text)
		if b.Len() > width {
			return false
		}
		if n.close != nil {
			if !flatIn(b, n.kids, n.text) {
				return false
			}
			b.WriteString(n.close.text)
		}
	}
	return true
}

// gap says whether a blank goes before nodes[i].
func gap(nodes []node, i int, in string) bool {
	a := nodes[i-1].token
	if c := nodes[i-1].close; c != nil {
		a = *c
	}
	unary := false
	if a.kind == operator {
		before := nodes[:i-1]
		for len(before) > 0 && before[len(before)-1].comment() {
			before = before[:len(before)-1]
		}
		unary = len(before) == 0
		if !unary {
			p := before[len(before)-1]
			unary = p.close == nil && (p.kind == operator || p.key != "" || p.text == "," && p.kind == mark)
		}
		unary = unary && a.text != "*"
	}
	return between(a, nodes[i].token, in, unary)
}
