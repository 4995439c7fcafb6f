package spec

import "strings"

// Normal is d as it is read back after it was written: defaults said, ids
// made, no space around texts. Normal of Normal changes nothing.
func (d Dashboard) Normal() Dashboard {
	if d.Version == 0 {
		d.Version = Version
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
