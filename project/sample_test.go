package project_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/project"
)

// TestAddSample: sample data goes into a project that has nothing, or nothing
// of it is written.
func TestAddSample(t *testing.T) {
	files := fstest.MapFS{".gitignore": {Data: []byte("log/\n")}, "maru.yaml": {Data: []byte("name: s\n")}, "streams/s.sql": {Data: []byte("SELECT 1")}, "dashboards/d.yaml": {Data: []byte("title: d")}}
	for name, tc := range map[string]struct {
		have    string
		refused bool
	}{
		"empty":                   {"", false},
		"settings only":           {"maru.yaml", false},
		"what git ignores":        {".gitignore", false},
		"a stream of one's own":   {"streams/mine.sql", true},
		"a collector, even wrong": {"collectors/x.txt", true},
		"a dashboard of the name": {"dashboards/d.yaml", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.have != "" {
				full := filepath.Join(dir, filepath.FromSlash(tc.have))
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, []byte("mine"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := project.AddSample(dir, files)
			if refused := maru.KindOf(err) == maru.Conflict; refused != tc.refused || !refused && err != nil {
				t.Fatalf("wrote %v, %v", got, err)
			}
			want := []string{".gitignore", "dashboards/d.yaml", "maru.yaml", "streams/s.sql"}
			switch {
			case tc.refused:
				want = nil
			case tc.have != "":
				want = slices.DeleteFunc(want, func(f string) bool { return f == tc.have })
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(tc.have))); tc.have != "" && (err != nil || string(text) != "mine") {
				t.Errorf("what was there is %q now, %v", text, err)
			}
		})
	}
}
