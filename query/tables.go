package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"maru"
	"maru/query/internal/topic"
	"maru/query/internal/wire"
	"maru/run"
)

// describe finds out what the tables of a statement are. The second result is
// by the name in the worker.
func (q *Query) describe(ctx context.Context, o wire.Opened, m *match) (wire.Plan, map[string]Table, error) {
	p := wire.Plan{Tables: make([]wire.Stub, len(o.Tables))}
	found := make([]Table, len(o.Tables))
	g, _ := run.NewGroup(ctx)
	for i, t := range o.Tables { // at most gate.TablesMax
		g.Go("query lookup", func(ctx context.Context) error {
			var err error
			if m != nil {
				found[i], p.Tables[i], err = q.stub(ctx, t, m.Topic)
			} else {
				found[i], p.Tables[i], err = q.lookup(ctx, t)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return p, nil, err
	}
	if o.Catalog {
		rows, err := q.catalog(ctx)
		if err != nil {
			return p, nil, err
		}
		p.Catalog = rows
	}
	byRoom := map[string]Table{}
	for i, t := range o.Tables {
		byRoom[t.Room] = found[i]
	}
	return p, byRoom, nil
}

func (q *Query) lookup(ctx context.Context, t wire.Table) (Table, wire.Stub, error) {
	tab, err := q.needs.Tables.Lookup(ctx, t.Name)
	switch {
	case maru.KindOf(err) == maru.NotFound && tab.Kind == View:
		return tab, wire.Stub{}, &startingError{placed(t, errStarting(tab.Name)), tab.Name}
	case maru.KindOf(err) == maru.NotFound:
		return tab, wire.Stub{}, q.missing(ctx, t)
	}
	if err != nil && tab.Kind != View { // its own error names it
		err = fmt.Errorf("table %s: %w", t.Name, err)
	}
	if err != nil {
		return tab, wire.Stub{}, placed(t, err)
	}
	return q.stub(ctx, t, tab)
}

// stub is a table as the worker must know it.
func (q *Query) stub(ctx context.Context, t wire.Table, tab Table) (Table, wire.Stub, error) {
	stub := wire.Stub{Room: t.Room, Name: tab.Name, Columns: tab.Columns}
	switch tab.Kind {
	case Topic:
		cols, err := q.topicColumns(ctx, tab)
		if err != nil {
			return tab, stub, placed(t, err)
		}
		stub.Columns = topic.Table(cols)
		tab.Columns = stub.Columns
	case Seed:
		stub.File = tab.Path
	}
	return tab, stub, nil
}

// placed gives an error about a table its place in the statement.
func placed(t wire.Table, err error) error {
	e := wire.ToError(err)
	return (&wire.Error{Kind: e.Kind, Message: e.Message, Line: t.Line, Column: t.Column}).Err()
}

// startingError is about a view that is known and whose stream has not begun.
type startingError struct {
	error
	view string
}

func errStarting(view string) error {
	return maru.Errorf(maru.Unavailable, "view %s is being started", view)
}

// Starting is the view. Who knows what its stream waits for can add it.
func (e *startingError) Starting() string { return e.view }

func (e *startingError) Unwrap() error { return e.error }

// missing says that there is no such table, and what was perhaps meant.
func (q *Query) missing(ctx context.Context, t wire.Table) error {
	text := fmt.Sprintf("there is no table %s", maru.Quote(t.Name))
	list, err := q.needs.Tables.List(ctx)
	if err == nil {
		if like := closest(t.Name, list); like != "" {
			text += "; did you mean " + like + "?"
		} else {
			text += "; SHOW TABLES lists what there is"
		}
	}
	return placed(t, maru.Errorf(maru.NotFound, "%s", text))
}

// closest is the name that differs in the fewest letters, if those are few.
func closest(name string, list []Table) string {
	best, bestIs := max(len(name)/3, 1)+1, ""
	for _, t := range list {
		if d := distance(strings.ToLower(name), strings.ToLower(t.Name)); d < best {
			best, bestIs = d, t.Name
		}
	}
	return bestIs
}

// distance is Levenshtein's, for names of at most distanceMax bytes.
func distance(a, b string) int {
	const distanceMax = 256
	if len(a) > distanceMax || len(b) > distanceMax {
		return distanceMax
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diag
			if a[i] != b[j] {
				d++
			}
			diag = row[j+1]
			row[j+1] = min(d, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// catalog is what SHOW TABLES shows.
func (q *Query) catalog(ctx context.Context) ([]wire.CatalogRow, error) {
	list, err := q.needs.Tables.List(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]wire.CatalogRow, len(list))
	for i, t := range list {
		cols := make([]string, len(t.Columns))
		for j, c := range t.Columns {
			cols[j] = c.Name + " " + string(c.Type)
		}
		rows[i] = wire.CatalogRow{Name: t.Name, Kind: string(t.Kind), Columns: strings.Join(cols, ", "), Note: t.Note}
	}
	return rows, nil
}

// columnsMax bounds the topics whose inferred columns are remembered.
const columnsMax = 10_000

// columnCache remembers what was inferred: once known, a topic's columns do
// not change while this process lives.
type columnCache struct {
	mu     sync.Mutex // guards byName
	byName map[string]maru.Schema
}

func (c *columnCache) of(name string) (maru.Schema, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.byName[name]
	return s, ok
}

// keep remembers cols, unless there are some already; it gives those that hold.
func (c *columnCache) keep(name string, cols maru.Schema) maru.Schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	if had, ok := c.byName[name]; ok {
		return had
	}
	if c.byName == nil || len(c.byName) >= columnsMax {
		c.byName = map[string]maru.Schema{}
	}
	c.byName[name] = cols
	return cols
}

// topicColumns are the declared columns of a topic's values, else the inferred ones.
func (q *Query) topicColumns(ctx context.Context, t Table) (maru.Schema, error) {
	if len(t.Columns) > 0 {
		return t.Columns, nil
	}
	if cols, ok := q.columns.of(t.Name); ok {
		return cols, nil
	}
	if q.kafka == nil {
		return nil, errNoBroker
	}
	cols, err := topic.Infer(ctx, q.kafka, t.Name)
	if err != nil {
		return nil, fmt.Errorf("infer the columns of topic %s: %w", t.Name, err)
	}
	if len(cols) == 0 {
		return nil, nil // nothing to infer from yet: not worth remembering
	}
	cols = q.columns.keep(t.Name, cols)
	if k, ok := q.needs.Tables.(ColumnKeeper); ok {
		if err := k.KeepColumns(ctx, t.Name, cols); err != nil {
			return nil, fmt.Errorf("keep the inferred columns of topic %s: %w", t.Name, err)
		}
	}
	return cols, nil
}

var errNoBroker = &maru.Error{Kind: maru.Unavailable, Err: errors.New("topics cannot be read: no broker is configured")}
