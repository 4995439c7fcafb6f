package pretty

import "strings"

// reserved are words that DuckDB takes for no column's name: in capitals they
// mean the same.
var reserved = set(`ALL AND ANTI ANY ARRAY AS ASC ASOF CASE CAST COLLATE CROSS DESC DESCRIBE DISTINCT ELSE END EXCEPT FALSE FETCH FOR FROM FULL
	GLOB GROUP HAVING ILIKE IN INNER INTERSECT IS ISNULL JOIN LAMBDA LATERAL LEADING LEFT LIKE LIMIT MAP NATURAL NOT NOTNULL NULL OFFSET ON ONLY OR ORDER
	OUTER PIVOT POSITIONAL QUALIFY RIGHT SELECT SEMI SHOW SIMILAR SOME STRUCT SUMMARIZE SYMMETRIC TABLE TABLESAMPLE THEN TRAILING TRUE TRY_CAST UNION
	UNPIVOT USING WHEN WHERE WINDOW WITH`)

// callable are reserved words that a parenthesis follows as it does a function.
var callable = set("ALL ANY ARRAY CAST GLOB LEFT MAP RIGHT SOME STRUCT TRY_CAST")

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// name finds the words that act as keywords: reserved ones, and others by what
// stands beside them, so that a column called first stays as it is.
func name(tokens []token) {
	for i := range tokens {
		t := &tokens[i]
		if t.kind != word {
			continue
		}
		before, after := beside(tokens, i, -1), beside(tokens, i, 1)
		w := strings.ToUpper(t.text)
		if before.text == "." || after.text == "." || before.key == "AS" && !strings.EqualFold(w, "NOT") {
			continue
		}
		next := strings.ToUpper(after.text)
		is := reserved[w]
		switch w {
		case "BY":
			is = before.key == "GROUP" || before.key == "ORDER" || before.key == "PARTITION" || next == "NAME" && (before.key == "ALL" || before.key == "UNION")
		case "PARTITION":
			is = next == "BY"
		case "OVER", "FILTER", "VALUES", "EXISTS":
			is = next == "(" && (w != "FILTER" && w != "OVER" || before.text == ")")
		case "NULLS":
			is = next == "FIRST" || next == "LAST"
		case "FIRST", "LAST":
			is = before.key == "NULLS"
		case "BETWEEN":
			is = before.text == ")" || before.kind == number || before.kind == quoted || before.kind == param || before.kind == word && (before.key == "" || before.key == "NOT")
		case "INTERVAL":
			is = after.kind == quoted && after.text[0] == '\'' || after.kind == number
		case "LEFT", "RIGHT", "MAP", "STRUCT", "ARRAY":
			is = next != "(" || after.spaced // else a function or a type
		case "NAME":
			is = before.key == "BY" && beside(tokens, i-1, -1).key != "GROUP" && beside(tokens, i-1, -1).key != "ORDER" && beside(tokens, i-1, -1).key != "PARTITION"
		case "RECURSIVE":
			is = before.key == "WITH"
		}
		if is {
			t.key = w
		}
	}
	for i := range tokens {
		if tokens[i].key != "" {
			tokens[i].text = tokens[i].key
		}
	}
}

// beside is the token before or after the one at i, without comments.
func beside(tokens []token, i, step int) token {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if !tokens[i].comment() {
			return tokens[i]
		}
	}
	return token{}
}
