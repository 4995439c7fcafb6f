package dashboard

import (
	"context"
	"slices"
	"time"

	"maru"
	"maru/run"
	"maru/spec"
)

// Ask is what a page wants to know of one dashboard.
type Ask struct {
	Name    string
	Draft   *spec.Dashboard // in place of what is saved
	From    time.Time
	To      time.Time
	Filters map[string]*string // nil, or empty: nothing is chosen; one that is not here has its default
	Tiles   []string           // nil: all
	Choices bool               // of the filters, too
}

// Answer is the data of tiles, in the order of the dashboard.
type Answer struct {
	from, to time.Time
	step     time.Duration
	choices  []choices
	tiles    []tileData
}

// choices are those of one filter.
type choices struct {
	name   string
	values []string // nil: see table
	table  *table
	err    error
}

// tileData is what one tile shows, or why it does not.
type tileData struct {
	id      string
	step    time.Duration
	main    *answer
	at      time.Time // when it was known to be right
	cached  bool
	took    time.Duration
	compare *answer
	shift   time.Duration
	usual   *band
	err     error
}

// asked is one Ask while it is answered.
type asked struct {
	d       *Dashboards
	span    span
	filters map[string]*string
	now     seen
}

// Data answers for all tiles; what goes wrong with one is that one's error.
func (d *Dashboards) Data(ctx context.Context, ask Ask) (*Answer, error) {
	shown, err := d.askedOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	length := ask.To.Sub(ask.From)
	switch {
	case len(ask.Tiles) > spec.TilesMax:
		return nil, maru.Errorf(maru.TooLarge, "%d tiles were asked for, a dashboard has at most %d", len(ask.Tiles), spec.TilesMax)
	case ask.From.IsZero() || ask.To.IsZero():
		return nil, maru.Errorf(maru.Invalid, "from and to are missing: send both as 2026-01-05T09:00:00Z")
	case length < rangeMin || length > rangeMax:
		return nil, maru.Errorf(maru.Invalid, "the range from %s to %s is not from %s to %s long", ask.From.Format(time.RFC3339), ask.To.Format(time.RFC3339), rangeMin, rangeMax)
	case ask.From.Year() < 1900 || ask.To.Year() > 2262:
		return nil, maru.Errorf(maru.Invalid, "the range is outside of the years 1900 to 2262")
	}
	a := &asked{d: d, span: span{ask.From.UTC(), ask.To.UTC(), stepOf(length, 0)}, now: seen{now: d.needs.Clock.Now()}}
	if a.filters, err = chosen(shown.Filters, ask.Filters); err != nil {
		return nil, err
	}
	if a.now.states, err = d.needs.Views.States(ctx); err != nil { // the tiles say what that means for them
		d.needs.Log.Debug("dashboard: the views do not say how far they are", "error", err)
	}
	return a.answer(ctx, shown, ask)
}

// askedOf is the dashboard that is meant.
func (d *Dashboards) askedOf(ctx context.Context, ask Ask) (spec.Dashboard, error) {
	if ask.Draft != nil {
		if len(ask.Draft.Tiles) > spec.TilesMax || len(ask.Draft.Filters) > spec.FiltersMax {
			return spec.Dashboard{}, maru.Errorf(maru.TooLarge, "a dashboard has at most %d tiles and %d filters", spec.TilesMax, spec.FiltersMax)
		}
		return ask.Draft.Normal(), nil
	}
	at, err := d.read(ask.Name)
	if err != nil {
		return spec.Dashboard{}, err
	}
	shown, _, err := d.shown(ctx, at)
	return shown, err
}

// chosen is the value of each filter.
func chosen(filters []spec.Filter, given map[string]*string) (map[string]*string, error) {
	out := map[string]*string{}
	for _, f := range filters {
		v, ok := given[f.Name]
		if !ok && f.Default != "" {
			v = &f.Default
		}
		if v != nil && len(*v) > filterBytesMax {
			return nil, maru.Errorf(maru.TooLarge, "the value of filter %s has %d bytes, at most %d are allowed", f.Name, len(*v), filterBytesMax)
		}
		if v != nil && *v == "" {
			v = nil // no choice is empty
		}
		out[f.Name] = v
	}
	for name := range given {
		if _, ok := out[name]; !ok {
			return nil, maru.Errorf(maru.Invalid, "the dashboard has no filter %.100q", name)
		}
	}
	return out, nil
}

func (a *asked) answer(ctx context.Context, shown spec.Dashboard, ask Ask) (*Answer, error) {
	out := &Answer{from: a.span.from, to: a.span.to, step: a.span.step}
	most := 3 * a.d.cfg.Timeout / 2 // for a tile with all that is compared with it
	limited, cancel := context.WithTimeoutCause(ctx, most, maru.Errorf(maru.Timeout, "the tiles took longer than %s", most))
	defer cancel()
	g, _ := run.NewGroup(limited)
	tiles := wanted(shown.Tiles, ask.Tiles)
	out.tiles = make([]tileData, len(tiles), len(tiles)+len(ask.Tiles))
	for i, t := range tiles { // at most spec.TilesMax; the cache executes statementsMax at a time
		at := &out.tiles[i]
		at.id = t.ID
		g.Go("dashboard tile", func(ctx context.Context) error {
			a.tile(ctx, t, at)
			return nil
		})
	}
	if ask.Choices {
		out.choices = make([]choices, len(shown.Filters))
		for i, f := range shown.Filters {
			g.Go("dashboard filter", func(ctx context.Context) error {
				out.choices[i] = a.choices(ctx, f)
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, id := range ask.Tiles {
		if !slices.ContainsFunc(shown.Tiles, func(t spec.Tile) bool { return t.ID == id }) {
			out.tiles = append(out.tiles, tileData{id: id, err: maru.Errorf(maru.NotFound, "the dashboard has no tile %.100q any more", id)})
		}
	}
	return out, ctx.Err()
}

// wanted are the tiles with SQL, those that are named if any are.
func wanted(tiles []spec.Tile, ids []string) []spec.Tile {
	return slices.DeleteFunc(slices.Clone(tiles), func(t spec.Tile) bool { return t.SQL == "" || ids != nil && !slices.Contains(ids, t.ID) })
}

// tile executes what one tile needs. The comparison and the usual range are
// left out when they cannot be had: the tile itself says what is wrong.
func (a *asked) tile(ctx context.Context, t spec.Tile, out *tileData) {
	start := time.Now()
	defer func() { out.took = time.Since(start) }()
	asked := span{a.span.from, a.span.to, stepFor(t, a.span.to.Sub(a.span.from))}
	out.step = asked.step
	st, err := bind(t.SQL, asked.whole(), a.filters)
	if err == nil {
		out.main, out.at, out.cached, err = a.d.cache.get(ctx, st, a.now)
	}
	if err != nil {
		out.err = err
		return
	}
	if shift := t.Compare.Length(); shift > 0 {
		a.compare(ctx, t, asked, shift, out)
	}
	if t.Usual {
		out.usual = a.usual(ctx, t, asked, out.main.table)
	}
}

// compare executes the tile as of so long ago. Of a range that goes on, only
// what had passed by then is compared, to a fifth of a step: so the last point
// is as unfinished as the one it is compared with, and the answer can be kept
// for a while.
func (a *asked) compare(ctx context.Context, t spec.Tile, asked span, shift time.Duration, out *tileData) {
	before := asked.whole()
	if before.to.After(a.now.now) {
		before.to = a.now.now.UTC().Truncate(asked.step / 5)
	}
	if !before.from.Before(before.to) {
		return
	}
	st, err := bind(t.SQL, before.back(shift), a.filters)
	if err != nil {
		return
	}
	got, _, _, err := a.d.cache.get(ctx, st, a.now)
	if err != nil {
		a.d.needs.Log.Debug("dashboard: no comparison", "tile", t.ID, "error", err)
		return
	}
	if got.table.rows > 0 {
		out.compare, out.shift = got, shift
	}
}

// choices are a filter's values: as written, or the first column of its SQL.
func (a *asked) choices(ctx context.Context, f spec.Filter) choices {
	out := choices{name: f.Name, values: f.Values}
	if f.SQL == "" {
		out.values = append([]string{}, f.Values...)
		return out
	}
	st, err := bind(f.SQL, a.span.whole(), nil)
	if err == nil {
		var got *answer
		if got, _, _, err = a.d.cache.get(ctx, st, a.now); err == nil {
			out.table = got.table
		}
	}
	out.err = err
	return out
}
