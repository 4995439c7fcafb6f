package yamledit

import "slices"

// Kind of a Tree.
type Kind uint8

// The kinds.
const (
	Scalar Kind = iota
	List
	Group // keys and values
)

// Tree is a value to be written.
type Tree struct {
	Kind    Kind
	Text    string   // of a scalar
	Raw     bool     // the scalar is a number or true: never quoted
	Long    bool     // the scalar is written as a literal block
	Flow    bool     // a list or group on one line, where it fits
	Implied bool     // not written where the text does without it
	ID      string   // what an entry of a List is known by; empty: by its place
	Keys    []string // of a Group, beside Items
	Items   []Tree
}

// Add appends a key to a Group, unless the value is nothing.
func (t *Tree) Add(key string, v Tree) {
	if v.Kind != Scalar && len(v.Items) == 0 || v.Kind == Scalar && v.Text == "" {
		return
	}
	t.Keys, t.Items = append(t.Keys, key), append(t.Items, v)
}

// At gives the value of a key; nil when there is none.
func (t *Tree) At(key string) *Tree {
	if i := slices.Index(t.Keys, key); i >= 0 && t.Kind == Group {
		return &t.Items[i]
	}
	return nil
}

// unwritten says whether a key of new needs no text where old has none: the
// value is implied, or a default that was never written.
func unwritten(old, new *Tree, i int) bool {
	v, was := &new.Items[i], old.At(new.Keys[i])
	return v.Implied || Same(was, v) && !was.Implied
}

// Same says whether two trees say the same, however they are written. The
// order of keys says nothing.
func Same(a, b *Tree) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Items {
		other := &b.Items[i]
		if a.Kind == Group {
			other = b.At(a.Keys[i])
		}
		if other == nil || !Same(&a.Items[i], other) {
			return false
		}
	}
	return true
}
