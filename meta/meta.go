package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"maru"
	"maru/run"
)

// busyTimeoutMs is how long a connection waits for a lock of another process
// (a backup, the sqlite3 shell), in milliseconds.
const busyTimeoutMs = 5000

// readersMin is the least number of readers at a time; it grows with the CPUs.
const readersMin = 4

// DB is an open database. All methods may be called at the same time.
type DB struct {
	path   string
	read   *sql.DB
	write  *sql.DB // one connection
	writer *writer
}

// Open opens the database at path, makes it when it is not there, and brings
// it to the newest version. It is maru.Corrupt when the file is not a sound
// database, maru.Conflict when a newer maru has written it.
func Open(ctx context.Context, path string) (*DB, error) {
	db := &DB{path: path}
	if err := db.open(ctx); err != nil {
		kind, advice := kindOf(err)
		err = &maru.Error{Op: "meta.Open", Kind: kind, Err: fmt.Errorf("%s: %w%s", path, err, advice)}
		return nil, errors.Join(err, db.closePools())
	}
	db.writer = newWriter(db.write, db.explain)
	run.Go("meta writer", db.writer.loop)
	return db, nil
}

func (db *DB) open(ctx context.Context) (err error) {
	if err := ownFile(db.path); err != nil {
		return err
	}
	if db.write, err = sql.Open("sqlite", dsn(db.path, false)); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn(db.path, true)); err != nil {
		return err
	}
	readers := max(readersMin, runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	if err := checkHeader(db.path); err != nil {
		return err
	}
	if err := checkSound(ctx, db.write); err != nil {
		return err
	}
	return migrate(ctx, db.write, migrations())
}

// ownFile makes the file for its owner alone; SQLite gives the -wal and -shm
// files the same mode.
func ownFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn names the file and what every connection sets. A path may hold any
// character, so it goes in as a URI.
func dsn(path string, readOnly bool) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	q := url.Values{}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeoutMs))
	q.Add("_pragma", "journal_mode(WAL)")
	q.Add("_pragma", "synchronous(FULL)")
	q.Add("_pragma", "foreign_keys(ON)")
	q.Add("_txlock", "immediate")
	if readOnly {
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(ON)")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// Read runs fn in a transaction that sees one state of the database and cannot
// change it. Readers neither wait for the writer nor hold it up.
func (db *DB) Read(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return db.explain("meta.Read", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to lose: it only read
	return db.explain("meta.Read", protect(tx, fn))
}

// Write runs fn in a transaction and returns when it is on disk. Writes that
// come together share one commit; each sees those before it, and an error of
// fn undoes what that fn did and nothing else. fn must neither commit, roll
// back nor call Write, and its statements should take no context: it runs
// alone, and everybody waits for it. It may be called again when a neighbour
// broke the shared transaction; only the last call counts. Once fn has begun,
// Write no longer looks at ctx, so that its answer is always what is on disk.
func (db *DB) Write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return db.writer.write(ctx, fn)
}

// Path is the database's file.
func (db *DB) Path() string { return db.path }

// Close waits for the writes under way, refuses later ones with
// maru.Unavailable, moves the WAL into the file, and closes it.
func (db *DB) Close() error {
	db.writer.close()
	return db.explain("meta.Close", db.closePools())
}

func (db *DB) closePools() error {
	var errs []error
	// Readers first: the last connection to close is the one that checkpoints,
	// and a query_only connection could not.
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// protect runs fn; a panic becomes an error, so that one writer's mistake does
// not end the others' transaction.
func protect(tx *sql.Tx, fn func(tx *sql.Tx) error) error {
	return run.Protect("meta", func() error { return fn(tx) })
}

// explain gives err a kind and the file's name, unless it came from the
// caller's own function with a kind of its own.
func (db *DB) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *maru.Error
	if errors.As(err, &known) {
		return err
	}
	kind, advice := kindOf(err)
	if kind == maru.Internal {
		return err
	}
	return &maru.Error{Op: op, Kind: kind, Err: fmt.Errorf("%s: %w%s", db.path, err, advice)}
}
