package project

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// DashboardVersion is the version of the spec that is read and written.
const DashboardVersion = 1

// Bounds of one dashboard.
const (
	GridColumns        = 24 // a tile stands on x 0..23
	gridRowsMax        = 10_000
	tileRowsMax        = 200
	tilesMax           = 100
	filtersMax         = 20
	filterValuesMax    = 1_000
	tileSQLBytesMax    = 32 << 10
	tileTextBytesMax   = 32 << 10
	titleBytesMax      = 500
	unitBytesMax       = 40
	chartYMax          = 50
	chartOrderMax      = 200
	chartColumnsMax    = 200
	thresholdsMax      = 20
	decimalsMax        = 9
	columnNameBytesMax = 500
)

// Defaults of a dashboard.
const (
	DefaultRange Span = "6h"
	RefreshLive       = "live" // Time.Refresh: as soon as what is shown has changed
)

// Marks of a chart. The words are those of the pages' ChartSpec.
var Marks = []string{"line", "area", "bar", "histogram", "number", "table", "text"}

// Tones are the colours a series may be given: c1 to c8 tell series apart,
// the others say something.
var Tones = []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "error", "warn", "ok", "ink-3"}

// Levels of a threshold.
var Levels = []string{"warn", "error"}

// Dashboard is dashboards/NAME.yaml, version 1 of the spec. It goes over the
// API as it is. Read and edited ones are in normal form, see Normal.
type Dashboard struct {
	Version int      `json:"version"`        // of the spec: 1
	Name    string   `json:"name"`           // of the file; not written into it
	File    string   `json:"file,omitempty"` // relative to the project's folder, with slashes; not written into it
	Title   Text     `json:"title,omitzero"` // the name when unsaid
	About   Text     `json:"about,omitzero"` // what it answers, one or two sentences
	Time    Time     `json:"time"`
	Filters []Filter `json:"filters,omitempty"` // in the order of the bar
	Tiles   []Tile   `json:"tiles,omitempty"`   // in reading order; where they stand is their At
}

// Time is what the page opens with; the address of the page may say otherwise.
type Time struct {
	Range   Span   `json:"range"`             // back from now: "6h"; DefaultRange when unsaid
	Refresh string `json:"refresh,omitempty"` // a Span from 1s on, RefreshLive, or empty: not by itself
}

// Filter is a value the reader chooses: {{name}} in every tile's SQL, bound
// as VARCHAR, or NULL when nothing is chosen. Its choices are Values, or the
// first column of SQL; with neither it is typed in.
type Filter struct {
	Name    string   `json:"name"`           // as a project's names; neither of from, to, step
	Label   Text     `json:"label,omitzero"` // the name when unsaid
	SQL     string   `json:"sql,omitempty"`  // {{from}} and {{to}} are given
	Values  []string `json:"values,omitempty"`
	Default string   `json:"default,omitempty"` // empty: nothing is chosen
}

// Tile is one rectangle: a chart of SQL, or words. Exactly one of SQL and
// Text is given.
type Tile struct {
	ID         string      `json:"id"` // unique in the dashboard; made from the title when unsaid
	Title      Text        `json:"title,omitzero"`
	About      Text        `json:"about,omitzero"` // shown behind the title's ⓘ
	At         At          `json:"at"`
	SQL        string      `json:"sql,omitempty"`     // {{from}} and {{to}} TIMESTAMPTZ, {{step}} INTERVAL, {{filter}} VARCHAR
	Text       Text        `json:"text,omitzero"`     // Markdown
	Chart      Chart       `json:"chart"`             // mark table when unsaid; text for words
	Step       Span        `json:"step,omitempty"`    // the least {{step}}: what its views have; empty: the range decides
	Compare    Span        `json:"compare,omitempty"` // the same this long before, dashed: "1d", "7d"
	Usual      bool        `json:"usual,omitempty"`   // p10–p90 of the same hour of the 7 days before
	Thresholds []Threshold `json:"thresholds,omitempty"`
}

// At is a tile's place: columns 0..23 and rows of 30 px, from the top left.
type At struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"` // columns, from 1
	H int `json:"h"` // rows, from 1
}

// Chart is the chart spec of version 1; the pages' ChartSpec has the same keys.
type Chart struct {
	Mark     string            `json:"mark"`               // one of Marks
	X        string            `json:"x,omitempty"`        // a column: time, number or text; the first when unsaid
	Y        []string          `json:"y,omitempty"`        // columns of numbers; all when unsaid
	Series   string            `json:"series,omitempty"`   // a column whose values make one series each
	Stack    bool              `json:"stack,omitempty"`    // of area and bar
	Unit     string            `json:"unit,omitempty"`     // of y: ms, s, bytes and % are formatted, others stand behind the number
	Decimals *int              `json:"decimals,omitempty"` // 0..9; nil: as the unit has it
	Order    []string          `json:"order,omitempty"`    // of the series; the first is the topmost
	Colors   map[string]string `json:"colors,omitempty"`   // series → one of Tones
	Columns  []ChartColumn     `json:"columns,omitempty"`  // how a table writes its columns
}

// ChartColumn says how one column of a table is written. The order of the
// columns stays that of the SQL.
type ChartColumn struct {
	Name     string `json:"name"`
	Label    Text   `json:"label,omitzero"`
	Unit     string `json:"unit,omitempty"`
	Decimals *int   `json:"decimals,omitempty"`
	Hide     bool   `json:"hide,omitempty"`
}

// Threshold is a line in a chart, and the colour of a number from Value on.
type Threshold struct {
	Value float64 `json:"value"` // in y's unit
	Level string  `json:"level"` // one of Levels
	Label Text    `json:"label,omitzero"`
}

// Span is a length of time as a person writes it, 90s, 6h or 7d; see
// ParseDuration.
type Span string

// Length is the span's length; 0 for one that is empty or no length of time.
func (s Span) Length() time.Duration {
	d, err := ParseDuration(string(s))
	if s == "" || err != nil {
		return 0
	}
	return d
}

// Text is words for people: the same in every language, or one for each. In
// JSON and YAML it is a text, or {en, ko}.
type Text struct {
	All string // in every language; the others are empty then
	En  string
	Ko  string
}

// In is the text in a language; in another one when that has none.
func (t Text) In(lang string) string {
	switch {
	case t.All != "":
		return t.All
	case lang == "ko" && t.Ko != "" || t.En == "":
		return t.Ko
	}
	return t.En
}

type textByLanguage struct {
	En string `json:"en,omitempty"`
	Ko string `json:"ko,omitempty"`
}

// MarshalJSON writes a text, or {en, ko}.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.All != "" || t.En == "" && t.Ko == "" {
		return json.Marshal(t.All)
	}
	return json.Marshal(textByLanguage{t.En, t.Ko})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text{}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '{' {
		return json.Unmarshal(b, &t.All)
	}
	var by textByLanguage
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&by); err != nil {
		return err
	}
	t.En, t.Ko = by.En, by.Ko
	return nil
}

// Normal is d as it is read back after it was written: defaults said, ids
// made, no space around texts. Normal of Normal changes nothing.
func (d Dashboard) Normal() Dashboard {
	if d.Version == 0 {
		d.Version = DashboardVersion
	}
	d.Title, d.About = d.Title.normal(), d.About.normal()
	d.Time.Range = Span(tidy(string(d.Time.Range)))
	d.Time.Refresh = tidy(d.Time.Refresh)
	if d.Time.Range == "" {
		d.Time.Range = DefaultRange
	}
	d.Filters = each(d.Filters, Filter.normal)
	d.Tiles = each(d.Tiles, Tile.normal)
	nameTiles(d.Tiles)
	return d
}

func (f Filter) normal() Filter {
	f.Label, f.SQL, f.Name, f.Default = f.Label.normal(), tidy(f.SQL), tidy(f.Name), tidy(f.Default)
	f.Values = each(f.Values, tidy)
	return f
}

func (t Tile) normal() Tile {
	t.ID, t.Title, t.About, t.SQL, t.Text = tidy(t.ID), t.Title.normal(), t.About.normal(), tidy(t.SQL), t.Text.normal()
	t.Step, t.Compare = Span(tidy(string(t.Step))), Span(tidy(string(t.Compare)))
	if t.Chart.Mark == "" {
		t.Chart.Mark = "table"
		if t.Text != (Text{}) && t.SQL == "" {
			t.Chart.Mark = "text"
		}
	}
	c := &t.Chart
	c.X, c.Series, c.Unit = tidy(c.X), tidy(c.Series), tidy(c.Unit)
	c.Y, c.Order = each(c.Y, tidy), each(c.Order, tidy)
	colors := make(map[string]string, len(c.Colors))
	for k, v := range c.Colors {
		colors[tidy(k)] = tidy(v)
	}
	if c.Colors = colors; len(colors) == 0 {
		c.Colors = nil
	}
	c.Columns = each(c.Columns, func(c ChartColumn) ChartColumn {
		c.Name, c.Label, c.Unit = tidy(c.Name), c.Label.normal(), tidy(c.Unit)
		return c
	})
	t.Thresholds = each(t.Thresholds, func(t Threshold) Threshold {
		t.Label = t.Label.normal()
		return t
	})
	return t
}

func (t Text) normal() Text {
	t = Text{tidy(t.All), tidy(t.En), tidy(t.Ko)}
	if t.All != "" {
		t.En, t.Ko = "", ""
	}
	return t
}

// tidy takes away what no reader sees: space around a text, and the carriage
// returns of Windows.
func tidy(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// each is a new list; nil for an empty one.
func each[T any](in []T, f func(T) T) []T {
	if len(in) == 0 {
		return nil
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
