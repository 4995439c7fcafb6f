package parse

import "encoding/json"

// Field is the text of a column of a valid JSON object on its top level: a
// string without its quotes, any other value as it is written; nil when the
// object has no such column or it is null.
func Field(obj []byte, name string) []byte {
	var high uint64
	i := skipSpace(obj, 0) + 1
	for i < len(obj) {
		i = skipSpace(obj, i)
		if i >= len(obj) || obj[i] != '"' {
			return nil
		}
		end := scanString(obj, i+1, &high)
		if end < 0 {
			return nil
		}
		found := string(obj[i+1:end-1]) == name
		i = skipSpace(obj, end) + 1 // the colon
		i = skipSpace(obj, i)
		end = valueEnd(obj, i)
		if end <= i {
			return nil
		}
		if found {
			return valueText(obj[i:end])
		}
		i = skipSpace(obj, end) + 1 // the comma
	}
	return nil
}

func valueText(v []byte) []byte {
	switch {
	case string(v) == "null":
		return nil
	case v[0] != '"':
		return v
	case firstSpecial(v, 1) == len(v)-1:
		return v[1 : len(v)-1]
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return nil
	}
	return []byte(s)
}

// valueEnd is where the value at b[i] ends.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	var n nest
	var high uint64
	if b[i] != '{' && b[i] != '[' {
		end, _ := scanValue(b, i, &n, &high)
		return end
	}
	f := jsonFramer{}
	for f.seen = i; f.seen < len(b); {
		if f.step(b); f.depth == 0 {
			return f.seen
		}
	}
	return -1
}
