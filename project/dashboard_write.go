package project

import (
	"maps"
	"slices"
	"strconv"

	"maru/project/internal/yamledit"
	"maru/spec"
)

// tree is a dashboard in normal form as YAML. The id of a tile is written
// where it cannot be made again: for those that implied says no to.
func dashboardTree(d spec.Dashboard, implied func(id string) bool) yamledit.Tree {
	t := group()
	t.Add("version", number(d.Version))
	t.Add("title", textTree(d.Title))
	t.Add("about", textTree(d.About))
	time := group()
	time.Flow = true
	time.Add("range", word(string(d.Time.Range)))
	time.Add("refresh", word(d.Time.Refresh))
	t.Add("time", time)
	filters := yamledit.Tree{Kind: yamledit.List}
	for _, f := range d.Filters {
		filters.Items = append(filters.Items, filterTree(f))
	}
	t.Add("filters", filters)
	tiles := yamledit.Tree{Kind: yamledit.List}
	for _, tile := range d.Tiles {
		tiles.Items = append(tiles.Items, tileTree(tile, implied(tile.ID)))
	}
	t.Add("tiles", tiles)
	return t
}

func filterTree(f spec.Filter) yamledit.Tree {
	t := group()
	t.ID, t.Flow = f.Name, true
	t.Add("name", word(f.Name))
	t.Add("label", textTree(f.Label))
	t.Add("sql", word(f.SQL))
	t.Add("values", words(f.Values))
	t.Add("default", word(f.Default))
	return t
}

func tileTree(t spec.Tile, implied bool) yamledit.Tree {
	out := group()
	out.ID = t.ID
	id := word(t.ID)
	id.Implied = implied
	out.Add("id", id)
	out.Add("title", textTree(t.Title))
	out.Add("about", textTree(t.About))
	at := group()
	at.Flow = true
	at.Add("x", number(t.At.X))
	at.Add("y", number(t.At.Y))
	at.Add("w", number(t.At.W))
	at.Add("h", number(t.At.H))
	out.Add("at", at)
	out.Add("sql", block(t.SQL))
	out.Add("text", textBlocks(t.Text))
	chart := chartTree(t.Chart)
	chart.Implied = t.Chart.Mark == "text" && len(chart.Keys) == 1
	out.Add("chart", chart)
	out.Add("step", word(string(t.Step)))
	out.Add("compare", word(string(t.Compare)))
	out.Add("usual", yes(t.Usual))
	thresholds := yamledit.Tree{Kind: yamledit.List, Flow: true}
	for _, th := range t.Thresholds {
		one := group()
		one.Flow = true
		one.Add("value", yamledit.Tree{Text: strconv.FormatFloat(th.Value, 'f', -1, 64), Raw: true})
		one.Add("level", word(th.Level))
		one.Add("label", textTree(th.Label))
		thresholds.Items = append(thresholds.Items, one)
	}
	out.Add("thresholds", thresholds)
	return out
}

func chartTree(c spec.Chart) yamledit.Tree {
	t := group()
	t.Flow = true
	t.Add("mark", word(c.Mark))
	t.Add("x", word(c.X))
	t.Add("y", words(c.Y))
	t.Add("series", word(c.Series))
	t.Add("stack", yes(c.Stack))
	t.Add("unit", word(c.Unit))
	t.Add("decimals", maybe(c.Decimals))
	t.Add("order", words(c.Order))
	colors := group()
	colors.Flow = true
	for _, name := range slices.Sorted(maps.Keys(c.Colors)) {
		colors.Add(name, word(c.Colors[name]))
	}
	t.Add("colors", colors)
	columns := yamledit.Tree{Kind: yamledit.List}
	for _, col := range c.Columns {
		one := group()
		one.ID, one.Flow = col.Name, true
		one.Add("name", word(col.Name))
		one.Add("label", textTree(col.Label))
		one.Add("unit", word(col.Unit))
		one.Add("decimals", maybe(col.Decimals))
		one.Add("hide", yes(col.Hide))
		columns.Items = append(columns.Items, one)
	}
	t.Flow = len(c.Columns) == 0
	t.Add("columns", columns)
	return t
}

func textTree(t spec.Text) yamledit.Tree   { return writeText(t, word) }
func textBlocks(t spec.Text) yamledit.Tree { return writeText(t, block) }

func writeText(t spec.Text, one func(string) yamledit.Tree) yamledit.Tree {
	if t.All != "" {
		return one(t.All)
	}
	by := group()
	by.Flow = true
	by.Add("en", one(t.En))
	by.Add("ko", one(t.Ko))
	return by
}

func group() yamledit.Tree         { return yamledit.Tree{Kind: yamledit.Group} }
func word(s string) yamledit.Tree  { return yamledit.Tree{Text: s} }
func block(s string) yamledit.Tree { return yamledit.Tree{Text: s, Long: true} }
func number(n int) yamledit.Tree   { return yamledit.Tree{Text: strconv.Itoa(n), Raw: true} }
func words(list []string) yamledit.Tree {
	t := yamledit.Tree{Kind: yamledit.List, Flow: true}
	for _, s := range list {
		t.Items = append(t.Items, word(s))
	}
	return t
}

func yes(b bool) yamledit.Tree {
	if !b {
		return yamledit.Tree{}
	}
	return yamledit.Tree{Text: "true", Raw: true}
}

func maybe(n *int) yamledit.Tree {
	if n == nil {
		return yamledit.Tree{}
	}
	return number(*n)
}
