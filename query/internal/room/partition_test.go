//go:build duckdb_arrow

package room

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"maru/duck"
)

func conn(t testing.TB) *duck.Conn {
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

func text(t testing.TB, c *duck.Conn, sql string) string {
	t.Helper()
	s, _, err := c.Text(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// narrowed rewrites a statement; ok says whether something changed.
func narrowed(t testing.TB, c *duck.Conn, sql string, rowsMin int64) (string, bool) {
	t.Helper()
	ctx := context.Background()
	ast, err := c.Parse(ctx, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	root, _ := ast.Statements[0]["node"].(node)
	changed, err := narrowPartitions(ctx, c, root, map[string]bool{"maru_t1": true}, rowsMin)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out, err := c.Format(ctx, ast)
	if err != nil {
		t.Fatal(err)
	}
	return out, changed
}

// partitionTables makes maru_t1 (and a Parquet file of it) of rows with texts
// a, b, c, a number n and a unique, ordered i. The shapes go from few texts to
// many, with NULL, empty and long ones, and texts of several bytes a letter.
func partitionTables(t testing.TB, c *duck.Conn, rows int, r *rand.Rand) string {
	t.Helper()
	sizes := []int{1, 2, 10, 100, 1000, 20_000}
	pick := func() int { return sizes[r.IntN(len(sizes))] }
	sql := fmt.Sprintf(`CREATE OR REPLACE TABLE maru_t1_rows AS SELECT i,
		CASE WHEN hash(i, 1, %[5]d) %% 50 = 0 THEN NULL ELSE 'a' || (hash(i, 2, %[5]d) %% %[2]d) END AS a,
		CASE WHEN hash(i, 3, %[5]d) %% 50 = 0 THEN '' ELSE repeat('긴 ', (hash(i, 4, %[5]d) %% 3)::INT) || (hash(i, 5, %[5]d) %% %[3]d) END AS b,
		(hash(i, 6, %[5]d) %% %[4]d)::VARCHAR AS c, (hash(i, 7, %[5]d) %% 7)::INT AS n
		FROM range(%[1]d) t(i)`, rows, pick(), pick(), pick(), r.Uint32())
	file := filepath.Join(t.TempDir(), "t.parquet")
	if err := c.Exec(context.Background(), sql+"; CREATE OR REPLACE VIEW maru_t1 AS FROM maru_t1_rows; COPY maru_t1 TO '"+file+"'"); err != nil {
		t.Fatal(err)
	}
	return file
}

var partitionStatements = []string{
	"SELECT i, i - lag(i) OVER (PARTITION BY a, b ORDER BY i) AS d FROM $t",
	"SELECT i, row_number() OVER (PARTITION BY l.a ORDER BY i DESC) AS d FROM $t l",
	"SELECT i, sum(n) OVER (PARTITION BY a, b, c ORDER BY i ROWS 3 PRECEDING) AS d, count(*) OVER (PARTITION BY c) AS e FROM $t",
	"SELECT i, a, rank() OVER (PARTITION BY b, a ORDER BY n) AS d FROM $t WHERE n > 2",
	"SELECT i, a || '!' AS a, count(*) OVER (PARTITION BY a) AS d FROM $t",
	"SELECT i, n AS d FROM $t QUALIFY row_number() OVER (PARTITION BY a, c ORDER BY i) = 1",
	"SELECT *, lag(i) OVER (PARTITION BY a, b ORDER BY i) AS d FROM $t",
	"SELECT x.i, (SELECT max(n) FROM maru_t1 y WHERE y.i = x.i) AS m, count(*) OVER (PARTITION BY x.a) AS d, count(*) OVER (PARTITION BY x.b, x.a) AS e FROM $t x WHERE x.i < 3000",
	"WITH w AS (SELECT i, a, lag(a) OVER (PARTITION BY b ORDER BY i) AS p FROM $t) SELECT i, p, count(*) OVER (PARTITION BY a) AS d FROM w",
	"SELECT i, d FROM (SELECT i, first(i) OVER w AS d FROM $t WINDOW w AS (PARTITION BY a, b ORDER BY i))",
}

// The same rows come out, whatever the texts are.
func TestNarrowPartitionsIsExact(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c := conn(t)
	rewritten := 0
	for range 3 {
		file := partitionTables(t, c, 10_000, r)
		for _, sql := range partitionStatements {
			from := "maru_t1"
			if r.IntN(2) == 0 {
				from = "read_parquet(['" + file + "'])"
			}
			sql = strings.ReplaceAll(sql, "$t", from)
			other, changed := narrowed(t, c, sql, 1)
			if changed {
				rewritten++
			}
			if diff := text(t, c, "SELECT count(*) FROM (("+sql+") EXCEPT ALL ("+other+")) UNION ALL SELECT 0 LIMIT 1"); diff != "0" {
				t.Errorf("%s\n%s\n%s rows differ", sql, other, diff)
			}
			if diff := text(t, c, "SELECT count(*) FROM (("+other+") EXCEPT ALL ("+sql+")) UNION ALL SELECT 0 LIMIT 1"); diff != "0" {
				t.Errorf("%s\n%s\n%s rows differ the other way", sql, other, diff)
			}
		}
	}
	if rewritten < 10 {
		t.Errorf("only %d statements were rewritten", rewritten)
	}
}

func TestNarrowPartitionsLeavesAlone(t *testing.T) {
	c := conn(t)
	partitionTables(t, c, 1000, rand.New(rand.NewPCG(1, 1)))
	if err := c.Exec(context.Background(), "CREATE TABLE other AS FROM maru_t1; CREATE OR REPLACE TABLE maru_t1_rows AS SELECT *, i::VARCHAR AS u FROM maru_t1_rows; CREATE OR REPLACE VIEW maru_t1 AS FROM maru_t1_rows"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"SELECT count(*) OVER (PARTITION BY n) FROM maru_t1",
		"SELECT count(*) OVER (PARTITION BY a, n) FROM maru_t1",
		"SELECT count(*) OVER (PARTITION BY lower(a)) FROM maru_t1",
		"SELECT count(*) OVER () FROM maru_t1",
		"SELECT count(*) OVER (PARTITION BY u) FROM maru_t1",
		"SELECT count(*) OVER (PARTITION BY maru_t1.a) FROM maru_t1, other",
		"SELECT count(*) OVER (PARTITION BY a) FROM other",
		"SELECT a, count(*) OVER (PARTITION BY a) FROM maru_t1 GROUP BY a",
		"SELECT count(*) OVER (PARTITION BY x) FROM maru_t1 t(i, x)",
		"SELECT count(*) OVER (PARTITION BY a) FROM maru_t1 TABLESAMPLE 10%",
		"SELECT count(*) FROM maru_t1",
	} {
		if out, changed := narrowed(t, c, sql, 1); changed {
			t.Errorf("%s was made %s", sql, out)
		}
	}
	const sql = "SELECT count(*) OVER (PARTITION BY a) FROM maru_t1"
	if _, changed := narrowed(t, c, sql, 1001); changed {
		t.Error("a small table was rewritten")
	}
	for _, tt := range []struct{ sql, has string }{
		{sql, "FROM (SELECT *, hash(a) AS maru_partition0 FROM maru_t1) AS maru_t1"},
		{"SELECT *, count(*) OVER (PARTITION BY a) FROM maru_t1", "PARTITION BY hash(a)"},
		{"WITH o AS (SELECT * FROM other) SELECT count(*) OVER (PARTITION BY a) FROM maru_t1 WHERE a IN (SELECT a FROM (SELECT * FROM o))", "maru_partition0"},
		{"SELECT rowid, count(*) OVER (PARTITION BY a) FROM maru_t1", "PARTITION BY hash(a)"},
	} {
		if out, changed := narrowed(t, c, tt.sql, 1000); !changed || !strings.Contains(out, tt.has) {
			t.Error(out)
		}
	}
}

// When two texts have the same part of a hash, another part is taken, and at
// last none.
func TestNarrowPartitionsCollision(t *testing.T) {
	c := conn(t)
	ctx := context.Background()
	p := &partitioner{c: c}
	if err := c.Exec(ctx, "CREATE TABLE maru_key0 AS SELECT (i << 60)::UBIGINT AS h FROM range(8) t(i)"); err != nil {
		t.Fatal(err)
	}
	for width, want := range map[int]string{64: "?", 10: "(? >> 54)", 3: ""} {
		got, err := p.parts(ctx, []int{width}, []int64{8})
		if err != nil || want == "" && got != nil || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%d bits: %q, %v", width, got, err)
		}
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TABLE maru_key0 AS SELECT i::UBIGINT AS h FROM range(8) t(i)"); err != nil {
		t.Fatal(err)
	}
	if got, err := p.parts(ctx, []int{10}, []int64{8}); err != nil || len(got) != 1 || got[0] != "(? & 1023::UBIGINT)" {
		t.Error(got, err)
	}
}
