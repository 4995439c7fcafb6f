package gate

import (
	_ "embed"
	"strconv"
	"strings"
	"time"
)

//go:embed functions_allowed.txt
var allowedText string

//go:embed functions_denied.txt
var deniedText string

var (
	allowed = wordsOf(allowedText)
	denied  = reasonsOf(deniedText)
)

func wordsOf(s string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		for _, w := range strings.Fields(line) {
			out[strings.ToLower(w)] = true
		}
	}
	return out
}

func reasonsOf(s string) map[string]string {
	out, why := map[string]string{}, ""
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if r, ok := strings.CutPrefix(line, "because "); ok {
			why = r
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			out[strings.ToLower(w)] = why
		}
	}
	return out
}

// Class says what is done with a function that is called name: "allowed",
// "file", "window", or "denied: why"; "" for one that nobody has classified.
func Class(name string, table bool) string {
	name = strings.ToLower(name)
	why, no := denied[name]
	switch {
	case table && fileFunctions[name] != nil:
		return "file"
	case table && windowFunctions[name] > 0:
		return "window"
	case table && tableFunctions[name], !table && allowed[name]:
		return "allowed"
	case no:
		return "denied: " + why
	case table && allowed[name], !table && tableFunctions[name]:
		return "denied: it stands in another place"
	}
	return ""
}

// name is a function's name in lower case, once its schema is seen to.
func functionName(n node) (string, error) {
	name := strings.ToLower(text(n, "function_name"))
	schema, catalog := strings.ToLower(text(n, "schema")), strings.ToLower(text(n, "catalog"))
	if schema != "" && schema != "main" && schema != "pg_catalog" || catalog != "" && catalog != "system" {
		return name, refuse(at(n), "function %s.%s: functions have no schema here, write %s(…)", schema, name, name)
	}
	if export, _ := n["export_state"].(bool); export {
		return name, refuse(at(n), "EXPORT_STATE is not possible here")
	}
	return name, nil
}

// function checks a scalar, aggregate or window function and all in it.
func (w *walker) function(n node, sc *scope) error {
	name, err := functionName(n)
	if err != nil {
		return err
	}
	if class := Class(name, false); class != "allowed" {
		return notAllowed(n, name, class)
	}
	if err := w.fields(n, sc); err != nil {
		return err
	}
	if name == "approx_quantile" {
		w.st.Sketch = true
		return sketch(n)
	}
	return nil
}

func notAllowed(n node, name, class string) error {
	if why, ok := strings.CutPrefix(class, "denied: "); ok {
		return refuse(at(n), "function %s is not possible here: %s", name, why)
	}
	if strings.HasPrefix(name, Reserved) {
		return refuse(at(n), "function %s is not possible here: names that begin with %s are reserved", name, Reserved)
	}
	return invalid(at(n), "function %s is not known; is its name right?", name)
}

// sketch makes approx_quantile(x, q), with FILTER, DISTINCT or OVER as it may
// be, the quantile of a sketch: a macro could not carry these along.
func sketch(n node) error {
	args := list(n, "children")
	if len(args) != 2 {
		return invalid(at(n), "approx_quantile takes a value and a share between 0 and 1: approx_quantile(latency_ms, 0.95)")
	}
	q, alias := args[1], text(n, "alias")
	counts := clone(n).(node)
	counts["alias"], counts["schema"], counts["function_name"] = "", "", "histogram"
	counts["children"] = []any{call(Reserved+"sketch_bucket", args[0])}
	answer := func(q any) node { return call(Reserved+"sketch_quantile", clone(counts), q) }
	if alias == "" {
		alias = "approx_quantile"
	}
	var out node
	if qn, ok := q.(node); ok && text(qn, "class") == "FUNCTION" && text(qn, "function_name") == "list_value" {
		var each []any
		for _, one := range list(qn, "children") {
			each = append(each, answer(one))
		}
		out = call("list_value", each...)
	} else {
		out = answer(q)
	}
	out["alias"], out["query_location"] = alias, n["query_location"]
	become(n, out)
	return nil
}

// parameter puts a value in the place of $1, ?.
func (w *walker) parameter(n node) error {
	i, err := strconv.Atoi(text(n, "identifier"))
	if err != nil {
		return invalid(at(n), "parameter $%s: use $1, $2, …", text(n, "identifier"))
	}
	if i < 1 || i > len(w.opts.Params) {
		return invalid(at(n), "parameter $%d has no value: %d were given", i, len(w.opts.Params))
	}
	var c node
	switch v := w.opts.Params[i-1].(type) {
	case nil:
		c = constant("NULL", nil)
	case bool:
		c = cast(constant("VARCHAR", strconv.FormatBool(v)), "BOOLEAN")
	case int64:
		c = constant("BIGINT", v)
	case float64:
		c = cast(constant("VARCHAR", strconv.FormatFloat(v, 'g', -1, 64)), "DOUBLE")
	case string:
		c = constant("VARCHAR", v)
	case time.Time:
		c = call("make_timestamptz", constant("BIGINT", v.UnixMicro()))
	case time.Duration:
		c = call("to_microseconds", constant("BIGINT", v.Microseconds()))
	default:
		return invalid(at(n), "parameter $%d: a %T cannot be a value", i, v)
	}
	c["alias"] = n["alias"]
	become(n, c)
	return nil
}
