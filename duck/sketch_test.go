//go:build duckdb_arrow

package duck

import (
	"fmt"
	"strings"
	"testing"
)

// sketched are inputs of a quantile: columns g, x.
var sketched = []string{
	"SELECT 0 AS g, i AS x FROM range(1, 5001) t(i)",
	"SELECT i % 13 AS g, CASE WHEN i % 3 = 0 THEN -i ELSE i * i END AS x FROM range(0, 5000) t(i)",
	"SELECT i % 7 AS g, exp(sin(i) * 30) * sign(cos(i)) AS x FROM range(0, 5000) t(i)",
	"SELECT i % 3 AS g, CASE WHEN i % 5 > 1 THEN (i % 11)::DECIMAL(9, 2) / 4 END AS x FROM range(0, 5000) t(i)",
	"SELECT 1 AS g, x FROM (VALUES (1e308::DOUBLE), (1e-300), (-1e308), (0), (NULL)) t(x)",
}

// byHand computes a quantile as a stream does: counts of buckets in a table,
// and the least bucket whose cumulative count reaches the rank.
func byHand(input, q string) string {
	return fmt.Sprintf(`SELECT g, %s AS v FROM (
		SELECT g, min(b) AS b FROM (
			SELECT g, b, sum(n) OVER (PARTITION BY g ORDER BY b) AS upto, sum(n) OVER (PARTITION BY g) AS n
			FROM (SELECT g, %s AS b, count(*) AS n FROM (%s) WHERE x IS NOT NULL GROUP BY ALL))
		WHERE upto >= %s GROUP BY g)`, SketchValue("b"), SketchBucket("x"), input, SketchRank(q, "n"))
}

func TestApproxQuantile(t *testing.T) {
	c := withMacros(t)
	for _, in := range sketched {
		for _, q := range []string{"0", "0.1", "0.5", "0.95", "0.999", "1"} {
			batch := "SELECT g, approx_quantile(x, " + q + ") AS v FROM (" + in + ") GROUP BY g"
			diff := text(t, c, "SELECT count(*) FROM (("+batch+" EXCEPT "+byHand(in, q)+") UNION ALL ("+byHand(in, q)+" EXCEPT "+batch+"))")
			if diff != "0" {
				t.Errorf("%s at %s: %s rows differ between batch and stream", in, q, diff)
			}
			worst := text(t, c, "SELECT coalesce(max(abs(v - e) / nullif(abs(e), 0)), 0) <= "+fmt.Sprint(SketchAccuracy+1e-9)+
				" AND count(*) FILTER (e = 0 AND v != 0) = 0 FROM ("+batch+") JOIN (SELECT g, quantile_disc(x::DOUBLE, "+q+") AS e FROM ("+in+") GROUP BY g) USING (g)")
			if worst != "true" {
				t.Errorf("%s at %s: further than %v from the truth", in, q, SketchAccuracy)
			}
		}
	}
}

func TestApproxQuantileEdges(t *testing.T) {
	c := withMacros(t)
	for in, want := range map[string]string{
		"(NULL::INT)":    "NULL",
		"(0), (0)":       "0",
		"(0), (NULL)":    "0",
		"('inf'), ('1')": "+Inf",
		"('nan'), ('1')": "NaN",
		"('-inf')":       "-Inf",
	} {
		if got := text(t, c, "SELECT approx_quantile(x::DOUBLE, 0.99) FROM (VALUES "+in+") t(x)"); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := text(t, c, "SELECT approx_quantile(x, 0.5) FROM range(0) t(x)"); got != "NULL" {
		t.Error("no rows:", got)
	}
	if got := text(t, c, "SELECT typeof("+SketchBucket("1")+") || ' ' || typeof("+SketchValue("1")+")"); got != "INTEGER DOUBLE" {
		t.Error(got)
	}
	if !strings.Contains(SketchBucket("a + 1"), "(a + 1)") {
		t.Error("an expression is not in parentheses")
	}
}
