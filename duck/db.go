package duck

import (
	"context"
	"fmt"
	"sync"
	"time"

	bind "github.com/duckdb/duckdb-go-bindings"

	"maru"
)

// interruptEvery is how often a cancelled statement is interrupted again: the
// engine clears the flag when a statement begins, so one interrupt can be lost.
const interruptEvery = 20 * time.Millisecond

// Config of an instance. Sizes are in DuckDB's words ("2GB"); empty = DuckDB's default.
type Config struct {
	Path        string // "" = in memory
	Threads     int
	MemoryLimit string
	TempDir     string // where sorts and joins spill
	TempMax     string
	Settings    map[string]string // any other start-up setting
}

// DB is one DuckDB instance. Its connections may be used from different
// goroutines, each from one at a time.
type DB struct {
	db bind.Database
	mu sync.Mutex // guards conns, closed
	// conns are those not yet closed: an instance with an open connection or
	// statement is never freed, and opening its path again then spins.
	conns  map[*Conn]struct{}
	closed bool
}

// Version is DuckDB's own, as "v1.5.5".
func Version() string { return bind.LibraryVersion() }

// Open starts an instance with UTC as its time zone and nothing fetched from the network.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	var bc bind.Config
	if bind.CreateConfig(&bc) == bind.StateError {
		return nil, fmt.Errorf("duckdb: no configuration could be made")
	}
	defer bind.DestroyConfig(&bc)
	for k, v := range settings(cfg) {
		if bind.SetConfig(bc, k, v) == bind.StateError {
			return nil, maru.Errorf(maru.Invalid, "duckdb setting %s = %q is not accepted", k, v)
		}
	}
	d := &DB{conns: map[*Conn]struct{}{}}
	var msg string
	if bind.OpenExt(cfg.Path, &d.db, bc, &msg) == bind.StateError {
		bind.Close(&d.db)
		return nil, fmt.Errorf("open duckdb %q: %w", cfg.Path, newError(bind.ErrorTypeInvalid, msg))
	}
	if err := d.setUTC(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// setUTC comes after opening: the setting belongs to the linked ICU extension.
func (d *DB) setUTC(ctx context.Context) error {
	c, err := d.Conn()
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Exec(ctx, "SET GLOBAL TimeZone = 'UTC'")
}

func settings(cfg Config) map[string]string {
	s := map[string]string{
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
		"memory_limit":                 cfg.MemoryLimit,
		"temp_directory":               cfg.TempDir,
		"max_temp_directory_size":      cfg.TempMax,
	}
	if cfg.Threads > 0 {
		s["threads"] = fmt.Sprint(cfg.Threads)
	}
	for k, v := range cfg.Settings {
		s[k] = v
	}
	for k, v := range s {
		if v == "" {
			delete(s, k)
		}
	}
	return s
}

// Conn opens a connection. The caller closes it.
func (d *DB) Conn() (*Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, maru.Errorf(maru.Unavailable, "this duckdb instance is closed")
	}
	c := &Conn{db: d}
	if bind.Connect(d.db, &c.conn) == bind.StateError {
		return nil, fmt.Errorf("duckdb refused a connection")
	}
	d.conns[c] = struct{}{}
	return c, nil
}

// Close closes what connections are left, then the instance.
func (d *DB) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	left := make([]*Conn, 0, len(d.conns))
	for c := range d.conns {
		left = append(left, c)
	}
	d.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
	bind.Close(&d.db)
	return nil
}
