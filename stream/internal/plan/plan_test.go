package plan

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru"
)

var rewriteGolden = flag.Bool("rewrite", false, "write the golden files")

func catalog(t *testing.T) Catalog {
	t.Helper()
	seed := filepath.Join(t.TempDir(), "countries.csv")
	if err := os.WriteFile(seed, []byte("code,name\nkr,Korea\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Catalog{
		Topics: map[string]Topic{
			"api_log": {Name: "api_log", Time: "ts", Columns: maru.Schema{{Name: "ts", Type: maru.Timestamp}, {Name: "user", Type: maru.Varchar},
				{Name: "method", Type: maru.Varchar}, {Name: "path", Type: maru.Varchar}, {Name: "country", Type: maru.Varchar}, {Name: "status", Type: maru.BigInt},
				{Name: "bytes", Type: maru.BigInt}, {Name: "latency_ms", Type: maru.Double}}},
			"plain": {Name: "plain", Columns: maru.Schema{{Name: "x", Type: maru.BigInt}}},
		},
		Seeds: map[string]Seed{"countries": {Name: "countries", Path: seed}},
		Streams: map[string]Query{
			"repeated": {Name: "repeated", SQL: repeated},
		},
	}
}

const repeated = `SELECT ts, user, path, gap FROM (SELECT *, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, path ORDER BY ts)) AS gap FROM api_log) WHERE gap < 200`

// TestPlan keeps the plans of the queries in testdata/*.sql: -- name, SQL, then the expected text in NAME.plan.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".sql"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := explain(t, string(b))
			golden := strings.TrimSuffix(f, ".sql") + ".plan"
			if *rewriteGolden {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// explain plans every statement of a file; they are parted by lines of "--- header".
func explain(t *testing.T, text string) string {
	var out strings.Builder
	for _, part := range strings.Split(text, "\n---")[0:] {
		q := Query{Name: "q", SQL: part}
		if head, body, ok := strings.Cut(part, "\n"); ok && strings.HasPrefix(strings.TrimSpace(head), "#") {
			q.SQL = body
			q.Close = strings.Contains(head, "close")
			q.Unbounded = strings.Contains(head, "unbounded")
			if strings.Contains(head, "ttl") {
				q.TTL = time.Hour
			}
		}
		q.SQL = strings.TrimSpace(q.SQL)
		fmt.Fprintf(&out, "%s\n", q.SQL)
		p, err := Make(context.Background(), catalog(t), q)
		if err != nil {
			fmt.Fprintf(&out, "=> %v\n\n", err)
			continue
		}
		fmt.Fprintf(&out, "=> %v\n%s\n", p.Out, p.Explain())
	}
	return out.String()
}
