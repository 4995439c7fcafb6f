package gate

import (
	"encoding/json"
	"strings"
)

// tableFunctions may stand in FROM and read nothing.
var tableFunctions = map[string]bool{
	"range": true, "generate_series": true, "unnest": true, "repeat": true, "repeat_row": true, "json_each": true, "json_tree": true,
	"duckdb_functions": true, "duckdb_keywords": true, "icu_calendar_names": true, "pg_timezone_names": true,
}

// baseTable checks a name in FROM: a common table expression stays, a file is
// read by the function for its kind, everything else becomes a table of the room.
func (w *walker) baseTable(n node, sc *scope) error {
	name := text(n, "table_name")
	if n["at_clause"] != nil {
		return refuse(at(n), "%s AT (…): only tables of the lake have earlier versions", name)
	}
	if s, c := text(n, "schema_name"), text(n, "catalog_name"); s != "" || c != "" {
		return refuse(at(n), "%s: tables have no schema here; write the name alone (a name with a dot in double quotes), and SHOW TABLES for what there is",
			strings.Trim(c+"."+s+"."+name, "."))
	}
	if err := w.visit(n["sample"], sc); err != nil {
		return err
	}
	if sc.has(name) {
		return nil
	}
	if strings.Contains(name, "://") {
		return overNetwork(name, at(n))
	}
	if fn := functionForFile(name); fn != "" {
		return w.fileTable(n, fn)
	}
	room, err := w.room(name, at(n))
	if err != nil {
		return err
	}
	n["table_name"] = room
	if text(n, "alias") == "" {
		n["alias"] = name
	}
	return nil
}

// show checks DESCRIBE, SUMMARIZE and SHOW.
func (w *walker) show(n node, sc *scope) error {
	what := strings.Trim(strings.ToLower(text(n, "table_name")), `"`)
	switch kind := text(n, "show_type"); {
	case n["query"] != nil && (kind == "DESCRIBE" || kind == "SUMMARY"):
		return w.visit(n["query"], sc)
	case n["query"] == nil && (what == "tables" || what == "__show_tables_expanded"):
		w.st.Catalog = true
		t := baseTable(CatalogTable, text(n, "alias"))
		t["sample"] = n["sample"]
		become(n, t)
		return nil
	}
	return refuse(at(n), "this SHOW is not possible here: use SHOW TABLES, DESCRIBE name or SUMMARIZE name")
}

// tableFunction checks a function in FROM.
func (w *walker) tableFunction(n node, sc *scope) error {
	fn := child(n, "function")
	name, err := functionName(fn)
	if err != nil {
		return err
	}
	switch class := Class(name, true); class {
	case "allowed":
		return w.fields(node{"children": fn["children"], "filter": fn["filter"], "order_bys": fn["order_bys"], "sample": n["sample"]}, sc)
	case "file":
		return w.fileFunction(n, fn, name, sc)
	case "window":
		return w.window(n, fn, name, sc)
	default:
		return notAllowed(n, name, class)
	}
}

// windowFunctions are the tables of windows, with the number of their arguments.
var windowFunctions = map[string]int{"tumble": 3, "hop": 4}

var windowUse = map[string]string{
	"tumble": "tumble(table, time, INTERVAL 1 MINUTE)",
	"hop":    "hop(table, time, INTERVAL 10 SECOND, INTERVAL 1 MINUTE): first how often a window starts, then how long it is",
}

// Stand-ins of a window's tree.
const (
	standTable = Reserved + "in"
	standTime  = Reserved + "at"
	standSlide = Reserved + "slide"
	standSize  = Reserved + "size"
)

// WindowSQL is the statement whose FROM is the tree that Options.Window gives
// for tumble and hop; make is duck.Tumble or duck.Hop.
func WindowSQL(name string, tumble func(table, ts, size string) string, hop func(table, ts, slide, size string) string) string {
	if name == "tumble" {
		return "FROM (" + tumble(standTable, standTime, standSize) + ")"
	}
	return "FROM (" + hop(standTable, standTime, standSlide, standSize) + ")"
}

// window replaces tumble(…) and hop(…) by the subquery that defines them.
func (w *walker) window(n, fn node, name string, sc *scope) error {
	args := list(fn, "children")
	if len(args) != windowFunctions[name] {
		return invalid(at(n), "%s takes %d arguments: %s", name, windowFunctions[name], windowUse[name])
	}
	from, err := windowSource(args[0], at(n), name)
	if err != nil {
		return err
	}
	if err := w.visit(from, sc); err != nil {
		return err
	}
	if err := w.visit(args[1:], sc); err != nil {
		return err
	}
	tree, err := w.opts.Window(name)
	if err != nil {
		return err
	}
	tree = clone(tree).(node)
	stand := map[string]any{standTime: args[1], standSize: args[len(args)-1], standSlide: args[len(args)-2]}
	substitute(tree, from, stand)
	tree["alias"] = text(n, "alias")
	if tree["alias"] == "" {
		tree["alias"] = name
	}
	tree["column_name_alias"], tree["sample"], tree["query_location"] = n["column_name_alias"], n["sample"], n["query_location"]
	become(n, tree)
	return nil
}

// windowSource makes what stands in FROM of a window's first argument: a name
// or a subquery.
func windowSource(arg any, place int, name string) (node, error) {
	a, _ := arg.(node)
	if s, ok := textConstant(arg); ok {
		t := baseTable(s, "")
		t["query_location"] = a["query_location"]
		return t, nil
	}
	switch text(a, "class") {
	case "COLUMN_REF":
		if names := list(a, "column_names"); len(names) == 1 {
			s, _ := names[0].(string)
			t := baseTable(s, "")
			t["query_location"] = a["query_location"]
			return t, nil
		}
	case "SUBQUERY":
		if text(a, "subquery_type") == "SCALAR" {
			return node{"type": "SUBQUERY", "alias": "", "sample": nil, "query_location": json.Number(nowhere), "subquery": a["subquery"], "column_name_alias": []any{}}, nil
		}
	}
	return nil, invalid(place, "the first argument of %s is a table's name or a subquery: %s", name, windowUse[name])
}

// substitute puts the user's table and expressions in the place of the stand-ins.
func substitute(v any, from node, stand map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			substitute(x, from, stand)
		}
	case node:
		if text(v, "type") == "BASE_TABLE" && text(v, "table_name") == standTable {
			become(v, clone(from).(node))
			return
		}
		if names := list(v, "column_names"); text(v, "class") == "COLUMN_REF" && len(names) == 1 {
			if s, _ := names[0].(string); stand[s] != nil {
				become(v, clone(stand[s]).(node))
				return
			}
		}
		for _, x := range v {
			substitute(x, from, stand)
		}
	}
}
