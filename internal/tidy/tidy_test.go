package tidy_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"maru/internal/tidy"
)

var rewrite = flag.Bool("rewrite", false, "write what is generated (the table in ARCHITECTURE.md, testdata), and lower ratchet.txt")

// rules are all that need nothing but the tree.
var rules = map[string]func(*tidy.Tree) []tidy.Finding{
	"layout": tidy.Layout, "directions": tidy.Directions, "engines": tidy.Engines,
	"function": tidy.Functions, "file": tidy.Files,
	"names": tidy.Names, "doc": tidy.Docs, "documented": tidy.Documented,
	"goroutine": tidy.Goroutines, "sleep": tidy.Sleeps, "print": tidy.Prints, "init": tidy.Inits,
	"context": tidy.Contexts, "errors": tidy.Errors, "deps": tidy.Deps,
}

func load(t *testing.T) *tidy.Tree {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := tidy.FindRoot(wd)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := tidy.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestHouse(t *testing.T) {
	tree := load(t)
	var found []tidy.Finding
	for _, rule := range rules {
		found = append(found, rule(tree)...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		found = append(found, tidy.Paths(tree, home)...)
	}
	text, err := os.ReadFile("ratchet.txt")
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		lower, err := tidy.Lower(string(text), found)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(lower)
		if err := os.WriteFile("ratchet.txt", text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	exceptions, err := tidy.ParseRatchet(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range sorted(tidy.Apply(found, exceptions)) {
		t.Error(line)
	}
}

func TestArchitectureTable(t *testing.T) {
	tree := load(t)
	path := filepath.Join(tree.Root, "ARCHITECTURE.md")
	have, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("there is no ARCHITECTURE.md yet")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := tidy.WithPartsTable(string(have), tidy.PartsTable(tree))
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, string(have)); d != "" {
		t.Errorf("the table of parts is old: go test ./internal/tidy -rewrite\n%s", d)
	}
}

// TestRules tries each rule on the trees in testdata: an archive holds files
// and, in the file "want", every finding.
func TestRules(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	tried := map[string]bool{}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := tryRules(t, a)
			for _, line := range strings.Split(got, "\n") {
				if _, rest, ok := strings.Cut(line, "["); ok {
					rule, _, _ := strings.Cut(rest, "]")
					tried[rule] = true
				}
			}
			checkWant(t, path, a, got)
		})
	}
	for name := range rules {
		if !tried[name] {
			t.Errorf("no tree in testdata breaks rule %s", name)
		}
	}
}

func tryRules(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range a.Files {
		if f.Name == "want" {
			continue
		}
		full := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := tidy.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	var found []tidy.Finding
	for _, rule := range rules {
		found = append(found, rule(tree)...)
	}
	exceptions := []tidy.Exception{}
	if text, err := os.ReadFile(filepath.Join(root, "ratchet.txt")); err == nil {
		if exceptions, err = tidy.ParseRatchet(string(text)); err != nil {
			return err.Error() + "\n"
		}
	}
	found = append(tidy.Apply(found, exceptions), tidy.Paths(tree, "/users/me")...)
	return strings.Join(append(sorted(found), ""), "\n")
}

func checkWant(t *testing.T, path string, a *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		t.Fatal("the archive has no file want")
	}
	if *rewrite {
		a.Files[i].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(a.Files[i].Data), got); d != "" {
		t.Error(d)
	}
}

func sorted(found []tidy.Finding) (lines []string) {
	for _, f := range found {
		lines = append(lines, f.String())
	}
	slices.Sort(lines)
	return lines
}

func TestRatchetOnlyFalls(t *testing.T) {
	text := "# why\nfile a.go 700 # big table\nfile b.go 800 # gone\nfunction c.go:f 90 # state machine\n"
	found := []tidy.Finding{{Rule: "file", Where: "a.go", N: 650}, {Rule: "function", Where: "c.go:f", N: 95}}
	got, err := tidy.Lower(text, found)
	if err != nil {
		t.Fatal(err)
	}
	want := "# why\nfile a.go 650 # big table\nfunction c.go:f 90 # state machine\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPartsTable(t *testing.T) {
	got, err := tidy.WithPartsTable("# a\n<!-- parts:begin -->\nold\n<!-- parts:end -->\nrest\n", "new\n")
	if err != nil || got != "# a\n<!-- parts:begin -->\nnew\n<!-- parts:end -->\nrest\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := tidy.WithPartsTable("# a\n", "new\n"); err == nil {
		t.Error("no markers, no error")
	}
}
