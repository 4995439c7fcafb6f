package plan

import (
	"fmt"
	"strings"
)

// aggregate adds what function call x needs to the state, and gives the name of its finished column.
func (b *aggBuilder) aggregate(x node) (string, error) {
	if name, ok := b.seen[key(x)]; ok {
		return name, nil
	}
	name := fmt.Sprintf("a%d", len(b.out.Finals)+len(b.out.Sketches)+len(b.out.Distincts))
	fn := str(x, "function_name")
	if len(list(obj(x, "order_bys"), "orders")) > 0 {
		return "", b.p.problem(x, "ORDER BY inside %s(…) needs every row kept: use arg_min or arg_max by the event time", fn)
	}
	args := make([]string, 0, 2)
	for i, c := range list(x, "children") {
		if fn == "approx_quantile" && i == 1 {
			break
		}
		v, err := b.filtered(x, c)
		if err != nil {
			return "", err
		}
		args = append(args, v)
	}
	var err error
	switch distinct, _ := x["distinct"].(bool); {
	case distinct && fn == "count" && len(args) == 1:
		b.out.Distincts = append(b.out.Distincts, Distinct{Name: name, Value: args[0]})
	case distinct && fn != "min" && fn != "max" && fn != "bool_and" && fn != "bool_or":
		err = b.p.problem(x, "%s(DISTINCT …) needs every value kept: only count(DISTINCT …) is possible in a stream", fn)
	case fn == "approx_quantile":
		err = b.sketch(x, name, args)
	default:
		err = b.simple(x, fn, name, args)
	}
	if err != nil {
		return "", err
	}
	b.seen[key(x)] = name
	return name, nil
}

// filtered is the Input column of an argument; FILTER (WHERE c) makes it NULL where c does not hold.
func (b *aggBuilder) filtered(x node, arg any) (string, error) {
	f, _ := x["filter"].(map[string]any)
	if f == nil {
		return b.value(arg)
	}
	return b.value(node{"class": "CASE", "type": "CASE_EXPR", "alias": "",
		"case_checks": []any{node{"when_expr": cloneAny(f), "then_expr": cloneAny(arg)}},
		"else_expr":   node{"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "value": node{"type": node{"id": "NULL", "type_info": nil}, "is_null": true}}})
}

// partial adds a state column; merge's %[1]s is its name.
func (b *aggBuilder) partial(delta, merge string) string {
	name := fmt.Sprintf("p%d", len(b.out.Partials))
	b.out.Partials = append(b.out.Partials, Partial{Name: name, Delta: delta, Merge: fmt.Sprintf(merge, name)})
	return name
}

func (b *aggBuilder) final(name, sql string) {
	b.out.Finals = append(b.out.Finals, Final{Name: name, SQL: sql})
}

const (
	mergeAdd = "CASE WHEN a.%[1]s IS NULL THEN d.%[1]s WHEN d.%[1]s IS NULL THEN a.%[1]s ELSE a.%[1]s + d.%[1]s END"
	mergeMin = "CASE WHEN a.%[1]s IS NULL OR d.%[1]s < a.%[1]s THEN coalesce(d.%[1]s, a.%[1]s) ELSE a.%[1]s END"
	mergeMax = "CASE WHEN a.%[1]s IS NULL OR d.%[1]s > a.%[1]s THEN coalesce(d.%[1]s, a.%[1]s) ELSE a.%[1]s END"
	mergeAnd = "CASE WHEN a.%[1]s IS NULL THEN d.%[1]s WHEN d.%[1]s IS NULL THEN a.%[1]s ELSE a.%[1]s AND d.%[1]s END"
	mergeOr  = "CASE WHEN a.%[1]s IS NULL THEN d.%[1]s WHEN d.%[1]s IS NULL THEN a.%[1]s ELSE a.%[1]s OR d.%[1]s END"
)

// simple plans the aggregates whose partial results merge in closed form.
func (b *aggBuilder) simple(x node, fn, name string, args []string) error {
	one := func() string { return strings.Join(args, ", ") }
	switch {
	case fn == "count_star" || fn == "count" && len(args) == 0:
		v := "count(*)"
		if f, _ := x["filter"].(map[string]any); f != nil {
			c, err := b.filtered(x, node{"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "value": node{"type": node{"id": "INTEGER", "type_info": nil}, "is_null": false, "value": 1}})
			if err != nil {
				return err
			}
			v = "count(" + c + ")"
		}
		b.final(name, b.partial(v, mergeAdd))
	case len(args) == 0:
		return b.unknown(x, fn)
	case fn == "count" || fn == "sum" || fn == "count_if" || fn == "countif":
		b.final(name, b.partial(fmt.Sprintf("%s(%s)", fn, one()), mergeAdd))
	case fn == "min" || fn == "max":
		b.final(name, b.partial(fmt.Sprintf("%s(%s)", fn, one()), map[string]string{"min": mergeMin, "max": mergeMax}[fn]))
	case fn == "bool_and" || fn == "bool_or":
		b.final(name, b.partial(fmt.Sprintf("%s(%s)", fn, one()), map[string]string{"bool_and": mergeAnd, "bool_or": mergeOr}[fn]))
	case fn == "avg" || fn == "mean":
		s := b.partial(fmt.Sprintf("sum(%s)", one()), mergeAdd)
		n := b.partial(fmt.Sprintf("count(%s)", one()), mergeAdd)
		b.final(name, fmt.Sprintf("%s::DOUBLE / nullif(%s, 0)", s, n))
	case variances[fn] != "":
		b.variance(fn, name, one())
	case (fn == "arg_max" || fn == "max_by" || fn == "arg_min" || fn == "min_by") && len(args) == 2:
		b.argBest(strings.Contains(fn, "max"), name, args)
	case fn == "any_value":
		b.final(name, b.partial(fmt.Sprintf("any_value(%s)", one()), "coalesce(a.%[1]s, d.%[1]s)"))
	default:
		return b.unknown(x, fn)
	}
	return nil
}

func (b *aggBuilder) unknown(x node, fn string) error {
	if strings.HasPrefix(fn, "quantile") || fn == "median" || fn == "mode" {
		return b.p.problem(x, "%s needs every value kept: use approx_quantile(x, 0.5), which is within 0.5 %% and gives the same in batch", fn)
	}
	return b.p.problem(x, "%s(…) cannot be kept up to date in a stream: possible are count, sum, avg, min, max, stddev, variance, count(DISTINCT), approx_quantile, bool_and, bool_or, arg_min, arg_max, any_value", fn)
}

// variances finish from n (%[1]s) and the sum of squared distances from the mean (%[2]s).
var variances = map[string]string{
	"stddev":      "CASE WHEN %[1]s > 1 THEN sqrt(%[2]s / (%[1]s - 1)) END",
	"stddev_samp": "CASE WHEN %[1]s > 1 THEN sqrt(%[2]s / (%[1]s - 1)) END",
	"stddev_pop":  "CASE WHEN %[1]s > 0 THEN sqrt(%[2]s / %[1]s) END",
	"variance":    "CASE WHEN %[1]s > 1 THEN %[2]s / (%[1]s - 1) END",
	"var_samp":    "CASE WHEN %[1]s > 1 THEN %[2]s / (%[1]s - 1) END",
	"var_pop":     "CASE WHEN %[1]s > 0 THEN %[2]s / %[1]s END",
}

// variance keeps n, mean and the sum of squares around it, merged as Chan,
// Golub and LeVeque do: sums of plain squares lose all digits on large values.
func (b *aggBuilder) variance(fn, name, v string) {
	n := b.partial(fmt.Sprintf("count(%s)", v), mergeAdd)
	mean := fmt.Sprintf("p%d", len(b.out.Partials))
	b.partial(fmt.Sprintf("avg(%s)::DOUBLE", v), "CASE WHEN a."+n+" = 0 THEN d.%[1]s WHEN d."+n+" = 0 THEN a.%[1]s "+
		"ELSE a.%[1]s + (d.%[1]s - a.%[1]s) * d."+n+" / (a."+n+" + d."+n+") END")
	m2 := b.partial(fmt.Sprintf("coalesce(var_pop(%s) * count(%[1]s), 0)::DOUBLE", v),
		"CASE WHEN a."+n+" = 0 OR d."+n+" = 0 THEN a.%[1]s + d.%[1]s ELSE a.%[1]s + d.%[1]s + "+
			"(d."+mean+" - a."+mean+") * (d."+mean+" - a."+mean+") * a."+n+" * d."+n+" / (a."+n+" + d."+n+") END")
	b.final(name, fmt.Sprintf(variances[fn], n, m2))
}

func (b *aggBuilder) argBest(largest bool, name string, args []string) {
	fn, agg, op := "arg_min", "min", "<"
	if largest {
		fn, agg, op = "arg_max", "max", ">"
	}
	by := fmt.Sprintf("p%d", len(b.out.Partials)+1)
	arg := b.partial(fmt.Sprintf("%s(%s, %s)", fn, args[0], args[1]),
		"CASE WHEN a."+by+" IS NULL OR d."+by+" "+op+" a."+by+" THEN d.%[1]s ELSE a.%[1]s END")
	merge := mergeMin
	if largest {
		merge = mergeMax
	}
	// Rows without the first value do not compete, as in DuckDB.
	b.partial(fmt.Sprintf("%s(%s) FILTER (%s IS NOT NULL)", agg, args[1], args[0]), merge)
	b.final(name, arg)
}

func (b *aggBuilder) sketch(x node, name string, args []string) error {
	children := list(x, "children")
	if len(children) != 2 {
		return b.p.problem(x, "write approx_quantile(x, 0.99)")
	}
	q, ok, err := b.p.constant(children[1], false)
	if err != nil {
		return err
	}
	if !ok || q < 0 || q > 1 {
		return b.p.problem(x, "the second argument of approx_quantile is a constant between 0 and 1")
	}
	b.out.Sketches = append(b.out.Sketches, Sketch{Name: name, Value: args[0], Quantile: fmt.Sprintf("%v", q)})
	return nil
}
