package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"maru"
)

// Limits of one statement.
const (
	Max        = 10_000  // files that it may read
	EntriesMax = 500_000 // directory entries that its patterns may look at
	PathMax    = 4096    // bytes of a path or pattern
)

// Finder resolves paths and patterns for one statement.
type Finder struct {
	dir       string
	roots     []string // real paths
	forbidden []string // real paths
	found     int
	entries   int
}

// New makes a finder. Relative paths start at dir; only regular files below
// one of roots are given, and none below one of forbidden.
func New(dir string, roots, forbidden []string) (*Finder, error) {
	f := &Finder{dir: dir}
	if dir != "" && !filepath.IsAbs(dir) {
		return nil, maru.Errorf(maru.Invalid, "the directory %q is not an absolute path", dir)
	}
	for _, r := range roots {
		real, err := filepath.EvalSymlinks(r)
		if err != nil {
			return nil, maru.Errorf(maru.NotFound, "the root %s cannot be read: %v", r, err)
		}
		if !filepath.IsAbs(real) {
			return nil, maru.Errorf(maru.Invalid, "the root %q is not an absolute path", r)
		}
		f.roots = append(f.roots, real)
	}
	for _, p := range forbidden {
		// What does not exist yet may exist later.
		if real, err := filepath.EvalSymlinks(p); err == nil {
			p = real
		}
		f.forbidden = append(f.forbidden, filepath.Clean(p))
	}
	return f, nil
}

// Find gives the real, absolute paths of the files that pattern means, sorted
// within each directory; at least one. *, ? and […] match within a name, **
// any number of directories. A file that is called like the pattern comes first.
func (f *Finder) Find(pattern string) ([]string, error) {
	switch {
	case pattern == "":
		return nil, maru.Errorf(maru.Invalid, "a file's name is empty")
	case len(pattern) > PathMax:
		return nil, maru.Errorf(maru.TooLarge, "a file's name is %d bytes long, at most %d are taken", len(pattern), PathMax)
	case strings.ContainsRune(pattern, 0):
		return nil, maru.Errorf(maru.Invalid, "the file's name %q holds a zero byte", pattern)
	}
	full := pattern
	if home, ok := strings.CutPrefix(pattern, "~/"); ok {
		h, err := os.UserHomeDir()
		if err != nil {
			return nil, maru.Errorf(maru.Invalid, "%s: it is not known where ~ is; write the whole path", pattern)
		}
		full = filepath.Join(h, home)
	}
	if !filepath.IsAbs(full) {
		if f.dir == "" {
			return nil, maru.Errorf(maru.Denied, "%s: no directory was named for relative paths; give the whole path", pattern)
		}
		full = filepath.Join(f.dir, full)
	}
	full = filepath.Clean(full)
	if st, err := os.Lstat(full); err == nil && (!st.IsDir() || !hasMeta(full)) {
		real, err := f.check(pattern, full)
		if err != nil {
			return nil, err
		}
		return f.count(pattern, []string{real})
	}
	if !hasMeta(full) {
		return nil, f.missing(pattern, full)
	}
	return f.glob(pattern, full)
}

func (f *Finder) count(pattern string, paths []string) ([]string, error) {
	if f.found += len(paths); f.found > Max {
		return nil, maru.Errorf(maru.TooLarge, "%s: more than %d files match; name fewer", pattern, Max)
	}
	return paths, nil
}

func (f *Finder) missing(pattern, full string) error {
	// Nobody learns what lies outside of the roots, not even that it is missing.
	switch near := existing(full); {
	case f.inForbidden(near):
		return inDataDir(pattern)
	case !f.below(near):
		return f.outside(pattern)
	}
	return maru.Errorf(maru.NotFound, "no file matches %s (looked for %s)", pattern, full)
}

// existing is the real path of the longest part of p that exists.
func existing(p string) string {
	for {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			return real
		}
		up := filepath.Dir(p)
		if up == p {
			return p
		}
		p = up
	}
}

func inDataDir(pattern string) error {
	return maru.Errorf(maru.Denied, "%s lies in the server's data directory, which is not read as files: its topics and views are tables", pattern)
}

func (f *Finder) outside(pattern string) error {
	return maru.Errorf(maru.Denied, "%s lies outside of the directories that may be read (%s); name it as a root (--root) if it should be read", pattern, strings.Join(f.roots, ", "))
}

// check gives the real path of a file that may be read.
func (f *Finder) check(pattern, full string) (string, error) {
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return "", f.missing(pattern, full)
	}
	if f.inForbidden(real) {
		return "", inDataDir(pattern)
	}
	if !f.below(real) {
		return "", f.outside(pattern)
	}
	st, err := os.Stat(real)
	if err != nil {
		return "", maru.Errorf(maru.NotFound, "%s cannot be read: %v", pattern, err)
	}
	if st.IsDir() {
		return "", maru.Errorf(maru.Invalid, "%s is a directory: name its files, as in '%s/*.parquet'", pattern, strings.TrimSuffix(pattern, "/"))
	}
	if !st.Mode().IsRegular() {
		return "", maru.Errorf(maru.Denied, "%s is not a regular file", pattern)
	}
	return real, nil
}

func (f *Finder) inForbidden(real string) bool { return underAny(real, f.forbidden) }

// special are file systems whose files are not data.
var special = []string{"/proc", "/sys", "/dev"}

func (f *Finder) below(real string) bool {
	return underAny(real, f.roots) && !underAny(real, special)
}

func underAny(p string, dirs []string) bool {
	for _, d := range dirs {
		if p == d || d == "/" || strings.HasPrefix(p, d+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func hasMeta(s string) bool { return strings.ContainsAny(s, "*?[") }

// glob walks from the part of the pattern without *, ? and […] on.
func (f *Finder) glob(pattern, full string) ([]string, error) {
	segs := strings.Split(strings.TrimPrefix(full, "/"), "/")
	base := "/"
	for len(segs) > 0 && !hasMeta(segs[0]) {
		base = filepath.Join(base, segs[0])
		segs = segs[1:]
	}
	for _, s := range segs {
		if _, err := filepath.Match(s, ""); err != nil {
			return nil, maru.Errorf(maru.Invalid, "%s is not a pattern: %q has a [ without ]", pattern, s)
		}
	}
	switch near := existing(base); {
	case f.inForbidden(near):
		return nil, inDataDir(pattern)
	case !f.below(near) && !f.above(near):
		return nil, f.outside(pattern)
	}
	var out []string
	if err := f.expand(pattern, base, segs, &out); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, f.missing(pattern, full)
	}
	return out, nil
}

// above says whether a root lies below dir, so that a pattern may pass through it.
func (f *Finder) above(dir string) bool {
	for _, r := range f.roots {
		if underAny(r, []string{dir}) {
			return true
		}
	}
	return false
}

// expand appends the files below dir that the rest of a pattern matches.
func (f *Finder) expand(pattern, dir string, segs []string, out *[]string) error {
	if len(segs) == 0 {
		real, err := f.check(pattern, dir)
		if err != nil {
			return err
		}
		*out = append(*out, real)
		_, err = f.count(pattern, (*out)[len(*out)-1:])
		return err
	}
	seg, rest := segs[0], segs[1:]
	if seg == "**" && len(rest) > 0 {
		if err := f.expand(pattern, dir, rest, out); err != nil {
			return err
		}
	}
	entries, err := f.readDir(pattern, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := f.entry(pattern, filepath.Join(dir, e.Name()), e, seg, rest, out); err != nil {
			return err
		}
	}
	return nil
}

func (f *Finder) entry(pattern, full string, e fs.DirEntry, seg string, rest []string, out *[]string) error {
	name := e.Name()
	// As in a shell: * does not mean hidden files, nor the data directory.
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(seg, ".") || f.inForbidden(full) {
		return nil
	}
	if seg == "**" {
		switch {
		case e.IsDir(): // not through links: they can go in circles
			return f.expand(pattern, full, append([]string{"**"}, rest...), out)
		case len(rest) == 0 && e.Type().IsRegular():
			return f.expand(pattern, full, nil, out)
		}
		return nil
	}
	if ok, _ := filepath.Match(seg, name); !ok {
		return nil
	}
	st, err := os.Stat(full)
	switch {
	case err != nil:
		return nil // a dangling link, or gone since
	case len(rest) == 0 && st.IsDir(), len(rest) > 0 && !st.IsDir():
		return nil
	case len(rest) > 0 && !f.reachable(full):
		return nil // a link to elsewhere that only happens to match; a file there is refused
	}
	return f.expand(pattern, full, rest, out)
}

// reachable says whether files below a directory can be given at all.
func (f *Finder) reachable(dir string) bool {
	real := existing(dir)
	return !f.inForbidden(real) && (f.below(real) || f.above(real))
}

func (f *Finder) readDir(pattern, dir string) ([]fs.DirEntry, error) {
	if !f.reachable(dir) {
		return nil, f.outside(pattern)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if f.entries += len(entries); f.entries > EntriesMax {
		return nil, maru.Errorf(maru.TooLarge, "%s: more than %d directory entries to look at; name a deeper directory", pattern, EntriesMax)
	}
	return entries, nil
}
