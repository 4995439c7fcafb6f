package project

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"maru/spec"
)

// places says where what stands in a dashboard's file: "tiles[3].sql".
type places map[string]inText

// inText is where a text begins, and the file's lines if it is a block.
type inText struct {
	at    Pos
	lines []string // of a literal block, as written; nil for others
}

// at is the place of path, or of the nearest thing around it.
func (p places) at(path string) Pos {
	for path != "" {
		if t, ok := p[path]; ok {
			return t.at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return Pos{1, 1}
}

// inside is the place of text[offset:], where text is what stands at path.
func (p places) inside(path, text string, offset int) Pos {
	t, ok := p[path]
	if !ok || t.lines == nil {
		return p.at(path)
	}
	want := posOf([]byte(text), offset)
	skip := 0 // blank lines before the text's first
	for skip < len(t.lines) && strings.TrimSpace(t.lines[skip]) == "" {
		skip++
	}
	if i := skip + want.Line - 1; i < len(t.lines) {
		line := strings.Split(text, "\n")[want.Line-1]
		indent := utf8.RuneCountInString(strings.TrimRight(t.lines[i], " \t\r")) - utf8.RuneCountInString(strings.TrimRight(line, " \t"))
		return Pos{t.at.Line + 1 + i, want.Column + max(0, indent)}
	}
	return t.at
}

// ParseDashboard reads the text of dashboards/NAME.yaml. With a problem the
// Dashboard is what could be read of it.
func ParseDashboard(name string, text []byte) (spec.Dashboard, []Problem) {
	file := dashboardKind.folder + "/" + name + dashboardKind.ext
	r := &reader{file: file}
	var d spec.Dashboard
	if text, ok := r.checkText(text); ok {
		d = r.dashboard(text)
	}
	d.Name, d.File = name, file
	sortProblems(r.problems)
	return d, r.problems
}

// dashboard reads a text in normal form, and checks it.
func (r *reader) dashboard(text []byte) spec.Dashboard {
	text = []byte(strings.ReplaceAll(string(text), "\r\n", "\n"))
	d := &dashboardReader{places: places{}, lines: strings.Split(string(text), "\n")}
	var out spec.Dashboard
	d.note("", value{at: Pos{1, 1}})
	r.document(text, fields{
		"version": func(v value) { d.integer(v, "version", &out.Version) },
		"title":   func(v value) { d.text(v, "title", &out.Title) },
		"about":   func(v value) { d.text(v, "about", &out.About) },
		"time": func(v value) {
			v.mapping(fields{
				"range":   func(v value) { d.span(v, "time.range", &out.Time.Range) },
				"refresh": func(v value) { d.word(v, "time.refresh", &out.Time.Refresh) },
			})
		},
		"filters": func(v value) {
			out.Filters = listOf(d, v, "filters", spec.FiltersMax, d.filter)
		},
		"tiles": func(v value) {
			out.Tiles = listOf(d, v, "tiles", spec.TilesMax, d.tile)
		},
	})
	if len(r.problems) > 0 { // half a dashboard would only give more of them
		return out.Normal()
	}
	if _, said := d.places["version"]; said && out.Version == 0 {
		out.Version = -1 // not the default
	}
	for _, f := range out.Findings() {
		at := d.places.at(f.Path)
		if f.Text != "" {
			at = d.places.inside(f.Path, f.Text, f.At)
		}
		key := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		if key != "" && !strings.HasSuffix(key, "]") {
			f.Message = key + ": " + f.Message
		}
		r.fail(at, f.Hint, "%s", f.Message)
	}
	return out.Normal()
}

// dashboardReader reads values and notes where they stand.
type dashboardReader struct {
	places places
	lines  []string
}

func (d *dashboardReader) note(path string, v value) {
	t := inText{at: v.at}
	if n, ok := v.node.(*ast.LiteralNode); ok && strings.HasPrefix(n.Start.Value, "|") {
		t.at = Pos{n.Start.Position.Line, n.Start.Position.Column}
		t.lines = d.lines[min(t.at.Line, len(d.lines)):]
	}
	d.places[path] = t
}

func (d *dashboardReader) word(v value, path string, to *string) {
	d.note(path, v)
	*to, _ = v.text()
}

func (d *dashboardReader) words(v value, path string, most int, to *[]string) {
	d.note(path, v)
	*to = v.words(most)
}

func (d *dashboardReader) span(v value, path string, to *spec.Span) {
	d.note(path, v)
	s, _ := v.text()
	*to = spec.Span(s)
}

func (d *dashboardReader) boolean(v value, path string, to *bool) {
	d.note(path, v)
	*to, _ = v.boolean()
}

func (d *dashboardReader) integer(v value, path string, to *int) {
	d.note(path, v)
	if s, ok := v.text(); ok {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			v.fail("write a whole number", "%q is not allowed", s)
		}
		*to = int(n)
	}
}

func (d *dashboardReader) decimals(v value, path string, to **int) {
	*to = new(int)
	d.integer(v, path, *to)
}

func (d *dashboardReader) text(v value, path string, to *spec.Text) {
	d.note(path, v)
	switch v.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		v.mapping(fields{
			"en": func(v value) { d.word(v, path+".en", &to.En) },
			"ko": func(v value) { d.word(v, path+".ko", &to.Ko) },
		})
	default:
		to.All, _ = v.text()
	}
}

// listOf reads a list of groups; read is given the path of each.
func listOf[T any](d *dashboardReader, v value, path string, most int, read func(value, string) T) []T {
	d.note(path, v)
	seq, ok := v.node.(*ast.SequenceNode)
	switch {
	case !ok:
		v.fail("begin each entry with a dash", "this is %s where a list is expected", describe(v.node))
		return nil
	case len(seq.Values) > most:
		v.fail("", "has %d entries, at most %d are allowed", len(seq.Values), most)
		return nil
	}
	out := make([]T, 0, len(seq.Values))
	for i, n := range seq.Values {
		entry := value{r: v.r, node: n, at: position(n)}
		if n.Type() == ast.NullType {
			entry.key = v.key
			entry.fail("write its keys or take the dash away", "an entry is empty")
			continue
		}
		p := fmt.Sprintf("%s[%d]", path, i)
		d.note(p, entry)
		out = append(out, read(entry, p))
	}
	return out
}

func (d *dashboardReader) filter(v value, path string) (f spec.Filter) {
	v.mapping(fields{
		"name":    func(v value) { d.word(v, path+".name", &f.Name) },
		"label":   func(v value) { d.text(v, path+".label", &f.Label) },
		"sql":     func(v value) { d.word(v, path+".sql", &f.SQL) },
		"values":  func(v value) { d.words(v, path+".values", spec.FilterValuesMax, &f.Values) },
		"default": func(v value) { d.word(v, path+".default", &f.Default) },
	})
	return f
}

func (d *dashboardReader) tile(v value, path string) (t spec.Tile) {
	v.mapping(fields{
		"id":      func(v value) { d.word(v, path+".id", &t.ID) },
		"title":   func(v value) { d.text(v, path+".title", &t.Title) },
		"about":   func(v value) { d.text(v, path+".about", &t.About) },
		"at":      func(v value) { d.at(v, path+".at", &t.At) },
		"sql":     func(v value) { d.word(v, path+".sql", &t.SQL) },
		"text":    func(v value) { d.text(v, path+".text", &t.Text) },
		"chart":   func(v value) { d.chart(v, path+".chart", &t.Chart) },
		"step":    func(v value) { d.span(v, path+".step", &t.Step) },
		"compare": func(v value) { d.span(v, path+".compare", &t.Compare) },
		"usual":   func(v value) { d.boolean(v, path+".usual", &t.Usual) },
		"thresholds": func(v value) {
			t.Thresholds = listOf(d, v, path+".thresholds", spec.ThresholdsMax, d.threshold)
		},
	})
	return t
}

func (d *dashboardReader) at(v value, path string, at *spec.At) {
	d.note(path, v)
	v.mapping(fields{
		"x": func(v value) { d.integer(v, path+".x", &at.X) },
		"y": func(v value) { d.integer(v, path+".y", &at.Y) },
		"w": func(v value) { d.integer(v, path+".w", &at.W) },
		"h": func(v value) { d.integer(v, path+".h", &at.H) },
	})
}

func (d *dashboardReader) chart(v value, path string, c *spec.Chart) {
	d.note(path, v)
	v.mapping(fields{
		"mark":     func(v value) { d.word(v, path+".mark", &c.Mark) },
		"x":        func(v value) { d.word(v, path+".x", &c.X) },
		"y":        func(v value) { d.words(v, path+".y", spec.ChartYMax, &c.Y) },
		"series":   func(v value) { d.word(v, path+".series", &c.Series) },
		"stack":    func(v value) { d.boolean(v, path+".stack", &c.Stack) },
		"unit":     func(v value) { d.word(v, path+".unit", &c.Unit) },
		"decimals": func(v value) { d.decimals(v, path+".decimals", &c.Decimals) },
		"order":    func(v value) { d.words(v, path+".order", spec.ChartOrderMax, &c.Order) },
		"colors":   func(v value) { c.Colors = d.colors(v, path+".colors") },
		"columns": func(v value) {
			c.Columns = listOf(d, v, path+".columns", spec.ChartColumnsMax, d.column)
		},
	})
}

func (d *dashboardReader) colors(v value, path string) map[string]string {
	d.note(path, v)
	pairs, _ := v.pairs()
	if len(pairs) > spec.ChartOrderMax {
		v.fail("", "has %d entries, at most %d are allowed", len(pairs), spec.ChartOrderMax)
		return nil
	}
	out := map[string]string{}
	for _, p := range pairs {
		var s string
		d.word(p, path+"."+p.key, &s)
		out[p.key] = s
	}
	return out
}

func (d *dashboardReader) column(v value, path string) (c spec.ChartColumn) {
	v.mapping(fields{
		"name":     func(v value) { d.word(v, path+".name", &c.Name) },
		"label":    func(v value) { d.text(v, path+".label", &c.Label) },
		"unit":     func(v value) { d.word(v, path+".unit", &c.Unit) },
		"decimals": func(v value) { d.decimals(v, path+".decimals", &c.Decimals) },
		"hide":     func(v value) { d.boolean(v, path+".hide", &c.Hide) },
	})
	return c
}

func (d *dashboardReader) threshold(v value, path string) (t spec.Threshold) {
	v.mapping(fields{
		"value": func(v value) {
			d.note(path+".value", v)
			if s, ok := v.text(); ok {
				n, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
				if err != nil {
					v.fail("write a number", "%q is not allowed", s)
				}
				t.Value = n
			}
		},
		"level": func(v value) { d.word(v, path+".level", &t.Level) },
		"label": func(v value) { d.text(v, path+".label", &t.Label) },
	})
	if _, said := d.places[path+".value"]; !said {
		v.fail("add value: 500", "a threshold has no value")
	}
	return t
}
