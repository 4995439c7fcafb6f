package plan

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// over plans a SELECT with window functions. Its rows are answered when the
// watermark has passed them; conds (on its output) may bound what it remembers.
func (p *planner) over(n node, rel *relation, conds []node) error {
	if rel.window != nil {
		return p.problem(n, "window functions over tumble or hop: aggregate first")
	}
	for _, op := range rel.ops {
		if op.Agg != nil {
			return p.problem(n, "a window function over an aggregate needs a topic between the two: give the inner query a stream of its own with `topic:`")
		}
	}
	if err := p.checkSubqueries(n); err != nil {
		return err
	}
	var wins []node
	walk([]any{n["select_list"], n["qualify"]}, func(x node) bool {
		if isWindow(x) {
			wins = append(wins, x)
		}
		return true
	})
	bound, why, filtered := time.Duration(0), "", true
	for _, w := range wins {
		if err := p.checkWindow(w, rel); err != nil {
			return err
		}
		b, reason, err := p.bound(w, rel, conds)
		if err != nil {
			return err
		}
		filtered = filtered && strings.HasPrefix(reason, byFilter) && sameWindow(w, wins[0])
		if b > bound || why == "" {
			bound, why = b, reason
		}
	}
	var keys []string
	if filtered {
		for _, e := range list(wins[0], "partitions") {
			text, err := p.expr(e)
			if err != nil {
				return err
			}
			keys = append(keys, text)
		}
	}
	for _, w := range wins {
		tieBreak(w)
	}
	rel.times = outTimes(n, rel.times)
	carry(n)
	walk(n["from_table"], func(x node) bool {
		if typ(x) == "BASE_TABLE" && str(x, "table_name") == In(len(rel.ops)) {
			x["table_name"] = OverTable
		}
		return true
	})
	text, err := p.text(n)
	rel.ops = append(rel.ops, Op{Over: &Over{SQL: text, Bound: bound, Why: why, Keys: keys}})
	return err
}

// byFilter begins the reason of a bound that comes from a filter on the window's answer.
const byFilter = "the filter "

// wholePartition are functions whose answer for a row changes with later rows.
var wholePartition = map[string]bool{"WINDOW_LEAD": true, "WINDOW_NTILE": true, "WINDOW_PERCENT_RANK": true, "WINDOW_CUME_DIST": true}

func (p *planner) checkWindow(w node, rel *relation) error {
	if wholePartition[typ(w)] {
		return p.problem(w, "%s looks at rows that have not come yet: use lag(…), and read the earlier row's columns from it", str(w, "function_name"))
	}
	orders := list(w, "orders")
	if len(orders) == 0 {
		return p.problem(w, "%s(…) OVER needs ORDER BY %s: rows are answered in event-time order", str(w, "function_name"), timeName(rel.source))
	}
	first := orders[0].(map[string]any)
	if !rel.times[strings.ToLower(columnName(obj(first, "expression")))] || typ(first) == "DESCENDING" {
		return p.problem(w, "%s(…) OVER must be ordered by event time, ascending: ORDER BY %s", str(w, "function_name"), timeName(rel.source))
	}
	if end := str(w, "end"); end != "CURRENT_ROW_RANGE" && end != "CURRENT_ROW_ROWS" && end != "CURRENT_ROW_GROUPS" && end != "EXPR_PRECEDING_ROWS" && end != "EXPR_PRECEDING_RANGE" {
		return p.problem(w, "the frame of %s(…) OVER ends after the current row, at rows that have not come yet", str(w, "function_name"))
	}
	return nil
}

// tieBreak orders rows of the same instant by partition and offset, where the
// function tells equal rows apart.
func tieBreak(w node) {
	if t := typ(w); t != "WINDOW_LAG" && t != "WINDOW_ROW_NUMBER" {
		return
	}
	orders := list(w, "orders")
	for _, c := range []string{PartitionCol, OffsetCol} {
		orders = append(orders, node{"type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT", "expression": colref(c)})
	}
	w["orders"] = orders
}

// bound says how far back before a row w has to see.
func (p *planner) bound(w node, rel *relation, conds []node) (time.Duration, string, error) {
	if str(w, "start") == "EXPR_PRECEDING_RANGE" {
		us, ok, err := p.constant(w["start_expr"], true)
		if err != nil {
			return 0, "", err
		}
		if ok {
			return time.Duration(us) * time.Microsecond, "its frame", nil
		}
	}
	if typ(w) == "WINDOW_LAG" {
		for _, c := range conds {
			us, ok, err := p.lagBound(c, w, rel)
			if err != nil {
				return 0, "", err
			}
			if ok {
				text, err := p.expr(c)
				return time.Duration(us) * time.Microsecond, byFilter + text, err
			}
		}
	}
	if p.q.TTL > 0 {
		return p.q.TTL, "ttl in the header", nil
	}
	return 0, "", p.problem(w, "%s(…) OVER would remember every key for ever: add a filter such as `WHERE %s - lag(%[2]s) OVER (…) < INTERVAL 200 MILLISECOND` (on the nested column), or `ttl: 1h` to the header", str(w, "function_name"), timeName(rel.source))
}

// lagBound recognises `time - lag(time) < constant` in its usual spellings, for
// a lag over the same partitions as w that reaches at least as far back.
func (p *planner) lagBound(c, w node, rel *relation) (us float64, ok bool, err error) {
	var left node
	var limit any
	switch typ(c) {
	case "COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO":
		left, limit = obj(c, "left"), c["right"]
	case "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO":
		left, limit = obj(c, "right"), c["left"]
	case "COMPARE_BETWEEN":
		left, limit = obj(c, "input"), c["upper"]
	case "COMPARE_EQUAL":
		left, limit = obj(c, "left"), c["right"]
	default:
		return 0, false, nil
	}
	unit, slack, lag := gap(left, rel.times)
	if lag == nil || !sameWindow(lag, w) || !reaches(lag, w) {
		return 0, false, nil
	}
	v, ok, err := p.constant(limit, unit == 0)
	if !ok || err != nil {
		return 0, false, err
	}
	if unit == 0 {
		return math.Max(v, 0), true, nil
	}
	return math.Max(math.Ceil((v+slack)*unit), 0), true, nil
}

// gap recognises the distance between a row's time and an earlier one's: unit
// is its size in microseconds, 0 for an INTERVAL.
func gap(e node, times map[string]bool) (unit, slack float64, lag node) {
	if e == nil || class(e) == "CAST" {
		if e != nil {
			return gap(obj(e, "child"), times)
		}
		return 0, 0, nil
	}
	args := list(e, "children")
	switch name := str(e, "function_name"); {
	case name == "-" && len(args) == 2:
		ua, a := timeRef(args[0], times)
		ub, b := lagRef(args[1], times)
		if a && b != nil && ua == ub {
			return ua, 0, b
		}
	case (name == "date_diff" || name == "datediff" || name == "date_sub" || name == "datesub") && len(args) == 3:
		part, _ := obj(args[0].(map[string]any), "value")["value"].(string)
		u := units[strings.TrimSuffix(strings.ToLower(part), "s")]
		_, a := timeRef(args[2], times)
		ub, b := lagRef(args[1], times)
		if u > 0 && a && b != nil && ub == 0 {
			return u, 1, b // date_diff counts boundaries: one more is safe
		}
	}
	return 0, 0, nil
}

var units = map[string]float64{"microsecond": 1, "us": 1, "millisecond": 1e3, "m": 1e3, "ms": 1e3, "second": 1e6, "minute": 60e6, "hour": 3600e6, "day": 86400e6}

var epochs = map[string]float64{"epoch_us": 1, "epoch_ms": 1e3, "epoch": 1e6}

// timeRef recognises event time, bare (unit 0) or through epoch_ms and its like.
func timeRef(v any, times map[string]bool) (unit float64, ok bool) {
	e, _ := v.(map[string]any)
	if times[strings.ToLower(columnName(e))] && columnName(e) != "" {
		return 0, true
	}
	if u := epochs[str(e, "function_name")]; u > 0 && class(e) == "FUNCTION" && len(list(e, "children")) == 1 {
		_, ok := timeRef(list(e, "children")[0], times)
		return u, ok
	}
	return 0, false
}

// lagRef recognises lag(time), epoch_ms(lag(time)) and lag(epoch_ms(time)).
func lagRef(v any, times map[string]bool) (unit float64, lag node) {
	e, _ := v.(map[string]any)
	if typ(e) == "WINDOW_LAG" && len(list(e, "children")) > 0 {
		u, ok := timeRef(list(e, "children")[0], times)
		if ok {
			return u, e
		}
		return 0, nil
	}
	if u := epochs[str(e, "function_name")]; u > 0 && len(list(e, "children")) == 1 {
		inner, l := lagRef(list(e, "children")[0], times)
		if l != nil && inner == 0 {
			return u, l
		}
	}
	return 0, nil
}

func sameWindow(a, b node) bool {
	return key(a["partitions"]) == key(b["partitions"])
}

// reaches says whether a looks at least as far back as b.
func reaches(a, b node) bool {
	return key(a["offset_expr"]) == key(b["offset_expr"]) || a["offset_expr"] != nil && b["offset_expr"] == nil
}

// constant evaluates an expression without columns: microseconds for an
// interval, else the number.
func (p *planner) constant(v any, interval bool) (float64, bool, error) {
	e, _ := v.(map[string]any)
	if e == nil || has(e, func(x node) bool {
		return class(x) == "COLUMN_REF" || class(x) == "WINDOW" || class(x) == "SUBQUERY" || class(x) == "PARAMETER"
	}) {
		return 0, false, nil
	}
	text, err := p.expr(e)
	if err != nil {
		return 0, false, err
	}
	cast := "(" + text + ")::DOUBLE"
	if interval {
		cast = "CASE WHEN datepart('month', x) + 12 * datepart('year', x) = 0 THEN epoch_us(x)::DOUBLE END FROM (SELECT (" + text + ")::INTERVAL AS x)"
	}
	var out float64
	ok := false
	err = p.c.Each(p.ctx, "SELECT "+cast, func(b arrow.RecordBatch) error {
		if f, is := b.Column(0).(*array.Float64); is && f.Len() > 0 && !f.IsNull(0) {
			out, ok = f.Value(0), true
		}
		return nil
	})
	if err != nil {
		return 0, false, nil // not a constant of that type: no bound
	}
	return out, ok, nil
}

func micros(v float64) string { return fmt.Sprintf("%d", int64(v)) }
