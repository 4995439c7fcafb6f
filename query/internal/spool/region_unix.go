//go:build unix

package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// region is a mapped part of a file. It may reach beyond the file's end: what
// is appended later shows in it.
type region struct {
	start int64
	data  []byte
}

func newRegion(f *os.File, start, size int64) (*region, error) {
	data, err := unix.Mmap(int(f.Fd()), start, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return &region{start: start, data: data}, nil
}

func (g *region) end() int64 { return g.start + int64(len(g.data)) }

// refresh is for systems without maps that grow.
func (g *region) refresh(*os.File, int64, int64) error { return nil }

func (g *region) unmap() { _ = unix.Munmap(g.data) }

func (g *region) forget() { _ = unix.Madvise(g.data, unix.MADV_DONTNEED) }
