package plan

import (
	"strings"
)

// sel plans one SELECT. above are the conditions that whatever reads its rows
// puts on them, in terms of its output columns.
func (p *planner) sel(n node, above []node, top bool) (*relation, error) {
	if err := p.refuse(n, top); err != nil {
		return nil, err
	}
	var order string
	if mods := list(n, "modifiers"); len(mods) > 0 {
		var err error
		if order, err = p.order(n); err != nil {
			return nil, err
		}
	}
	grouped := p.grouped(n)
	windowed := has(n["select_list"], isWindow) || has(n["qualify"], isWindow)
	var below []node
	if !grouped {
		below = append(conjuncts(obj(n, "where_clause")), substitute(above, n)...)
	}
	if windowed {
		below = nil // a condition on a window function's answer says nothing of the rows below
	}
	rel, leaf, err := p.from(n, below)
	if err != nil {
		return nil, err
	}
	n["from_table"] = leaf
	switch {
	case grouped && windowed:
		return nil, p.problem(n, "an aggregate and a window function in one SELECT: put the aggregate into a nested SELECT")
	case grouped:
		err = p.agg(n, rel)
	case windowed:
		err = p.over(n, rel, append(conjuncts(obj(n, "qualify")), substitute(above, n)...))
	default:
		err = p.mapOp(n, rel)
	}
	rel.order = order
	return rel, err
}

// refuse names what no stream can answer.
func (p *planner) refuse(n node, top bool) error {
	for _, m := range list(n, "modifiers") {
		switch t := typ(m.(map[string]any)); {
		case t == "DISTINCT_MODIFIER":
			return p.problem(n, "SELECT DISTINCT remembers every row for ever: GROUP BY the columns instead, in windows or with a `ttl:`")
		case !top:
			return p.problem(n, "ORDER BY and LIMIT inside a nested SELECT have no answer over endless rows")
		}
	}
	if n["sample"] != nil {
		return p.problem(n, "a sample decides differently each time: filter by hash(column) %% 100 instead")
	}
	if sets := list(n, "group_sets"); len(sets) > 1 {
		return p.problem(n, "grouping sets, rollup and cube are not possible in a stream: write one stream for each")
	}
	var bad error
	walk(any(n), func(x node) bool {
		if class(x) == "FUNCTION" && volatile[str(x, "function_name")] {
			bad = p.problem(x, "%s() would decide differently when rows are read again: a stream knows event time only", str(x, "function_name"))
		}
		return bad == nil
	})
	return bad
}

var volatile = map[string]bool{"now": true, "random": true, "uuid": true, "gen_random_uuid": true, "current_timestamp": true, "get_current_timestamp": true,
	"transaction_timestamp": true, "today": true, "current_date": true, "get_current_time": true, "nextval": true, "uuidv4": true, "uuidv7": true}

// order writes the modifiers of the outermost SELECT as text for the reader.
func (p *planner) order(n node) (string, error) {
	s := selectOf([]any{colref("__x")})
	s["from_table"] = baseTable("__y", "")
	mods := cloneAny(n["modifiers"]).([]any)
	for _, m := range mods {
		for _, o := range list(m.(map[string]any), "orders") {
			e := obj(o.(map[string]any), "expression")
			for i, item := range list(n, "select_list") {
				if equal(item, e) && i < len(p.out) {
					o.(map[string]any)["expression"] = colref(p.out[i].Name)
				}
			}
		}
	}
	s["modifiers"] = mods
	text, err := p.text(s)
	if err != nil {
		return "", err
	}
	n["modifiers"] = []any{}
	_, tail, _ := strings.Cut(text, "__y")
	return strings.TrimSpace(tail), nil
}

func (p *planner) isAgg(n node) bool {
	return class(n) == "FUNCTION" && p.aggs[str(n, "function_name")] || class(n) == "FUNCTION" && str(n, "function_name") == "approx_quantile"
}

func (p *planner) grouped(n node) bool {
	if len(list(n, "group_expressions")) > 0 || str(n, "aggregate_handling") == "FORCE_AGGREGATES" || n["having"] != nil {
		return true
	}
	found := false
	walk(n["select_list"], func(x node) bool {
		if isWindow(x) || class(x) == "SUBQUERY" {
			return false
		}
		found = found || p.isAgg(x)
		return !found
	})
	return found
}

// substitute writes conditions on n's output in terms of n's input.
func substitute(conds []node, n node) []node {
	byName := map[string]node{}
	for _, item := range list(n, "select_list") {
		it := item.(map[string]any)
		name := str(it, "alias")
		if name == "" {
			name = columnName(it)
		}
		if name != "" {
			byName[strings.ToLower(name)] = it
		}
	}
	out := make([]node, 0, len(conds))
	for _, c := range conds {
		c = rewrite(clone(c), func(x node) (node, bool) {
			if it, ok := byName[strings.ToLower(columnName(x))]; ok && class(x) == "COLUMN_REF" {
				return withAlias(clone(it), ""), true
			}
			return nil, false
		}).(map[string]any)
		out = append(out, c)
	}
	return out
}

// from plans what n reads: exactly one endless source, joined with seeds at
// most. It gives the FROM clause in which that source is the table In(k).
func (p *planner) from(n node, below []node) (*relation, node, error) {
	return p.table(obj(n, "from_table"), below)
}

func (p *planner) table(t node, below []node) (*relation, node, error) {
	switch typ(t) {
	case "BASE_TABLE":
		return p.topic(t)
	case "SUBQUERY":
		if names := list(t, "column_name_alias"); len(names) > 0 {
			return nil, nil, p.problem(t, "column names after a table's alias are not possible here: name the columns inside the SELECT")
		}
		rel, err := p.sel(obj(obj(t, "subquery"), "node"), below, false)
		if err != nil {
			return nil, nil, err
		}
		return rel, baseTable(In(len(rel.ops)), str(t, "alias")), nil
	case "TABLE_FUNCTION":
		return p.windows(t)
	case "JOIN":
		return p.join(t)
	case "EMPTY":
		return nil, nil, p.problem(t, "a stream reads FROM a topic; this SELECT has no FROM")
	}
	return nil, nil, p.problem(t, "FROM %s is not possible in a stream", strings.ToLower(typ(t)))
}

func (p *planner) topic(t node) (*relation, node, error) {
	name := str(t, "table_name")
	src, ok := p.cat.Topics[name]
	if !ok {
		if _, seed := p.cat.Seeds[name]; seed {
			return nil, nil, p.problem(t, "%s is a seed, which does not change: a stream reads FROM a topic and joins seeds", name)
		}
		return nil, nil, p.problem(t, "there is no topic or stream %s", name)
	}
	alias := str(t, "alias")
	if alias == "" {
		alias = name
	}
	rel := &relation{source: src, times: map[string]bool{strings.ToLower(timeName(src)): true}}
	return rel, baseTable(In(0), alias), nil
}

// join plans `source JOIN seed`: the source on the kept side.
func (p *planner) join(t node) (*relation, node, error) {
	left, right := obj(t, "left"), obj(t, "right")
	kind, ref := str(t, "join_type"), str(t, "ref_type")
	if p.onlySeeds(right) {
		if kind != "INNER" && kind != "LEFT" && kind != "SEMI" && kind != "ANTI" || ref == "POSITIONAL" || ref == "ASOF" {
			return nil, nil, p.problem(t, "a %s join would answer for rows of the seed that no row has met yet: use JOIN or LEFT JOIN with the seed on the right", strings.ToLower(kind))
		}
		p.noteSeeds(right)
		rel, leaf, err := p.table(left, nil)
		t["left"] = leaf
		return rel, t, err
	}
	if p.onlySeeds(left) {
		if kind != "INNER" && kind != "RIGHT" {
			return nil, nil, p.problem(t, "put the seed on the right: FROM topic LEFT JOIN seed")
		}
		p.noteSeeds(left)
		rel, leaf, err := p.table(right, nil)
		t["right"] = leaf
		return rel, t, err
	}
	return nil, nil, p.problem(t, "a join of two topics is not possible yet: join a topic with seeds, or correlate with lag(…) over one topic that holds both")
}

func (p *planner) onlySeeds(t node) bool {
	switch typ(t) {
	case "BASE_TABLE":
		_, ok := p.cat.Seeds[str(t, "table_name")]
		return ok
	case "SUBQUERY":
		return p.onlySeeds(obj(obj(obj(t, "subquery"), "node"), "from_table"))
	case "JOIN":
		return p.onlySeeds(obj(t, "left")) && p.onlySeeds(obj(t, "right"))
	case "EXPRESSION_LIST":
		return true
	}
	return false
}

func (p *planner) noteSeeds(v any) {
	walk(v, func(x node) bool {
		if typ(x) == "BASE_TABLE" && p.cat.Seeds[str(x, "table_name")].Name != "" {
			p.seeds[str(x, "table_name")] = true
		}
		return true
	})
}

// carry adds the hidden columns to a select list, and keeps * from giving them twice.
func carry(n node) {
	items := list(n, "select_list")
	for _, it := range items {
		walk(it, func(x node) bool {
			if class(x) == "STAR" {
				ex := list(x, "exclude_list")
				for _, h := range hidden {
					ex = append(ex, h)
				}
				x["exclude_list"] = ex
			}
			return true
		})
	}
	for _, h := range hidden {
		items = append(items, colref(h))
	}
	n["select_list"] = items
}

// subqueries in expressions may read seeds only.
func (p *planner) checkSubqueries(n node) error {
	var bad error
	for _, part := range []string{"select_list", "where_clause", "having", "qualify"} {
		walk(n[part], func(x node) bool {
			if class(x) != "SUBQUERY" || bad != nil {
				return bad == nil
			}
			from := obj(obj(obj(x, "subquery"), "node"), "from_table")
			if typ(from) != "EMPTY" && !p.onlySeeds(from) {
				bad = p.problem(x, "a subquery inside an expression may read seeds only")
			}
			p.noteSeeds(from)
			return false
		})
	}
	return bad
}

func (p *planner) mapOp(n node, rel *relation) error {
	if rel.window != nil {
		return p.problem(n, "tumble and hop are for GROUP BY window_start: without an aggregate each row would only be written again")
	}
	if err := p.checkSubqueries(n); err != nil {
		return err
	}
	rel.times = outTimes(n, rel.times)
	carry(n)
	text, err := p.text(n)
	rel.ops = append(rel.ops, Op{Map: &Map{SQL: text}})
	return err
}

// outTimes follows event time through a select list.
func outTimes(n node, in map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, item := range list(n, "select_list") {
		it := item.(map[string]any)
		if class(it) == "STAR" {
			for t := range in {
				out[t] = true
			}
			continue
		}
		if name := strings.ToLower(columnName(it)); name != "" && in[name] {
			if a := str(it, "alias"); a != "" {
				name = strings.ToLower(a)
			}
			out[name] = true
		} else if a := strings.ToLower(str(it, "alias")); a != "" {
			delete(out, a) // an expression under the old name
		}
	}
	return out
}
