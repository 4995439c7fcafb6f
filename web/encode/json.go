package encode

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// quoteFrom makes dst from start on a JSON string. Bytes that are not UTF-8
// become U+FFFD.
func quoteFrom(dst []byte, start int) []byte {
	plain := true
	for _, b := range dst[start:] {
		if b < ' ' || b == '"' || b == '\\' || b >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		dst = append(dst, '"', '"')
		copy(dst[start+1:], dst[start:len(dst)-2])
		dst[start] = '"'
		return dst
	}
	raw := slices.Clone(dst[start:])
	return appendString(dst[:start], raw)
}

func appendString[S []byte | string](dst []byte, s S) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			c, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if c == utf8.RuneError && n == 1 {
				dst = append(dst, "\ufffd"...)
			} else {
				dst = append(dst, s[i:i+n]...)
			}
			i += n
			continue
		}
		i++
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b >= ' ':
			dst = append(dst, b)
		case b == '\n':
			dst = append(dst, '\\', 'n')
		case b == '\r':
			dst = append(dst, '\\', 'r')
		case b == '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return append(dst, '"')
}

// objectKeys gives `"name":` for each name; a name that comes again gets a
// number, as an object with two equal keys would lose one.
func objectKeys(names []string) [][]byte {
	keys := make([][]byte, len(names))
	for i, n := range UniqueNames(names) {
		keys[i] = append(appendString(nil, n), ':')
	}
	return keys
}

// UniqueNames tells equal names apart: a, a_1, a_2.
func UniqueNames(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, n := range names {
		taken[n] = true
	}
	seen := make(map[string]int, len(names))
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n
		if seen[n]++; seen[n] == 1 {
			continue
		}
		for again := seen[n] - 1; ; again++ {
			if next := fmt.Sprintf("%s_%d", n, again); !taken[next] {
				out[i], taken[next] = next, true
				break
			}
		}
	}
	return out
}

func appendObject(dst []byte, keys [][]byte, cells []Cell, i int) []byte {
	dst = append(dst, '{')
	for c := range cells {
		if c > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, keys[c]...)
		dst = cells[c].JSON(dst, i)
	}
	return append(dst, '}')
}
