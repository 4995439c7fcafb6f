package meta_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"maru"
	"maru/meta"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, path string) *meta.DB {
	t.Helper()
	db, err := meta.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSettingIsKept(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a b?#%25.db")
	db, err := meta.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Setting(ctx, "theme"); maru.KindOf(err) != maru.NotFound {
		t.Errorf("before it is set: %v", err)
	}
	for _, v := range []string{"light", "dark"} {
		if err := db.Set(ctx, "theme", v, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", st.Mode())
	}
	if got, err := open(t, path).Setting(ctx, "theme"); got != "dark" || err != nil {
		t.Errorf("after reopening: %q, %v", got, err)
	}
}

func TestPragmas(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"}
	got := map[string]string{}
	read := func(tx *sql.Tx) error {
		for name := range want {
			var v string
			if err := tx.QueryRow("PRAGMA " + name).Scan(&v); err != nil {
				return err
			}
			got[name] = v
		}
		return nil
	}
	if err := db.Read(context.Background(), read); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reader: %s", d)
	}
	if err := db.Write(context.Background(), read); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("writer: %s", d)
	}
}

func TestEvents(t *testing.T) {
	ctx := context.Background()
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	at := time.UnixMicro(1_700_000_000_000_000)
	for i, s := range []string{"broker", "web", "broker"} {
		ev := meta.Event{At: at.Add(time.Duration(i) * time.Second), Service: s, Kind: "backoff", Text: fmt.Sprint("e", i)}
		if err := db.AddEvent(ctx, ev); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Events(ctx, "broker", 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []meta.Event{
		{At: at.Add(2 * time.Second), Service: "broker", Kind: "backoff", Text: "e2"},
		{At: at, Service: "broker", Kind: "backoff", Text: "e0"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, err := db.Events(ctx, "", 2); len(got) != 2 || err != nil {
		t.Errorf("two of all: %v, %v", got, err)
	}
}

func TestEventsAreBounded(t *testing.T) {
	ctx := context.Background()
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	// Move the counter to just below the bound instead of writing that many.
	err := db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
			INSERT INTO event(at, service, kind, text) SELECT i, 'old', 'x', '' FROM n`, meta.EventsMax)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("한", 10_000)
	for range 5 {
		if err := db.AddEvent(ctx, meta.Event{At: time.Now(), Service: "new", Kind: "x", Text: long}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := db.Events(ctx, "", meta.EventsMax+100)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != meta.EventsMax || all[0].Service != "new" || all[4].Service != "new" {
		t.Errorf("%d events, want the newest %d", len(all), meta.EventsMax)
	}
	if n := len(all[0].Text); n == 0 || n > 4096 || strings.Trim(all[0].Text, "한") != "" {
		t.Errorf("a long text is kept with %d bytes", n)
	}
}

var errMine = errors.New("mine")

func insert(tx *sql.Tx, key string) error {
	_, err := tx.Exec("INSERT INTO setting VALUES (?, 'v', 0)", key)
	return err
}

func keys(t *testing.T, db *meta.DB) (out []string) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT key FROM setting ORDER BY key")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				return err
			}
			out = append(out, k)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// gather makes the writer hold one write until the others wait behind it, so
// that they share a commit.
func gather(db *meta.DB, fns ...func(tx *sql.Tx) error) []error {
	errs := make([]error, len(fns))
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.Write(context.Background(), func(*sql.Tx) error { close(held); <-hold; return nil })
	})
	<-held
	for i, fn := range fns {
		started := make(chan struct{})
		wg.Go(func() {
			close(started)
			errs[i] = db.Write(context.Background(), fn)
		})
		<-started
	}
	close(hold)
	wg.Wait()
	return errs
}

func TestWriteErrorsAreSeparate(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	errs := gather(db,
		func(tx *sql.Tx) error { return insert(tx, "a") },
		func(tx *sql.Tx) error { return errors.Join(insert(tx, "b"), errMine) },
		func(tx *sql.Tx) error { _ = insert(tx, "c"); panic("boom") },
		func(tx *sql.Tx) error { _, err := tx.Exec("INSERT INTO nowhere VALUES (1)"); return err },
		func(tx *sql.Tx) error { return errors.Join(insert(tx, "d"), insert(tx, "d")) },
		func(tx *sql.Tx) error { return insert(tx, "e") },
	)
	if errs[0] != nil || errs[5] != nil {
		t.Errorf("the good ones failed: %v, %v", errs[0], errs[5])
	}
	if !errors.Is(errs[1], errMine) {
		t.Errorf("got %v, want the function's own error", errs[1])
	}
	if errs[2] == nil || !strings.Contains(errs[2].Error(), "boom") {
		t.Errorf("panic: %v", errs[2])
	}
	if errs[3] == nil || maru.KindOf(errs[4]) != maru.Conflict {
		t.Errorf("sql errors: %v, %v", errs[3], errs[4])
	}
	if d := cmp.Diff([]string{"a", "e"}, keys(t, db)); d != "" {
		t.Error(d)
	}
}

func TestWriteSurvivesABrokenTransaction(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	errs := gather(db,
		func(tx *sql.Tx) error { return insert(tx, "a") },
		// What SQLite does by itself on a full disk or an interrupt.
		func(tx *sql.Tx) error { _ = insert(tx, "b"); _, err := tx.Exec("ROLLBACK"); return err },
		func(tx *sql.Tx) error { return insert(tx, "c") },
	)
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if d := cmp.Diff([]string{"a", "c"}, keys(t, db)); d != "" {
		t.Error(d)
	}
	if err := db.Write(context.Background(), func(tx *sql.Tx) error { return insert(tx, "d") }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWriteOfACanceledCallerDoesNotRun(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := db.Write(ctx, func(tx *sql.Tx) error { return insert(tx, "a") })
	if maru.KindOf(err) != maru.Canceled {
		t.Errorf("got %v", err)
	}
	if got := keys(t, db); got != nil {
		t.Errorf("it ran: %v", got)
	}
}

func TestConcurrentWritersAndReaders(t *testing.T) {
	const writers, each = 16, 25
	path := filepath.Join(t.TempDir(), "meta.db")
	db := open(t, path)
	ctx := context.Background()
	add := func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO setting VALUES ('n', '1', 0)
			ON CONFLICT (key) DO UPDATE SET value = value + 1`)
		return err
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := db.Write(ctx, add); err != nil {
					t.Error(err)
				}
				if _, err := db.Setting(ctx, "n"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, _ := db.Setting(ctx, "n"); got != fmt.Sprint(writers*each) {
		t.Errorf("n = %s, want %d", got, writers*each)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "meta.db"))
	err := db.Read(context.Background(), func(tx *sql.Tx) error { return insert(tx, "a") })
	if err == nil {
		t.Error("a reader wrote")
	}
}

func TestClosed(t *testing.T) {
	ctx := context.Background()
	db, err := meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Set(ctx, "k", "v", time.Now()); maru.KindOf(err) != maru.Unavailable {
		t.Errorf("write after close: %v", err)
	}
	if _, err := db.Setting(ctx, "k"); err == nil {
		t.Error("read after close worked")
	}
}

// A killed process leaves the WAL as it was: a copy of the files taken while
// the database is open must hold everything that Write reported as done.
func TestAcknowledgedWritesAreInTheFiles(t *testing.T) {
	ctx := context.Background()
	dir, copied := t.TempDir(), t.TempDir()
	db := open(t, filepath.Join(dir, "meta.db"))
	for i := range 50 {
		if err := db.Set(ctx, fmt.Sprintf("k%02d", i), "v", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, "meta.db"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" {
			b = append(b, "a torn frame"...)
		}
		if err := os.WriteFile(filepath.Join(copied, "meta.db"+suffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, open(t, filepath.Join(copied, "meta.db"))); len(got) != 50 {
		t.Errorf("%d of 50 settings are in the copy", len(got))
	}
}

func TestCorruptFile(t *testing.T) {
	ctx := context.Background()
	good := filepath.Join(t.TempDir(), "good.db")
	db, err := meta.Open(ctx, good)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	zeroed := append([]byte(nil), whole...)
	clear(zeroed[4096:8192])
	for name, bytes := range map[string][]byte{
		"not a database": []byte("hello, this is a text file and not a database"),
		"short":          []byte("SQL"),
		"zeroed page":    zeroed,
		"cut":            whole[:4096],
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.db")
			if err := os.WriteFile(path, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := meta.Open(ctx, path)
			if maru.KindOf(err) != maru.Corrupt || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v (%v), want corrupt with the file's name", err, maru.KindOf(err))
			}
		})
	}
}

func TestForeignHistoryIsRefused(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]string{
		"newer":   "INSERT INTO migration VALUES (9999, 'from_the_future', 'x', 0)",
		"changed": "UPDATE migration SET checksum = 'x' WHERE number = 1",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meta.db")
			db, err := meta.Open(ctx, path)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Write(ctx, func(tx *sql.Tx) error { _, err := tx.Exec(change); return err })
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			_, err = meta.Open(ctx, path)
			if maru.KindOf(err) != maru.Conflict || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpenWhereNothingCanBe(t *testing.T) {
	if _, err := meta.Open(context.Background(), filepath.Join(t.TempDir(), "no", "dir", "meta.db")); err == nil {
		t.Error("opened a database in a directory that is not there")
	}
}

// BenchmarkWrite shows what sharing a commit gives: durable writes a second by
// one caller and by many.
func BenchmarkWrite(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := open(b, filepath.Join(b.TempDir(), "meta.db"))
			ctx := context.Background()
			b.SetParallelism(callers)
			if callers == 1 {
				for b.Loop() {
					if err := db.Set(ctx, "k", "v", time.Now()); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := db.Set(ctx, "k", "v", time.Now()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
