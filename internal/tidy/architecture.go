package tidy

import (
	"errors"
	"slices"
	"strings"
)

// The markers between which ARCHITECTURE.md holds the table of parts.
const (
	partsBegin = "<!-- parts:begin -->"
	partsEnd   = "<!-- parts:end -->"
)

// PartsTable writes the table of parts, in the order of the data path, from
// the five lines of their doc.go.
func PartsTable(t *Tree) string {
	var b strings.Builder
	b.WriteString("| part | " + strings.Join(DocLines, " | ") + " |\n")
	b.WriteString("|---" + strings.Repeat("|---", len(DocLines)) + "|\n")
	for _, part := range append(slices.Clone(parts), "project") {
		i := slices.IndexFunc(t.Go, func(f *File) bool { return f.Path == part+"/doc.go" })
		if i < 0 {
			continue
		}
		lines := docLines(t.Go[i].AST.Doc.Text())
		b.WriteString("| `" + part + "` ")
		for _, l := range DocLines {
			b.WriteString("| " + strings.ReplaceAll(lines[l], "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// WithPartsTable gives the text of ARCHITECTURE.md with the table of now.
func WithPartsTable(text, table string) (string, error) {
	before, rest, ok := strings.Cut(text, partsBegin)
	_, after, ok2 := strings.Cut(rest, partsEnd)
	if !ok || !ok2 {
		return "", errors.New("ARCHITECTURE.md has no " + partsBegin + " … " + partsEnd)
	}
	return before + partsBegin + "\n" + table + partsEnd + after, nil
}
