package gen

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// output is the log file: whole lines are appended, and it is renamed away
// when it is big enough, as logrotate does.
type output struct {
	path    string
	rotate  int64 // 0: never
	keep    int   // 0: all, up to KeepMax
	file    *os.File
	size    int64
	rotated int // how many of path.1, path.2, … there are
}

// openOutput opens the log to append to it, or empties it and removes what an
// earlier run rotated away.
func openOutput(c Config, goOn bool) (*output, error) {
	o := &output{path: c.Out, rotate: c.RotateBytes, keep: c.KeepFiles + c.pastFiles()}
	if c.KeepFiles == 0 {
		o.keep = KeepMax
	}
	for o.rotated < KeepMax && exists(o.numbered(o.rotated+1)) {
		o.rotated++
	}
	if !goOn && o.rotate > 0 {
		for ; o.rotated > 0; o.rotated-- {
			if err := os.Remove(o.numbered(o.rotated)); err != nil {
				return nil, fmt.Errorf("remove the log of an earlier run: %w", err)
			}
		}
	}
	mode := os.O_CREATE | os.O_RDWR | os.O_APPEND
	if !goOn {
		mode |= os.O_TRUNC
	}
	var err error
	if o.file, err = os.OpenFile(o.path, mode, 0o644); err != nil {
		return nil, err
	}
	if err := o.endLine(); err != nil {
		return nil, errors.Join(err, o.file.Close())
	}
	return o, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func (o *output) numbered(n int) string { return o.path + "." + strconv.Itoa(n) }

// endLine ends a line that a killed run left torn. The torn line stays, since
// a reader may have seen its beginning; what it begins is lost, as it is in
// any log.
func (o *output) endLine() error {
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	if o.size = info.Size(); o.size == 0 || !info.Mode().IsRegular() {
		return nil
	}
	var last [1]byte
	if _, err := o.file.ReadAt(last[:], o.size-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	n, err := o.file.Write([]byte("\n"))
	o.size += int64(n)
	return err
}

// tail is the end of the log, whole lines but for the first: of the file that
// was renamed last if the newest has none yet.
func (o *output) tail(most int64) ([]byte, error) {
	if o.size == 0 && o.rotated > 0 {
		f, err := os.Open(o.numbered(1))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return readEnd(f, info.Size(), most)
	}
	return readEnd(o.file, o.size, most)
}

func readEnd(f *os.File, size, most int64) ([]byte, error) {
	at := max(0, size-most)
	b := make([]byte, size-at)
	n, err := f.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:n], nil
}

// write appends whole lines.
func (o *output) write(lines []byte) error {
	if o.rotate > 0 && o.size >= o.rotate {
		if err := o.turn(); err != nil {
			return fmt.Errorf("rotate %s: %w", o.path, err)
		}
	}
	n, err := o.file.Write(lines)
	o.size += int64(n)
	return err
}

// turn renames the log and its forerunners by one, and begins a new one.
func (o *output) turn() error {
	if err := o.file.Close(); err != nil {
		return err
	}
	for ; o.rotated >= o.keep; o.rotated-- {
		if err := os.Remove(o.numbered(o.rotated)); err != nil {
			return err
		}
	}
	for n := o.rotated; n > 0; n-- {
		if err := os.Rename(o.numbered(n), o.numbered(n+1)); err != nil {
			return err
		}
	}
	if err := os.Rename(o.path, o.numbered(1)); err != nil {
		return err
	}
	o.rotated++
	var err error
	o.file, err = os.OpenFile(o.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	o.size = 0
	return err
}

func (o *output) close() error { return o.file.Close() }
