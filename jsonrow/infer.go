package jsonrow

import (
	"bytes"
	"unicode/utf8"

	"maru"
)

// nameBytesMax bounds the name of an inferred column; members with longer
// names are left out.
const nameBytesMax = 512

// Infer finds columns that take every sample, in the order of first
// appearance. Samples that are not JSON objects are left out, and so are
// members beyond maru.ColumnsMax and those without a name. A type only ever
// widens:
//
//   - BIGINT with fractions becomes DOUBLE; whole numbers beyond 64 bits become VARCHAR, which keeps their digits
//   - strings that are all times become TIMESTAMPTZ, all dates DATE, dates and times TIMESTAMPTZ
//   - objects and arrays, also mixed with anything else, become JSON
//   - any other mixture becomes VARCHAR, and so does what is always null
func Infer(samples [][]byte) maru.Schema {
	in := inference{byName: map[string]int{}}
	for _, s := range samples {
		if members, ok := readMembers(s); ok {
			for _, m := range members {
				in.add(m.name, typeOf(m.text, m.kind, m.flags))
			}
		}
	}
	for i := range in.cols {
		if in.cols[i].Type == "" {
			in.cols[i].Type = maru.Varchar
		}
	}
	return in.cols
}

type inference struct {
	cols   maru.Schema
	byName map[string]int // by name without case: SQL tells no two such columns apart
}

func (in *inference) add(name string, t maru.Type) {
	if name == "" || len(name) > nameBytesMax {
		return
	}
	folded := fold(name)
	i, ok := in.byName[folded]
	if !ok {
		if len(in.cols) >= maru.ColumnsMax {
			return
		}
		in.byName[folded] = len(in.cols)
		in.cols = append(in.cols, maru.Column{Name: name, Type: t})
		return
	}
	in.cols[i].Type = widen(in.cols[i].Type, t)
}

// widen is the narrowest type that takes both; "" is that of null.
func widen(a, b maru.Type) maru.Type {
	pair := func(x, y maru.Type) bool { return a == x && b == y || a == y && b == x }
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	case a == maru.JSON || b == maru.JSON:
		return maru.JSON
	case pair(maru.BigInt, maru.Double):
		return maru.Double
	case pair(maru.Date, maru.Timestamp):
		return maru.Timestamp
	}
	return maru.Varchar
}

// typeOf is the narrowest type that takes a value.
func typeOf(text []byte, k kind, f flags) maru.Type {
	switch k {
	case kindNull:
		return ""
	case kindTrue, kindFalse:
		return maru.Boolean
	case kindObject, kindArray:
		return maru.JSON
	case kindNumber:
		return typeOfNumber(text)
	}
	text = text[1 : len(text)-1]
	if f&escaped != 0 {
		text = appendUnescaped(nil, text)
	}
	if _, ok := ParseTime(text); !ok {
		return maru.Varchar
	}
	if bytes.IndexByte(text, ':') < 0 && !(len(text) > 8 && text[8] == 'T') {
		return maru.Date
	}
	return maru.Timestamp
}

func typeOfNumber(text []byte) maru.Type {
	if bytes.ContainsAny(text, ".eE") {
		if _, how := parseFloat(text); how == fits {
			return maru.Double
		}
		return maru.Varchar
	}
	if _, how := parseInt(text); how == fits {
		return maru.BigInt
	}
	return maru.Varchar
}

// member is one name and value of an object.
type member struct {
	name  string
	text  []byte
	kind  kind
	flags flags
}

// readMembers reads one whole object; false if it is not one.
func readMembers(b []byte) ([]member, bool) {
	var all []member
	var seen flags
	p := skipSpace(b, 0)
	if p >= len(b) || b[p] != '{' {
		return nil, false
	}
	if p = skipSpace(b, p+1); p < len(b) && b[p] == '}' {
		return nil, skipSpace(b, p+1) == len(b)
	}
	for {
		name, next, f := readName(b, p)
		if next < 0 {
			return nil, false
		}
		end, k, vf := scanValue(b, next)
		if end < 0 {
			return nil, false
		}
		seen |= f | vf
		all = append(all, member{name: name, text: b[next:end], kind: k, flags: vf})
		if p = skipSpace(b, end); p >= len(b) || b[p] != ',' {
			break
		}
		p = skipSpace(b, p+1)
	}
	if p >= len(b) || b[p] != '}' || skipSpace(b, p+1) != len(b) {
		return nil, false
	}
	return all, seen&nonASCII == 0 || utf8.Valid(b)
}

// readName reads a member's name and colon; the position is that of its value.
func readName(b []byte, p int) (string, int, flags) {
	if p >= len(b) || b[p] != '"' {
		return "", ^p, 0
	}
	end, f := scanString(b, p+1)
	if end < 0 {
		return "", end, f
	}
	raw := b[p+1 : end-1]
	if f&escaped != 0 {
		raw = appendUnescaped(nil, raw)
	}
	if p = skipSpace(b, end); p >= len(b) || b[p] != ':' {
		return "", ^p, f
	}
	return string(raw), skipSpace(b, p+1), f
}
