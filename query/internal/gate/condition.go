package gate

import "maru"

// onlyCondition refuses what can stand behind WHERE … and is not part of it.
// What stands before is ours.
func onlyCondition(root node) error {
	if text(root, "type") != "SELECT_NODE" {
		return beside(root["right"])
	}
	for _, k := range []string{"group_expressions", "having", "qualify", "modifiers"} {
		if v := root[k]; v != nil && !empty(v) {
			return beside(v)
		}
	}
	if child(root, "where_clause") == nil || root["sample"] != nil || !empty(root["group_sets"]) || text(root, "aggregate_handling") != "STANDARD_HANDLING" {
		return beside(nil)
	}
	return nil
}

func beside(v any) error {
	return &Error{Kind: maru.Denied, At: first(v), Text: "only a condition is possible here, as after WHERE: nothing of a statement before or behind it"}
}

func empty(v any) bool {
	l, ok := v.([]any)
	return ok && len(l) == 0
}

// first is the first place in a tree; -1 when none is known.
func first(v any) int {
	least := -1
	note := func(i int) {
		if i >= 0 && (least < 0 || i < least) {
			least = i
		}
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			note(first(x))
		}
	case node:
		note(at(v))
		for _, x := range v {
			note(first(x))
		}
	}
	return least
}
