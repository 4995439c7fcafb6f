package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maru"
)

func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		full := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	dir := tree(t, "in/a.csv", "in/b.csv", "in/c[1].csv", "in/.hidden.csv", "in/sub/d.csv", "in/sub/deep/e.csv", "in/sub/f.json", "in/data/secret.csv",
		"in/k=1/x.csv", "out/o.csv", "in/한글.csv")
	in := filepath.Join(dir, "in")
	for from, to := range map[string]string{"in/link.csv": "out/o.csv", "in/inner.csv": "in/sub/d.csv", "in/outdir": "out", "in/dangling.csv": "nowhere", "in/subdir": "in/sub"} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ pattern, want string }{
		{"a.csv", "a.csv"},
		{"./sub/../a.csv", "a.csv"},
		{in + "/a.csv", "a.csv"},
		{"c[1].csv", "c[1].csv"},
		{"[ab].csv", "a.csv b.csv"},
		{"sub/*", "sub/d.csv sub/f.json"},
		{"sub/**/*.csv", "sub/d.csv sub/deep/e.csv"},
		{"**/d*.csv", "sub/d.csv"},
		{"sub/**", "sub/d.csv sub/deep/e.csv sub/f.json"},
		{"inner.csv", "sub/d.csv"},
		{"inn*.csv", "sub/d.csv"},
		{"subdir/d.csv", "sub/d.csv"},
		{"k=*/x.csv", "k=1/x.csv"},
		{".hid*", ".hidden.csv"},
		{"?글.csv", "한글.csv"},
		{"*/secret.csv", "not_found"},
		{"nothing.csv", "not_found"},
		{"no*.csv", "not_found"},
		{"dangling.csv", "not_found"},
		{"link.csv", "denied"},
		{"l*.csv", "denied"},
		{"outdir/o.csv", "denied"},
		{"outdir/*", "denied"},
		{"o*/o.csv", "not_found"},
		{"../out/o.csv", "denied"},
		{"../out/nothing.csv", "denied"},
		{"../*/o.csv", "denied"},
		{"data/secret.csv", "denied"},
		{"data/nothing.csv", "denied"},
		{"data/*", "denied"},
		{"/etc/passwd", "denied"},
		{"/proc/self/environ", "denied"},
		{"sub", "invalid"},
		{"", "invalid"},
		{"a\x00.csv", "invalid"},
		{"[a.csv", "invalid"},
		{strings.Repeat("x", PathMax+1), "too_large"},
	} {
		f, err := New(in, []string{in}, []string{filepath.Join(in, "data")})
		if err != nil {
			t.Fatal(err)
		}
		paths, err := f.Find(tt.pattern)
		got := maru.KindOf(err).String()
		if err == nil {
			for i := range paths {
				paths[i], _ = filepath.Rel(in, paths[i])
			}
			got = strings.Join(paths, " ")
		}
		if got != tt.want {
			t.Errorf("%.60q: %s, want %s (%v)", tt.pattern, got, tt.want, err)
		}
	}
}

func TestRootIsEverything(t *testing.T) {
	dir := tree(t, "a.csv")
	f, err := New(dir, []string{"/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Find("a.csv"); err != nil {
		t.Error(err)
	}
	for _, p := range []string{"/proc/self/environ", "/dev/zero", "/sys/kernel/notes", "/dev/*"} {
		if _, err := f.Find(p); err == nil {
			t.Errorf("%s was given", p)
		}
	}
}

func TestLimits(t *testing.T) {
	names := make([]string, 200)
	for i := range names {
		names[i] = fmt.Sprintf("%d.csv", i)
	}
	dir := tree(t, names...)
	f, err := New(dir, []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.found = Max - 100
	if _, err := f.Find("*.csv"); maru.KindOf(err) != maru.TooLarge {
		t.Error(err)
	}
	f.found, f.entries = 0, EntriesMax-100
	if _, err := f.Find("*.csv"); maru.KindOf(err) != maru.TooLarge {
		t.Error(err)
	}
	if f, err = New("", []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Find("1.csv"); maru.KindOf(err) != maru.Denied {
		t.Error(err)
	}
	if _, err := New("relative", nil, nil); err == nil {
		t.Error("a relative directory was taken")
	}
}
