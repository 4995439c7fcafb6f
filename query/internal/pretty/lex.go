package pretty

import (
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	word kind = iota
	quoted
	number
	operator
	mark // one of , ; . ( ) [ ] { }
	lineComment
	blockComment
	param // {{name}}, $1, ?
)

// token is a piece of the text that stays together.
type token struct {
	kind   kind
	text   string
	at     int    // byte in the text
	spaced bool   // white space stood before it
	lined  bool   // a line end was in that
	key    string // in capitals, of a word that acts as a keyword; "" for others
}

func (t token) comment() bool { return t.kind == lineComment || t.kind == blockComment }

// unclosed is where a string, name or comment begins that has no end.
type unclosed struct{ at int }

const operatorBytes = "+-*/<>=~!@#%^&|`:"

// lex parts sql into tokens; a nil error means that their texts and white
// space are all of it.
func lex(sql string) ([]token, *unclosed) {
	var out []token
	spaced, lined := false, false
	for i := 0; i < len(sql); {
		if c := sql[i]; c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' {
			spaced, lined = true, lined || c == '\n'
			i++
			continue
		}
		k, n := next(sql[i:], spaced || len(out) == 0 || out[len(out)-1].kind != word)
		if n < 0 {
			return nil, &unclosed{i}
		}
		text := sql[i : i+n]
		if k == lineComment {
			text = strings.TrimRight(text, " \t\r")
		}
		out = append(out, token{kind: k, text: text, at: i, spaced: spaced, lined: lined})
		i += n
		spaced, lined = false, false
	}
	name(out)
	return out, nil
}

// next gives the kind and length of the token that s starts with; a negative
// length for one without an end. apart: no word touches it.
func next(s string, apart bool) (kind, int) {
	c := s[0]
	switch {
	case strings.HasPrefix(s, "--"):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return lineComment, n
		}
		return lineComment, len(s)
	case strings.HasPrefix(s, "/*"):
		return blockComment, comment(s)
	case strings.HasPrefix(s, "{{"):
		return param, through(s, 2, "}}")
	case c == '\'' || c == '"':
		return quoted, quote(s, 0, false)
	case len(s) > 1 && s[1] == '\'' && strings.IndexByte("eExXbBnN", c) >= 0:
		return quoted, quote(s, 1, c == 'e' || c == 'E')
	case c == '$' && apart:
		return dollar(s)
	case c == '?':
		return param, 1
	case c >= '0' && c <= '9' || c == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9' && apart:
		return number, digits(s)
	case strings.IndexByte(",;.()[]{}", c) >= 0:
		return mark, 1
	case strings.IndexByte(operatorBytes, c) >= 0:
		return operator, operate(s)
	}
	n := 0
	for n < len(s) && wordByte(s[n]) {
		n++
	}
	if n == 0 { // what SQL does not know stays where it is
		_, n = utf8.DecodeRuneInString(s)
	}
	return word, n
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// through is the length of s up to and with end.
func through(s string, from int, end string) int {
	if n := strings.Index(s[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return -1
}

// comment is the length of the comment that s starts with; they nest.
func comment(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// quote is the length of s, whose quote is at start.
func quote(s string, start int, backslash bool) int {
	q := s[start]
	for i := start + 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return -1
}

// dollar reads $1, $name or $tag$text$tag$.
func dollar(s string) (kind, int) {
	n := 1
	for n < len(s) && wordByte(s[n]) && s[n] != '$' {
		n++
	}
	if n < len(s) && s[n] == '$' && (n == 1 || s[1] < '0' || s[1] > '9') {
		return quoted, through(s, n+1, s[:n+1])
	}
	return param, n
}

func digits(s string) int {
	n := 0
	for n < len(s) && (wordByte(s[n]) || s[n] == '.' || (s[n] == '+' || s[n] == '-') && (s[n-1] == 'e' || s[n-1] == 'E') && !strings.HasPrefix(s, "0x")) {
		n++
	}
	return n
}

// operate is the length of an operator. As in PostgreSQL's lexer it ends before
// a comment, and + or - ends one only behind certain others: a=-1 has two.
func operate(s string) int {
	n := 1
	for n < len(s) && strings.IndexByte(operatorBytes, s[n]) >= 0 && !strings.HasPrefix(s[n:], "--") && !strings.HasPrefix(s[n:], "/*") {
		n++
	}
	for n > 1 && (s[n-1] == '-' || s[n-1] == '+') && !strings.ContainsAny(s[:n], "~!@#%^&|`") {
		n--
	}
	return n
}
