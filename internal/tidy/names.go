package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// emptyNames say nothing about what is inside.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "manager", "types", "misc", "shared", "base"}

// Names finds packages and files whose name says nothing.
func Names(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		stem := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.Path), ".go"), "_test")
		for _, name := range []string{strings.TrimSuffix(f.AST.Name.Name, "_test"), stem} {
			if slices.Contains(emptyNames, name) {
				out = append(out, Finding{Rule: "names", Where: f.Path, Text: fmt.Sprintf("%q says nothing: name it for what it gives", name)})
				break
			}
		}
	}
	return out
}

// DocLines are what a part's doc.go says after its first sentence.
var DocLines = []string{"In", "Out", "Keeps", "Speaks", "Swap"}

// Docs finds packages without a doc.go, or with one that does not begin as it
// should, and parts that do not say their five lines.
func Docs(t *Tree) (out []Finding) {
	for dir, files := range t.packages() {
		if files[0].AST.Name.Name == "main" {
			continue
		}
		out = append(out, docOf(dir, files)...)
	}
	return out
}

// packages groups the files that are no tests by directory.
func (t *Tree) packages() map[string][]*File {
	m := map[string][]*File{}
	for _, f := range t.Go {
		if !f.Test {
			m[f.Dir] = append(m[f.Dir], f)
		}
	}
	return m
}

func docOf(dir string, files []*File) (out []Finding) {
	want := path.Join(dir, "doc.go")
	i := slices.IndexFunc(files, func(f *File) bool { return f.Path == want })
	if i < 0 {
		return []Finding{{Rule: "doc", Where: want, Text: "there is no doc.go: its first sentence says what the package is"}}
	}
	doc := files[i].AST.Doc.Text()
	name := files[i].AST.Name.Name
	if !strings.HasPrefix(doc, "Package "+name+" ") || !strings.Contains(doc, ".") {
		out = append(out, Finding{Rule: "doc", Where: want, Text: fmt.Sprintf("the comment begins with a sentence that starts %q", "Package "+name)})
	}
	if _, kind := room(dir); (kind == "part" || kind == "project") && !strings.Contains(dir, "/") {
		lines := docLines(doc)
		for _, l := range DocLines {
			if lines[l] == "" {
				out = append(out, Finding{Rule: "doc", Where: want, Text: fmt.Sprintf("a part says %q on a line of its own", l+": …")})
			}
		}
	}
	return out
}

var docLine = regexp.MustCompile(`^(In|Out|Keeps|Speaks|Swap):\s*(.*)$`)

// docLines reads the five lines; each goes on until the next or an empty line.
func docLines(doc string) map[string]string {
	m := map[string]string{}
	at := ""
	for line := range strings.Lines(doc) {
		line = strings.TrimSpace(line)
		if f := docLine.FindStringSubmatch(line); f != nil {
			at = f[1]
			m[at] = f[2]
		} else if line == "" {
			at = ""
		} else if at != "" {
			m[at] = strings.TrimSpace(m[at] + " " + line)
		}
	}
	return m
}

// plainMethods have a meaning that everybody knows.
var plainMethods = []string{"Error", "String", "Unwrap", "Is", "As", "Close", "Read", "Write", "Len", "Less", "Swap",
	"ServeHTTP", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "Format", "Flush", "Push", "Pop"}

// Documented finds exported names without a comment.
func Documented(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if f.Test || f.Generated || f.AST.Name.Name == "main" {
			continue
		}
		for _, d := range f.AST.Decls {
			for _, id := range undocumented(d) {
				out = append(out, Finding{Rule: "documented", Where: f.Path, Line: t.line(id.Pos()), Text: id.Name + " is exported and has no comment"})
			}
		}
	}
	return out
}

func undocumented(d ast.Decl) (ids []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() || d.Doc != nil {
			return nil
		}
		if d.Recv != nil && (!ast.IsExported(typeName(d.Recv.List[0].Type)) || slices.Contains(plainMethods, d.Name.Name)) {
			return nil
		}
		return []*ast.Ident{d.Name}
	case *ast.GenDecl:
		if d.Doc != nil && d.Tok != token.TYPE {
			return nil // one comment for the group
		}
		for _, s := range d.Specs {
			ids = append(ids, undocumentedSpec(d, s)...)
		}
	}
	return ids
}

func undocumentedSpec(d *ast.GenDecl, s ast.Spec) (ids []*ast.Ident) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		// One comment is enough for a group of aliases: what they name has its own.
		lone := d.Doc != nil && (len(d.Specs) == 1 || s.Assign.IsValid())
		if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && !lone {
			ids = append(ids, s.Name)
		}
	case *ast.ValueSpec:
		if s.Doc != nil || s.Comment != nil {
			return nil
		}
		for _, n := range s.Names {
			if n.IsExported() {
				ids = append(ids, n)
			}
		}
	}
	return ids
}
