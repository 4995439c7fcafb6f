package meta

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"maru"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step NNNN_name.sql. A step that was released is never
// changed, which the checksum watches; what it did wrong, the next one mends.
type migration struct {
	number int
	name   string
	text   string
}

func (m migration) checksum() string {
	sum := sha256.Sum256([]byte(m.text))
	return hex.EncodeToString(sum[:])
}

// migrations reads the embedded steps in order. They are part of the program,
// so a misnamed one is a broken build, found by the first test.
func migrations() []migration {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err)
	}
	var out []migration
	for _, e := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			panic(err)
		}
		m, err := parseMigration(e.Name(), string(text))
		if err != nil {
			panic(err)
		}
		out = append(out, m)
	}
	return out
}

func parseMigration(file, text string) (migration, error) {
	number, name, ok := strings.Cut(strings.TrimSuffix(file, ".sql"), "_")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || len(number) != 4 || n < 1 {
		return migration{}, fmt.Errorf("migration %s is not called NNNN_name.sql", file)
	}
	return migration{number: n, name: name, text: text}, nil
}

const migrationTable = `CREATE TABLE IF NOT EXISTS migration (
  number     INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  checksum   TEXT NOT NULL, -- sha256 of the step's text
  applied_at INTEGER NOT NULL -- microseconds since 1970 UTC
) STRICT`

// migrate applies the steps that are missing, all or none.
func migrate(ctx context.Context, db *sql.DB, steps []migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := migrateIn(ctx, tx, steps); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func migrateIn(ctx context.Context, tx *sql.Tx, steps []migration) error {
	if _, err := tx.ExecContext(ctx, migrationTable); err != nil {
		return err
	}
	have, err := applied(ctx, tx)
	if err != nil {
		return err
	}
	if err := compare(have, steps); err != nil {
		return err
	}
	for _, m := range steps[len(have):] {
		if err := apply(ctx, tx, m); err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.number, m.name, err)
		}
	}
	return nil
}

type appliedStep struct {
	number         int
	name, checksum string
}

func applied(ctx context.Context, tx *sql.Tx) (have []appliedStep, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT number, name, checksum FROM migration ORDER BY number")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a appliedStep
		if err := rows.Scan(&a.number, &a.name, &a.checksum); err != nil {
			return nil, err
		}
		have = append(have, a)
	}
	return have, rows.Err()
}

// compare refuses a database whose history is not the beginning of ours.
func compare(have []appliedStep, steps []migration) error {
	newest := 0
	if len(steps) > 0 {
		newest = steps[len(steps)-1].number
	}
	if i := slices.IndexFunc(have, func(a appliedStep) bool { return a.number > newest }); i >= 0 {
		return maru.Errorf(maru.Conflict, "the database is of version %d (%s) and this maru knows versions up to %d: start the newer maru that wrote it, or restore a backup from before",
			have[len(have)-1].number, have[len(have)-1].name, newest)
	}
	for i, a := range have {
		m := steps[i]
		if a.number != m.number || a.checksum != m.checksum() {
			return maru.Errorf(maru.Conflict, "migration %04d_%s of the database is not the one that this maru knows (%04d_%s): it was made by another build; start that one, or restore a backup",
				a.number, a.name, m.number, m.name)
		}
	}
	return nil
}

func apply(ctx context.Context, tx *sql.Tx, m migration) error {
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO migration(number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
		m.number, m.name, m.checksum(), time.Now().UnixMicro())
	return err
}
