package meta

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"maru"
)

// fileMagic begins every SQLite file (sqlite.org/fileformat.html, 1.3).
const fileMagic = "SQLite format 3\x00"

const corruptAdvice = "; put a backup in its place, or move it and its -wal and -shm files away to begin with an empty one"

// kindOf reads SQLite's result code; the low byte of an extended code is the
// primary one.
func kindOf(err error) (kind maru.Kind, advice string) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return maru.KindOf(err), ""
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return maru.Corrupt, corruptAdvice
	case lib.SQLITE_FULL:
		return maru.OutOfSpace, "; make room on its disk"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return maru.Unavailable, "; another program holds the database: close it and try again"
	case lib.SQLITE_CONSTRAINT:
		return maru.Conflict, ""
	case lib.SQLITE_NOMEM:
		return maru.OutOfMemory, ""
	case lib.SQLITE_TOOBIG:
		return maru.TooLarge, ""
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_IOERR:
		return maru.Unavailable, "; look at the disk and at who may write there"
	case lib.SQLITE_INTERRUPT:
		return maru.Canceled, ""
	}
	return maru.Internal, ""
}

// checkHeader looks at the first bytes before SQLite does: a file that was
// overwritten is named as such instead of failing in some later statement.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(fileMagic))
	n, err := io.ReadFull(f, head)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return nil // new
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case !bytes.Equal(head, []byte(fileMagic)):
		return maru.Errorf(maru.Corrupt, "it is not a SQLite database%s", corruptAdvice)
	}
	return nil
}

// checkSound asks SQLite whether the pages fit together.
func checkSound(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return maru.Errorf(maru.Corrupt, "the database is damaged: %s%s", said, corruptAdvice)
	}
	return nil
}
