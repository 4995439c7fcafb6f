package gate

import (
	"encoding/json"
	"strconv"
)

// node is one object of DuckDB's tree.
type node = map[string]any

func text(n node, key string) string {
	s, _ := n[key].(string)
	return s
}

func child(n node, key string) node {
	c, _ := n[key].(node)
	return c
}

func list(n node, key string) []any {
	l, _ := n[key].([]any)
	return l
}

// nowhere is what DuckDB writes for a place that is not known.
const nowhere = "18446744073709551615"

// at is where a node stands in the statement, in bytes; -1 when it is not known.
func at(n node) int {
	num, ok := n["query_location"].(json.Number)
	if !ok || num == nowhere {
		return -1
	}
	i, err := strconv.Atoi(string(num))
	if err != nil {
		return -1
	}
	return i
}

// clone copies a tree, so that a template can be used again.
func clone(v any) any {
	switch v := v.(type) {
	case node:
		out := make(node, len(v))
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// become makes n another node in place: whoever holds n sees the new one.
func become(n, other node) {
	clear(n)
	for k, v := range other {
		n[k] = v
	}
}

func valueOf(typ string, v any) node {
	return node{"type": node{"id": typ, "type_info": nil}, "is_null": v == nil, "value": v}
}

func constant(typ string, v any) node {
	return node{"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": json.Number(nowhere), "value": valueOf(typ, v)}
}

func cast(expr node, typ string) node {
	return node{"class": "CAST", "type": "OPERATOR_CAST", "alias": "", "query_location": json.Number(nowhere), "child": expr,
		"cast_type": node{"id": typ, "type_info": nil}, "try_cast": false}
}

func call(name string, args ...any) node {
	return node{"class": "FUNCTION", "type": "FUNCTION", "alias": "", "query_location": json.Number(nowhere), "function_name": name, "schema": "", "catalog": "",
		"children": args, "filter": nil, "order_bys": node{"type": "ORDER_MODIFIER", "orders": []any{}}, "distinct": false, "is_operator": false, "export_state": false}
}

func baseTable(name, alias string) node {
	return node{"type": "BASE_TABLE", "alias": alias, "sample": nil, "query_location": json.Number(nowhere), "schema_name": "", "table_name": name,
		"column_name_alias": []any{}, "catalog_name": "", "at_clause": nil}
}

func texts(paths []string) []any {
	out := make([]any, len(paths))
	for i, p := range paths {
		out[i] = constant("VARCHAR", p)
	}
	return out
}

// textConstant is the text of a constant VARCHAR; false for everything else.
func textConstant(v any) (string, bool) {
	n, ok := v.(node)
	if !ok || text(n, "class") != "CONSTANT" {
		return "", false
	}
	val := child(n, "value")
	s, ok := val["value"].(string)
	return s, ok && text(child(val, "type"), "id") == "VARCHAR"
}
