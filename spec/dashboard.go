package spec

// Version is the version of the spec that is read and written.
const Version = 1

// Bounds of one dashboard.
const (
	GridColumns        = 24 // a tile stands on x 0..23
	gridRowsMax        = 10_000
	tileRowsMax        = 200
	TilesMax           = 100
	FiltersMax         = 20
	FilterValuesMax    = 1_000
	tileSQLBytesMax    = 32 << 10
	tileTextBytesMax   = 32 << 10
	titleBytesMax      = 500
	unitBytesMax       = 40
	ChartYMax          = 50
	ChartOrderMax      = 200
	ChartColumnsMax    = 200
	ThresholdsMax      = 20
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
