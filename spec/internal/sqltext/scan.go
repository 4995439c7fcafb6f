package sqltext

import "strings"

// Kind of a Mark.
type Kind uint8

// The kinds of what Scan finds outside of strings and comments.
const (
	Param  Kind = iota // {{name}}
	Broken             // {{…}} around something that is no name
	Dollar             // $1 or $name: the engine's own parameters
)

// Mark is one find: text[At:End].
type Mark struct {
	Kind    Kind
	Name    string // of a Param, or what stands in a Broken
	At, End int
}

// nameMax bounds a parameter's name, in bytes.
const nameMax = 100

// Scan gives the marks of a SQL text in their order. A string or comment
// without an end reaches to the end of the text.
func Scan(text string) []Mark {
	var marks []Mark
	for i := 0; i < len(text); {
		c := text[i]
		rest := text[i:]
		switch {
		case c == '\'' || c == '"':
			i += quoted(rest, c, false)
		case strings.HasPrefix(rest, "--"):
			i += through(rest, "\n", 2)
		case strings.HasPrefix(rest, "/*"):
			i += comment(rest)
		case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
			i += 1 + quoted(rest[1:], '\'', true)
		case wordStart(c):
			i += word(rest)
		case c >= '0' && c <= '9':
			i += digits(rest)
		case c == '$':
			n, isParam := dollar(rest)
			if isParam {
				marks = append(marks, Mark{Kind: Dollar, Name: rest[1:n], At: i, End: i + n})
			}
			i += n
		case strings.HasPrefix(rest, "{{"):
			m, n := braces(rest)
			if n > 2 {
				m.At, m.End = i, i+n
				marks = append(marks, m)
			}
			i += n
		default:
			i++
		}
	}
	return marks
}

// quoted is the length of the string or quoted name that s starts with.
func quoted(s string, quote byte, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// through is the length of s up to and with end, which is looked for from
// from on.
func through(s, end string, from int) int {
	if n := strings.Index(s[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(s)
}

func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func wordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// WordPart says whether c goes on a name, so that what follows it may not
// touch it.
func WordPart(c byte) bool { return wordStart(c) || c >= '0' && c <= '9' || c == '$' }

func word(s string) int {
	n := 1
	for n < len(s) && WordPart(s[n]) {
		n++
	}
	return n
}

func digits(s string) int {
	n := 1
	for n < len(s) && (wordStart(s[n]) || s[n] >= '0' && s[n] <= '9') {
		n++
	}
	return n
}

// dollar is the length of a dollar-quoted string, a $parameter or a lone $.
func dollar(s string) (n int, isParam bool) {
	n = 1
	for n < len(s) && WordPart(s[n]) && s[n] != '$' {
		n++
	}
	startsAsNumber := n > 1 && s[1] >= '0' && s[1] <= '9'
	if n < len(s) && s[n] == '$' && !startsAsNumber {
		tag := s[:n+1]
		return through(s, tag, len(tag)), false
	}
	return n, n > 1
}

// braces reads {{name}}. What is neither that nor meant as that, as the
// braces of a MAP with structs for keys, is passed over.
func braces(s string) (Mark, int) {
	n := strings.IndexAny(s[2:], "{}:'\"\n")
	if n < 0 || !strings.HasPrefix(s[2+n:], "}}") {
		return Mark{}, 2
	}
	name := strings.Trim(s[2:2+n], " \t")
	m := Mark{Kind: Param, Name: name}
	if !isName(name) {
		m.Kind = Broken
	}
	return m, 2 + n + 2
}

func isName(s string) bool {
	if s == "" || len(s) > nameMax {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || i > 0 && c >= '0' && c <= '9' {
			continue
		}
		return false
	}
	return true
}
