package meta

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"maru"
)

func TestMigrationNames(t *testing.T) {
	for i, m := range migrations() {
		if m.number != i+1 {
			t.Errorf("migration %04d_%s should be number %04d", m.number, m.name, i+1)
		}
	}
	for _, bad := range []string{"1_x.sql", "0001.sql", "000a_x.sql", "0000_x.sql", "readme.sql"} {
		if _, err := parseMigration(bad, ""); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// Steps are added one by one over the years; a step that fails leaves the
// database as it was.
func TestMigrateStepByStep(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "m.db"), false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	steps := []migration{
		{1, "one", "CREATE TABLE a(x); INSERT INTO a VALUES (1)"},
		{2, "two", "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = 2"},
	}
	for n := range steps {
		for range 2 { // the second time there is nothing to do
			if err := migrate(ctx, db, steps[:n+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	bad := append(steps, migration{3, "three", "CREATE TABLE b(x); INSERT INTO nowhere VALUES (1)"})
	if err := migrate(ctx, db, bad); err == nil || !strings.Contains(err.Error(), "0003_three") {
		t.Errorf("got %v", err)
	}
	var tables, y int
	if err := db.QueryRow("SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'b'), (SELECT y FROM a)").Scan(&tables, &y); err != nil {
		t.Fatal(err)
	}
	if tables != 0 || y != 2 {
		t.Errorf("the failed step left something: tables %d, y %d", tables, y)
	}
	if err := migrate(ctx, db, steps[:1]); maru.KindOf(err) != maru.Conflict || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("an older program: %v", err)
	}
}
