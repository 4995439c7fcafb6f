package gate

import (
	"maps"
	"slices"
	"strings"
)

// visit checks a value of the tree and all below it.
func (w *walker) visit(v any, sc *scope) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := w.visit(x, sc); err != nil {
				return err
			}
		}
	case node:
		return w.visitNode(v, sc)
	}
	return nil
}

func (w *walker) visitNode(n node, sc *scope) error {
	if class, ok := n["class"]; ok {
		s, _ := class.(string)
		return w.expression(n, s, sc)
	}
	switch typ := n["type"].(type) {
	case nil:
		return w.fields(n, sc)
	case node:
		return nil // a value with its type: a leaf
	case string:
		return w.typed(n, typ, sc)
	}
	return refuse(-1, "the statement holds something unknown")
}

// leaves are fields that hold types and values, nothing that is looked up.
var leaves = map[string]bool{"cast_type": true, "type_info": true, "expected_types": true, "sample_size": true}

// fields visits what is in a node, always in the same order.
func (w *walker) fields(n node, sc *scope) error {
	for _, k := range slices.Sorted(maps.Keys(n)) {
		if leaves[k] {
			continue
		}
		if err := w.visit(n[k], sc); err != nil {
			return err
		}
	}
	return nil
}

// typed checks a node that is not an expression.
func (w *walker) typed(n node, typ string, sc *scope) error {
	switch typ {
	case "SELECT_NODE", "SET_OPERATION_NODE":
		return w.query(n, sc)
	case "RECURSIVE_CTE_NODE":
		return w.query(n, sc.with(text(n, "cte_name")))
	case "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
		"ORDER_DEFAULT", "ASCENDING", "DESCENDING", "SUBQUERY", "EXPRESSION_LIST", "EMPTY", "JOIN":
		return w.fields(n, sc)
	case "BASE_TABLE":
		return w.baseTable(n, sc)
	case "TABLE_FUNCTION":
		return w.tableFunction(n, sc)
	case "SHOW_REF":
		return w.show(n, sc)
	case "PIVOT":
		for _, p := range list(n, "pivots") {
			if pn, _ := p.(node); text(pn, "pivot_enum") != "" {
				return refuse(at(n), "PIVOT over an enum type is not possible here: list the values, IN (…)")
			}
		}
		return w.fields(n, sc)
	}
	return refuse(at(n), "%s is not possible in a statement here", strings.ReplaceAll(strings.ToLower(typ), "_", " "))
}

// query checks a query node: each of its common table expressions sees those
// before it, the rest sees all of them.
func (w *walker) query(n node, sc *scope) error {
	in := sc.with()
	for _, e := range list(child(n, "cte_map"), "map") {
		entry, _ := e.(node)
		name := text(entry, "key")
		if strings.HasPrefix(strings.ToLower(name), Reserved) {
			return invalid(-1, "names that begin with %s are reserved: call %q otherwise", Reserved, name)
		}
		if err := w.visit(entry["value"], in); err != nil {
			return err
		}
		in.names[strings.ToLower(name)] = true
	}
	for _, k := range slices.Sorted(maps.Keys(n)) {
		if k == "cte_map" {
			continue
		}
		if err := w.visit(n[k], in); err != nil {
			return err
		}
	}
	return nil
}

// expression checks an expression by its class.
func (w *walker) expression(n node, class string, sc *scope) error {
	switch class {
	case "CONSTANT", "COLUMN_REF", "POSITIONAL_REFERENCE":
		return nil
	case "SUBQUERY":
		if w.opts.Condition {
			return refuse(at(n), "a condition cannot ask a query: compare columns with values")
		}
		return w.fields(n, sc)
	case "CASE", "CAST", "COMPARISON", "CONJUNCTION", "OPERATOR", "STAR", "COLLATE", "LAMBDA", "BETWEEN":
		return w.fields(n, sc)
	case "FUNCTION", "WINDOW":
		return w.function(n, sc)
	case "PARAMETER":
		return w.parameter(n)
	}
	return refuse(at(n), "%s is not possible in an expression here", strings.ReplaceAll(strings.ToLower(class), "_", " "))
}
