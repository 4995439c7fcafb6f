package room

import (
	"slices"

	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"maru"
	"maru/duck"
	"maru/query/internal/gate"
	"maru/query/internal/wire"
)

// Config of a worker.
type Config struct {
	MemoryLimit string // in DuckDB's words: "4GB"
	TempDir     string // where sorts and joins spill
	TempMax     string
	Threads     int
}

// instance is one DuckDB that serves one statement.
type instance struct {
	db   *duck.DB
	conn *duck.Conn // runs the statement
}

// openInstance makes an instance that may still touch the outside: lock comes
// when it is known what the statement reads.
func openInstance(ctx context.Context, cfg Config) (*instance, error) {
	db, err := duck.Open(ctx, duck.Config{Threads: cfg.Threads, MemoryLimit: cfg.MemoryLimit, TempDir: cfg.TempDir, TempMax: cfg.TempMax,
		Settings: map[string]string{
			"allow_community_extensions": "false", "allow_unsigned_extensions": "false", "allow_persistent_secrets": "false",
		}})
	if err != nil {
		return nil, err
	}
	in := &instance{db: db}
	if in.conn, err = db.Conn(); err != nil {
		db.Close()
		return nil, err
	}
	return in, nil
}

func (in *instance) close() { in.db.Close() }

// shut lets the instance read files and nothing else of the outside. It cannot
// be taken back.
func (in *instance) shut(ctx context.Context, files []string) error {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = maru.Literal(f)
	}
	return in.conn.Exec(ctx, "SET allowed_paths = ["+strings.Join(quoted, ", ")+"]; SET allowed_directories = []; SET enable_external_access = false")
}

// lock keeps the settings as they are. It is the last thing before the
// statement runs.
func (in *instance) lock(ctx context.Context) error {
	return in.conn.Exec(ctx, "SET lock_configuration = true")
}

// planning turns off the optimizers that would plan an empty table away, and
// one whose plans cannot be written down.
func (in *instance) planning(ctx context.Context, on bool) error {
	if on {
		return in.conn.Exec(ctx, "SET disabled_optimizers = 'statistics_propagation,empty_result_pullup,late_materialization'")
	}
	return in.conn.Exec(ctx, "RESET disabled_optimizers")
}

// typeOK says whether s may stand as a type in SQL that we write: types come
// from the server, but from files that people write.
func typeOK(s maru.Type) bool {
	if s == "" || len(s) > 4096 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_ (),[]\"", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// columnsSQL is "name" TYPE, … of some columns.
func columnsSQL(cols maru.Schema) (string, error) {
	parts := make([]string, len(cols))
	for i, c := range cols {
		if !typeOK(c.Type) {
			return "", maru.Errorf(maru.Invalid, "column %s has the type %q, which is not one", c.Name, c.Type)
		}
		parts[i] = maru.Quote(c.Name) + " " + string(c.Type)
	}
	return strings.Join(parts, ", "), nil
}

// stub makes an empty table to plan with.
func (in *instance) stub(ctx context.Context, room string, cols maru.Schema) error {
	list, err := columnsSQL(cols)
	if err != nil {
		return err
	}
	return in.conn.Exec(ctx, "CREATE TABLE "+maru.Quote(room)+" ("+list+")")
}

// dataTable is the table that holds what was brought for a stub.
func dataTable(room string) string { return room + "_rows" }

// hold makes the table for the rows of a stub: only the columns that are used.
func (in *instance) hold(ctx context.Context, room string, cols maru.Schema) error {
	return in.stub(ctx, dataTable(room), cols)
}

// furnish replaces a stub by a view of what was brought. Columns that are not
// used are still there by name, or the statement would not bind.
func (in *instance) furnish(ctx context.Context, room string, all maru.Schema, used []string) error {
	has := map[string]bool{}
	for _, u := range used {
		has[u] = true
	}
	parts := make([]string, len(all))
	for i, c := range all {
		parts[i] = maru.Quote(c.Name)
		if !has[c.Name] {
			parts[i] = fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Type, maru.Quote(c.Name))
		}
	}
	return in.conn.Exec(ctx, "DROP TABLE "+maru.Quote(room)+"; CREATE VIEW "+maru.Quote(room)+
		" AS SELECT "+strings.Join(parts, ", ")+" FROM "+maru.Quote(dataTable(room)))
}

// seedSQL reads a seed's file; its columns have the declared types, if there are some.
func seedSQL(st wire.Stub) (string, error) {
	reader := gate.FileFunction(st.File)
	if reader == "" {
		return "", maru.Errorf(maru.Invalid, "the seed %s is no CSV, JSON or Parquet file", st.File)
	}
	list := "*"
	if len(st.Columns) > 0 {
		parts := make([]string, len(st.Columns))
		for i, c := range st.Columns {
			if !typeOK(c.Type) {
				return "", maru.Errorf(maru.Invalid, "column %s has the type %q, which is not one", c.Name, c.Type)
			}
			parts[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", maru.Quote(c.Name), c.Type, maru.Quote(c.Name))
		}
		list = strings.Join(parts, ", ")
	}
	return "SELECT " + list + " FROM " + reader + "([" + maru.Literal(st.File) + "])", nil
}

// catalog makes the table that SHOW TABLES reads.
func (in *instance) catalog(ctx context.Context, rows []wire.CatalogRow) error {
	const catalogBatch = 500
	if err := in.conn.Exec(ctx, "CREATE TABLE "+gate.CatalogTable+" (name VARCHAR, kind VARCHAR, columns VARCHAR, note VARCHAR)"); err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, catalogBatch) {
		lits := make([]string, len(chunk))
		for i, r := range chunk {
			lits[i] = "(" + maru.Literal(r.Name) + ", " + maru.Literal(r.Kind) + ", " + maru.Literal(r.Columns) + ", " + maru.Literal(r.Note) + ")"
		}
		if err := in.conn.Exec(ctx, "INSERT INTO "+gate.CatalogTable+" VALUES "+strings.Join(lits, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// explain is DuckDB's plan of a statement, as pairs of key and text.
func (in *instance) explain(ctx context.Context, sql string) ([][2]string, error) {
	var out [][2]string
	err := in.conn.Each(ctx, "EXPLAIN "+sql, func(rec arrow.RecordBatch) error {
		for i := range int(rec.NumRows()) {
			out = append(out, [2]string{strings.Clone(rec.Column(0).ValueStr(i)), strings.Clone(rec.Column(1).ValueStr(i))})
		}
		return nil
	})
	return out, err
}
