package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"maru"
	"maru/spec/internal/sqltext"
)

// Bounds of the lengths of time in a dashboard.
const (
	refreshMin = time.Second
	spanMin    = time.Second
	spanMax    = 10 * 366 * 24 * time.Hour
)

// givenParams are the parameters that every tile has.
var givenParams = []string{"from", "to", "step"}

// findingsMax bounds the findings of one dashboard.
const findingsMax = 50

// Finding is one thing that stands against a dashboard.
type Finding struct {
	Path    string // to what is wrong: "tiles[3].sql"; empty: the whole
	Text    string // of the SQL at Path that is wrong from At on; empty: all that stands there is
	At      int    // a byte of Text
	Message string // without the path
	Hint    string // what to do
}

// Problems are the findings as one reads them where there is no text: each
// says which part it means.
func (d Dashboard) Problems() []Problem {
	var out []Problem
	for _, f := range d.Findings() {
		if f.Text != "" {
			line, column := place(f.Text, f.At)
			f.Message = fmt.Sprintf("line %d, column %d: %s", line, column, f.Message)
		}
		if f.Path != "" {
			f.Message = f.Path + ": " + f.Message
		}
		out = append(out, Problem{File: d.File, Message: f.Message, Hint: f.Hint})
	}
	return out
}

// Findings are what stands against writing d.
func (d Dashboard) Findings() []Finding {
	c := &checker{}
	c.ids(d.Tiles)
	if len(d.Tiles) > TilesMax || len(d.Filters) > FiltersMax {
		c.fail("", "", "%d tiles and %d filters, at most %d and %d are allowed", len(d.Tiles), len(d.Filters), TilesMax, FiltersMax)
		return c.found
	}
	c.dashboard(d.Normal())
	return c.found
}

// checker holds what the values of a dashboard say.
type checker struct {
	found []Finding
	names []string // of the parameters
}

func (c *checker) fail(path, hint, format string, args ...any) {
	c.add(Finding{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (c *checker) add(f Finding) {
	if len(c.found) < findingsMax {
		c.found = append(c.found, f)
	}
}

// ids looks for ids that were given twice, before missing ones are made.
func (c *checker) ids(tiles []Tile) {
	seen := map[string]bool{}
	for i, t := range tiles {
		path := fmt.Sprintf("tiles[%d].id", i)
		id := tidy(t.ID)
		switch {
		case id == "":
		case !checkTileID(id):
			c.fail(path, "use letters, digits, _ and -", "%.80q is no id of at most %d letters", id, tileIDBytesMax)
		case seen[id]:
			c.fail(path, "take it away: an id is made where there is none", "two tiles have the id %q", id)
		}
		seen[id] = true
	}
}

func (c *checker) dashboard(d Dashboard) {
	if d.Version != Version {
		c.fail("version", fmt.Sprintf("write version: %d, or use a newer maru", Version), "this maru reads version %d of dashboards only", Version)
	}
	c.line("title", d.Title, titleBytesMax)
	c.words("about", d.About, tileTextBytesMax)
	c.span("time.range", d.Time.Range, spanMin)
	if d.Time.Refresh != RefreshLive {
		c.span("time.refresh", Span(d.Time.Refresh), refreshMin)
	}
	c.names = slices.Clone(givenParams)
	for i, f := range d.Filters {
		c.filter(fmt.Sprintf("filters[%d]", i), f)
		c.names = append(c.names, f.Name)
	}
	for i, t := range d.Tiles {
		c.tile(fmt.Sprintf("tiles[%d]", i), t)
	}
	c.overlaps(d.Tiles)
}

func (c *checker) filter(path string, f Filter) {
	switch err := maru.CheckName(f.Name); {
	case err != nil:
		c.fail(path+".name", "it is written {{name}} in SQL", "%v", err)
	case slices.Contains(givenParams, f.Name):
		c.fail(path+".name", "choose another name", "{{%s}} is the page's time already", f.Name)
	case slices.Contains(c.names, f.Name):
		c.fail(path+".name", "choose another name", "two filters are called %s", f.Name)
	}
	c.line(path+".label", f.Label, titleBytesMax)
	if f.SQL != "" && len(f.Values) > 0 {
		c.fail(path+".values", "keep one of the two", "a filter has either sql or values")
	}
	c.sql(path+".sql", f.SQL, givenParams[:2])
	if len(f.Values) > FilterValuesMax {
		c.fail(path+".values", "", "%d values, at most %d are allowed", len(f.Values), FilterValuesMax)
	}
	for _, v := range f.Values {
		if v == "" {
			c.fail(path+".values", "nothing chosen is always possible", "a value is empty")
			break
		}
		c.one(path+".values", v, titleBytesMax)
	}
	c.one(path+".default", f.Default, titleBytesMax)
	if len(f.Values) > 0 && f.Default != "" && !slices.Contains(f.Values, f.Default) {
		c.fail(path+".default", DidYouMean(f.Default, f.Values), "%q is none of the values", f.Default)
	}
}

func (c *checker) tile(path string, t Tile) {
	c.line(path+".title", t.Title, titleBytesMax)
	c.words(path+".about", t.About, tileTextBytesMax)
	c.stands(path+".at", t.At)
	words := t.Text != Text{}
	switch {
	case words && t.SQL != "":
		c.fail(path+".text", "make two tiles of it", "a tile has either sql or text")
	case words && t.Chart.Mark != "text":
		c.fail(path+".chart.mark", "take chart away, or write sql", "a tile of text has no chart")
	case t.Chart.Mark == "text" && t.SQL != "":
		c.fail(path+".chart.mark", "use table, or write text: in place of sql", "mark text shows words, not the rows of SQL")
	case t.Chart.Mark == "text" && !words:
		c.fail(path, "add text: …", "a tile of mark text has no text")
	case !words && t.SQL == "":
		c.fail(path, "add sql: SELECT …, or text: for words", "a tile has no sql")
	}
	c.words(path+".text", t.Text, tileTextBytesMax)
	c.sql(path+".sql", t.SQL, c.names)
	c.chart(path+".chart", t.Chart)
	c.span(path+".step", t.Step, spanMin)
	c.span(path+".compare", t.Compare, spanMin)
	if len(t.Thresholds) > ThresholdsMax {
		c.fail(path+".thresholds", "", "%d thresholds, at most %d are allowed", len(t.Thresholds), ThresholdsMax)
	}
	for i, th := range t.Thresholds {
		p := fmt.Sprintf("%s.thresholds[%d]", path, i)
		if math.IsNaN(th.Value) || math.IsInf(th.Value, 0) {
			c.fail(p+".value", "write a number", "this is no number")
		}
		c.oneOf(p+".level", th.Level, Levels)
		c.line(p+".label", th.Label, titleBytesMax)
	}
}

func (c *checker) stands(path string, a At) {
	switch {
	case a == At{}:
		c.fail(path, fmt.Sprintf("add at: {x: 0, y: 0, w: %d, h: 8}", GridColumns/2), "a tile has no place")
	case a.X < 0 || a.W < 1 || a.W > GridColumns || a.X > GridColumns-a.W:
		c.fail(path, fmt.Sprintf("x from 0, w from 1, together at most %d", GridColumns), "x %d and w %d leave the %d columns", a.X, a.W, GridColumns)
	case a.Y < 0 || a.H < 1 || a.H > tileRowsMax || a.Y > gridRowsMax:
		c.fail(path, fmt.Sprintf("y from 0 to %d, h from 1 to %d", gridRowsMax, tileRowsMax), "y %d and h %d are not allowed", a.Y, a.H)
	}
}

func (c *checker) overlaps(tiles []Tile) {
	for i, t := range tiles {
		for _, o := range tiles[:i] {
			a, b := t.At, o.At
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				c.fail(fmt.Sprintf("tiles[%d].at", i), fmt.Sprintf("y: %d is free of it", b.Y+b.H), "the tile covers %q", o.ID)
				break
			}
		}
	}
}

func (c *checker) chart(path string, ch Chart) {
	c.oneOf(path+".mark", ch.Mark, Marks)
	for key, s := range map[string]string{".x": ch.X, ".series": ch.Series} {
		c.one(path+key, s, columnNameBytesMax)
	}
	c.one(path+".unit", ch.Unit, unitBytesMax)
	c.list(path+".y", ch.Y, ChartYMax)
	c.list(path+".order", ch.Order, ChartOrderMax)
	c.decimals(path+".decimals", ch.Decimals)
	if len(ch.Colors) > ChartOrderMax {
		c.fail(path+".colors", "", "%d entries, at most %d are allowed", len(ch.Colors), ChartOrderMax)
	}
	for name, tone := range ch.Colors {
		c.one(path+".colors", name, columnNameBytesMax)
		c.oneOf(path+".colors."+name, tone, Tones)
	}
	if len(ch.Columns) > ChartColumnsMax {
		c.fail(path+".columns", "", "%d entries, at most %d are allowed", len(ch.Columns), ChartColumnsMax)
	}
	seen := map[string]bool{}
	for i, col := range ch.Columns {
		p := fmt.Sprintf("%s.columns[%d]", path, i)
		switch {
		case col.Name == "":
			c.fail(p, "add name: and a column of the SQL", "an entry names no column")
		case seen[strings.ToLower(col.Name)]:
			c.fail(p+".name", "", "column %q stands here twice", col.Name)
		}
		seen[strings.ToLower(col.Name)] = true
		c.one(p+".name", col.Name, columnNameBytesMax)
		c.line(p+".label", col.Label, titleBytesMax)
		c.one(p+".unit", col.Unit, unitBytesMax)
		c.decimals(p+".decimals", col.Decimals)
	}
}

func (c *checker) decimals(path string, n *int) {
	if n != nil && (*n < 0 || *n > decimalsMax) {
		c.fail(path, fmt.Sprintf("use a number from 0 to %d", decimalsMax), "%d is not allowed", *n)
	}
}

func (c *checker) list(path string, words []string, most int) {
	if len(words) > most {
		c.fail(path, "", "has %d entries, at most %d are allowed", len(words), most)
	}
	for _, w := range words {
		if w == "" {
			c.fail(path, "", "an entry is empty")
			return
		}
		c.one(path, w, columnNameBytesMax)
	}
}

func (c *checker) oneOf(path, s string, words []string) {
	if !slices.Contains(words, s) {
		hint := "use " + strings.Join(words, ", ")
		if n := Nearest(s, words); n != "" {
			hint = "did you mean " + n + "?"
		}
		c.fail(path, hint, "%q is not known", s)
	}
}

func (c *checker) span(path string, s Span, least time.Duration) {
	if s == "" {
		return
	}
	d, err := ParseDuration(string(s))
	switch {
	case err != nil:
		c.fail(path, "write it like 30s, 5m, 12h or 7d", "%v", err)
	case d < least || d > spanMax:
		c.fail(path, "use 1s to 3660d", "%s is not allowed", s)
	}
}

// one holds a text of one line to its length, and to what can be seen.
func (c *checker) one(path, s string, most int) {
	c.line(path, Text{All: s}, most)
}

func (c *checker) line(path string, t Text, most int) {
	for _, s := range []string{t.All, t.En, t.Ko} {
		if strings.ContainsAny(s, "\n\t") {
			c.fail(path, "write it in one line", "the text has a line break or a tab")
			return
		}
	}
	c.words(path, t, most)
}

func (c *checker) words(path string, t Text, most int) {
	for _, s := range []string{t.All, t.En, t.Ko} {
		if len(s) > most {
			c.fail(path, "", "the text has %d bytes, at most %d are allowed", len(s), most)
		}
		if !utf8.ValidString(s) || strings.IndexFunc(s, unseen) >= 0 {
			c.fail(path, "take it away", "the text has a character that cannot be shown")
		}
	}
}

// unseen are the control characters but line breaks and tabs, and what turns
// the direction of the text after it.
func unseen(c rune) bool {
	return unicode.IsControl(c) && c != '\n' && c != '\t' || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 ||
		c == 0x2028 || c == 0x2029 || c == 0xfeff || c == utf8.RuneError
}

// sql looks at the parameters of a statement; the engine judges the rest.
func (c *checker) sql(path, sql string, known []string) {
	c.words(path, Text{All: sql}, tileSQLBytesMax)
	if len(sql) > tileSQLBytesMax {
		return
	}
	for _, m := range sqltext.Scan(sql) {
		if len(c.found) == findingsMax {
			return
		}
		switch {
		case m.Kind == sqltext.Dollar:
			c.failIn(path, sql, m, "write {{name}}", "%s is no parameter of a dashboard", sql[m.At:m.End])
		case m.Kind == sqltext.Broken:
			c.failIn(path, sql, m, "write {{name}} with letters, digits and _", "%.60q is no parameter's name", m.Name)
		case !slices.Contains(known, m.Name):
			hint := DidYouMean(m.Name, known)
			if Nearest(m.Name, known) == "" {
				hint += ", or add a filter of that name"
			}
			c.failIn(path, sql, m, hint, "{{%s}} is given by nothing", m.Name)
		}
	}
}

func (c *checker) failIn(path, sql string, m sqltext.Mark, hint, format string, args ...any) {
	c.add(Finding{Path: path, Text: sql, At: m.At, Message: fmt.Sprintf(format, args...), Hint: hint})
}
