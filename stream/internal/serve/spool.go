package serve

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/duck"
)

// spool is an Arrow IPC stream on its way out: in memory while small, else in a file without a name.
type spool struct {
	dir  string
	mem  bytes.Buffer
	file *os.File
	size int64
}

func (s *spool) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	if s.size > SpoolBytesMax {
		return 0, maru.Errorf(maru.TooLarge, "this part of the view is larger than %d MiB: ask for fewer columns or rows", SpoolBytesMax>>20)
	}
	if s.file == nil && s.size > SpoolMemoryMax {
		f, err := os.CreateTemp(s.dir, "view-*.arrow")
		if err != nil {
			return 0, err
		}
		// Without a name nothing is left behind, however this process ends.
		if err := os.Remove(f.Name()); err != nil {
			return 0, errors.Join(err, f.Close())
		}
		s.file = f
		if _, err := s.mem.WriteTo(f); err != nil {
			return 0, err
		}
	}
	if s.file != nil {
		return s.file.Write(b)
	}
	return s.mem.Write(b)
}

// fill reads rows to their end, at most limit of them (0 = all).
func (s *spool) fill(rows *duck.Rows, limit int64) error {
	w := ipc.NewWriter(s, ipc.WithSchema(rows.Schema()))
	var n int64
	for limit == 0 || n < limit {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if limit > 0 && n+rec.NumRows() > limit {
			cut := rec.NewSlice(0, limit-n)
			rec.Release()
			rec = cut
		}
		n += rec.NumRows()
		err = w.Write(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	return w.Close()
}

// WriteTo gives what was spooled.
func (s *spool) WriteTo(w io.Writer) (int64, error) {
	if s.file == nil {
		return s.mem.WriteTo(w)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, s.file)
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
