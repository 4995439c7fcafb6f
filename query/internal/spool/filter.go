package spool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"maru"
)

// Op is how a condition compares.
type Op string

// The operators. All but IsNull are false for NULL. Contains looks at the text
// of a cell and does not tell upper from lower case; StartsWith does.
const (
	Equal      Op = "="
	NotEqual   Op = "!="
	Less       Op = "<"
	LessEq     Op = "<="
	Greater    Op = ">"
	GreaterEq  Op = ">="
	Contains   Op = "contains"
	StartsWith Op = "starts with"
	IsNull     Op = "is null"
	IsNotNull  Op = "is not null"
	In         Op = "in"
)

// The limits of a filter.
const (
	CondsMax      = 32
	InMax         = 1000     // values of one In
	FilterTextMax = 64 << 10 // bytes of a filter or a sort as text
)

// Cond is a condition on one column.
type Cond struct {
	Column string   `json:"column"`
	Op     Op       `json:"op"`
	Value  string   `json:"value,omitempty"`  // as people write it; read by the column's type
	Values []string `json:"values,omitempty"` // of In
}

// otherNames are forms in which people write operators.
var otherNames = map[string]Op{
	"==": Equal, "≠": NotEqual, "<>": NotEqual, "≤": LessEq, "≥": GreaterEq,
	"eq": Equal, "ne": NotEqual, "lt": Less, "le": LessEq, "gt": Greater, "ge": GreaterEq,
	"starts": StartsWith, "starts_with": StartsWith, "is_null": IsNull, "is_not_null": IsNotNull,
}

var ops = map[Op]bool{
	Equal: true, NotEqual: true, Less: true, LessEq: true, Greater: true, GreaterEq: true,
	Contains: true, StartsWith: true, IsNull: true, IsNotNull: true, In: true,
}

// ParseFilter reads conditions from JSON: [{"column":"price","op":">","value":"3"}].
// "" is no condition. Columns and values are looked at by Window.
func ParseFilter(text string) ([]Cond, error) {
	var conds []Cond
	if err := parseList(text, "filter", &conds); err != nil {
		return nil, err
	}
	if len(conds) > CondsMax {
		return nil, invalid("a filter has %d conditions; %d can be", len(conds), CondsMax)
	}
	for i := range conds {
		if err := conds[i].normalize(); err != nil {
			return nil, err
		}
	}
	return conds, nil
}

// ParseSort reads keys from JSON: [{"column":"price","desc":true}].
func ParseSort(text string) ([]Key, error) {
	var keys []Key
	if err := parseList(text, "sort", &keys); err != nil {
		return nil, err
	}
	if len(keys) > KeysMax {
		return nil, invalid("a sort has %d keys; %d can be", len(keys), KeysMax)
	}
	return keys, nil
}

func parseList(text, what string, into any) error {
	if len(text) > FilterTextMax {
		return invalid("the %s is %d bytes long; %d can be", what, len(text), FilterTextMax)
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalid("the %s is not a JSON list of objects: %w", what, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("the %s goes on behind its end", what)
	}
	return nil
}

// normalize checks what can be checked without the column.
func (c *Cond) normalize() error {
	op := strings.ToLower(strings.Join(strings.Fields(string(c.Op)), " "))
	if other, ok := otherNames[op]; ok {
		op = string(other)
	}
	if !ops[Op(op)] {
		return invalid("there is no comparison %q: use =, !=, <, <=, >, >=, contains, starts with, is null, is not null or in", clip(string(c.Op)))
	}
	c.Op = Op(op)
	if c.Op != In && len(c.Values) > 0 {
		return invalid("%q takes one value, and only \"in\" a list of them", op)
	}
	if len(c.Values) > InMax {
		return invalid("the list of \"in\" has %d values; %d can be", len(c.Values), InMax)
	}
	return nil
}

// predicate is a condition on cells that are not NULL.
type predicate func(k *chunk, i int) bool

// filter is a compiled condition.
type filter struct {
	cells *cells
	op    Op
	test  predicate // nil for the tests for NULL
}

func (f *filter) pass(k *chunk, i int) bool {
	isNull := f.cells.isNull(k, i)
	switch f.op {
	case IsNull:
		return isNull
	case IsNotNull:
		return !isNull
	}
	return !isNull && f.test(k, i)
}

// compile reads the value of a condition by the column's type.
func (t *table) compile(cond Cond) (*filter, error) {
	if err := cond.normalize(); err != nil {
		return nil, err
	}
	col, err := t.column(cond.Column)
	if err != nil {
		return nil, err
	}
	c := t.cells(col)
	f := &filter{cells: c, op: cond.Op}
	switch cond.Op {
	case IsNull, IsNotNull:
	case Contains:
		f.test = c.contains(cond.Value)
	case StartsWith:
		f.test = c.startsWith(cond.Value)
	case In:
		f.test, err = c.in(cond.Values)
	default:
		f.test, err = c.compareTo(cond.Op, cond.Value)
	}
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", maru.Quote(clip(c.field.Name)), err)
	}
	return f, nil
}

// compareTo gives the test of one of the six comparisons. NaN equals NaN, and is
// neither less nor greater than anything.
func (c *cells) compareTo(op Op, value string) (predicate, error) {
	v, err := c.parse(value)
	if err != nil {
		return nil, err
	}
	var want [3]bool // for less, equal, greater
	switch op {
	case Equal:
		want[1] = true
	case NotEqual:
		want[0], want[2] = true, true
	case Less, LessEq:
		want[0], want[1] = true, op == LessEq
	case Greater, GreaterEq:
		want[2], want[1] = true, op == GreaterEq
	}
	return func(k *chunk, i int) bool {
		if c.kind == kindFloat {
			f := c.float(k, i)
			if f != f || v.nan {
				return (f != f && v.nan) == want[1] && want[0] == want[2]
			}
		}
		return want[1+c.compare(k, i, v)]
	}, nil
}

// compare gives -1, 0 or 1 for an ordinary cell and a value.
func (c *cells) compare(k *chunk, i int, v value) int {
	if c.kind.bytes() {
		return bytes.Compare(c.bytes(k, i), v.bytes)
	}
	for level := range c.levels() {
		if order := cmp.Compare(c.key(k, i, level), v.key[level]); order != 0 {
			return order
		}
	}
	if v.more {
		return -1
	}
	return 0
}

func (c *cells) in(values []string) (predicate, error) {
	tests := make([]predicate, len(values))
	set := map[string]bool{}
	for n, text := range values {
		var err error
		if tests[n], err = c.compareTo(Equal, text); err != nil {
			return nil, err
		}
		if c.kind == kindVar {
			v, _ := c.parse(text) // compareTo has read it already
			set[string(v.bytes)] = true
		}
	}
	if c.kind == kindVar {
		return func(k *chunk, i int) bool { return set[string(c.bytes(k, i))] }, nil
	}
	return func(k *chunk, i int) bool {
		for _, test := range tests {
			if test(k, i) {
				return true
			}
		}
		return false
	}, nil
}

// textOf gives cells as text in a buffer that is used again.
func (c *cells) textOf() func(k *chunk, i int) []byte {
	if c.kind == kindVar && isText(c.field.Type) {
		return c.bytes
	}
	var buf []byte
	return func(k *chunk, i int) []byte {
		buf = c.appendText(buf[:0], k, i)
		return buf
	}
}

func (c *cells) startsWith(value string) predicate {
	text, want := c.textOf(), []byte(value)
	return func(k *chunk, i int) bool { return bytes.HasPrefix(text(k, i), want) }
}

func (c *cells) contains(value string) predicate {
	text, want := c.textOf(), appendLower(nil, []byte(value))
	var lower []byte
	return func(k *chunk, i int) bool {
		b := text(k, i)
		if len(want) == 0 {
			return true
		}
		lower = appendLower(lower[:0], b)
		return bytes.Contains(lower, want)
	}
}

// appendLower appends b in lower case.
func appendLower(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 { // not UTF-8: as it is
			dst = append(dst, b[i])
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += size
	}
	return dst
}
