package spec_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru/spec"
)

func TestDashboardJSON(t *testing.T) {
	two := 2
	want := spec.Dashboard{Name: "a", Title: spec.Text{En: "Health", Ko: "상태"}, Time: spec.Time{Range: "1d", Refresh: spec.RefreshLive},
		Filters: []spec.Filter{{Name: "path", Values: []string{"/a"}}},
		Tiles: []spec.Tile{{Title: spec.Text{All: "One"}, At: spec.At{W: 3, H: 1}, SQL: "SELECT 1", Compare: "1d", Usual: true,
			Chart:      spec.Chart{Mark: "bar", Y: []string{"n"}, Decimals: &two, Colors: map[string]string{"5xx": "error"}, Columns: []spec.ChartColumn{{Name: "n", Hide: true}}},
			Thresholds: []spec.Threshold{{Value: 0.5, Level: "warn"}}}}}.Normal()
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got spec.Dashboard
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(got, got.Normal()); diff != "" {
		t.Errorf("Normal of Normal: %s", diff)
	}
}

func TestDashboardProblemsSayWhichPart(t *testing.T) {
	d := spec.Dashboard{Name: "a", Tiles: []spec.Tile{
		{ID: "a", At: spec.At{W: 30, H: 1}, SQL: "SELECT {{pth}}", Chart: spec.Chart{Mark: "lines"}},
		{ID: "a", At: spec.At{W: 3, H: 1}, SQL: "SELECT\n {{frm}}"}}}
	var got []string
	for _, p := range d.Problems() {
		got = append(got, p.Message+" | "+p.Hint)
	}
	want := []string{`tiles[1].id: two tiles have the id "a" | take it away: an id is made where there is none`,
		`tiles[0].at: x 0 and w 30 leave the 24 columns | x from 0, w from 1, together at most 24`,
		`tiles[0].sql: line 1, column 8: {{pth}} is given by nothing | use from, to, step, or add a filter of that name`,
		`tiles[0].chart.mark: "lines" is not known | did you mean line?`,
		`tiles[1].sql: line 2, column 2: {{frm}} is given by nothing | did you mean from?`,
		`tiles[1].at: the tile covers "a" | y: 1 is free of it`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
