package marutest

import (
	"os"
	"path/filepath"
	"testing"
)

// CopyProject copies an example project into a temporary folder, without what
// it generated, and gives that folder.
func CopyProject(t testing.TB, example string) string {
	t.Helper()
	from := os.DirFS(filepath.Join(Root(t), "examples", example))
	to := filepath.Join(t.TempDir(), "project")
	if err := os.CopyFS(to, from); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{".maru", "log"} {
		if err := os.RemoveAll(filepath.Join(to, made)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(to, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

// Write writes a file of the node's project, at once and whole, as an editor
// that saves does.
func (n *Node) Write(name, text string) {
	n.t.Helper()
	WriteFile(n.t, filepath.Join(n.Dir, filepath.FromSlash(name)), text)
}

// WriteFile replaces a file at once and whole, and makes its folder.
func WriteFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Append adds lines to the end of a file in one write, as a logger does.
func Append(t testing.TB, path, lines string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(lines); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
