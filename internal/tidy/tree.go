package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// File is one Go file of the tree.
type File struct {
	Path      string // below the root, with slashes
	Dir       string // of Path; "." for the root
	Test      bool   // _test.go
	Generated bool
	Lines     int
	Source    []byte
	AST       *ast.File
}

// Tree is the source below one module's root.
type Tree struct {
	Root string
	Fset *token.FileSet
	Go   []*File  // by Path; neither testdata nor nested modules
	All  []string // every file that may be committed, by path below the root
}

// Finding is one place that breaks a rule.
type Finding struct {
	Rule  string
	Where string // a path below the root; "path:name" for a function
	Line  int    // 0: the file as a whole
	N     int    // the measured number, for rules that have one
	Text  string // what is wrong, and what to do
}

func (f Finding) String() string {
	file, _, _ := strings.Cut(f.Where, ":")
	if f.Line > 0 {
		file = fmt.Sprintf("%s:%d", file, f.Line)
	}
	return fmt.Sprintf("%s: [%s] %s", file, f.Rule, f.Text)
}

// skipDirs hold nothing that is committed.
var skipDirs = []string{".git", "bin", "dist", "node_modules", ".maru"}

// Load reads and parses the tree below root.
func Load(root string) (*Tree, error) {
	t := &Tree{Root: root, Fset: token.NewFileSet()}
	all, err := committable(root)
	if err != nil {
		return nil, err
	}
	t.All = all
	nested := nestedModules(all)
	for _, p := range all {
		if !strings.HasSuffix(p, ".go") || hidden(p) || slices.ContainsFunc(nested, func(d string) bool { return strings.HasPrefix(p, d+"/") }) {
			continue
		}
		f, err := t.parse(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went away while we looked
		}
		if err != nil {
			return nil, err
		}
		t.Go = append(t.Go, f)
	}
	return t, nil
}

func (t *Tree) parse(p string) (*File, error) {
	src, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(p)))
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(t.Fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{
		Path: p, Dir: path.Dir(p), Test: strings.HasSuffix(p, "_test.go"), Generated: ast.IsGenerated(parsed),
		Lines: bytes.Count(src, []byte{'\n'}), Source: src, AST: parsed,
	}, nil
}

// line is where pos stands in its file.
func (t *Tree) line(pos token.Pos) int { return t.Fset.Position(pos).Line }

// committable lists the files that are, or could be, under version control.
func committable(root string) ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if _, statErr := os.Stat(filepath.Join(root, ".git")); err != nil || statErr != nil {
		return walk(root)
	}
	list := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	slices.Sort(list)
	return slices.Compact(list), nil
}

// walk is what committable does where there is no git: in an unpacked archive.
func walk(root string) (list []string, err error) {
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(skipDirs, d.Name()) {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			rel, err := filepath.Rel(root, p)
			list = append(list, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return list, err
}

func nestedModules(all []string) (dirs []string) {
	for _, p := range all {
		if d, f := path.Split(p); f == "go.mod" && d != "" {
			dirs = append(dirs, path.Clean(d))
		}
	}
	return dirs
}

// hidden says whether the go tool would pass over the file's directory.
func hidden(p string) bool {
	for _, d := range strings.Split(path.Dir(p), "/") {
		if d == "testdata" || d != "." && (strings.HasPrefix(d, ".") || strings.HasPrefix(d, "_")) {
			return true
		}
	}
	return false
}

// FindRoot gives the directory of the nearest go.mod at or above dir.
func FindRoot(dir string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = up
	}
}
