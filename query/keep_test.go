//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maru"
)

func keeper(t *testing.T) (*bench, *Keeper) {
	b := start(t, testShelf(t), nil)
	k, err := b.Keeper(KeepConfig{Dir: filepath.Join(t.TempDir(), "results")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, k
}

// TestKeep: a statement runs once, without whoever started it, and its rows
// are read in another order than they came.
func TestKeep(t *testing.T) {
	_, k := keeper(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := k.Keep(ctx, "mina", Request{SQL: "SELECT id, name FROM numbers WHERE id >= $1", Params: []any{99_000}}, "note")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := r.WaitEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st := r.Status(); st.Err != nil || st.Rows != 1000 || st.Owner != "mina" || r.Meta() != "note" {
		t.Fatalf("%+v", st)
	}
	sort, err := ParseSort(`[{"column":"id","desc":true}]`)
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.Window(context.Background(), KeptWindow{Limit: 2, Sort: sort, Columns: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Batch.Release()
	if got := w.Batch.Column(0).ValueStr(0); got != "99999" || w.Total != 1000 || w.Numbers[0] != 999 {
		t.Errorf("first %s of %d, number %d", got, w.Total, w.Numbers[0])
	}
	if len(k.List("mina")) != 1 || len(k.List("joon")) != 0 || len(k.List("")) != 1 {
		t.Error("lists are not by owner")
	}
	if err := k.Drop(r.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Kept(r.ID()); maru.KindOf(err) != maru.NotFound {
		t.Errorf("dropped: %v", err)
	}
}

// TestKeepCancel holds the time in which a running statement ends.
func TestKeepCancel(t *testing.T) {
	_, k := keeper(t)
	r, err := k.Keep(context.Background(), "mina", Request{SQL: "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	r.Cancel()
	if err := r.WaitEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s to end", took)
	}
}

func TestKeepErrors(t *testing.T) {
	_, k := keeper(t)
	r, err := k.Keep(context.Background(), "mina", Request{SQL: "SELECT\n  nothing FROM numbers"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WaitEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	var at *Error
	if err := r.Status().Err; !errors.As(err, &at) || at.Line != 2 || at.Column != 3 {
		t.Errorf("%+v", err)
	}
}

// TestCheck: what is wrong is found without a row being read.
func TestCheck(t *testing.T) {
	s := testShelf(t)
	b := start(t, s, nil)
	for _, c := range []struct {
		sql          string
		kind         string
		line, column int
	}{
		{"SELECT id FROM numbers WHERE id > $1", "", 0, 0},
		{"SHOW TABLES", "", 0, 0},
		{"SELECT id\nFROM nowhere", "not_found", 2, 6},
		{"SELECT nothing FROM numbers", "invalid", 1, 8},
		{"SELECT FROM WHERE", "invalid", 1, 13},
		{"DROP TABLE numbers", "denied", 0, 0},
	} {
		err := b.Check(context.Background(), Request{SQL: c.sql, Params: []any{nil}})
		var at *Error
		if c.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", c.sql, err)
			}
			continue
		}
		if err == nil || maru.KindOf(err).String() != c.kind || !errors.As(err, &at) || c.line > 0 && (at.Line != c.line || at.Column != c.column) {
			t.Errorf("%s: %s %+v", c.sql, maru.KindOf(err), err)
		}
	}
	if len(s.asked) > 0 {
		t.Errorf("rows were asked for: %v", s.asked)
	}
}

func TestExplain(t *testing.T) {
	b := start(t, testShelf(t), nil)
	text, err := b.Explain(context.Background(), Request{SQL: "SELECT count(*) FROM numbers"})
	if err != nil || !strings.Contains(text, "\n") {
		t.Errorf("%q %v", text, err)
	}
	t.Log(text)
	_, err = b.Explain(context.Background(), Request{SQL: "SELECT nothing FROM numbers"})
	var at *Error
	if !errors.As(err, &at) || at.Line != 1 || at.Column != 8 {
		t.Errorf("%+v", err)
	}
}

func TestParamValue(t *testing.T) {
	for _, c := range []struct{ in, want any }{{float64(3), int64(3)}, {3.5, 3.5}, {1e300, 1e300}, {"x", "x"}, {nil, nil}, {true, true}} {
		if got, err := ParamValue(c.in); got != c.want || err != nil {
			t.Errorf("%v: %v %v", c.in, got, err)
		}
	}
	if _, err := ParamValue([]any{1}); maru.KindOf(err) != maru.Invalid {
		t.Errorf("a list: %v", err)
	}
}
