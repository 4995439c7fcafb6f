package kafka

import (
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"time"

	"maru/broker/internal/commitlog"
)

const (
	keepBuffer   = 256 << 10 // a response buffer larger than this is not kept
	sendfileMin  = 32 << 10  // below it a pread into the response is cheaper
	copyChunk    = 64 << 10  // of the portable way
	sendChunkMax = 1 << 20   // bytes that may pass between two looks at the deadline
)

// writer puts responses on one connection. Record batches go from their file
// to the socket without passing through the process where they can.
type writer struct {
	nc    net.Conn
	sent  *atomic.Uint64
	limit time.Duration // that the client may take no byte
	buf   []byte
	parts []part
}

// part is a slice of a log file that follows buf[:at].
type part struct {
	at    int
	slice commitlog.Slice
}

// begin starts a frame: room for its length, then the response header.
func (w *writer) begin(correlation int32, flexible bool) []byte {
	b := append(w.buf[:0], 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(correlation))
	if flexible {
		b = append(b, 0)
	}
	return b
}

// end writes the frame that begin started, with w.parts at their places.
func (w *writer) end(b []byte) error {
	defer w.reset(b)
	size := len(b) - 4
	for _, p := range w.parts {
		size += p.slice.Len
	}
	binary.BigEndian.PutUint32(b, uint32(size))
	from := 0
	for _, p := range w.parts {
		if err := w.write(b[from:p.at]); err != nil {
			return err
		}
		from = p.at
		if err := w.slice(p.slice); err != nil {
			return err
		}
	}
	return w.write(b[from:])
}

func (w *writer) reset(b []byte) {
	w.drop()
	w.buf = nil
	if cap(b) <= keepBuffer {
		w.buf = b
	}
}

// drop releases the slices that were going to be sent.
func (w *writer) drop() {
	for _, p := range w.parts {
		release(p.slice)
	}
	clear(w.parts)
	w.parts = w.parts[:0]
}

func release(s commitlog.Slice) {
	if s.Release != nil {
		s.Release()
	}
}

// write gives a slow reader w.limit for every sendChunkMax bytes.
func (w *writer) write(b []byte) error {
	for len(b) > 0 {
		if err := w.nc.SetWriteDeadline(time.Now().Add(w.limit)); err != nil {
			return err
		}
		n, err := w.nc.Write(b[:min(len(b), sendChunkMax)])
		w.sent.Add(uint64(n))
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (w *writer) slice(s commitlog.Slice) error {
	if s.Bytes != nil {
		return w.write(s.Bytes)
	}
	pos, left := s.Pos, s.Len
	for left > 0 {
		if err := w.nc.SetWriteDeadline(time.Now().Add(w.limit)); err != nil {
			return err
		}
		n, err := sendfile(w.nc, s.File, pos, min(left, sendChunkMax))
		w.sent.Add(uint64(n))
		pos, left = pos+int64(n), left-n
		switch {
		case err == errNoSendfile:
			return w.copy(s, pos, left)
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// copy is the portable way: pread and write.
func (w *writer) copy(s commitlog.Slice, pos int64, left int) error {
	buf := make([]byte, min(left, copyChunk))
	for left > 0 {
		n, err := s.File.ReadAt(buf[:min(left, len(buf))], pos)
		if n == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		if err := w.write(buf[:n]); err != nil {
			return err
		}
		pos, left = pos+int64(n), left-n
	}
	return nil
}
