package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"maru"
	"maru/dashboard"
	"maru/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func wantKind(t *testing.T, what string, err error, want maru.Kind) {
	t.Helper()
	if err == nil || maru.KindOf(err) != want {
		t.Errorf("%s: got %v, wanted %s", what, err, want)
	}
}

// history is the versions as "kind by", newest first.
func (w *world) history(t *testing.T, name string) (out []string) {
	t.Helper()
	all, err := w.Versions(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", v.Number, v.Kind, v.By)))
	}
	return out
}

func (w *world) get(t *testing.T, name string) dashboard.Saved {
	t.Helper()
	s, err := w.Get(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func titled(name, title string) spec.Dashboard {
	return spec.Dashboard{Name: name, Title: spec.Text{All: title}}
}

func TestTwoEditors(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(titled("a", "first"))
	read := w.get(t, "a")
	saved, err := w.Save(ctx, "mina", "a", titled("", "mina's"), read.ETag)
	if err != nil || saved.Version != 2 || saved.By != "mina" || saved.Spec.Title.All != "mina's" || saved.ETag == read.ETag {
		t.Fatalf("%+v %v", saved, err)
	}
	_, err = w.Save(ctx, "jun", "a", titled("", "jun's"), read.ETag)
	wantKind(t, "too late", err, maru.Conflict)
	var newer *dashboard.Newer
	if !errors.As(err, &newer) || newer.ETag != saved.ETag || newer.Version != 2 || newer.Draft != 3 {
		t.Fatalf("%+v", newer)
	}
	if got := w.get(t, "a"); got.Spec.Title.All != "mina's" || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	if _, draft, _, err := w.Version(ctx, "a", newer.Draft); err != nil || draft.Title.All != "jun's" {
		t.Errorf("%+v %v", draft, err)
	}
	if got, err := w.Restore(ctx, "jun", "a", newer.Draft); err != nil || got.Spec.Title.All != "jun's" || got.Version != 4 {
		t.Errorf("%+v %v", got, err)
	}
	if diff := cmp.Diff([]string{"4 restored jun", "3 refused jun", "2 saved mina", "1 file"}, w.history(t, "a")); diff != "" {
		t.Error(diff)
	}
	_, err = w.Save(ctx, "mina", "a", titled("", "x"), "")
	wantKind(t, "without an etag", err, maru.Invalid)
	_, err = w.Save(ctx, "mina", "a", spec.Dashboard{Tiles: []spec.Tile{{SQL: "SELECT {{frm}}"}}}, w.get(t, "a").ETag)
	wantKind(t, "with a problem", err, maru.Invalid)
	_, err = w.Save(ctx, "mina", "b", titled("", "x"), "y")
	wantKind(t, "none", err, maru.NotFound)
}

func TestSavingWhatIsTheSame(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(titled("a", "first"))
	read := w.get(t, "a")
	if got, err := w.Save(ctx, "mina", "a", read.Spec, read.ETag); err != nil || got.Version != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFileIsChangedOnDisk(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(titled("a", "first"))
	w.put(titled("b", "other"))
	if err := w.Noticed(ctx); err != nil {
		t.Fatal(err)
	}
	before := w.get(t, "a")
	w.put(titled("a", "by hand"))
	if err := w.Noticed(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2 file", "1 file"}, w.history(t, "a")); diff != "" {
		t.Error(diff)
	}
	_, err := w.Save(ctx, "mina", "a", titled("", "mine"), before.ETag)
	wantKind(t, "over what was changed by hand", err, maru.Conflict)
	if diff := cmp.Diff([]string{"1 file"}, w.history(t, "b")); diff != "" {
		t.Error(diff)
	}
}

func TestFileIsBroken(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(titled("a", "good"))
	w.get(t, "a")
	w.files.disk("dashboards/a.yaml", "broken")
	look := func() {
		t.Helper()
		got := w.get(t, "a")
		if got.Spec.Title.All != "good" || len(got.Problems) != 1 || got.Problems[0].Line != 1 {
			t.Errorf("%+v", got)
		}
		all, err := w.List(ctx)
		if err != nil || len(all) != 1 || all[0].Problem == "" || all[0].Title.All != "good" {
			t.Errorf("%+v %v", all, err)
		}
		if got := w.ask(t, w.lastHour("a")); len(got.Tiles) != 0 {
			t.Errorf("%+v", got)
		}
	}
	look()
	clear(w.files.good) // the server was started again
	look()
	_, err := w.Save(ctx, "mina", "a", titled("", "mine"), w.get(t, "a").ETag)
	wantKind(t, "over a broken file", err, maru.Conflict)
	if diff := cmp.Diff([]string{"3 refused mina", "2 file", "1 file"}, w.history(t, "a")); diff != "" {
		t.Error(diff)
	}
	_, err = w.Restore(ctx, "mina", "a", 2)
	wantKind(t, "restore what is broken", err, maru.Invalid)
	if got, err := w.Restore(ctx, "mina", "a", 3); err != nil || got.Spec.Title.All != "mine" || len(got.Problems) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestMakeCopyAndDelete(t *testing.T) {
	w := open(t, dashboard.Config{})
	made, err := w.Create(ctx, "mina", "", spec.Dashboard{Title: spec.Text{En: "<b>API</b> Health", Ko: "상태"}})
	if err != nil || made.Spec.Name != "b_api_b_health" || made.Version != 1 || made.By != "mina" {
		t.Fatalf("%+v %v", made, err)
	}
	names := func() (out []string) {
		t.Helper()
		all, err := w.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			out = append(out, i.Name+": "+i.Title.In("ko"))
		}
		return out
	}
	copied, err := w.Duplicate(ctx, "jun", made.Spec.Name, "", spec.Text{})
	if err != nil || copied.Spec.Title != (spec.Text{En: "<b>API</b> Health (copy)", Ko: "상태 (사본)"}) {
		t.Fatalf("%+v %v", copied, err)
	}
	if _, err := w.Create(ctx, "mina", "", spec.Dashboard{Title: spec.Text{All: "상태"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(ctx, "mina", "", spec.Dashboard{Title: spec.Text{All: "상태"}}); err != nil {
		t.Fatal(err)
	}
	// The project has not read the files yet.
	if diff := cmp.Diff([]string{"b_api_b_health: 상태", "b_api_b_health_copy: 상태 (사본)", "dashboard: 상태", "dashboard_2: 상태"}, names()); diff != "" {
		t.Error(diff)
	}
	_, err = w.Create(ctx, "mina", "dashboard", spec.Dashboard{})
	wantKind(t, "a name that is taken", err, maru.Conflict)
	for _, bad := range []string{"Dash", "../x", "a b", "<script>", strings.Repeat("a", 200)} {
		_, err = w.Create(ctx, "mina", bad, spec.Dashboard{})
		wantKind(t, bad, err, maru.Invalid)
		_, err = w.Get(ctx, bad)
		wantKind(t, bad, err, maru.NotFound)
	}
	wantKind(t, "delete what another has changed", w.Delete(ctx, "dashboard", "old"), maru.Conflict)
	if err := w.Delete(ctx, "dashboard", ""); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "delete again", w.Delete(ctx, "dashboard", ""), maru.NotFound)
	if diff := cmp.Diff([]string{"b_api_b_health: 상태", "b_api_b_health_copy: 상태 (사본)", "dashboard_2: 상태"}, names()); diff != "" {
		t.Error(diff)
	}
	if got, err := w.Restore(ctx, "jun", "dashboard", 1); err != nil || got.Version != 2 {
		t.Errorf("%+v %v", got, err)
	}
	_, err = w.Restore(ctx, "jun", "dashboard", 9)
	wantKind(t, "no such version", err, maru.NotFound)
	_, err = w.Versions(ctx, "never")
	wantKind(t, "versions of nothing", err, maru.NotFound)
}

func TestFiftyVersionsAreKept(t *testing.T) {
	w := open(t, dashboard.Config{})
	for i := range dashboard.VersionsMax + 10 {
		w.put(titled("a", fmt.Sprint(i)))
		w.get(t, "a")
	}
	all, err := w.Versions(ctx, "a")
	if err != nil || len(all) != dashboard.VersionsMax || all[0].Number != 60 || all[49].Number != 11 {
		t.Error(len(all), all[0], err)
	}
	_, _, _, err = w.Version(ctx, "a", 10)
	wantKind(t, "forgotten", err, maru.NotFound)
}

func TestLive(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.states["other"] = dashboard.State{Rows: 5}
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("t", `SELECT * FROM "Calls" JOIN others`)}})
	got, err := w.Live(ctx, "a")
	if diff := cmp.Diff(dashboard.Live{ETag: w.get(t, "a").ETag, Views: map[string]int64{"calls": 1}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestAnnotations(t *testing.T) {
	w := open(t, dashboard.Config{})
	moment, err := w.Annotate(ctx, dashboard.Annotation{At: w.now, Text: " <b>deployed</b> ", By: "mina"})
	if err != nil || moment.Text != "<b>deployed</b>" {
		t.Fatalf("%+v %v", moment, err)
	}
	ranged, err := w.Annotate(ctx, dashboard.Annotation{At: w.now.Add(-2 * time.Hour), To: w.now.Add(-time.Hour), Text: "outage", By: "jun"})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		from, to time.Time
		want     []dashboard.Annotation
	}{
		"all":          {time.Time{}, time.Time{}, []dashboard.Annotation{ranged, moment}},
		"in the range": {w.now.Add(-90 * time.Minute), w.now.Add(-80 * time.Minute), []dashboard.Annotation{ranged}},
		"after":        {w.now.Add(time.Second), time.Time{}, nil},
	} {
		got, err := w.Annotations(ctx, c.from, c.to)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %s %v", what, diff, err)
		}
	}
	for what, bad := range map[string]dashboard.Annotation{"no text": {At: w.now, Text: " "}, "no time": {Text: "x"}, "long": {At: w.now, Text: strings.Repeat("x", 2000)},
		"backwards": {At: w.now, To: w.now.Add(-time.Hour), Text: "x"}, "never": {At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Text: "x"}} {
		_, err := w.Annotate(ctx, bad)
		wantKind(t, what, err, maru.Invalid)
	}
	if err := w.Unannotate(ctx, moment.ID); err != nil {
		t.Error(err)
	}
	wantKind(t, "again", w.Unannotate(ctx, moment.ID), maru.NotFound)
}
