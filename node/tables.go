package node

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"maru"
	"maru/project"
	"maru/query"
	"maru/stream"
)

// tables tells SQL what there is: views, topics, seeds.
type tables struct{ n *node }

// Lookup finds a view, a seed or a topic, exactly first, then without regard to case.
func (t *tables) Lookup(ctx context.Context, name string) (query.Table, error) {
	p := t.n.folder.project()
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, s := range p.Streams {
			for _, side := range []string{"", stream.Late, stream.Rejected} {
				if same(sideName(s.Name, side), name) {
					return t.view(ctx, s, side)
				}
			}
		}
		for _, s := range p.Seeds {
			if same(s.Name, name) {
				return seedTable(p, s), nil
			}
		}
		for _, tp := range p.Topics {
			if same(tp.Name, name) {
				return t.topic(ctx, p, tp.Name)
			}
		}
	}
	return t.topic(ctx, p, name)
}

func sideName(name, side string) string {
	if side == "" {
		return name
	}
	return name + "_" + side
}

// splitSide is the inverse of sideName for a known stream.
func (t *tables) splitSide(name string) (view, side string) {
	for _, s := range t.n.folder.project().Streams {
		for _, side := range []string{"", stream.Late, stream.Rejected} {
			if sideName(s.Name, side) == name {
				return s.Name, side
			}
		}
	}
	return name, ""
}

func (t *tables) view(ctx context.Context, s project.Stream, side string) (query.Table, error) {
	cols, err := t.n.stream.Columns(ctx, s.Name, side)
	return query.Table{Kind: query.View, Name: sideName(s.Name, side), Columns: cols, Note: s.File}, err
}

func seedTable(p *project.Project, s project.Seed) query.Table {
	return query.Table{Kind: query.Seed, Name: s.Name, Path: filepath.Join(p.Dir, filepath.FromSlash(s.File)), Note: s.File}
}

func (t *tables) topic(ctx context.Context, p *project.Project, name string) (query.Table, error) {
	tab := query.Table{Kind: query.Topic, Name: name}
	for _, d := range p.Topics {
		if d.Name == name && len(d.Columns) > 0 {
			tab.Columns, tab.Note = d.Columns, d.File
			return tab, nil
		}
	}
	if _, err := t.n.kafka.Topic(ctx, name); err != nil {
		return tab, err
	}
	if text, err := t.n.meta.Setting(ctx, columnsKey(name)); err == nil && text != "" {
		cols, err := t.n.inferred(ctx, name)
		tab.Columns = cols
		return tab, err
	}
	return tab, nil
}

// List gives views first, then topics, then seeds.
func (t *tables) List(ctx context.Context) ([]query.Table, error) {
	p := t.n.folder.project()
	var out []query.Table
	for _, s := range p.Streams {
		tab, err := t.view(ctx, s, "")
		if err != nil {
			tab = query.Table{Kind: query.View, Name: s.Name, Note: s.File + ": " + err.Error()}
		}
		out = append(out, tab)
	}
	topics, err := t.n.kafka.Topics(ctx)
	if err != nil {
		return nil, err
	}
	for _, tp := range topics {
		tab, err := t.topic(ctx, p, tp.Name)
		if err != nil {
			tab = query.Table{Kind: query.Topic, Name: tp.Name, Note: err.Error()}
		}
		out = append(out, tab)
	}
	for _, s := range p.Seeds {
		out = append(out, seedTable(p, s))
	}
	return out, nil
}

// OpenView reads what a query needs of a view.
func (t *tables) OpenView(ctx context.Context, name string, columns []string, filters []query.Filter) (query.Source, error) {
	conds := make([]string, len(filters))
	for i, f := range filters {
		conds[i] = f.String()
	}
	view, side := t.splitSide(name)
	return t.n.stream.View(ctx, view, side, slices.Clone(columns), strings.Join(conds, " AND "), 0)
}

// KeepColumns remembers what was inferred for a topic.
func (t *tables) KeepColumns(ctx context.Context, topic string, columns maru.Schema) error {
	return t.n.keepColumns(ctx, topic, columns)
}
