package plan

import (
	"encoding/json"
	"strings"

	"maru/duck"
)

// node is one object of DuckDB's tree.
type node = map[string]any

func list(n node, key string) []any { l, _ := n[key].([]any); return l }
func obj(n node, key string) node   { o, _ := n[key].(map[string]any); return o }
func str(n node, key string) string { s, _ := n[key].(string); return s }

func class(n node) string { return str(n, "class") }
func typ(n node) string   { return str(n, "type") }

// clone copies a tree.
func clone[T any](v T) T { return cloneAny(v).(T) }

func cloneAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = cloneAny(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = cloneAny(x)
		}
		return out
	}
	return v
}

// walk calls fn for every object below v, parents first; fn says whether to go deeper.
func walk(v any, fn func(node) bool) {
	switch v := v.(type) {
	case map[string]any:
		if !fn(v) {
			return
		}
		for _, x := range v {
			walk(x, fn)
		}
	case []any:
		for _, x := range v {
			walk(x, fn)
		}
	}
}

// rewrite replaces expressions below v: fn gives the replacement and true, and
// the replacement is not entered; children are rewritten in place otherwise.
func rewrite(v any, fn func(node) (node, bool)) any {
	switch v := v.(type) {
	case map[string]any:
		if r, ok := fn(v); ok {
			return r
		}
		for k, x := range v {
			v[k] = rewrite(x, fn)
		}
	case []any:
		for i, x := range v {
			v[i] = rewrite(x, fn)
		}
	}
	return v
}

// isExpr says whether n is an expression (not a table or a statement).
func isExpr(n node) bool { return class(n) != "" }

func colref(names ...string) node {
	cs := make([]any, len(names))
	for i, n := range names {
		cs[i] = n
	}
	return node{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": cs}
}

func withAlias(n node, alias string) node { n["alias"] = alias; return n }

// columnName is the last part of a column reference; "" for anything else.
func columnName(n node) string {
	if class(n) != "COLUMN_REF" {
		return ""
	}
	names := list(n, "column_names")
	if len(names) == 0 {
		return ""
	}
	s, _ := names[len(names)-1].(string)
	return s
}

func baseTable(name, alias string) node {
	return node{"type": "BASE_TABLE", "alias": alias, "sample": nil, "schema_name": "", "table_name": name,
		"column_name_alias": []any{}, "catalog_name": "", "at_clause": nil}
}

func subqueryTable(sel node, alias string) node {
	return node{"type": "SUBQUERY", "alias": alias, "sample": nil, "column_name_alias": []any{},
		"subquery": node{"node": sel, "named_param_map": []any{}}}
}

func selectOf(items []any) node {
	return node{"type": "SELECT_NODE", "modifiers": []any{}, "cte_map": node{"map": []any{}}, "select_list": items,
		"from_table": node{"type": "EMPTY", "alias": "", "sample": nil}, "where_clause": nil, "group_expressions": []any{},
		"group_sets": []any{}, "aggregate_handling": "STANDARD_HANDLING", "having": nil, "sample": nil, "qualify": nil}
}

// equal compares two expressions without places and aliases; a column counts by its last name.
func equal(a, b any) bool { return key(a) == key(b) }

func key(v any) string {
	c := cloneAny(v)
	walk(c, func(n node) bool {
		delete(n, "query_location")
		delete(n, "alias")
		if name := columnName(n); name != "" {
			n["column_names"] = []any{strings.ToLower(name)}
		}
		return true
	})
	b, _ := json.Marshal(c) // maps marshal with sorted keys
	return string(b)
}

// location is where n stands in the SQL; -1 when DuckDB does not say.
func location(n any) int {
	at := -1
	walk(n, func(x node) bool {
		if l, ok := x["query_location"].(json.Number); ok {
			if i, err := l.Int64(); err == nil && (at < 0 || int(i) < at) {
				at = int(i)
			}
		}
		return true
	})
	return at
}

func conjuncts(n node) []node {
	if n == nil {
		return nil
	}
	if typ(n) == "CONJUNCTION_AND" {
		var out []node
		for _, c := range list(n, "children") {
			if m, ok := c.(map[string]any); ok {
				out = append(out, conjuncts(m)...)
			}
		}
		return out
	}
	return []node{n}
}

func has(v any, is func(node) bool) bool {
	found := false
	walk(v, func(n node) bool {
		found = found || is(n)
		return !found
	})
	return found
}

func isWindow(n node) bool { return class(n) == "WINDOW" }

// statement wraps a select node for duck.Format.
func statement(sel node) *duck.AST {
	return &duck.AST{Statements: []map[string]any{{"node": sel, "named_param_map": []any{}}}}
}
