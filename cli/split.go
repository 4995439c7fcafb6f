package cli

import (
	"strings"
)

// statement is one SQL statement and where it begins in its text, from 1.
type statement struct {
	text string
	line int
}

// splitStatements parts text at every ; that stands outside of quotes and
// comments; rest is what follows the last one.
func splitStatements(text string) (done []statement, rest statement) {
	start, line, startLine := 0, 1, 1
	for i := 0; i < len(text); {
		n := tokenLength(text[i:])
		if text[i] == ';' {
			if s := text[start:i]; strings.TrimSpace(stripComments(s)) != "" {
				done = append(done, trimLead(statement{s, startLine}))
			}
			start, startLine = i+1, line
		}
		line += strings.Count(text[i:i+n], "\n")
		i += n
	}
	return done, trimLead(statement{text[start:], startLine})
}

// trimLead takes empty lines off, so that line 1 is the first that says
// something.
func trimLead(s statement) statement {
	for {
		first, more, found := strings.Cut(s.text, "\n")
		if !found || strings.TrimSpace(first) != "" {
			s.text = strings.TrimRight(s.text, " \t\r\n")
			return s
		}
		s.text, s.line = more, s.line+1
	}
}

// tokenLength is the length of what stands at the start of s and is never
// parted: a quoted text, a comment, or one byte.
func tokenLength(s string) int {
	until := func(from int, end string) int {
		if k := strings.Index(s[from:], end); k >= 0 {
			return from + k + len(end)
		}
		return len(s) // not closed: it goes on
	}
	switch {
	case s[0] == '\'' || s[0] == '"':
		return until(1, s[:1]) // a doubled quote opens the next text at once
	case strings.HasPrefix(s, "--"):
		if k := strings.IndexByte(s, '\n'); k >= 0 {
			return k
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		return until(2, "*/")
	case s[0] == '$':
		if tag := dollarTag(s); tag != "" {
			return until(len(tag), tag)
		}
	}
	return 1
}

// dollarTag is $$ or $name$ at the start of s.
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '$':
			return s[:i+1]
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 1 && c >= '0' && c <= '9':
		default:
			return ""
		}
	}
	return ""
}

func stripComments(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		n := tokenLength(s[i:])
		if !strings.HasPrefix(s[i:], "--") && !strings.HasPrefix(s[i:], "/*") {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// unfinished says whether text ends inside of quotes or a comment.
func unfinished(text string) bool {
	for i := 0; i < len(text); {
		n := tokenLength(text[i:])
		if i+n == len(text) && n > 1 {
			t := text[i:]
			switch {
			case strings.HasPrefix(t, "--"):
				return false
			case strings.HasPrefix(t, "/*"):
				return !strings.HasSuffix(t, "*/") || n < 4
			case t[0] == '$':
				tag := dollarTag(t)
				return n < 2*len(tag) || !strings.HasSuffix(t, tag)
			}
			return t[n-1] != t[0]
		}
		if i+n == len(text) && n == 1 && (text[i] == '\'' || text[i] == '"') {
			return true
		}
		i += n
	}
	return false
}
