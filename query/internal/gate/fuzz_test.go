//go:build duckdb_arrow

package gate

import (
	"context"
	"strings"
	"testing"
)

// FuzzCheck: whatever passes names only tables of the room, and calls only
// what is allowed, also after it has been written as text and read again.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{
		"SELECT 1", "WITH a AS (FROM t) SELECT * FROM a, b JOIN 'x.csv' USING (x) WHERE y IN (SELECT z FROM c)", "FROM tumble((FROM t), ts, INTERVAL 1 SECOND)",
		"SELECT approx_quantile(a, 0.5) OVER (PARTITION BY b) FROM hop(t, x, INTERVAL 1 DAY, INTERVAL 2 DAY)", "SHOW TABLES", "DESCRIBE t", "SUMMARIZE t",
		"PIVOT t ON a IN (1, 2) USING sum(b)", "UNPIVOT t ON a, b", "WITH RECURSIVE r AS (SELECT 1 UNION ALL FROM r) FROM r", "SELECT * FROM read_csv(['a', 'b'], header = true)",
		"SELECT getenv('x'), query('y') FROM main.t", "SELECT [x FOR x IN list IF f(x)]", "VALUES ((SELECT 1 FROM t))", "FROM duckdb_settings()",
	} {
		f.Add(s)
	}
	c := engine(f)
	o := options(f, c)
	f.Fuzz(func(t *testing.T, sql string) {
		ctx := context.Background()
		ast, err := c.Parse(ctx, sql)
		if err != nil {
			return
		}
		st, err := Check(ast, o)
		if err != nil {
			return
		}
		out, err := c.Format(ctx, st.AST)
		if err != nil {
			return
		}
		again, err := c.Parse(ctx, out)
		if err != nil {
			return // some trees have no text that reads back; they fail when they are run
		}
		root := child(again.Statements[0], "node")
		if bad := stray(root, map[string]bool{}); bad != "" {
			t.Fatalf("%q became %q, in which %s", sql, out, bad)
		}
	})
}

// stray finds what must not be there. It counts every CTE of the statement as
// visible everywhere, which is enough here.
func stray(v any, ctes map[string]bool) string {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if bad := stray(x, ctes); bad != "" {
				return bad
			}
		}
	case node:
		for _, e := range list(child(v, "cte_map"), "map") {
			en, _ := e.(node)
			ctes[strings.ToLower(text(en, "key"))] = true
		}
		switch {
		case text(v, "type") == "BASE_TABLE":
			name := strings.ToLower(text(v, "table_name"))
			if !strings.HasPrefix(name, Reserved) && !ctes[name] || text(v, "schema_name") != "" {
				return "the table " + name + " is named"
			}
		case text(v, "class") == "FUNCTION" || text(v, "class") == "WINDOW":
			name := strings.ToLower(text(v, "function_name"))
			if !strings.HasPrefix(name, Reserved) && Class(name, false) != "allowed" && Class(name, true) != "allowed" && Class(name, true) != "file" {
				return "the function " + name + " is called"
			}
		}
		for k, x := range v {
			if k == "value" && v["is_null"] != nil {
				continue
			}
			if bad := stray(x, ctes); bad != "" {
				return bad
			}
		}
	}
	return ""
}
