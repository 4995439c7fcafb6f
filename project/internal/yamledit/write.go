package yamledit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// flowWidth bounds a group or list that is written on one line, in bytes.
const flowWidth = 150

// Write gives the text of a Group as a document.
func Write(t Tree) []byte { return []byte(group(t, 0)) }

// group is the lines of a block mapping.
func group(t Tree, indent int) string {
	var b strings.Builder
	for i, k := range t.Keys {
		if !t.Items[i].Implied {
			b.WriteString(spaces(indent) + entry(k, t.Items[i], indent) + "\n")
		}
	}
	return b.String()
}

// entry is key: value without the last line's end.
func entry(key string, v Tree, indent int) string {
	return scalar(key, false) + ":" + after(v, indent, "")
}

// after is what follows a key's colon. A comment stays on the key's line.
func after(v Tree, indent int, comment string) string {
	switch {
	case v.Kind == Scalar && v.Long && literalOK(v.Text):
		return " |" + comment + "\n" + indented(v.Text, indent+2)
	case v.Kind == Scalar, len(v.Items) == 0, v.Flow && flows(v):
		return " " + flow(v) + comment
	case v.Kind == Group:
		return comment + "\n" + strings.TrimSuffix(group(v, indent+2), "\n")
	}
	var b strings.Builder
	for _, it := range v.Items {
		b.WriteString("\n" + strings.TrimSuffix(listEntry(it, indent+2), "\n"))
	}
	return comment + b.String()
}

// listEntry is one entry of a block list, with its dash and last line's end.
func listEntry(t Tree, indent int) string {
	lead := spaces(indent) + "- "
	if t.Kind != Group || t.Flow && flows(t) {
		return lead + flow(t) + "\n"
	}
	lines := group(t, indent+2)
	if lines == "" {
		return lead + "{}\n"
	}
	return lead + lines[indent+2:]
}

// flow is a value on one line.
func flow(t Tree) string {
	var parts []string
	switch t.Kind {
	case Scalar:
		if t.Raw {
			return t.Text
		}
		return scalar(t.Text, false)
	case List:
		for _, it := range t.Items {
			parts = append(parts, flow(it))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for i, k := range t.Keys {
		if !t.Items[i].Implied {
			parts = append(parts, scalar(k, false)+": "+flow(t.Items[i]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// flows says whether a value reads well on one line.
func flows(t Tree) bool { return !manyLines(t) && len(flow(t)) <= flowWidth }

func manyLines(t Tree) bool {
	if t.Kind == Scalar {
		return strings.Contains(t.Text, "\n") || t.Long
	}
	for _, it := range t.Items {
		if manyLines(it) {
			return true
		}
	}
	return false
}

// plain are the texts that no reader of YAML takes for anything else.
var (
	plain    = regexp.MustCompile(`^[\p{L}/_][\p{L}\p{N}_./()+%°-]*( [\p{L}\p{N}_./()+%°–-]+)*$`)
	measured = regexp.MustCompile(`^[1-9][0-9]*(ms|us|s|m|h|d|w|xx)$`)
	reserved = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n|nan|inf|---|\.\.\.)$`)
)

// scalar writes a text, in double quotes where asked or needed. The keys x
// and y stay bare: only YAML 1.1 took y for true.
func scalar(s string, quote bool) string {
	if !quote && (s == "x" || s == "y" || !reserved.MatchString(s) && (plain.MatchString(s) || measured.MatchString(s))) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < 0x10000 && !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		case !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\U%08x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// literalOK says whether a literal block gives the text back as it is.
func literalOK(s string) bool {
	if s == "" || s[0] == ' ' || s[0] == '\t' || s[0] == '\n' || strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" {
			return false
		}
	}
	for _, c := range s {
		if c != '\n' && c != '\t' && !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

func indented(s string, indent int) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = spaces(indent) + l
		}
	}
	return strings.Join(lines, "\n")
}

func spaces(n int) string { return strings.Repeat(" ", n) }
