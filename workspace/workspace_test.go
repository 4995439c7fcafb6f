package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"maru"
	"maru/meta"
	"maru/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func open(t *testing.T, cfg workspace.Config) *workspace.Workspace {
	t.Helper()
	db, err := meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := workspace.Open(ctx, cfg, workspace.Needs{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func wantKind(t *testing.T, what string, err error, want maru.Kind) {
	t.Helper()
	if err == nil || maru.KindOf(err) != want {
		t.Errorf("%s: got %v, wanted %s", what, err, want)
	}
}

func TestPreferences(t *testing.T) {
	w := open(t, workspace.Config{})
	first, err := w.Preferences(ctx, "mina")
	if err != nil || string(first.Body) != "{}" {
		t.Fatalf("nothing kept: %s %v", first.Body, err)
	}
	set, err := w.SetPreferences(ctx, "mina", []byte(`{"theme": "dark"}`), first.Tag)
	if err != nil || set.Tag == first.Tag {
		t.Fatalf("%+v %v", set, err)
	}
	var newer *workspace.Newer
	if _, err := w.SetPreferences(ctx, "mina", []byte(`{"theme":"light"}`), first.Tag); !errors.As(err, &newer) || maru.KindOf(err) != maru.Conflict {
		t.Errorf("an old tag: %v", err)
	} else if string(newer.Now.Body) != `{"theme": "dark"}` || newer.Now.Tag != set.Tag {
		t.Errorf("the newer is %+v", newer.Now)
	}
	if _, err := w.SetPreferences(ctx, "mina", []byte(`{"theme": "dark"}`), first.Tag); err != nil {
		t.Errorf("what is kept already: %v", err)
	}
	if _, err := w.SetPreferences(ctx, "mina", []byte(`{"a":1}`), ""); err != nil {
		t.Errorf("without a tag: %v", err)
	}
	if other, _ := w.Preferences(ctx, "jun"); string(other.Body) != "{}" {
		t.Errorf("somebody else has %s", other.Body)
	}
	for _, bad := range []string{"", "null", "[]", `{"a":`, `{} {}`, "7"} {
		_, err := w.SetPreferences(ctx, "mina", []byte(bad), "")
		wantKind(t, bad, err, maru.Invalid)
	}
	_, err = w.SetPreferences(ctx, "mina", []byte(`{"a":"`+strings.Repeat("x", workspace.PreferencesBytesMax)+`"}`), "")
	wantKind(t, "too large", err, maru.TooLarge)
}

func names(t *testing.T, w *workspace.Workspace, who workspace.Who) (out []string) {
	t.Helper()
	all, err := w.Queries(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		out = append(out, q.Owner+"/"+q.Name)
	}
	return out
}

func TestQueries(t *testing.T) {
	w := open(t, workspace.Config{})
	mina, jun, admin := workspace.Who{ID: "mina"}, workspace.Who{ID: "jun"}, workspace.Who{ID: "root", Admin: true}
	add := func(who workspace.Who, name string, shared bool) workspace.Query {
		t.Helper()
		q, err := w.AddQuery(ctx, who, workspace.Query{Name: name, SQL: "SELECT 1", Params: `{"a":"1"}`, Shared: shared})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	own, shared := add(mina, "own", false), add(mina, " Shared ", true)
	add(jun, "b", false)
	if shared.Name != "Shared" || shared.Owner != "mina" || shared.ID == own.ID || shared.Changed.IsZero() {
		t.Errorf("saved %+v", shared)
	}
	for who, want := range map[workspace.Who][]string{mina: {"mina/own", "mina/Shared"}, jun: {"jun/b", "mina/Shared"}, admin: {"mina/Shared"}} {
		if d := cmp.Diff(want, names(t, w, who)); d != "" {
			t.Errorf("%s sees %s", who.ID, d)
		}
	}
	got, err := w.Query(ctx, jun, shared.ID)
	if d := cmp.Diff(shared, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	_, err = w.Query(ctx, jun, own.ID)
	wantKind(t, "another's own", err, maru.NotFound)
	_, err = w.ChangeQuery(ctx, jun, shared)
	wantKind(t, "another's shared", err, maru.Denied)
	wantKind(t, "delete another's own", w.RemoveQuery(ctx, jun, own.ID), maru.NotFound)
	wantKind(t, "delete another's shared", w.RemoveQuery(ctx, jun, shared.ID), maru.Denied)
	shared.SQL, shared.Shared = "SELECT 2", false
	if got, err = w.ChangeQuery(ctx, admin, shared); err != nil || got.SQL != "SELECT 2" || got.Owner != "mina" {
		t.Errorf("an admin changes: %+v %v", got, err)
	}
	if err := w.RemoveQuery(ctx, mina, shared.ID); err != nil {
		t.Error(err)
	}
	wantKind(t, "twice", w.RemoveQuery(ctx, mina, shared.ID), maru.NotFound)
}

func TestQueryLimits(t *testing.T) {
	w := open(t, workspace.Config{QueriesMax: 2})
	mina := workspace.Who{ID: "mina"}
	for name, c := range map[string]struct {
		q    workspace.Query
		want maru.Kind
	}{
		"no name":         {workspace.Query{Name: " ", SQL: "SELECT 1"}, maru.Invalid},
		"two lines":       {workspace.Query{Name: "a\nb", SQL: "SELECT 1"}, maru.Invalid},
		"a long name":     {workspace.Query{Name: strings.Repeat("x", workspace.NameBytesMax+1), SQL: "SELECT 1"}, maru.Invalid},
		"no SQL":          {workspace.Query{Name: "a", SQL: "\n"}, maru.Invalid},
		"too much SQL":    {workspace.Query{Name: "a", SQL: strings.Repeat("x", workspace.SQLBytesMax+1)}, maru.TooLarge},
		"params not JSON": {workspace.Query{Name: "a", SQL: "SELECT 1", Params: "{"}, maru.Invalid},
	} {
		_, err := w.AddQuery(ctx, mina, c.q)
		wantKind(t, name, err, c.want)
	}
	for range 2 {
		if _, err := w.AddQuery(ctx, mina, workspace.Query{Name: "a", SQL: "SELECT 1"}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.AddQuery(ctx, mina, workspace.Query{Name: "a", SQL: "SELECT 1"})
	wantKind(t, "a third", err, maru.TooLarge)
	if got := names(t, w, mina); len(got) != 2 {
		t.Errorf("after a refusal there are %v", got)
	}
}

func TestHistory(t *testing.T) {
	w := open(t, workspace.Config{HistoryMax: 3})
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 5 {
		if err := w.AddRun(ctx, "mina", workspace.Run{ID: fmt.Sprint(i), SQL: "SELECT 1", State: "done", Rows: 7, Elapsed: 12 * time.Millisecond, Started: start}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddRun(ctx, "jun", workspace.Run{ID: "j", SQL: "SELECT x", State: "failed", Error: strings.Repeat("é", workspace.ErrorBytesMax)}); err != nil {
		t.Fatal(err)
	}
	got, err := w.History(ctx, "mina")
	if err != nil || len(got) != 3 || got[0].ID != "4" || got[2].ID != "2" {
		t.Fatalf("%v %+v", err, got)
	}
	if d := cmp.Diff(workspace.Run{ID: "4", SQL: "SELECT 1", Params: "{}", State: "done", Rows: 7, Elapsed: 12 * time.Millisecond, Started: start}, got[0]); d != "" {
		t.Error(d)
	}
	if got, _ = w.History(ctx, "jun"); len(got) != 1 || len(got[0].Error) > workspace.ErrorBytesMax {
		t.Errorf("jun has %d", len(got))
	}
}

// TestHistoryBytes: large statements push out older ones before the number does.
func TestHistoryBytes(t *testing.T) {
	w := open(t, workspace.Config{})
	for i := range 40 {
		if err := w.AddRun(ctx, "mina", workspace.Run{ID: fmt.Sprint(i), SQL: strings.Repeat("x", workspace.SQLBytesMax), State: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.History(ctx, "mina")
	if want := workspace.HistoryBytesMax/workspace.SQLBytesMax - 1; err != nil || len(got) != want || got[0].ID != "39" {
		t.Errorf("%v: %d are kept, wanted %d", err, len(got), want)
	}
}

func TestForget(t *testing.T) {
	w := open(t, workspace.Config{})
	mina := workspace.Who{ID: "mina"}
	for _, shared := range []bool{true, false} {
		if _, err := w.AddQuery(ctx, mina, workspace.Query{Name: fmt.Sprint(shared), SQL: "SELECT 1", Shared: shared}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.SetPreferences(ctx, "mina", []byte(`{"a":1}`), ""); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.AddRun(ctx, "mina", workspace.Run{SQL: "SELECT 1"}), w.Forget(ctx, "mina")); err != nil {
		t.Fatal(err)
	}
	p, _ := w.Preferences(ctx, "mina")
	h, _ := w.History(ctx, "mina")
	if got := names(t, w, mina); string(p.Body) != "{}" || len(h) != 0 || len(got) != 1 || got[0] != "mina/true" {
		t.Errorf("%s %v %v", p.Body, h, got)
	}
}

func TestConfig(t *testing.T) {
	for _, bad := range []workspace.Config{{QueriesMax: -1}, {HistoryMax: 10_001}} {
		wantKind(t, fmt.Sprint(bad), bad.Validate(), maru.Invalid)
	}
	_, err := workspace.Open(ctx, workspace.Config{}, workspace.Needs{})
	wantKind(t, "no database", err, maru.Invalid)
}
