package tail

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// dirEntriesMax bounds how many files of a directory are looked at when a
// renamed file is searched by its inode.
const dirEntriesMax = 10000

// findCopy looks among the rotated files, newest first, for one that holds p;
// it is left at offset from.
func (l *Log) findCopy(p Position, from int64) (*file, error) {
	if p.Offset == 0 && p.HeadLen == 0 {
		return nil, nil
	}
	all, err := l.candidates()
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].path == l.base || !compressed(all[i].path) && all[i].fi.Size() < p.Offset {
			continue
		}
		if f := l.take(all[i].path, p, from); f != nil {
			return f, nil
		}
	}
	return nil, nil
}

// take opens path if it holds p, and sets the log's first bytes and those
// before from.
func (l *Log) take(path string, p Position, from int64) *file {
	f, err := open(path)
	if err != nil {
		return nil
	}
	head, behind, ok := f.holds(p, from)
	if !ok {
		f.close()
		return nil
	}
	if l.win == nil {
		l.head, l.saved = head, behind
	}
	return f
}

// Resume opens the generation that holds p and goes to from (≤ p.Offset). When
// it is nowhere, reading starts with what was written after p, and the user is
// told. A nil p starts with the oldest matched file.
func (l *Log) Resume(p *Position, from int64) error {
	all, err := l.candidates()
	if err != nil {
		return err
	}
	if p == nil {
		_, err := l.openFirst(l.matched, 1)
		return err
	}
	l.written = time.UnixMilli(p.Time)
	if f := l.find(*p, from, all); f != nil {
		l.f, l.gen, l.off = f, p.Gen, from
		l.high = p.Offset
		l.own(f.id)
		_, err := l.note()
		return err
	}
	l.gen = p.Gen
	l.o.Notice(fmt.Sprintf("%s: the file read up to byte %d is neither under this name nor rotated beside it: what was written to it "+
		"after that is lost; reading goes on with newer files", l.base, p.Offset))
	_, err = l.openFirst(func() ([]candidate, error) { return l.writtenAfter(p.Time) }, p.Gen+1)
	return err
}

// matched lists the files from the oldest one that a glob names.
func (l *Log) matched() ([]candidate, error) {
	all, err := l.candidates()
	for i, c := range all {
		if l.o.Matched(c.path) {
			return l.fresh(all[i:]), err
		}
	}
	return nil, err
}

// writtenAfter lists the log's own file and those written after a time in ms.
func (l *Log) writtenAfter(ms int64) ([]candidate, error) {
	all, err := l.candidates()
	var later []candidate
	for _, c := range all {
		if c.path == l.base || c.fi.ModTime().UnixMilli() > ms {
			later = append(later, c)
		}
	}
	return l.fresh(later), err
}

func (l *Log) find(p Position, from int64, all []candidate) *file {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].id.Same(p.ID) {
			if f := l.take(all[i].path, p, from); f != nil {
				return f
			}
		}
	}
	// The log's own name with another inode is another file, whatever it
	// begins with; a rotated one may be a copy, packed or not.
	if f, err := l.findCopy(p, from); err == nil && f != nil {
		return f
	}
	return l.findRenamed(p, from)
}

// findRenamed looks for p's inode under any name in the log's directory.
func (l *Log) findRenamed(p Position, from int64) *file {
	dir := filepath.Dir(l.base)
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, err := d.ReadDir(dirEntriesMax)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		c, ok := look(filepath.Join(dir, e.Name()))
		if !ok || !c.id.Same(p.ID) {
			continue
		}
		if f := l.take(c.path, p, from); f != nil {
			return f
		}
	}
	return nil
}

// Next goes to the next generation; false when there is none yet. Everything
// of the current one must be used and acknowledged.
func (l *Log) Next() (bool, error) {
	ok, err := l.openFirst(l.after, l.gen+1)
	if !ok && err == nil && l.f != nil && l.o.Follow && l.nameless() {
		l.finish()
	}
	return ok, err
}

// forget closes the current generation, of which nothing was used.
func (l *Log) forget() {
	l.written = l.f.written
	l.Close()
	l.saved, l.high = l.saved[:0], 0
	l.win.reset(nil)
}

// nameless says whether the current file was removed.
func (l *Log) nameless() bool {
	_, _, _, links, err := l.f.stat()
	return err == nil && links == 0
}

// finish remembers the current generation and closes it.
func (l *Log) finish() {
	if l.f == nil {
		return
	}
	p := l.Position()
	if l.rewound {
		p.ID = ID{} // the file lives on with other bytes
	}
	size := l.Size()
	if l.rewound {
		size = p.Offset
	}
	l.finished = append(l.finished, generation{p, size})
	if n := len(l.finished) - finishedMax; n > 0 {
		l.finished = l.finished[n:]
	}
	l.Close()
}

// listingsMax bounds how often the files are listed again because the next
// one was renamed or packed before it was opened.
const listingsMax = 10

// openFirst opens the first file that list gives, as generation gen, and
// finishes the current one. Names move while we look: a file that is not the
// one listed means to list again, or a generation would be passed over.
func (l *Log) openFirst(list func() ([]candidate, error), gen uint64) (bool, error) {
	for range listingsMax {
		files, err := list()
		if err != nil {
			return false, err
		}
		f, err := l.openOne(files)
		if errors.Is(err, errMoved) {
			continue
		}
		if f == nil || err != nil {
			return false, err
		}
		l.finish()
		l.f, l.gen, l.off, l.head = f, gen, 0, l.head[:0]
		l.high = f.listed
		l.copied, l.rewound, l.rotated = false, false, time.Time{}
		l.saved = l.saved[:0]
		if l.win != nil {
			l.win.reset(nil)
		}
		l.own(f.id)
		_, err = l.note()
		return true, err
	}
	return false, nil // tried again at the next poll
}

// errMoved says that a name stands for another file than before.
var errMoved = errors.New("the file was renamed meanwhile")

// openOne opens the first of the files that can be read at all.
func (l *Log) openOne(files []candidate) (*file, error) {
	for _, c := range files {
		// An empty file is not begun: were it filled, copied and truncated before
		// it is read, nothing would tell.
		if c.path == l.base && c.fi.Size() == 0 {
			return nil, nil
		}
		f, err := open(c.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errMoved
		case errors.Is(err, errNotRegular):
			continue
		case err != nil && corrupt(err):
			l.o.Notice(fmt.Sprintf("%v: it cannot be unpacked and is left out", err))
			continue
		case err != nil:
			return nil, err
		case !f.id.Same(c.id):
			f.close()
			return nil, errMoved
		}
		if f.z == nil {
			f.listed, f.written = c.fi.Size(), c.fi.ModTime()
		}
		return f, nil
	}
	return nil, nil
}

// Start reads up to n first bytes of the generation.
func (l *Log) Start(n int) ([]byte, error) {
	if l.f == nil {
		return nil, nil
	}
	b := make([]byte, n)
	f := l.f
	if f.z != nil {
		// The stream in use must not be moved.
		var err error
		if f, err = open(f.path); err != nil {
			return nil, err
		}
		defer f.close()
	}
	n, err := f.read(b, 0)
	return b[:n], err
}
