package tail

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// zstdMemoryMax bounds what a compressed file may make its reader keep.
const zstdMemoryMax = 128 << 20

// file is an open generation: a plain file read by offset, or a compressed
// one read from its start.
type file struct {
	path string
	f    *os.File
	id   ID
	z    io.ReadCloser // nil for a plain file
	at   int64         // z: decompressed bytes read
	torn error         // z: what ended the stream early

	listed  int64     // plain: its size when it was chosen
	written time.Time // and when it had been written last
}

func compressed(path string) bool {
	return strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst")
}

// errNotRegular is for pipes, devices and directories.
var errNotRegular = errors.New("not a regular file")

// open opens path; a compressed file stands at its first byte.
func open(path string) (*file, error) {
	// A pipe would block the open, so look first.
	if fi, err := os.Stat(path); err != nil {
		return nil, err
	} else if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	h := &file{path: path, f: f, id: identify(f, fi)}
	if err := h.decompress(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

func (h *file) decompress() error {
	var err error
	switch filepath.Ext(h.path) {
	case ".gz":
		h.z, err = kgzip.NewReader(bufio.NewReaderSize(h.f, 64<<10))
	case ".zst":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(h.f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemoryMax)); err == nil {
			h.z = d.IOReadCloser()
		}
	}
	return err
}

func (h *file) close() {
	if h.z != nil {
		h.z.Close() // a reader: nothing is lost
	}
	h.f.Close()
}

// read fills dst from offset off on; a compressed file must stand there.
func (h *file) read(dst []byte, off int64) (int, error) {
	if h.z == nil {
		n, err := h.f.ReadAt(dst, off)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return n, err
	}
	if h.at != off {
		return 0, fmt.Errorf("read %s at byte %d: the stream stands at %d", h.path, off, h.at)
	}
	n := 0
	for n < len(dst) && h.torn == nil {
		m, err := h.z.Read(dst[n:])
		n += m
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			h.torn = err
		}
	}
	h.at += int64(n)
	return n, nil
}

// stat is the size (-1 when compressed: not known), when it was last touched
// and how many names it has.
func (h *file) stat() (size int64, written, touch time.Time, links int, err error) {
	fi, err := h.f.Stat()
	if err != nil {
		return 0, time.Time{}, time.Time{}, 0, err
	}
	size = fi.Size()
	touch, links = touched(fi)
	if h.z != nil {
		size = -1
	}
	return size, fi.ModTime(), touch, links, nil
}

// holds says whether the file has p's first bytes and p's bytes before its
// place. A compressed file is left at from (≤ p.Offset), with the first bytes
// in head and those before from in behind.
func (h *file) holds(p Position, from int64) (head, behind []byte, ok bool) {
	head = make([]byte, min(from, HeadMax))
	if h.z == nil {
		first := make([]byte, p.HeadLen)
		last := make([]byte, min(p.Offset, BehindMax))
		behind = make([]byte, min(from, BehindMax))
		if !h.full(first, 0) || !h.full(last, p.Offset-int64(len(last))) || !h.full(behind, from-int64(len(behind))) || !h.full(head, 0) {
			return nil, nil, false
		}
		return head, behind, Hash(first) == p.Head && Hash(last) == p.Behind
	}
	if !h.check(p) || h.rewind() != nil {
		return nil, nil, false
	}
	s := sieve{headMax: len(head)}
	if h.skip(from, &s) != nil {
		return nil, nil, false
	}
	return s.head, s.behind, true
}

func (h *file) full(b []byte, off int64) bool {
	n, err := h.f.ReadAt(b, off)
	return n == len(b) && (err == nil || errors.Is(err, io.EOF))
}

// check reads a compressed file from its start to p.Offset.
func (h *file) check(p Position) bool {
	s := sieve{headMax: p.HeadLen}
	// The first bytes decide most often: do not unpack a gigabyte to learn
	// that it is another file.
	if h.skip(int64(p.HeadLen), &s) != nil || Hash(s.head) != p.Head {
		return false
	}
	return h.skip(p.Offset, &s) == nil && Hash(s.behind) == p.Behind
}

func (h *file) rewind() error {
	if _, err := h.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h.z.Close()
	h.at, h.torn = 0, nil
	return h.decompress()
}

// sieve keeps the first and the last bytes of what passes.
type sieve struct {
	headMax      int
	head, behind []byte
}

func (s *sieve) Write(b []byte) (int, error) {
	if n := s.headMax - len(s.head); n > 0 {
		s.head = append(s.head, b[:min(n, len(b))]...)
	}
	s.behind = append(s.behind, b[max(0, len(b)-BehindMax):]...)
	s.behind = s.behind[max(0, len(s.behind)-BehindMax):]
	return len(b), nil
}

func (h *file) skip(to int64, s *sieve) error {
	n, err := io.CopyN(s, h.z, to-h.at)
	h.at += n
	return err
}

// corrupt says whether err means that compressed bytes are damaged, not that
// the file could not be read.
func corrupt(err error) bool {
	return errors.Is(err, kgzip.ErrHeader) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, zstd.ErrMagicMismatch)
}
