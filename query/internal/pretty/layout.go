package pretty

import "strings"

func pad(n int) string { return strings.Repeat(" ", n) }

// begins says whether a clause begins at nodes[i], and with how many words.
func begins(nodes []node, i int) int {
	key := func(j int) string {
		if j < 0 || j >= len(nodes) {
			return ""
		}
		return nodes[j].key
	}
	switch k := key(i); k {
	case "SELECT", "WHERE", "HAVING", "QUALIFY", "WINDOW", "LIMIT", "OFFSET", "VALUES":
		return 1
	case "FROM":
		if key(i-1) == "DISTINCT" && (key(i-2) == "IS" || key(i-2) == "NOT") {
			return 0
		}
		return 1
	case "WITH":
		if i == 0 || nodes[i-1].comment() && leads(nodes[:i]) {
			return 1
		}
	case "GROUP", "ORDER", "PARTITION":
		if key(i+1) == "BY" {
			return 2
		}
	case "UNION", "EXCEPT", "INTERSECT":
		n := 1
		for key(i+n) == "ALL" || key(i+n) == "DISTINCT" || key(i+n) == "BY" || i+n < len(nodes) && strings.EqualFold(nodes[i+n].text, "NAME") && key(i+n-1) == "BY" {
			n++
		}
		return n
	case "ASOF", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "POSITIONAL", "SEMI", "ANTI", "JOIN":
		n := 1
		for ; k != "JOIN"; n++ {
			if k = key(i + n); !joins[k] {
				return 0
			}
		}
		return n
	}
	return 0
}

var joins = set("JOIN ASOF LEFT RIGHT FULL INNER OUTER CROSS NATURAL POSITIONAL SEMI ANTI")

// leads says whether nodes are comments only.
func leads(nodes []node) bool {
	for _, n := range nodes {
		if !n.comment() {
			return false
		}
	}
	return true
}

// isQuery says whether nodes are laid out by clauses.
func isQuery(nodes []node) bool {
	for len(nodes) > 0 && nodes[0].comment() {
		nodes = nodes[1:]
	}
	return len(nodes) > 0 && begins(nodes, 0) > 0
}

// query puts each clause on a line of its own. The first line is not indented.
func query(nodes []node, ind int) string {
	var starts []int
	for i := 0; i < len(nodes); {
		if n := begins(nodes, i); n > 0 {
			starts = append(starts, i)
			i += n
			continue
		}
		i++
	}
	if len(starts) == 0 || starts[0] > 0 {
		starts = append([]int{0}, starts...)
	}
	var lines []string
	for s, start := range starts {
		end := len(nodes)
		if s+1 < len(starts) {
			end = starts[s+1]
		}
		// Comments on lines of their own belong to what comes after them.
		part := nodes[start:end]
		rest := len(part)
		for s+1 < len(starts) && rest > 0 && part[rest-1].comment() && part[rest-1].lined {
			rest--
		}
		if rest > 0 {
			lines = append(lines, clause(part[:rest], ind))
		}
		for _, c := range part[rest:] {
			lines = append(lines, c.text)
		}
	}
	return strings.Join(lines, "\n"+pad(ind))
}

// clause is one, whose first line is not indented.
func clause(nodes []node, ind int) string {
	if text, ok := flat(nodes); ok && ind+len(text) <= width {
		return text
	}
	n := begins(nodes, 0)
	if n > 0 && nodes[0].key == "SELECT" && n < len(nodes) && nodes[n].key == "DISTINCT" {
		n++
		if n+1 < len(nodes) && nodes[n].key == "ON" {
			n += 2
		}
	}
	head, ok := flat(nodes[:n])
	if n == 0 || n == len(nodes) || !ok || len(commas(nodes[n:])) == 1 {
		return put(nodes, ind, ind)
	}
	return head + "\n" + pad(ind+step) + list(nodes[n:], ind+step)
}

// commas parts nodes into items, each with its comma and the comment behind it.
func commas(nodes []node) (items [][]node) {
	start := 0
	for i := 0; i < len(nodes); i++ {
		if nodes[i].kind != mark || nodes[i].text != "," {
			continue
		}
		for i+1 < len(nodes) && nodes[i+1].comment() && !nodes[i+1].lined {
			i++
		}
		items = append(items, nodes[start:i+1])
		start = i + 1
	}
	if start < len(nodes) {
		items = append(items, nodes[start:])
	}
	return items
}

// list puts each item on a line of its own, but many small ones side by side.
func list(nodes []node, ind int) string {
	items := commas(nodes)
	var out strings.Builder
	col, many := ind, len(items) > 8
	for _, it := range items {
		text, ok := flat(it)
		many = many && ok && len(it) <= 3 && len(text) <= 24
	}
	for i, it := range items {
		text := put(it, ind, ind)
		switch {
		case i > 0 && many && col+1+len(text) <= width:
			out.WriteByte(' ')
			col++
		case i > 0:
			out.WriteString("\n" + pad(ind))
			col = ind
		}
		out.WriteString(text)
		col += len(text)
	}
	return out.String()
}

// put lays out an expression that begins in column col; further lines are
// indented from ind on.
func put(nodes []node, ind, col int) string {
	if text, ok := flat(nodes); ok && col+len(text) <= width {
		return text
	}
	parts := ands(nodes)
	if len(parts) == 1 {
		return walk(nodes, ind, col)
	}
	for i := range parts {
		if i == 0 {
			parts[i].text = walk(parts[i].nodes, ind, col)
			continue
		}
		parts[i].text = put(parts[i].nodes, ind+step, ind+step)
	}
	var out strings.Builder
	for i, p := range parts {
		if i > 0 {
			out.WriteString("\n" + pad(ind+step))
		}
		out.WriteString(p.text)
	}
	return out.String()
}

type part struct {
	nodes []node
	text  string
}

// ands parts nodes before each AND and OR that is not BETWEEN's or in a CASE.
func ands(nodes []node) (parts []part) {
	start, cases, ranges := 0, 0, 0
	for i, n := range nodes {
		switch n.key {
		case "CASE":
			cases++
		case "END":
			cases--
		case "BETWEEN":
			ranges++
		case "AND", "OR":
			if n.key == "AND" && ranges > 0 {
				ranges--
				continue
			}
			if cases > 0 || i == 0 || leads(nodes[start:i]) {
				continue
			}
			end := i
			for end > start && nodes[end-1].comment() && nodes[end-1].lined {
				end--
			}
			parts = append(parts, part{nodes: nodes[start:end]})
			start = end
		}
	}
	return append(parts, part{nodes: nodes[start:]})
}

// walk writes nodes one after the other and breaks parentheses and CASE where
// they do not fit.
func walk(nodes []node, ind, col int) string {
	var out strings.Builder
	write := func(text string) {
		out.WriteString(text)
		if at := strings.LastIndexByte(text, '\n'); at >= 0 {
			col = len(text) - at - 1
			return
		}
		col += len(text)
	}
	var open []bool // of the CASEs we are in: broken or not
	broken := 0
	first, last := 0, len(nodes) // of what is no comment
	for first < len(nodes) && nodes[first].comment() {
		first++
	}
	for last > first && nodes[last-1].comment() {
		last--
	}
	for i, n := range nodes {
		deep := ind + step*broken
		if n.key == "END" && len(open) > 0 {
			if open[len(open)-1] {
				deep -= step
			}
		}
		switch {
		case i == 0:
		case ends(nodes[i-1]) || n.comment() && n.lined:
			at := deep + step
			if i <= first || i >= last {
				at = deep
			}
			write("\n" + pad(at))
		case len(open) > 0 && open[len(open)-1] && (n.key == "WHEN" || n.key == "ELSE" || n.key == "END"):
			write("\n" + pad(deep))
		case gap(nodes, i, ""):
			write(" ")
		}
		switch {
		case n.key == "CASE":
			b := broken < casesMax && !caseFits(nodes, i, col)
			if open = append(open, b); b {
				broken++
			}
		case n.key == "END" && len(open) > 0:
			if open[len(open)-1] {
				broken--
			}
			open = open[:len(open)-1]
		}
		write(group(n, deep, col))
	}
	return out.String()
}

// ends says whether a line ends behind n.
func ends(n node) bool { return n.kind == lineComment || n.kind == blockComment && n.lined }

// caseFits says whether the CASE at i fits up to its END.
func caseFits(nodes []node, i, col int) bool {
	depth := 0
	for end := i; end < len(nodes) && end-i <= width; end++ {
		switch nodes[end].key {
		case "CASE":
			depth++
		case "END":
			depth--
		}
		if depth == 0 {
			text, ok := flat(nodes[i : end+1])
			return ok && col+len(text) <= width
		}
	}
	return false
}

// group is a token, or a pair of parentheses and what is in them.
func group(n node, ind, col int) string {
	if n.close == nil {
		return n.text
	}
	one := []node{n}
	if text, ok := flat(one); ok && col+len(text) <= width {
		return text
	}
	if len(n.kids) == 0 {
		return n.text + n.close.text
	}
	inner := list
	if isQuery(n.kids) {
		inner = query
	}
	return n.text + "\n" + pad(ind+step) + inner(n.kids, ind+step) + "\n" + pad(ind) + n.close.text
}
