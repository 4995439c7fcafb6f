package pretty_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/query/internal/pretty"
)

var rewrite = flag.Bool("rewrite", false, "write the files that tests compare with")

// TestFormat: testdata/NAME.sql becomes testdata/NAME.out, which stays as it is.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pretty.Format(string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		out := strings.TrimSuffix(file, ".sql") + ".out"
		if *rewrite {
			if err := os.WriteFile(out, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: %s", file, d)
		}
		if again, err := pretty.Format(got); again != got {
			t.Errorf("%s: a second time it becomes %s %v", file, cmp.Diff(got, again), err)
		}
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{
		"":         "",
		"select 1": "SELECT 1\n",
		"select first, left(a,2) from t where b between 1 and 2 ;":   "SELECT first, left(a, 2) FROM t WHERE b BETWEEN 1 AND 2;\n",
		"select -1, a -1, a=-1, b::int, x[1:2], {'a':1}, count( * )": "SELECT -1, a - 1, a = -1, b::int, x[1:2], {'a': 1}, count(*)\n",
		"select t.*, a->'b' ->> 'c', [1,2], x -> x+1":                "SELECT t.*, a->'b' ->> 'c', [1, 2], x -> x + 1\n",
		"select 'it''s  select', E'a\\'b', \"From\", $1, {{ x }}":    "SELECT 'it''s  select', E'a\\'b', \"From\", $1, {{ x }}\n",
		"select a as end, date '2026-01-01' , interval '1 day'":      "SELECT a AS end, date '2026-01-01', INTERVAL '1 day'\n",
		"select 1 -- why\n": "SELECT 1 -- why\n",
		"select (1":         "select (1",
		"from t":            "FROM t\n",
		"select $$ a  b $$, $x$ $y$ $x$, 1e-5, .5, 1_000": "SELECT $$ a  b $$, $x$ $y$ $x$, 1e-5, .5, 1_000\n",
		"select 1 -- end\n; select 2":                     "SELECT 1 -- end\n;\n\nSELECT 2\n",
	} {
		if got, err := pretty.Format(in); got != want || err != nil {
			t.Errorf("%q: %q %v, wanted %q", in, got, err, want)
		}
	}
}

func TestUnclosed(t *testing.T) {
	for _, bad := range []string{"select 1,\n  é'abc", "select 1,\n  é\"abc", "select 1,\n  é/* a", "select 1,\n  é{{a"} {
		_, err := pretty.Format(bad)
		e, ok := err.(*pretty.Error)
		if !ok || e.Line != 2 || e.Column != 4 || maru.KindOf(err) != maru.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := pretty.Format(strings.Repeat("x", pretty.BytesMax+1)); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("too large: %v", err)
	}
}

// FuzzFormat: nothing but white space and the case of words changes, and what
// is laid out stays.
func FuzzFormat(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.sql")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	bare := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	f.Fuzz(func(t *testing.T, in string) {
		out, err := pretty.Format(in)
		if err != nil {
			return
		}
		if bare(in) != bare(out) {
			t.Fatalf("%q became %q", in, out)
		}
		if again, err := pretty.Format(out); err != nil || bare(again) != bare(out) {
			t.Fatalf("%q became %q: %v", out, again, err)
		}
	})
}

// TestLarge: no text takes quadratic time, however its parts are nested.
func TestLarge(t *testing.T) {
	for name, text := range map[string]string{"CASE": "case when ", "AND": "a and ", "comma": "a,", "parentheses": "(a ", "comments": "--\n", "UNION": "union all ", "calls": "f(a, "} {
		in := "select " + strings.Repeat(text, pretty.BytesMax/4/len(text))
		if name == "parentheses" || name == "calls" {
			in = "select " + strings.Repeat(strings.Repeat(text, 50)+strings.Repeat(")", 50)+",", pretty.BytesMax/4/50/(len(text)+2))
		}
		start := time.Now()
		if _, err := pretty.Format(in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		} else {
			t.Log(name, took)
		}
	}
}
