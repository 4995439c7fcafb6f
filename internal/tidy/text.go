package tidy

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// textMax bounds the files that are searched, in bytes; data is larger.
const textMax = 1 << 20

// plainParents are directories that many machines have: text may name them.
var plainParents = []string{"/", "/tmp", "/src", "/app", "/home", "/opt", "/usr/src", "/var", "/build", "/workspace"}

// Paths finds text that names a path of the machine it was written on: it is
// wrong on every other one. home is the user's home directory.
func Paths(t *Tree, home string) (out []Finding) {
	private := privatePaths(t.Root, home)
	for _, p := range t.All {
		b, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(p)))
		if err != nil || len(b) > textMax || bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 {
			continue
		}
		for _, re := range private {
			if loc := re.FindIndex(b); loc != nil {
				out = append(out, Finding{Rule: "paths", Where: p, Line: 1 + bytes.Count(b[:loc[0]], []byte{'\n'}),
					Text: fmt.Sprintf("it names %q, a path of this machine", bytes.TrimSpace(b[loc[0]:loc[1]]))})
				break
			}
		}
	}
	return out
}

func privatePaths(root, home string) (res []*regexp.Regexp) {
	dirs := []string{root, home}
	if up := filepath.Dir(root); !slices.Contains(plainParents, filepath.ToSlash(up)) {
		dirs = append(dirs, up)
	}
	for _, d := range dirs {
		if d = filepath.ToSlash(d); strings.Count(d, "/") > 0 && len(d) > 1 {
			// Whole path elements, and not the tail of a longer path.
			res = append(res, regexp.MustCompile(`(^|[^\w.\-/])`+regexp.QuoteMeta(d)+`/[\w.]`))
		}
	}
	return res
}

// Deps finds modules that the code imports and docs/deps.md does not tell of.
func Deps(t *Tree) (out []Finding) {
	modules := requires(t.Root)
	told, err := os.ReadFile(filepath.Join(t.Root, "docs", "deps.md"))
	if err != nil {
		return []Finding{{Rule: "deps", Where: "docs/deps.md", Text: "it is not there: each direct module has a line in it"}}
	}
	seen := map[string]bool{}
	for _, f := range t.Go {
		for _, spec := range f.AST.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			m := moduleOf(modules, p)
			if m == "" || seen[m] || bytes.Contains(told, []byte("`"+m+"`")) {
				continue
			}
			seen[m] = true
			out = append(out, Finding{Rule: "deps", Where: f.Path, Line: t.line(spec.Pos()),
				Text: fmt.Sprintf("module %s has no line in docs/deps.md: what for, what it drags in, what we would write instead, licence", m)})
		}
	}
	return out
}

var requireLine = regexp.MustCompile(`^(?:require\s+)?(\S+\.\S+)\s+v\S+`)

// requires reads the modules of go.mod.
func requires(root string) (modules []string) {
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil
	}
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		if f := requireLine.FindStringSubmatch(strings.TrimSpace(sc.Text())); f != nil {
			modules = append(modules, f[1])
		}
	}
	return modules
}

// moduleOf is the module that holds package p: the longest that fits.
func moduleOf(modules []string, p string) (best string) {
	for _, m := range modules {
		if (p == m || strings.HasPrefix(p, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}
