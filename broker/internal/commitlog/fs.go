package commitlog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// FS is what a Store needs of a file system. What is written is only certain
// to be there after a power cut once its File, and for new names the
// directory, has been synced.
type FS interface {
	MkdirAll(dir string) error
	Open(name string, create bool) (File, error) // for reading and writing
	Remove(name string) error
	RemoveAll(dir string) error
	Rename(from, to string) error
	ReadDir(dir string) ([]string, error) // names, sorted; none when dir is not there
	SyncDir(dir string) error
	BootID() string // names this run of the machine: while it is the same, nothing written was forgotten; empty = unknown
}

// File is one open file. Positions only: no state is shared between callers.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error               // the bytes, and what it takes to read them back
	Allocate(upTo int64) error // reserve disk without changing the size; may do nothing
	OS() *os.File              // nil when there is no descriptor to send from
}

// Disk is the machine's file system.
var Disk FS = disk{}

type disk struct{}

func (disk) MkdirAll(dir string) error    { return os.MkdirAll(dir, 0o755) }
func (disk) Remove(name string) error     { return os.Remove(name) }
func (disk) BootID() string               { return bootID() }
func (disk) RemoveAll(dir string) error   { return os.RemoveAll(dir) }
func (disk) Rename(from, to string) error { return os.Rename(from, to) }

func (disk) Open(name string, create bool) (File, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	f, err := os.OpenFile(name, flag, 0o644)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (disk) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (disk) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	err = syncDir(d)
	return errors.Join(err, d.Close())
}

type diskFile struct{ *os.File }

func (f diskFile) OS() *os.File { return f.File }

func (f diskFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func (f diskFile) Sync() error               { return syncData(f.File) }
func (f diskFile) Allocate(upTo int64) error { return allocate(f.File, upTo) }
