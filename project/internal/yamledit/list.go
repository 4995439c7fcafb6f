package yamledit

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// chunk is one entry of a block list: the comments right above it, its lines,
// and what stands between it and the next.
type chunk struct {
	lead, dash, end, next int // lines
	text                  string
}

// blockList changes the entries of a block list, matched by their IDs.
func (e *editor) blockList(n *ast.SequenceNode, old, new *Tree, end int) error {
	chunks, indent, err := e.chunks(n, end)
	if err != nil {
		return err
	}
	mark := len(e.cuts)
	for i, c := range chunks {
		at := find(new.Items, old.Items[i].ID, i)
		if at < 0 || Same(&old.Items[i], &new.Items[at]) && !forced(&old.Items[i], &new.Items[at]) {
			continue
		}
		was, want := &old.Items[i], &new.Items[at]
		if !e.try(func() error { return e.value(n.Values[i], was, want, c.end) }) {
			e.cut(e.starts[c.dash], e.starts[c.end], listEntry(*want, indent))
		}
	}
	if sameOrder(old, new) {
		return nil
	}
	inner := slices.Clone(e.cuts[mark:])
	e.cuts = e.cuts[:mark]
	return e.arrange(chunks, inner, indent, old, new)
}

// forced says whether a key that was implied has to be written now.
func forced(old, new *Tree) bool {
	for i, k := range new.Keys {
		if was := old.At(k); was != nil && was.Implied && !new.Items[i].Implied {
			return true
		}
	}
	return false
}

func find(items []Tree, id string, place int) int {
	if id == "" {
		if place < len(items) {
			return place
		}
		return -1
	}
	return slices.IndexFunc(items, func(t Tree) bool { return t.ID == id })
}

func sameOrder(old, new *Tree) bool {
	return slices.EqualFunc(old.Items, new.Items, func(a, b Tree) bool { return a.ID == b.ID })
}

// chunks cuts a block list that ends before line end into its entries.
func (e *editor) chunks(n *ast.SequenceNode, end int) (chunks []chunk, indent int, err error) {
	if len(n.Entries) != len(n.Values) || len(n.Values) == 0 {
		return nil, 0, errOther
	}
	for i, entry := range n.Entries {
		at, err := e.offset(entry.Start)
		if err != nil || e.text[at] != '-' {
			return nil, 0, errOther
		}
		line := entry.Start.Position.Line - 1
		col := at - e.starts[line]
		if strings.TrimSpace(e.text[e.starts[line]:at]) != "" || i > 0 && (col != indent || line <= chunks[i-1].dash) {
			return nil, 0, errOther
		}
		indent = col
		chunks = append(chunks, chunk{dash: line})
	}
	for i := range chunks {
		c := &chunks[i]
		c.lead = c.dash
		for c.lead > 0 {
			if at, is := e.comment(c.lead - 1); !is || at != indent {
				break
			}
			c.lead--
		}
	}
	for i := range chunks {
		c := &chunks[i]
		if c.next = end; i+1 < len(chunks) {
			c.next = chunks[i+1].lead
		}
		c.end = e.trim(c.dash+1, c.next, indent)
	}
	last := &chunks[len(chunks)-1]
	last.next = last.end
	return chunks, indent, nil
}

// arrange writes the list's chunks in the new order, with those that are new
// and without those that are gone. inner are the cuts inside of the chunks.
func (e *editor) arrange(chunks []chunk, inner []cut, indent int, old, new *Tree) error {
	first, last := chunks[0], chunks[len(chunks)-1]
	from, to := e.starts[first.lead], e.starts[last.next]
	apart := len(chunks) > 1 && e.starts[chunks[0].next] > e.starts[chunks[0].end] && e.blank(chunks[0].end)
	var out []string
	for i := range new.Items {
		want := new.Items[i]
		at := find(old.Items, want.ID, i)
		if at < 0 {
			out = append(out, listEntry(want, indent))
			continue
		}
		text, err := e.chunkText(chunks[at], inner)
		if err != nil {
			return err
		}
		out = append(out, text)
	}
	var b strings.Builder
	for i, text := range out {
		if i > 0 && apart && !strings.HasSuffix(out[i-1], "\n\n") {
			b.WriteString("\n")
		}
		b.WriteString(text)
	}
	for i, c := range chunks { // what stood apart from a chunk that is gone stays
		if find(new.Items, old.Items[i].ID, i) < 0 {
			if rest := e.text[e.starts[c.end]:e.starts[c.next]]; strings.TrimSpace(rest) != "" {
				b.WriteString(strings.TrimRight(rest, "\n") + "\n")
			}
		}
	}
	text := b.String()
	for apart && strings.HasSuffix(text, "\n\n") {
		text = text[:len(text)-1]
	}
	e.cut(from, to, text)
	return nil
}

func (e *editor) chunkText(c chunk, inner []cut) (string, error) {
	from, to := e.starts[c.lead], e.starts[c.next]
	var cuts []cut
	for _, k := range inner {
		if k.from >= from && k.to <= to && k.from < to || k.from == to && k.to == to && k.from == e.starts[c.end] {
			cuts = append(cuts, k)
		}
	}
	return apply(e.text, from, to, cuts)
}
