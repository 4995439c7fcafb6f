package plan

import (
	"context"
	"fmt"
	"strings"
	"time"

	"maru"
)

// The hidden columns that every row carries from the source on.
const (
	TimeCol      = "__t" // event time, TIMESTAMPTZ
	PartitionCol = "__p" // INTEGER
	OffsetCol    = "__o" // BIGINT
	MarkCol      = "__w" // the watermark when the row was read, TIMESTAMPTZ: lateness is decided by it
)

var hidden = []string{TimeCol, PartitionCol, OffsetCol, MarkCol}

// Topic is a source: its columns, and which of them is event time ("" = the
// record's own timestamp).
type Topic struct {
	Name    string
	Columns maru.Schema
	Time    string
}

// Pseudo are the columns that every topic has besides those of its values.
var Pseudo = maru.Schema{{Name: "_partition", Type: "INTEGER"}, {Name: "_offset", Type: maru.BigInt},
	{Name: "_timestamp", Type: maru.Timestamp}, {Name: "_key", Type: maru.Varchar}, {Name: "_value", Type: maru.Varchar}}

// Seed is a small table in a file.
type Seed struct{ Name, Path string }

// Catalog is what a query may name.
type Catalog struct {
	Topics  map[string]Topic
	Seeds   map[string]Seed
	Streams map[string]Query // by name: planned into the one that reads them
}

// Query is what a stream file says.
type Query struct {
	Name string
	SQL  string
	// Close: a window is shown once the watermark has passed its end. Else changes are shown at once.
	Close     bool
	TTL       time.Duration // 0 = none
	Unbounded bool          // state: unbounded
}

// Plan is a query taken apart.
type Plan struct {
	Name   string
	Source Topic
	Used   maru.Schema // columns of the value to decode, in order
	Pseudo []string    // pseudo columns used
	Seeds  []Seed
	Ops    []Op
	Out    maru.Schema // the view's columns
	Tail   []string    // read-time SELECTs over the last aggregate's rows; each reads the one before
	Order  string      // read-time ORDER BY and LIMIT, "" = none
}

// Op is one operator. Exactly one of its parts is set.
type Op struct {
	Map  *Map
	Over *Over
	Agg  *Agg
}

// Map is stateless: SQL reads table In(i) and keeps the hidden columns.
type Map struct {
	SQL string
}

// OverTable is what an Over reads: the rows to answer and those it remembers.
const OverTable = "__over"

// Over evaluates window functions in event-time order. SQL reads OverTable, keeps
// the hidden columns, and is right for rows younger than Bound before the oldest given row.
type Over struct {
	SQL   string
	Bound time.Duration
	Why   string // where the bound comes from, for explain
	// Keys, if any, are the partitions of a lag that a filter wants not NULL: rows
	// alone with their key do not matter.
	Keys []string
}

// Near is SQL for the rows of in whose key another row has too, by the hash of
// the keys: only those have a predecessor. The windows then sort the few that
// are left by the keys themselves, so two keys of one hash do no harm.
func (o *Over) Near(in string) string {
	keys := strings.Join(o.Keys, ", ")
	return fmt.Sprintf("SELECT * FROM (%s) WHERE hash(%s) IN (SELECT hash(%[2]s) FROM (%[1]s) GROUP BY 1 HAVING count(*) > 1)", in, keys)
}

// In names the table that operator i reads.
func In(i int) string { return fmt.Sprintf("__s%d", i) }

// problem is a refusal with its place.
func (p *planner) problem(at any, format string, args ...any) error {
	return &Problem{Offset: location(at), Message: fmt.Sprintf(format, args...)}
}

// Problem says why a query cannot run as a stream, and what to write instead.
type Problem struct {
	Offset  int // byte in the SQL, -1 = nowhere in particular
	Message string
}

func (e *Problem) Error() string { return e.Message }

// Unwrap gives the kind that callers branch on.
func (e *Problem) Unwrap() error { return &maru.Error{Kind: maru.Invalid, Err: errRefused} }

var errRefused = fmt.Errorf("the query cannot run as a stream")

// Make plans q. Errors are *Problem (cannot run as a stream) or DuckDB's own
// (does not parse, unknown column), both with a place.
func Make(ctx context.Context, cat Catalog, q Query) (*Plan, error) {
	p := &planner{ctx: ctx, cat: cat, q: q, stack: map[string]bool{q.Name: true}}
	if err := p.open(); err != nil {
		return nil, err
	}
	defer p.close()
	sel, err := p.parse(q.SQL)
	if err != nil {
		return nil, err
	}
	if err := p.stubs(sel); err != nil {
		return nil, err
	}
	if sel, err = p.inline(sel, nil); err != nil {
		return nil, err
	}
	walk(any(sel), func(n node) bool {
		if name := columnName(n); name != "" {
			p.mentioned = append(p.mentioned, strings.ToLower(name))
		}
		return true
	})
	text, err := p.text(sel)
	if err != nil {
		return nil, err
	}
	if err := p.describe(q.SQL, text); err != nil {
		return nil, err
	}
	rel, err := p.sel(clone(sel), nil, true)
	if err != nil {
		return nil, err
	}
	return p.finish(rel, text)
}

func (p *planner) finish(rel *relation, text string) (*Plan, error) {
	out := &Plan{Name: p.q.Name, Source: rel.source, Ops: rel.ops, Out: p.out, Order: rel.order}
	last := -1
	for i, op := range rel.ops {
		if op.Agg != nil {
			last = i
		}
	}
	if last >= 0 {
		if err := p.tail(out, last); err != nil {
			return nil, err
		}
	} else if rel.order != "" {
		return nil, p.problem(nil, "ORDER BY and LIMIT of an endless list of rows have no answer: order when reading, `FROM %s ORDER BY …`", p.q.Name)
	}
	for name := range p.seeds {
		out.Seeds = append(out.Seeds, p.cat.Seeds[name])
	}
	return out, p.used(out, text)
}

// tail turns the maps after the last aggregate into read-time SELECTs: they
// are evaluated over state, not over what is new.
func (p *planner) tail(out *Plan, last int) error {
	for _, op := range out.Ops[last+1:] {
		if op.Map == nil {
			return p.problem(nil, "a window function over an aggregate needs a topic between the two: give the inner query a stream of its own with `topic:`")
		}
		out.Tail = append(out.Tail, op.Map.SQL)
	}
	out.Ops = out.Ops[:last+1]
	for i := range out.Ops[:last] {
		if a := out.Ops[i].Agg; a != nil {
			a.Close = true
			if a.Window == nil {
				return p.problem(nil, "an aggregate of an aggregate needs windows in the inner one: FROM tumble(…) GROUP BY window_start, …")
			}
		}
	}
	a := out.Ops[last].Agg
	a.Close = p.q.Close
	if a.Close && a.Window == nil {
		return p.problem(nil, "`emit: window close` needs GROUP BY window_start over tumble(…) or hop(…)")
	}
	if a.Window == nil && len(a.Groups) > 0 && p.q.TTL == 0 && !p.q.Unbounded {
		return p.problem(nil, "GROUP BY without a window keeps every key for ever: use FROM tumble(%s, %s, INTERVAL 1 MINUTE) GROUP BY window_start, …; or add `ttl: 7d` (a key is forgotten after that silence) or `state: unbounded` to the header", out.Source.Name, timeName(out.Source))
	}
	return nil
}

func timeName(t Topic) string {
	if t.Time == "" {
		return "_timestamp"
	}
	return t.Time
}

// Explain describes the plan in words, one line an operator.
func (p *Plan) Explain() string {
	var b strings.Builder
	names := make([]string, len(p.Used))
	for i, c := range p.Used {
		names[i] = c.Name + " " + string(c.Type)
	}
	fmt.Fprintf(&b, "source   topic %s, event time %s, decodes %s\n", p.Source.Name, timeName(p.Source), strings.Join(append(names, p.Pseudo...), ", "))
	for _, s := range p.Seeds {
		fmt.Fprintf(&b, "seed     %s\n", s.Name)
	}
	for _, op := range p.Ops {
		switch {
		case op.Map != nil:
			fmt.Fprintf(&b, "map      stateless\n         %s\n", op.Map.SQL)
		case op.Over != nil:
			fmt.Fprintf(&b, "over     in event-time order behind the watermark, remembers %v: %s\n         %s\n", op.Over.Bound, op.Over.Why, op.Over.SQL)
		case op.Agg != nil:
			b.WriteString(op.Agg.explain())
		}
	}
	for _, t := range p.Tail {
		fmt.Fprintf(&b, "read     %s\n", t)
	}
	if p.Order != "" {
		fmt.Fprintf(&b, "read     %s\n", p.Order)
	}
	return b.String()
}
