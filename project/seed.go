package project

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// Bounds of one seed.
const (
	SeedBytesMax  = 64 << 20
	seedHeaderMax = 64 << 10
)

// seed looks at the first line of a seed; head is the start of the file.
func (r *reader) seed(head []byte, whole bool) {
	if len(bytes.TrimSpace(head)) == 0 {
		r.fail(Pos{1, 1}, "write the columns' names in the first line", "the file is empty")
		return
	}
	names, err := csv.NewReader(bytes.NewReader(head)).Read()
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		r.fail(Pos{bad.Line, bad.Column}, "", "this is not CSV: %v", bad.Err)
		return
	case err != nil && !errors.Is(err, io.EOF):
		r.fail(Pos{1, 1}, "", "this is not CSV: %v", err)
		return
	case !whole && !bytes.ContainsRune(head, '\n'):
		r.fail(Pos{1, 1}, "", "the first line is longer than %d bytes", seedHeaderMax)
		return
	}
	seen := map[string]bool{}
	for i, n := range names {
		n = strings.TrimSpace(n)
		switch {
		case n == "":
			r.fail(Pos{1, 1}, "the first line names the columns", "column %d has no name", i+1)
		case seen[foldName(n)]:
			r.fail(Pos{1, 1}, "", "column %q stands here twice", n)
		}
		seen[foldName(n)] = true
	}
}
