package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/duck"
)

// depthMax bounds how deep selects and streams may nest.
const depthMax = 64

type planner struct {
	ctx   context.Context
	cat   Catalog
	q     Query
	db    *duck.DB
	c     *duck.Conn
	stack map[string]bool // streams being inlined
	aggs  map[string]bool // names of aggregate functions
	seeds map[string]bool // seeds used
	out   maru.Schema
	depth int
	// mentioned are the column names that stand in the query, lower case.
	mentioned []string
}

// relation is what a FROM or a SELECT gives: operators so far and what is known of the rows.
type relation struct {
	source Topic
	ops    []Op
	times  map[string]bool // columns that are event time, lower case
	window *Window         // of tumble or hop, until an aggregate uses it
	order  string
}

func (p *planner) open() error {
	db, err := duck.Open(p.ctx, duck.Config{Threads: 1, MemoryLimit: "256MB", Settings: map[string]string{"max_temp_directory_size": "0B"}})
	if err != nil {
		return err
	}
	p.db = db
	if p.c, err = db.Conn(); err != nil {
		return errors.Join(err, db.Close())
	}
	p.seeds = map[string]bool{}
	p.aggs, err = aggregates.of(p.ctx, p.c)
	return err
}

// aggregates are the names of DuckDB's aggregate functions. Listing them takes
// longer than all else of a plan, and they are the same in every instance.
var aggregates functionNames

type functionNames struct {
	mu    sync.Mutex // guards names
	names map[string]bool
}

// of gives the names, and asks for them once in a process.
func (f *functionNames) of(ctx context.Context, c *duck.Conn) (map[string]bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names != nil {
		return f.names, nil
	}
	names := map[string]bool{}
	err := c.Each(ctx, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'", func(b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			names[strings.Clone(b.Column(0).ValueStr(i))] = true
		}
		return nil
	})
	if err == nil {
		f.names = names
	}
	return names, err
}

func (p *planner) close() { p.db.Close() }

func (p *planner) parse(sql string) (node, error) {
	ast, err := p.c.Parse(p.ctx, sql)
	if err != nil {
		return nil, err
	}
	if len(ast.Statements) != 1 {
		return nil, p.problem(nil, "a stream is one SELECT, here are %d statements", len(ast.Statements))
	}
	return obj(ast.Statements[0], "node"), nil
}

// text writes a select node as SQL.
func (p *planner) text(sel node) (string, error) {
	c := clone(sel)
	if err := p.expand(c); err != nil {
		return "", err
	}
	return p.c.Format(p.ctx, statement(c))
}

// expand replaces tumble(…) and hop(…) by a SELECT of the same columns, so that
// DuckDB can bind what is inside; the windows' values do not matter for that.
func (p *planner) expand(v any) error {
	var bad error
	walk(v, func(t node) bool {
		fn := obj(t, "function")
		if typ(t) != "TABLE_FUNCTION" || !isWindowFunction(str(fn, "function_name")) || bad != nil {
			return true
		}
		args := list(fn, "children")
		if len(args) < 2 {
			return true
		}
		sel, err := p.parse("SELECT *, now() AS window_start, now() AS window_end FROM __x")
		if err != nil {
			bad = err
			return false
		}
		for _, i := range []int{1, 2} {
			list(sel, "select_list")[i] = withAlias(cloneAny(args[1]).(map[string]any), []string{"", "window_start", "window_end"}[i])
		}
		if in := obj(t, "__input"); in != nil {
			sel["from_table"] = subqueryTable(in, columnName(args[0].(map[string]any)))
		} else {
			sel["from_table"] = baseTable(columnName(args[0].(map[string]any)), "")
		}
		alias := str(t, "alias")
		for k := range t {
			delete(t, k)
		}
		for k, x := range subqueryTable(sel, alias) {
			t[k] = x
		}
		return true
	})
	return bad
}

func isWindowFunction(name string) bool { return name == "tumble" || name == "hop" }

// expr writes an expression as SQL.
func (p *planner) expr(e any) (string, error) {
	c := cloneAny(e).(map[string]any)
	c["alias"] = ""
	s, err := p.text(selectOf([]any{c}))
	return strings.TrimPrefix(s, "SELECT "), err
}

// stubs makes an empty table for each topic and loads each seed's columns, and
// the window functions, so that DuckDB can bind the query.
func (p *planner) stubs(sel node) error {
	for _, t := range p.cat.Topics {
		cols := make([]string, 0, len(t.Columns)+len(Pseudo))
		for _, c := range slices.Concat(t.Columns, Pseudo) {
			cols = append(cols, maru.Quote(c.Name)+" "+string(c.Type))
		}
		if err := p.c.Exec(p.ctx, fmt.Sprintf("CREATE TABLE %s (%s)", maru.Quote(t.Name), strings.Join(cols, ", "))); err != nil {
			return fmt.Errorf("topic %s: %w", t.Name, err)
		}
	}
	for _, s := range p.cat.Seeds {
		// A seed that cannot be read is that seed's problem, told where it is used.
		_ = p.c.Exec(p.ctx, SeedSQL("TABLE", s)+" LIMIT 0")
	}
	return duck.InstallMacros(p.ctx, p.c)
}

// SeedSQL creates table s.Name from its file; kind is TABLE or TEMP TABLE.
func SeedSQL(kind string, s Seed) string {
	return fmt.Sprintf("CREATE OR REPLACE %s %s AS SELECT * FROM read_csv(%s)", kind, maru.Quote(s.Name), maru.Literal(s.Path))
}

// inline replaces the names of CTEs and of other streams by their SELECTs.
func (p *planner) inline(sel node, ctes map[string]node) (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > depthMax {
		return nil, p.problem(sel, "the query nests deeper than %d SELECTs", depthMax)
	}
	if t := typ(sel); t != "SELECT_NODE" {
		return nil, p.problem(sel, "%s is not possible in a stream: write one SELECT", strings.ToLower(strings.TrimSuffix(t, "_NODE")))
	}
	scope := map[string]node{}
	for k, v := range ctes {
		scope[k] = v
	}
	for _, e := range list(obj(sel, "cte_map"), "map") {
		entry := e.(map[string]any)
		body := obj(obj(obj(entry, "value"), "query"), "node")
		body, err := p.inline(body, scope)
		if err != nil {
			return nil, err
		}
		scope[strings.ToLower(str(entry, "key"))] = body
	}
	sel["cte_map"] = node{"map": []any{}}
	from, err := p.inlineTable(obj(sel, "from_table"), scope)
	if err != nil {
		return nil, err
	}
	sel["from_table"] = from
	return sel, nil
}

func (p *planner) inlineTable(t node, scope map[string]node) (node, error) {
	switch typ(t) {
	case "BASE_TABLE":
		body, err := p.named(str(t, "table_name"), scope)
		if err != nil || body == nil {
			return t, err
		}
		alias := str(t, "alias")
		if alias == "" {
			alias = str(t, "table_name")
		}
		return subqueryTable(body, alias), nil
	case "SUBQUERY":
		sub := obj(t, "subquery")
		body, err := p.inline(obj(sub, "node"), scope)
		if err != nil {
			return nil, err
		}
		sub["node"] = body
	case "JOIN":
		for _, side := range []string{"left", "right"} {
			x, err := p.inlineTable(obj(t, side), scope)
			if err != nil {
				return nil, err
			}
			t[side] = x
		}
	case "TABLE_FUNCTION":
		return t, p.inlineWindow(t, scope)
	}
	return t, nil
}

// inlineWindow keeps tumble(name, …) as it is and notes what name stands for.
func (p *planner) inlineWindow(t node, scope map[string]node) error {
	args := list(obj(t, "function"), "children")
	if len(args) == 0 {
		return nil
	}
	first, _ := args[0].(map[string]any)
	if class(first) == "SUBQUERY" {
		body, err := p.inline(obj(obj(first, "subquery"), "node"), scope)
		if err != nil {
			return err
		}
		t["__input"] = body
		return nil
	}
	body, err := p.named(columnName(first), scope)
	if body != nil {
		t["__input"] = body
	}
	return err
}

// named gives the SELECT that a CTE or a stream's name stands for; nil for a topic or a seed.
func (p *planner) named(name string, scope map[string]node) (node, error) {
	if body, ok := scope[strings.ToLower(name)]; ok {
		return clone(body), nil
	}
	q, ok := p.cat.Streams[name]
	if _, topic := p.cat.Topics[name]; !ok || topic {
		return nil, nil
	}
	if p.stack[name] {
		return nil, p.problem(nil, "stream %s reads itself, through %s", name, p.q.Name)
	}
	p.stack[name] = true
	defer delete(p.stack, name)
	sel, err := p.parse(q.SQL)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	return p.inline(sel, nil)
}

// describe binds the query over the stubs: unknown names and wrong types end here.
func (p *planner) describe(original, inlined string) error {
	p.out = nil
	sql := "DESCRIBE " + inlined
	err := p.c.Each(p.ctx, sql, func(b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			p.out = append(p.out, maru.Column{Name: strings.Clone(b.Column(0).ValueStr(i)), Type: maru.Type(strings.Clone(b.Column(1).ValueStr(i)))})
		}
		return nil
	})
	if err == nil {
		return nil
	}
	// Say it of the text that the user wrote, where it has a place there.
	for range 2 { // twice: one stream may read another
		for name, q := range p.cat.Streams {
			_ = p.c.Exec(p.ctx, "CREATE OR REPLACE VIEW "+maru.Quote(name)+" AS "+q.SQL)
		}
	}
	var placed *duck.Error
	if _, perr := p.c.Plan(p.ctx, original, false); errors.As(perr, &placed) && placed.Line > 0 {
		return perr
	}
	var e *duck.Error
	if errors.As(err, &e) && inlined != original {
		e.Line, e.Column = 0, 0
	}
	return err
}

// used finds which columns of the topic the query needs: those that DuckDB's
// own optimiser leaves in the scan, and event time.
func (p *planner) used(out *Plan, text string) error {
	if err := p.c.Exec(p.ctx, "SET disabled_optimizers = 'statistics_propagation,empty_result_pullup'"); err != nil {
		return err
	}
	need := map[string]bool{}
	all := false
	plan, err := p.c.Plan(p.ctx, text, true)
	if err != nil {
		all = true // a plan that cannot be written down: read every column
	}
	walk(any(plan), func(n node) bool {
		if typ(n) == "LOGICAL_GET" && str(obj(n, "function_data"), "table") == out.Source.Name {
			names := list(n, "names")
			for _, c := range list(n, "column_indexes") {
				if i, err := c.(map[string]any)["index"].(json.Number).Int64(); err == nil && int(i) < len(names) {
					need[names[i].(string)] = true
				}
			}
		}
		return true
	})
	need[out.Source.Time] = true
	// What a nested SELECT names must be there, even if nothing above reads it.
	for _, name := range p.mentioned {
		need[name] = true
	}
	for _, c := range out.Source.Columns {
		if all || need[c.Name] || need[strings.ToLower(c.Name)] {
			out.Used = append(out.Used, c)
		}
	}
	for _, c := range Pseudo {
		if all || need[strings.ToLower(c.Name)] {
			out.Pseudo = append(out.Pseudo, c.Name)
		}
	}
	return nil
}
