package room

import (
	"context"

	"maru"
	"maru/duck"
	"maru/query/internal/wire"
)

// Rows of a topic that are equal in what a window is ordered by have an order
// of their own, which a stream over the same topic keeps: lag of two calls in
// one millisecond is to give the same answer in both.

// Where a row stands in its topic.
const (
	tiePartition = "_partition"
	tieOffset    = "_offset"
)

// tied are the window functions that see the order of equal rows. The others
// give equal rows one answer, which a further order would take from them.
var tied = map[string]bool{"WINDOW_LAG": true, "WINDOW_LEAD": true, "WINDOW_ROW_NUMBER": true}

// orderTies completes the order of windows over topics in place, and says
// whether anything changed.
func orderTies(ctx context.Context, c *duck.Conn, root node, stubs map[string]wire.Stub) (bool, error) {
	var windows []node
	overTopics(root, stubs, &windows)
	if len(windows) == 0 {
		return false, nil
	}
	ast, err := c.Parse(ctx, "SELECT lag(a) OVER (ORDER BY "+tiePartition+", "+tieOffset+") FROM t")
	if err != nil {
		return false, err
	}
	parsed, _ := ast.Statements[0]["node"].(node)
	var model []node
	collectWindows(parsed["select_list"], &model)
	more, _ := model[0]["orders"].([]any)
	for _, w := range windows {
		orders, _ := w["orders"].([]any)
		w["orders"] = append(orders, more...)
	}
	return true, nil
}

// overTopics collects the ordered windows of SELECTs that read one topic.
func overTopics(v any, stubs map[string]wire.Stub, out *[]node) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			overTopics(x, stubs, out)
		}
	case node:
		from, _ := v["from_table"].(node)
		if str(v["type"]) == "SELECT_NODE" && str(from["type"]) == "BASE_TABLE" && hasPlace(stubs[str(from["table_name"])].Columns) {
			var windows []node
			collectWindows(v["select_list"], &windows)
			collectWindows(v["qualify"], &windows)
			for _, w := range windows {
				if orders, _ := w["orders"].([]any); len(orders) > 0 && tied[str(w["type"])] {
					*out = append(*out, w)
				}
			}
		}
		for _, x := range v {
			overTopics(x, stubs, out)
		}
	}
}

func hasPlace(cols maru.Schema) bool {
	found := 0
	for _, c := range cols {
		if c.Name == tiePartition || c.Name == tieOffset {
			found++
		}
	}
	return found == 2
}
