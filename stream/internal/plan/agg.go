package plan

import (
	"fmt"
	"strings"
)

// Agg keeps one row of partial results for each group. Column names: g0… are
// the groups, p0… the partials, a0… the finished aggregates, __ws the start of the window.
type Agg struct {
	Window    *Window // nil = not windowed
	Close     bool    // only closed windows are shown, and handed on
	Input     string  // SELECT over In(i) with everything the partials need: g0…, v0…, hidden columns, window_start
	Groups    []string
	Partials  []Partial
	Distincts []Distinct
	Sketches  []Sketch
	Finals    []Final
	Output    string   // SELECT over table AggTable: what the query's select list and HAVING say
	TimeOut   string   // the output column that is event time for what reads this, "" = none
	Columns   []string // output column names
}

// AggTable is what Output reads: groups, finished aggregates, window_start and window_end.
const AggTable = "__agg"

// Partial is one column of state: Delta aggregates Input's rows, Merge joins
// old (a.) and new (d.).
type Partial struct {
	Name, Delta, Merge string
}

// Distinct counts different values: those seen are kept in a table of their own.
type Distinct struct {
	Name, Value string // the finished column; the column of Input
}

// Sketch is a DDSketch: buckets with counts, in a table of its own.
type Sketch struct {
	Name, Value string // the finished column; the column of Input
	Quantile    string // constant expression
}

// Final computes a finished aggregate from partials.
type Final struct {
	Name, SQL string
}

type aggBuilder struct {
	p      *planner
	out    *Agg
	groups []node // expressions, by index
	inputs map[string]string
	vals   []string // "expr AS v0"
	seen   map[string]string
}

// agg plans a SELECT with GROUP BY or aggregates.
func (p *planner) agg(n node, rel *relation) error {
	if err := p.checkSubqueries(n); err != nil {
		return err
	}
	if n["qualify"] != nil {
		return p.problem(n["qualify"], "QUALIFY over an aggregate: put the aggregate into a nested SELECT with a topic between")
	}
	for _, it := range list(n, "select_list") {
		if class(it.(map[string]any)) == "STAR" {
			return p.problem(it, "* in a SELECT with GROUP BY: name the columns")
		}
	}
	b := &aggBuilder{p: p, out: &Agg{}, inputs: map[string]string{}, seen: map[string]string{}}
	if err := b.findGroups(n); err != nil {
		return err
	}
	if err := b.findWindow(n, rel); err != nil {
		return err
	}
	names := p.names(n)
	items := make([]any, 0, len(names))
	for i, it := range list(n, "select_list") {
		e, err := b.replace(clone(it.(map[string]any)))
		if err != nil {
			return err
		}
		items = append(items, withAlias(e, names[i]))
	}
	having, err := b.having(n)
	if err != nil {
		return err
	}
	rel.times = b.timeOut(n, names)
	if err := b.finish(n, items, having, rel); err != nil {
		return err
	}
	b.out.Columns = names
	rel.ops = append(rel.ops, Op{Agg: b.out})
	rel.window = nil
	return nil
}

// names are the output columns' names: the alias, or what DuckDB would call it.
func (p *planner) names(n node) []string {
	items := list(n, "select_list")
	out := make([]string, len(items))
	for i, it := range items {
		e := it.(map[string]any)
		switch {
		case str(e, "alias") != "":
			out[i] = str(e, "alias")
		case columnName(e) != "":
			out[i] = columnName(e)
		default:
			if text, err := p.expr(e); err == nil {
				out[i] = duckName(text)
			}
		}
	}
	return out
}

func duckName(text string) string {
	if text == "count_star()" || text == "count(*)" {
		return "count_star()"
	}
	return text
}

// findGroups resolves GROUP BY ALL, positions and aliases to expressions.
func (b *aggBuilder) findGroups(n node) error {
	items := list(n, "select_list")
	if str(n, "aggregate_handling") == "FORCE_AGGREGATES" {
		for _, it := range items {
			e := it.(map[string]any)
			if !has(e, b.p.isAgg) {
				b.groups = append(b.groups, e)
			}
		}
		return nil
	}
	for _, g := range list(n, "group_expressions") {
		e := g.(map[string]any)
		if v := obj(e, "value"); class(e) == "CONSTANT" && v != nil {
			i := 0
			if _, err := fmt.Sscan(fmt.Sprint(v["value"]), &i); err != nil || i < 1 || i > len(items) {
				return b.p.problem(e, "GROUP BY %v: there is no such column in the SELECT list", v["value"])
			}
			e = items[i-1].(map[string]any)
		} else if name := columnName(e); name != "" {
			for _, it := range items {
				if a := it.(map[string]any); strings.EqualFold(str(a, "alias"), name) && class(a) != "COLUMN_REF" {
					e = a
				}
			}
		}
		b.groups = append(b.groups, e)
	}
	return nil
}

// findWindow makes the aggregate windowed when window_start or window_end is a group.
func (b *aggBuilder) findWindow(n node, rel *relation) error {
	if rel.window == nil {
		return nil
	}
	kept := b.groups[:0:0]
	for _, g := range b.groups {
		switch name := strings.ToLower(columnName(g)); {
		case name == "window_start" || name == "window_end":
			b.out.Window = rel.window
		case has(g, func(x node) bool {
			c := strings.ToLower(columnName(x))
			return c == "window_start" || c == "window_end"
		}):
			return b.p.problem(g, "group by window_start itself, and compute from it in the SELECT list")
		default:
			kept = append(kept, g)
		}
	}
	b.groups = kept
	if b.out.Window == nil && rel.window.Size != rel.window.Slide {
		return b.p.problem(n, "hop(…) without GROUP BY window_start would count each row %d times", rel.window.Size/rel.window.Slide)
	}
	return nil
}

// value gives the Input column that holds e.
func (b *aggBuilder) value(e any) (string, error) {
	text, err := b.p.expr(e)
	if err != nil {
		return "", err
	}
	if name, ok := b.inputs[text]; ok {
		return name, nil
	}
	name := fmt.Sprintf("v%d", len(b.vals))
	b.inputs[text] = name
	b.vals = append(b.vals, text+" AS "+name)
	return name, nil
}

// replace writes an expression of the select list or HAVING in terms of AggTable.
func (b *aggBuilder) replace(e node) (node, error) {
	var bad error
	out := rewrite(e, func(x node) (node, bool) {
		if bad != nil || !isExpr(x) {
			return nil, false
		}
		for i, g := range b.groups {
			if equal(x, g) {
				return colref(fmt.Sprintf("g%d", i)), true
			}
		}
		if !b.p.isAgg(x) {
			return nil, false
		}
		name, err := b.aggregate(x)
		if err != nil {
			bad = err
		}
		return colref(name), true
	})
	return out.(map[string]any), bad
}

func (b *aggBuilder) having(n node) (node, error) {
	h := obj(n, "having")
	if h == nil {
		return nil, nil
	}
	h = substitute([]node{h}, n)[0] // HAVING may use the select list's names
	return b.replace(h)
}

func (b *aggBuilder) timeOut(n node, names []string) map[string]bool {
	times := map[string]bool{}
	if b.out.Window == nil {
		return times
	}
	for i, it := range list(n, "select_list") {
		if c := strings.ToLower(columnName(it.(map[string]any))); c == "window_start" || c == "window_end" {
			times[strings.ToLower(names[i])] = true
			if b.out.TimeOut == "" || c == "window_start" {
				b.out.TimeOut = c
			}
		}
	}
	return times
}

func (b *aggBuilder) finish(n node, items []any, having node, rel *relation) error {
	from := obj(n, "from_table")
	in := selectOf(nil)
	in["where_clause"] = n["where_clause"]
	in["from_table"] = from
	sel := []any{}
	for i, g := range b.groups {
		sel = append(sel, withAlias(clone(g), fmt.Sprintf("g%d", i)))
		b.out.Groups = append(b.out.Groups, fmt.Sprintf("g%d", i))
	}
	for _, h := range hidden {
		sel = append(sel, colref(h))
	}
	if rel.window != nil {
		sel = append(sel, colref("window_start"), colref("window_end"))
		b.windowLeaf(from, rel)
	}
	in["select_list"] = sel
	text, err := b.p.text(in)
	if err != nil {
		return err
	}
	text = strings.Replace(text, "SELECT ", "SELECT "+strings.Join(append(b.vals, ""), ", "), 1)
	if rel.window != nil {
		table := In(len(rel.ops))
		text = fmt.Sprintf("WITH %sw AS NOT MATERIALIZED (%s) %s", table, rel.window.SQL(table), text)
	}
	b.out.Input = text
	out := selectOf(items)
	out["from_table"] = baseTable(AggTable, "")
	if having != nil {
		out["where_clause"] = having
	}
	b.out.Output, err = b.p.text(out)
	return err
}

// windowLeaf points the FROM clause at the windowed rows.
func (b *aggBuilder) windowLeaf(from node, rel *relation) {
	table := In(len(rel.ops))
	walk(from, func(x node) bool {
		if typ(x) == "BASE_TABLE" && str(x, "table_name") == table {
			x["table_name"] = table + "w"
		}
		return true
	})
}

func (a *Agg) explain() string {
	var s strings.Builder
	how := "every change is shown at once"
	if a.Close {
		how = "a window is shown when the watermark has passed its end"
	}
	kind := "aggregate, one row for each group"
	if a.Window != nil {
		kind = fmt.Sprintf("aggregate in windows of %v every %v", a.Window.Size, a.Window.Slide)
	}
	fmt.Fprintf(&s, "agg      %s; %s\n         %s\n", kind, how, a.Input)
	for _, p := range a.Partials {
		fmt.Fprintf(&s, "         state %s = %s\n", p.Name, p.Delta)
	}
	for _, d := range a.Distincts {
		fmt.Fprintf(&s, "         state set of %s\n", d.Value)
	}
	for _, k := range a.Sketches {
		fmt.Fprintf(&s, "         state sketch of %s for quantile %s\n", k.Value, k.Quantile)
	}
	return s.String() + "         " + a.Output + "\n"
}
