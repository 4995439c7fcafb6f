//go:build duckdb_arrow

package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/duck"
)

func engine(t testing.TB) *duck.Conn {
	t.Helper()
	db, err := duck.Open(context.Background(), duck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(t testing.TB, c *duck.Conn) Options {
	return Options{
		Files: func(p string) ([]string, error) {
			if strings.HasPrefix(p, "/") {
				return nil, maru.Errorf(maru.Denied, "%s is outside", p)
			}
			return []string{"/srv/" + p}, nil
		},
		Window: func(name string) (map[string]any, error) {
			ast, err := c.Parse(context.Background(), WindowSQL(name, duck.Tumble, duck.Hop))
			if err != nil {
				t.Fatal(err)
			}
			return child(child(ast.Statements[0], "node"), "from_table"), nil
		},
		Params: []any{int64(7), "it's", nil, true, 1.5},
	}
}

// TestEveryFunctionIsClassified fails when an upgrade of DuckDB brings functions
// that nobody has looked at, or takes some away.
func TestEveryFunctionIsClassified(t *testing.T) {
	c := engine(t)
	has := map[string]bool{}
	err := c.Each(context.Background(), "SELECT DISTINCT function_name, function_type LIKE 'table%' FROM duckdb_functions() WHERE function_type != 'pragma'", func(rec arrow.RecordBatch) error {
		for i := range int(rec.NumRows()) {
			name, table := strings.Clone(rec.Column(0).ValueStr(i)), rec.Column(1).ValueStr(i) == "true"
			has[strings.ToLower(name)] = true
			if Class(name, table) == "" {
				t.Errorf("function %s (in FROM: %v) is not classified", name, table)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range allowed {
		if !has[name] {
			t.Errorf("%s is allowed, but there is no such function", name)
		}
		if denied[name] != "" {
			t.Errorf("%s is both allowed and denied", name)
		}
	}
	for name := range denied {
		if !has[name] && name != "getenv" { // only DuckDB's own shell has it
			t.Errorf("%s is denied, but there is no such function", name)
		}
	}
}

func TestCheck(t *testing.T) {
	c := engine(t)
	for _, tt := range []struct{ sql, want string }{
		{"SELECT 1", "SELECT 1"},
		{"FROM log", "SELECT * FROM maru_t1 AS log"},
		{"FROM log l, \"Log\", log", `SELECT * FROM maru_t1 AS l , maru_t2 AS Log , maru_t1 AS log`},
		{"WITH a AS (FROM log) FROM a", "WITH a AS (SELECT * FROM maru_t1 AS log)SELECT * FROM a"},
		{"WITH log AS (FROM log) FROM log", "WITH log AS (SELECT * FROM maru_t1 AS log)SELECT * FROM log"},
		{"SELECT (WITH a AS (SELECT 1 x) SELECT x FROM a), x FROM a", "SELECT (WITH a AS (SELECT 1 AS x)SELECT x FROM a), x FROM maru_t1 AS a"},
		{"FROM 'x.csv'", "SELECT * FROM read_csv_auto(main.list_value('/srv/x.csv')) AS x"},
		{"FROM read_json('x', format = 'array') j", "SELECT * FROM read_json(main.list_value('/srv/x'), (format = 'array')) AS j"},
		{"SELECT $1, $2, $3, $4, $5", "SELECT 7, 'it''s', NULL, CAST('true' AS BOOLEAN), CAST('1.5' AS DOUBLE)"},
		{"SHOW TABLES", "SELECT * FROM maru_catalog"},
		{"SELECT approx_quantile(x, 0.5) AS m FROM t", "SELECT maru_sketch_quantile(histogram(maru_sketch_bucket(x)), 0.5) AS m FROM maru_t1 AS t"},
		{"SELECT approx_quantile(DISTINCT x, 0.5) FILTER (y) FROM t", "SELECT maru_sketch_quantile(histogram(DISTINCT maru_sketch_bucket(x)) FILTER (WHERE y), 0.5) AS approx_quantile FROM maru_t1 AS t"},
		{"FROM glob('x')", `SELECT * FROM unnest(list_value('/srv/x')) AS "glob"(file)`},
	} {
		ast, err := c.Parse(context.Background(), tt.sql)
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		st, err := Check(ast, options(t, c))
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		got, err := c.Format(context.Background(), st.AST)
		if err != nil || strings.ReplaceAll(got, "main.list_value", "list_value") != strings.ReplaceAll(tt.want, "main.list_value", "list_value") {
			t.Errorf("%s:\n got %s (%v)\nwant %s", tt.sql, got, err, tt.want)
		}
	}
}

func TestCheckSaysWhere(t *testing.T) {
	c := engine(t)
	for _, tt := range []struct {
		sql  string
		at   int
		kind maru.Kind
		says string
	}{
		{"SELECT 1,\n getenv('x')", 11, maru.Denied, "getenv"},
		{"FROM main.t", 5, maru.Denied, "no schema"},
		{"SELECT 1 FROM read_csv('/x')", 14, maru.Denied, "outside"},
		{"FROM read_csv('x', store_rejects = true)", 19, maru.Denied, "store_rejects"},
		{"SELECT $9", -1, maru.Invalid, "$9"},
		{"SELECT 1; SELECT 2", -1, maru.Invalid, "one at a time"},
		{"FROM tumble(t, 1)", 5, maru.Invalid, "3 arguments"},
		{"SELECT approx_quantile(1)", 7, maru.Invalid, "0 and 1"},
	} {
		ast, err := c.Parse(context.Background(), tt.sql)
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		_, err = Check(ast, options(t, c))
		var e *Error
		if !errors.As(err, &e) || e.At != tt.at || e.Kind != tt.kind || !strings.Contains(e.Text, tt.says) {
			t.Errorf("%s: %#v", tt.sql, err)
		}
	}
}

func TestUnknownNodesAreRefused(t *testing.T) {
	c := engine(t)
	for _, change := range []func(root node){
		func(root node) { root["type"] = "NEW_NODE" },
		func(root node) { child(root, "from_table")["type"] = "NEW_REF" },
		func(root node) { list(root, "select_list")[0].(node)["class"] = "NEW_CLASS" },
		func(root node) { list(root, "select_list")[0].(node)["class"] = 5 },
		func(root node) {
			root["new_field"] = node{"type": "BASE_TABLE", "table_name": "x", "schema_name": "main"}
		},
		func(root node) { root["new_field"] = []any{node{"type": true}} },
	} {
		ast, err := c.Parse(context.Background(), "SELECT a FROM t")
		if err != nil {
			t.Fatal(err)
		}
		change(child(ast.Statements[0], "node"))
		if _, err := Check(ast, options(t, c)); maru.KindOf(err) != maru.Denied && !isDenied(err) {
			t.Errorf("%v was taken", ast.Statements[0])
		}
	}
}

func isDenied(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == maru.Denied
}

func TestTooManyTables(t *testing.T) {
	c := engine(t)
	var sql strings.Builder
	sql.WriteString("FROM t0")
	for i := range TablesMax {
		fmt.Fprintf(&sql, ", t%d", i+1)
	}
	ast, err := c.Parse(context.Background(), sql.String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Check(ast, options(t, c))
	var e *Error
	if !errors.As(err, &e) || e.Kind != maru.TooLarge {
		t.Error(err)
	}
}

func TestStandIn(t *testing.T) {
	c := engine(t)
	ast, err := c.Parse(context.Background(), "SELECT b FROM 'x.csv' AS y(b)")
	if err != nil {
		t.Fatal(err)
	}
	st, err := Check(ast, options(t, c))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := c.Format(context.Background(), st.AST)
	restore := st.StandIn()
	if got, err := c.Format(context.Background(), st.AST); got != "SELECT b FROM maru_f1 AS y(b)" {
		t.Error(got, err)
	}
	restore()
	if after, err := c.Format(context.Background(), st.AST); after != before || before == "" {
		t.Error(after, err)
	}
}
