package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
)

const (
	fileName     = "rows.arrows"
	writeBufSize = 1 << 20
	// regionBytes is how much of a file is mapped at a time: address space,
	// not memory. A batch that is larger has a region of its own.
	regionBytes = 64 << 20
)

// file is an Arrow IPC stream on disk. One goroutine writes it.
type file struct {
	f      *os.File
	buf    *bufio.Writer
	pos    int64
	last   batch // what was written last
	region *region

	mu      sync.Mutex // guards what follows
	regions []*region
	closed  bool
}

// batch says where a record batch lies in the file.
type batch struct {
	first   int64 // number of its first row
	rows    int
	start   int64
	end     int64
	nodes   int64 // where the lengths and NULL counts of its arrays are, 16 bytes each
	buffers int64 // where the places of its buffers are, 16 bytes each
	body    int64 // what those places count from
	region  *region
}

func createFile(dir string) (*file, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{f: f, buf: bufio.NewWriterSize(f, writeBufSize)}, nil
}

// Start and Close and WritePayload make a file an ipc.PayloadWriter.
func (f *file) Start() error { return nil }

// Close writes the mark at the end of a stream.
func (f *file) Close() error {
	if err := f.write([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}); err != nil {
		return err
	}
	return f.buf.Flush()
}

func (f *file) write(b []byte) error {
	n, err := f.buf.Write(b)
	f.pos += int64(n)
	return err
}

// Write counts what passes.
func (f *file) Write(b []byte) (int, error) { return len(b), f.write(b) }

// WritePayload writes one message, and finds out where its parts lie.
func (f *file) WritePayload(p ipc.Payload) error {
	start := f.pos
	n, err := p.WritePayload(f)
	if err != nil {
		return err
	}
	if err := f.buf.Flush(); err != nil {
		return err
	}
	meta := p.Meta()
	defer meta.Release()
	nodes, buffers, isBatch := vectors(meta.Bytes())
	if !isBatch {
		return nil // the schema
	}
	if f.region == nil || f.pos > f.region.end() {
		if err := f.mapFrom(start); err != nil {
			return err
		}
	}
	if err := f.region.refresh(f.f, start, f.pos); err != nil {
		return err
	}
	const prefix = 8 // a message begins with a mark and its length
	f.last = batch{start: start, end: f.pos, nodes: start + prefix + nodes, buffers: start + prefix + buffers, body: start + int64(n), region: f.region}
	return nil
}

// mapFrom makes the region for what begins at start.
func (f *file) mapFrom(start int64) error {
	start -= start % int64(os.Getpagesize())
	g, err := newRegion(f.f, start, max(regionBytes, f.pos-start))
	if err != nil {
		return fmt.Errorf("map the result's file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.regions = append(f.regions, g)
	f.region = g
	return nil
}

// vectors finds the two tables of a record batch's metadata, a flatbuffer: Message.header is
// a RecordBatch with the vectors nodes and buffers (Arrow's Message.fbs). False for other messages.
func vectors(meta []byte) (nodes, buffers int64, isBatch bool) {
	const headerRecordBatch = 3
	root := int(binary.LittleEndian.Uint32(meta))
	kind := slot(meta, root, 1)
	if kind == 0 || meta[kind] != headerRecordBatch {
		return 0, 0, false
	}
	header := follow(meta, slot(meta, root, 2))
	return vector(meta, slot(meta, header, 1)), vector(meta, slot(meta, header, 2)), true
}

// slot is where a flatbuffer's table has its n-th field; 0 if it has none.
func slot(b []byte, table, n int) int {
	vtable := table - int(int32(binary.LittleEndian.Uint32(b[table:])))
	at := 4 + 2*n
	if at >= int(binary.LittleEndian.Uint16(b[vtable:])) {
		return 0
	}
	if off := int(binary.LittleEndian.Uint16(b[vtable+at:])); off != 0 {
		return table + off
	}
	return 0
}

func follow(b []byte, at int) int { return at + int(binary.LittleEndian.Uint32(b[at:])) }

// vector is where the elements of a vector begin; an absent one has none to ask for.
func vector(b []byte, at int) int64 {
	if at == 0 {
		return 0
	}
	return int64(follow(b, at) + 4)
}

// rollBack gives the disk back what a failed write left behind at.
func (f *file) rollBack(at int64) {
	f.pos = at
	// Nothing is lost if these fail too: readers do not look behind what is published.
	_ = f.f.Truncate(at)
	_, _ = f.f.Seek(at, io.SeekStart)
}

// close ends all reading. It may be called again.
func (f *file) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed = true
	for _, g := range f.regions {
		g.unmap()
	}
	f.f.Close() // read-only by now, or given up: nothing can be lost
}

// forgetPages lets the system take the pages back that a scan has touched.
func (f *file) forgetPages() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	for _, g := range f.regions {
		g.forget()
	}
}

// diskError gives errors of the disk their kind.
func diskError(op string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &maru.Error{Op: op, Kind: maru.OutOfSpace, Err: fmt.Errorf("the disk is full: delete something, or ask for fewer rows: %w", err)}
	case errors.Is(err, fs.ErrPermission):
		return &maru.Error{Op: op, Kind: maru.Denied, Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}
