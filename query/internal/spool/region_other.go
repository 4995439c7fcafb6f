//go:build !unix

package spool

import "os"

// region is a part of a file in memory, where files cannot be mapped while they grow.
type region struct {
	start int64
	data  []byte
}

func newRegion(_ *os.File, start, size int64) (*region, error) {
	return &region{start: start, data: make([]byte, size)}, nil
}

func (g *region) end() int64 { return g.start + int64(len(g.data)) }

// refresh reads what was written from start to end.
func (g *region) refresh(f *os.File, start, end int64) error {
	_, err := f.ReadAt(g.data[start-g.start:end-g.start], start)
	return err
}

func (g *region) unmap() {}

func (g *region) forget() {}
