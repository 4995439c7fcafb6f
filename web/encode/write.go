package encode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Bounds of the buffer that text is gathered in. One large row may exceed
// them; such a buffer is not kept.
const (
	flushBytes = 64 << 10
	keepBytes  = 1 << 20
)

// Source gives record batches until io.EOF. A batch is valid until the next
// call.
type Source interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
}

// Arrow writes src as an Arrow IPC stream.
func Arrow(w io.Writer, src Source) error {
	out := ipc.NewWriter(w, ipc.WithSchema(src.Schema()))
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		if err := out.Write(rec); err != nil {
			return fmt.Errorf("write Arrow: %w", err)
		}
		flush(w)
	}
}

// NDJSON writes one object a line.
func NDJSON(w io.Writer, src Source) error {
	keys := objectKeys(names(src.Schema()))
	return rows(w, src, nil, func(dst []byte, cells []Cell, i int) []byte {
		return append(appendObject(dst, keys, cells, i), '\n')
	})
}

// JSON writes one array of objects.
func JSON(w io.Writer, src Source) error {
	keys := objectKeys(names(src.Schema()))
	lead := "[\n"
	err := rows(w, src, nil, func(dst []byte, cells []Cell, i int) []byte {
		dst = append(dst, lead...)
		lead = ",\n"
		return appendObject(dst, keys, cells, i)
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if lead == "[\n" {
		end = "[]\n"
	}
	_, err = io.WriteString(w, end)
	return err
}

// CSVStyle is how CSV is written.
type CSVStyle struct {
	BOM     bool // for Excel, which takes a file without one for another encoding
	Unix    bool // lines end in LF; else CR LF, as RFC 4180 has it
	NoNames bool // no line of names
	Safe    bool // texts that a spreadsheet would take for a formula get a ' in front
}

// CSV writes RFC 4180. NULL is an empty field, an empty text is "".
func CSV(w io.Writer, src Source, style CSVStyle) error {
	end := "\r\n"
	if style.Unix {
		end = "\n"
	}
	var head []byte
	if style.BOM {
		head = append(head, "\ufeff"...)
	}
	if !style.NoNames {
		for c, n := range names(src.Schema()) {
			if c > 0 {
				head = append(head, ',')
			}
			start := len(head)
			if style.Safe && formula(n) {
				head = append(head, '\'')
			}
			head = csvQuote(append(head, n...), start)
		}
		head = append(head, end...)
	}
	return rows(w, src, head, func(dst []byte, cells []Cell, i int) []byte {
		for c := range cells {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = appendCSV(dst, cells[c], i, style.Safe)
		}
		return append(dst, end...)
	})
}

func appendCSV(dst []byte, c Cell, i int, safe bool) []byte {
	if c.null(i) {
		return dst
	}
	start := len(dst)
	dst = c.put(dst, i)
	if c.form == text || c.form == nested || c.form == verbatim {
		if safe && formula(dst[start:]) {
			dst = slices.Insert(dst, start, '\'')
		}
		return csvQuote(dst, start)
	}
	return dst
}

// formula says whether a spreadsheet would take a text for one.
func formula[T string | []byte](text T) bool {
	return len(text) > 0 && strings.IndexByte("=+-@\t\r", text[0]) >= 0
}

// csvQuote quotes dst from start on if it must be. A space at either end is
// quoted too: many readers trim.
func csvQuote(dst []byte, start int) []byte {
	field := dst[start:]
	if len(field) > 0 && !bytes.ContainsAny(field, ",\"\r\n") && field[0] != ' ' && field[len(field)-1] != ' ' {
		return dst
	}
	quotes := bytes.Count(field, []byte{'"'})
	raw := bytes.Clone(field)
	dst = append(dst[:start], '"')
	if quotes > 0 {
		raw = bytes.ReplaceAll(raw, []byte{'"'}, []byte{'"', '"'})
	}
	return append(append(dst, raw...), '"')
}

func names(s *arrow.Schema) []string {
	ns := make([]string, s.NumFields())
	for i := range ns {
		ns[i] = s.Field(i).Name
	}
	return ns
}

// rows writes head and then every row, in pieces of flushBytes.
func rows(w io.Writer, src Source, head []byte, row func([]byte, []Cell, int) []byte) error {
	buf := make([]byte, 0, flushBytes+flushBytes/4)
	buf = append(buf, head...)
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, flushTo(w, buf))
		}
		cells := Cells(rec)
		for i := range int(rec.NumRows()) {
			buf = row(buf, cells, i)
			if len(buf) < flushBytes {
				continue
			}
			if _, err := w.Write(buf); err != nil {
				return fmt.Errorf("write rows: %w", err)
			}
			if buf = buf[:0]; cap(buf) > keepBytes {
				buf = make([]byte, 0, flushBytes+flushBytes/4)
			}
		}
		if err := flushTo(w, buf); err != nil {
			return err
		}
		buf = buf[:0]
		flush(w)
	}
	return flushTo(w, buf)
}

func flushTo(w io.Writer, buf []byte) error {
	if len(buf) == 0 {
		return nil
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// flush sends what a batch gave at once, where w can: an answer in pieces is
// read in pieces.
func flush(w io.Writer) {
	if f, ok := w.(interface{ FlushError() error }); ok {
		_ = f.FlushError() // the next write fails with the same
	}
}
