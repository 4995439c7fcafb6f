package room

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"maru"
	"maru/query/internal/gate"
	"maru/query/internal/wire"
)

type node = map[string]any

// operators are what a plan may be made of. None writes, and none reads
// anything but LOGICAL_GET, which is looked at itself.
var operators = wordSet("LOGICAL_", `PROJECTION FILTER AGGREGATE_AND_GROUP_BY WINDOW UNNEST LIMIT ORDER_BY TOP_N DISTINCT SAMPLE PIVOT
	GET CHUNK_GET DELIM_GET EXPRESSION_GET DUMMY_SCAN EMPTY_RESULT CTE_REF JOIN DELIM_JOIN COMPARISON_JOIN ANY_JOIN CROSS_PRODUCT
	POSITIONAL_JOIN ASOF_JOIN DEPENDENT_JOIN UNION EXCEPT INTERSECT RECURSIVE_CTE MATERIALIZED_CTE COLUMN_DATA_GET SHOW`)

// wordSet is the words of a text, each with a prefix.
func wordSet(prefix, text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[prefix+w] = true
	}
	return out
}

// scan is one LOGICAL_GET over a table of the room.
type scan struct {
	table   string
	columns []string
	filters []wire.Filter
	exact   bool  // filters are all that is asked of a row
	limit   int64 // so many rows are enough, 0 = all
}

// readPlan checks a bound plan and collects its scans: the third layer, which
// holds when the gate was wrong.
func readPlan(plan node) ([]scan, error) {
	plans, _ := plan["plans"].([]any)
	if len(plans) != 1 {
		return nil, maru.Errorf(maru.Denied, "the statement has %d plans, one is expected", len(plans))
	}
	var out []scan
	root, _ := plans[0].(node)
	return out, readOperator(root, 0, &out)
}

// readOperator checks a step and all below it. limit is how many rows are
// wanted of it, 0 = all.
func readOperator(n node, limit int64, out *[]scan) error {
	typ, _ := n["type"].(string)
	if !operators[typ] {
		return maru.Errorf(maru.Denied, "the statement's plan has a step %q, which is not possible here", typ)
	}
	if typ == "LOGICAL_GET" {
		s, err := readGet(n)
		if err != nil {
			return err
		}
		if s != nil {
			s.limit = limit
			*out = append(*out, *s)
		}
	}
	limit = limitBelow(n, typ, limit)
	kids, _ := n["children"].([]any)
	for _, k := range kids {
		kn, _ := k.(node)
		if err := readOperator(kn, limit, out); err != nil {
			return err
		}
	}
	return nil
}

// limitBelow is how many rows a step wants of the one below: only a projection
// passes on what is wanted of it.
func limitBelow(n node, typ string, limit int64) int64 {
	switch typ {
	case "LOGICAL_PROJECTION":
		return limit
	case "LOGICAL_LIMIT":
		rows, okRows := constantLimit(n["limit_val"], false)
		skip, okSkip := constantLimit(n["offset_val"], true)
		if okRows && okSkip && rows < 1<<40 && skip < 1<<40 {
			return max(rows+skip, 1)
		}
	}
	return 0
}

func constantLimit(v any, unsetOK bool) (int64, bool) {
	n, _ := v.(node)
	switch str(n["type"]) {
	case "CONSTANT_VALUE":
		return number(n["constant_integer"])
	case "UNSET":
		return 0, unsetOK
	}
	return 0, false
}

// readGet checks what a scan reads; nil for one that is not of a table.
func readGet(n node) (*scan, error) {
	fn, _ := n["name"].(string)
	fn = strings.ToLower(fn)
	if fn != "seq_scan" {
		switch gate.Class(fn, true) {
		case "allowed", "file":
			return nil, nil
		}
		return nil, maru.Errorf(maru.Denied, "the statement's plan reads by %q, which is not possible here", fn)
	}
	data, _ := n["function_data"].(node)
	table, _ := data["table"].(string)
	if !strings.HasPrefix(table, gate.Reserved) {
		return nil, maru.Errorf(maru.Denied, "the statement's plan reads the table %q, which is not one of its own", table)
	}
	s := &scan{table: table, exact: true}
	names := stringList(n["names"])
	cols, _ := n["column_indexes"].([]any)
	for _, c := range cols {
		cn, _ := c.(node)
		if i, ok := number(cn["index"]); ok && i < int64(len(names)) && !slices.Contains(s.columns, names[i]) {
			s.columns = append(s.columns, names[i])
		}
	}
	tf, _ := n["table_filters"].(node)
	list, _ := tf["filters"].([]any)
	for _, f := range list {
		fn, _ := f.(node)
		if i, ok := number(fn["key"]); ok && i < int64(len(names)) {
			value, _ := fn["value"].(node)
			read, exact := readFilter(names[i], value)
			s.filters = append(s.filters, read...)
			s.exact = s.exact && exact
		}
	}
	return s, nil
}

func stringList(v any) []string {
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i, x := range list {
		out[i], _ = x.(string)
	}
	return out
}

// number reads an index; false for what is none, as DuckDB's 2^64-1.
func number(v any) (int64, bool) {
	num, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := num.Int64()
	return i, err == nil && i >= 0
}

var comparisons = map[string]wire.Op{
	"COMPARE_EQUAL": wire.Equal, "COMPARE_LESSTHAN": wire.Less, "COMPARE_LESSTHANOREQUALTO": wire.LessEq,
	"COMPARE_GREATERTHAN": wire.Greater, "COMPARE_GREATERTHANOREQUALTO": wire.GreaterEq,
}

// inMax bounds the values of an IN that is pushed down.
const inMax = 1000

// readFilter translates the forms that are known. exact says whether the
// result is the whole condition; what is left out costs time, never rows,
// because the statement applies everything again.
func readFilter(column string, f node) (out []wire.Filter, exact bool) {
	kind, _ := f["filter_type"].(string)
	switch kind {
	case "CONSTANT_COMPARISON":
		op := comparisons[str(f["comparison_type"])]
		c, _ := f["constant"].(node)
		if v, ok := readValue(c); ok && op != "" && v.Type != "" {
			return []wire.Filter{{Column: column, Op: op, Values: []wire.Value{v}}}, true
		}
	case "CONJUNCTION_AND":
		exact = true
		kids, _ := f["child_filters"].([]any)
		for _, k := range kids {
			kn, _ := k.(node)
			some, ok := readFilter(column, kn)
			out, exact = append(out, some...), exact && ok
		}
		return out, exact
	case "OPTIONAL_FILTER":
		// What it is an abbreviation of stands in a step above, which no limit passes.
		kn, _ := f["child_filter"].(node)
		out, _ = readFilter(column, kn)
		return out, false
	case "IN_FILTER":
		return readIn(column, f)
	case "IS_NULL":
		return []wire.Filter{{Column: column, Op: wire.IsNull}}, true
	case "IS_NOT_NULL":
		return []wire.Filter{{Column: column, Op: wire.IsNotNull}}, true
	case "EXPRESSION_FILTER":
		return readTest(column, f)
	}
	return nil, false
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func readIn(column string, f node) ([]wire.Filter, bool) {
	list, _ := f["values"].([]any)
	if len(list) == 0 || len(list) > inMax {
		return nil, false
	}
	out := wire.Filter{Column: column, Op: wire.In}
	for _, x := range list {
		xn, _ := x.(node)
		v, ok := readValue(xn)
		if !ok || v.Type == "" {
			return nil, false
		}
		out.Values = append(out.Values, v)
	}
	return []wire.Filter{out}, true
}

// readTest reads column IS [NOT] NULL where it comes as an expression.
func readTest(column string, f node) ([]wire.Filter, bool) {
	e, _ := f["expr"].(node)
	kids, _ := e["children"].([]any)
	if len(kids) != 1 {
		return nil, false
	}
	if k, _ := kids[0].(node); str(k["expression_class"]) != "BOUND_REF" {
		return nil, false
	}
	switch str(e["type"]) {
	case "OPERATOR_IS_NULL":
		return []wire.Filter{{Column: column, Op: wire.IsNull}}, true
	case "OPERATOR_IS_NOT_NULL":
		return []wire.Filter{{Column: column, Op: wire.IsNotNull}}, true
	}
	return nil, false
}

// readValue reads a constant of a type that filters have.
func readValue(n node) (wire.Value, bool) {
	if null, _ := n["is_null"].(bool); null {
		return wire.Value{}, true
	}
	t, _ := n["type"].(node)
	num, _ := n["value"].(json.Number)
	i, err := num.Int64()
	switch id := str(t["id"]); id {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		return wire.Value{Type: maru.BigInt, Int: i}, err == nil
	case "TIMESTAMP WITH TIME ZONE":
		// The ends of the range stand for infinity.
		return wire.Value{Type: maru.Timestamp, Int: i}, err == nil && i != math.MaxInt64 && i != -math.MaxInt64
	case "DATE":
		return wire.Value{Type: maru.Date, Int: i}, err == nil && i > -1<<30 && i < 1<<30
	case "DOUBLE", "FLOAT":
		f, err := num.Float64()
		return wire.Value{Type: maru.Double, Float: f}, err == nil
	case "BOOLEAN":
		b, ok := n["value"].(bool)
		return wire.Value{Type: maru.Boolean, Bool: b}, ok
	case "VARCHAR":
		s, ok := n["value"].(string)
		return wire.Value{Type: maru.Varchar, Text: s}, ok
	}
	return wire.Value{}, false
}

// needsOf joins the scans of each table: all columns that any uses, and the
// filters that all of them have.
func needsOf(scans []scan, stubs []wire.Stub) []wire.Need {
	var out []wire.Need
	for _, st := range stubs {
		if st.File != "" {
			continue
		}
		need := wire.Need{Room: st.Room, Unused: true}
		used := map[string]bool{}
		for _, s := range scans {
			if s.table != st.Room {
				continue
			}
			for _, c := range s.columns {
				used[c] = true
			}
			if need.Unused {
				need.Filters, need.Unused = s.filters, false
				if s.exact {
					need.Limit = s.limit
				}
			} else {
				need.Limit = 0
				need.Filters = slices.DeleteFunc(need.Filters, func(f wire.Filter) bool { return !slices.ContainsFunc(s.filters, f.Equal) })
			}
		}
		for _, c := range st.Columns {
			if used[c.Name] {
				need.Columns = append(need.Columns, c.Name)
			}
		}
		if len(need.Columns) == 0 && len(st.Columns) > 0 {
			need.Columns = []string{cheapest(st.Columns)} // rows are counted by a column
		}
		out = append(out, need)
	}
	return out
}

// cheapest is a column to count rows by.
func cheapest(cols maru.Schema) string {
	for _, t := range []maru.Type{"INTEGER", maru.Boolean, maru.Date, maru.BigInt, maru.Timestamp, maru.Double} {
		for _, c := range cols {
			if c.Type == t {
				return c.Name
			}
		}
	}
	return cols[0].Name
}
