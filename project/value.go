package project

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"maru/spec"
)

// value is what stands behind one key.
type value struct {
	r    *reader
	key  string
	node ast.Node
	at   Pos
}

func (v value) fail(hint, format string, args ...any) {
	if v.key != "" {
		format = v.key + ": " + format
	}
	v.r.fail(v.at, hint, format, args...)
}

// pairs gives the keys of a mapping in their order.
func (v value) pairs() ([]value, bool) {
	var entries []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil, true
	case *ast.AnchorNode, *ast.AliasNode:
		v.fail("write the values out", "anchors and aliases are not read")
		return nil, false
	default:
		v.fail("write key: value", "this is %s where keys are expected", describe(v.node))
		return nil, false
	}
	out := make([]value, 0, len(entries))
	for _, e := range entries {
		key, ok := keyText(e.Key)
		at := position(e)
		if !ok {
			v.r.fail(at, "", "this key is no plain word")
			return nil, false
		}
		val := value{r: v.r, key: key, node: e.Value, at: at}
		if s, scalar := e.Value.(ast.ScalarNode); scalar && s.Type() != ast.NullType {
			val.at = position(e.Value)
		}
		out = append(out, val)
	}
	return out, true
}

// mapping hands every key to its field. It gives the place of every key.
func (v value) mapping(f fields) map[string]Pos {
	places := map[string]Pos{}
	entries, ok := v.pairs()
	if !ok {
		return places
	}
	for _, e := range entries {
		places[e.key] = e.at
		read, known := f[e.key]
		switch {
		case !known:
			e.r.fail(e.keyAt(v.node), spec.DidYouMean(e.key, f.keys()), "key %q is not known", e.key)
		case e.node.Type() == ast.NullType:
			e.fail("write a value or leave the key out", "has no value")
		default:
			read(e)
		}
	}
	return places
}

// keyAt is where the key itself stands.
func (v value) keyAt(parent ast.Node) Pos {
	switch n := parent.(type) {
	case *ast.MappingNode:
		for _, e := range n.Values {
			if e.Value == v.node {
				return position(e)
			}
		}
	case *ast.MappingValueNode:
		return position(n)
	}
	return v.at
}

// text gives a scalar as it is written.
func (v value) text() (string, bool) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.node.GetToken().Value, true
	}
	v.fail("", "this is %s where one value is expected", describe(v.node))
	return "", false
}

// words gives a list of texts; one text is a list of one.
func (v value) words(most int) []string {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		if s, ok := v.text(); ok {
			return []string{s}
		}
		return nil
	}
	if len(seq.Values) > most {
		v.fail("", "has %d entries, at most %d are allowed", len(seq.Values), most)
		return nil
	}
	out := make([]string, 0, len(seq.Values))
	for _, n := range seq.Values {
		s, ok := value{r: v.r, key: v.key, node: n, at: position(n)}.text()
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

func (v value) integer(least, most int64) (int64, bool) {
	s, ok := v.text()
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil || n < least || n > most {
		v.fail(fmt.Sprintf("use a number from %d to %d", least, most), "%q is not allowed", s)
		return 0, false
	}
	return n, true
}

func (v value) boolean() (bool, bool) {
	if b, ok := v.node.(*ast.BoolNode); ok {
		return b.Value, true
	}
	v.fail("use true or false", "this is %s", describe(v.node))
	return false, false
}

func (v value) oneOf(words ...string) (string, bool) {
	s, ok := v.text()
	if !ok {
		return "", false
	}
	if slices.Contains(words, s) {
		return s, true
	}
	hint := "use " + strings.Join(words, ", ")
	if n := spec.Nearest(s, words); n != "" {
		hint = "did you mean " + n + "?"
	}
	v.fail(hint, "%q is not known", s)
	return "", false
}

// duration reads a length of time of at least least; "forever" where allowed.
func (v value) duration(least time.Duration, forever bool) (time.Duration, bool) {
	s, ok := v.text()
	if !ok {
		return 0, false
	}
	if forever && s == "forever" {
		return Forever, true
	}
	d, err := spec.ParseDuration(s)
	if err != nil {
		v.fail("write it like 500ms, 5s, 10m, 12h or 7d", "%v", err)
		return 0, false
	}
	if d < least {
		v.fail("", "%s is too short, at least %s is needed", s, least)
		return 0, false
	}
	return d, true
}

func (v value) size() (int64, bool) {
	s, ok := v.text()
	if !ok {
		return 0, false
	}
	n, err := ParseSize(s)
	if err != nil {
		v.fail("write it like 512MiB, 10GB or 1000000", "%v", err)
		return 0, false
	}
	return n, true
}

func keyText(n ast.MapKeyNode) (string, bool) {
	switch k := n.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.NullNode:
		return k.GetToken().Value, true
	}
	return "", false
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a group of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias (not read here)"
	case *ast.TagNode:
		return "a tag (not read here)"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	}
	return "a text"
}

var sizeUnits = map[string]float64{"": 1, "B": 1,
	"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40,
	"KI": 1 << 10, "MI": 1 << 20, "GI": 1 << 30, "TI": 1 << 40, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}

// ParseSize reads 1000, 512MiB, 512Mi, 10GB: bytes. GB counts in thousands,
// GiB, Gi and G in 1024s.
func ParseSize(s string) (int64, error) {
	t := strings.TrimSpace(s)
	digits := strings.IndexFunc(t, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if digits < 0 {
		digits = len(t)
	}
	n, err := strconv.ParseFloat(t[:digits], 64)
	unit, ok := sizeUnits[strings.ToUpper(strings.TrimSpace(t[digits:]))]
	if err != nil || !ok {
		return 0, fmt.Errorf("%q is no number of bytes", s)
	}
	if n *= unit; n > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is more than can be counted", s)
	}
	return int64(n), nil
}
