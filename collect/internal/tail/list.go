package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"maru"
)

// siblings lists the log's files, old before new. A log that is reached by a
// symbolic link has its rotated files beside the link or beside its target.
func (l *Log) siblings() ([]string, error) {
	bases := []string{l.base}
	if real, err := filepath.EvalSymlinks(l.base); err == nil && real != l.base {
		bases = append(bases, real)
	}
	var paths []string
	for i, base := range bases {
		entries, err := os.ReadDir(filepath.Dir(base))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for rotated files: %w", err)
		}
		for _, e := range entries {
			path := filepath.Join(filepath.Dir(base), e.Name())
			if Base(path) != base || i > 0 && path == base {
				continue
			}
			paths = append(paths, path)
		}
	}
	Order(paths)
	return paths, nil
}

// candidate is a file that might be a generation.
type candidate struct {
	path string
	id   ID
	fi   os.FileInfo
}

func look(path string) (candidate, bool) {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return candidate{}, false
	}
	return candidate{path, identifyPath(path, fi), fi}, true
}

// Identify is the identity of the file at path; false when it is none that
// can be read.
func Identify(path string) (ID, bool) {
	c, ok := look(path)
	return c.id, ok
}

// candidates lists the log's files, old before new. A directory is not read in
// one moment: one that changes meanwhile may hide a file under both of its
// names, so it is read until two readings agree.
func (l *Log) candidates() ([]candidate, error) {
	before, err := l.survey()
	if err != nil {
		return nil, err
	}
	for range listingsMax {
		now, err := l.survey()
		if err != nil || slices.EqualFunc(before, now, func(a, b candidate) bool { return a.path == b.path && a.id == b.id }) {
			return now, err
		}
		before = now
	}
	return nil, maru.Errorf(maru.Unavailable, "the files of %s are renamed faster than they can be listed", l.base)
}

// survey reads the directory once, and again when a file is gone before it is
// looked at.
func (l *Log) survey() (all []candidate, err error) {
	for range listingsMax {
		if all, err = l.look(); !errors.Is(err, errMoved) {
			return all, err
		}
	}
	return nil, &maru.Error{Op: l.base, Kind: maru.Unavailable, Err: err}
}

func (l *Log) look() ([]candidate, error) {
	paths, err := l.siblings()
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, p := range paths {
		there[p] = true
	}
	all := make([]candidate, 0, len(paths))
	for _, p := range paths {
		// A file is removed once it is packed: until then the packed one may be
		// half written.
		if compressed(p) && there[strings.TrimSuffix(p, filepath.Ext(p))] {
			continue
		}
		fi, err := os.Stat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist) && exists(p):
			continue // a link to nothing
		case errors.Is(err, fs.ErrNotExist):
			return nil, errMoved
		case err != nil:
			return nil, fmt.Errorf("look for rotated files: %w", err)
		case fi.Mode().IsRegular():
			all = append(all, candidate{p, identifyPath(p, fi), fi})
		}
	}
	return all, nil
}

// exists says whether there is anything at path, be it a link to nothing.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// after lists what follows the current file, old before new.
func (l *Log) after() ([]candidate, error) {
	all, err := l.candidates()
	if err != nil {
		return nil, err
	}
	if l.rewound {
		for i, c := range all {
			if c.path == l.base {
				return all[i:], nil
			}
		}
		return nil, nil
	}
	if l.f != nil {
		for i, c := range all {
			if c.id.Same(l.f.id) {
				return l.fresh(all[i+1:]), nil
			}
		}
	}
	// The current file is gone or was packed: what was written later is newer.
	var later []candidate
	for _, c := range all {
		if !c.fi.ModTime().Before(l.written) {
			later = append(later, c)
		}
	}
	return l.fresh(later), nil
}

// copyWait is how long after its last byte a copy of the live file may be the
// first half of copytruncate.
const copyWait = 500 * time.Millisecond

// fresh leaves out copies of generations that are finished, and copies that
// copytruncate is making right now, before it truncates.
func (l *Log) fresh(all []candidate) []candidate {
	var out []candidate
	for _, c := range all {
		if l.isFinished(c) {
			continue
		}
		if copied := l.isCopyOfLive(c); copied || c.path != l.base && c.fi.Size() == 0 {
			if len(out) == 0 && l.o.Clock.Now().Sub(c.fi.ModTime()) < max(l.o.RotateWait, copyWait) {
				// What the live file has now will be in the copy alone: look again.
				return nil
			}
			if copied {
				continue // somebody made a copy, and that was all
			}
		}
		out = append(out, c)
	}
	return out
}

// isCopyOfLive says whether the file under the log's name begins with all
// that c has.
func (l *Log) isCopyOfLive(c candidate) bool {
	size := c.fi.Size()
	if c.path == l.base || compressed(c.path) || size == 0 {
		return false
	}
	f, err := open(c.path)
	if err != nil {
		return false
	}
	defer f.close()
	live, err := open(l.base)
	if err != nil {
		return false
	}
	defer live.close()
	if live.id.Same(f.id) {
		return false
	}
	for _, r := range [...][2]int64{{0, min(size, HeadMax)}, {max(0, size-BehindMax), min(size, BehindMax)}} {
		a, b := make([]byte, r[1]), make([]byte, r[1])
		if !f.full(a, r[0]) || !live.full(b, r[0]) || !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}

// isFinished knows a finished file by its bytes, under whatever name and
// packing. The log's own name must have the same inode too: a new file may
// well begin with the lines of an old one.
func (l *Log) isFinished(c candidate) bool {
	known := l.finished
	if l.f != nil && l.win != nil {
		known = append(known[:len(known):len(known)], generation{l.Position(), l.Size()})
	}
	for _, g := range known {
		same := c.id.Same(g.ID)
		if g.Offset == 0 || !same && (c.path == l.base || !compressed(c.path) && c.fi.Size() != g.size) || c.fi.Size() == 0 {
			continue
		}
		f, err := open(c.path)
		if err != nil {
			continue
		}
		_, _, holds := f.holds(g.Position, g.Offset)
		// A packed file may begin with all of a short one and be another.
		if holds && f.z != nil && g.size >= 0 {
			holds = f.skip(g.size, &sieve{}) == nil && f.skip(g.size+1, &sieve{}) != nil
		}
		f.close()
		if holds {
			return true
		}
	}
	return false
}
