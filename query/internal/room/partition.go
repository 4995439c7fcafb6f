package room

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/duck"
	"maru/query/internal/gate"
)

// A window over PARTITION BY of texts sorts by those texts and carries them
// along, which is most of its cost. This file replaces them by numbers that
// tell the same texts apart: a part of each text's hash, checked first against
// all distinct texts of the source. If two of them had the same number, another
// part of the hash is tried, and in the end the statement stays as it is. So
// the partitions are the same ones, always.

const (
	partitionRowsMin   = 2_000_000 // below, checking costs more than it saves
	partitionSample    = 250_000   // rows that tell whether a column repeats at all
	partitionRepeat    = 0.9       // distinct values in the sample per row, at most
	partitionTextsMax  = 4         // columns of a PARTITION BY
	partitionSourceMax = 4         // sources of a statement that are looked at
)

// partitioner rewrites the windows of one statement.
type partitioner struct {
	c       *duck.Conn
	stubs   map[string]bool // tables of the room whose rows are here
	rowsMin int64           // of a source that is worth it
	sources int
	done    int // windows rewritten
}

// narrowPartitions rewrites a tree in place, and says whether anything changed.
func narrowPartitions(ctx context.Context, c *duck.Conn, root node, tables map[string]bool, rowsMin int64) (bool, error) {
	p := &partitioner{c: c, stubs: tables, rowsMin: rowsMin}
	err := p.walk(ctx, root)
	return p.done > 0, err
}

func (p *partitioner) walk(ctx context.Context, v any) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := p.walk(ctx, x); err != nil {
				return err
			}
		}
	case node:
		if str(v["type"]) == "SELECT_NODE" {
			if err := p.selectNode(ctx, v); err != nil {
				return err
			}
		}
		for _, x := range v {
			if err := p.walk(ctx, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// selectNode rewrites the windows of one SELECT over one source.
func (p *partitioner) selectNode(ctx context.Context, n node) error {
	if groups, _ := n["group_expressions"].([]any); len(groups) > 0 {
		return nil
	}
	var windows []node
	collectWindows(n["select_list"], &windows)
	collectWindows(n["qualify"], &windows)
	from, _ := n["from_table"].(node)
	if len(windows) == 0 || from == nil || p.sources >= partitionSourceMax {
		return nil
	}
	src, ok, err := p.source(ctx, from)
	if err != nil || !ok {
		return err
	}
	p.sources++
	wrap := !src.seesStar(n)
	var added []string
	keys := map[string][]any{}
	for _, w := range windows {
		names, ok := src.texts(w["partitions"])
		if !ok {
			continue
		}
		id := strings.Join(names, "\x00")
		if _, seen := keys[id]; !seen {
			refs, _ := w["partitions"].([]any)
			exprs, err := p.keys(ctx, src, names, refs)
			if err != nil {
				return err
			}
			if keys[id], err = p.place(ctx, n, exprs, wrap, &added); err != nil {
				return err
			}
		}
		if keys[id] != nil {
			w["partitions"] = keys[id]
			p.done++
		}
	}
	return nil
}

// place makes the PARTITION BY of some numbers. Where wrap says so they become
// columns of the source, so that the sort does not carry the texts along.
func (p *partitioner) place(ctx context.Context, n node, exprs []any, wrap bool, added *[]string) ([]any, error) {
	if exprs == nil || !wrap {
		return exprs, nil
	}
	from, _ := n["from_table"].(node)
	refs := make([]string, len(exprs))
	for i, e := range exprs {
		refs[i] = fmt.Sprintf("%spartition%d", gate.Reserved, len(*added))
		*added = append(*added, refs[i])
		en, _ := e.(node)
		en["alias"] = refs[i]
	}
	ast, err := p.c.Parse(ctx, "SELECT "+strings.Join(refs, ", ")+" FROM (SELECT * FROM t)")
	if err != nil {
		return nil, err
	}
	root, _ := ast.Statements[0]["node"].(node)
	outer, _ := root["from_table"].(node)
	sub, _ := outer["subquery"].(node)
	inner, _ := sub["node"].(node)
	star, _ := inner["select_list"].([]any)
	inner["select_list"] = append(star, exprs...)
	inner["from_table"] = from
	fn, _ := from["function"].(node)
	outer["alias"] = cmp.Or(str(from["alias"]), str(from["table_name"]), str(fn["function_name"]))
	n["from_table"] = outer
	out, _ := root["select_list"].([]any)
	return out, nil
}

// hidden are columns that a scan has and * does not show.
var hidden = map[string]bool{"filename": true, "file_row_number": true, "file_index": true, "rowid": true}

// seesStar says whether a SELECT would see that its source has more columns
// (by a * of its own), or that hidden ones are gone.
func (s *partitionSource) seesStar(n node) bool {
	for k, v := range n {
		// What else a SELECT holds cannot see its source.
		if k != "cte_map" && k != "from_table" && s.star(v, true) {
			return true
		}
	}
	return false
}

// star looks for them in an expression; own is false within a subquery, which
// sees the source by name only.
func (s *partitionSource) star(v any, own bool) bool {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if s.star(x, own) {
				return true
			}
		}
	case node:
		class, names := str(v["class"]), stringList(v["column_names"])
		if own && (class == "STAR" || class == "POSITIONAL_REFERENCE") {
			return true
		}
		if len(names) > 0 {
			last := strings.ToLower(names[len(names)-1])
			return hidden[last] && !s.has[last]
		}
		for _, x := range v {
			if s.star(x, own && class != "SUBQUERY") {
				return true
			}
		}
	}
	return false
}

// collectWindows finds the windows of an expression that belong to its own
// SELECT: subqueries have theirs.
func collectWindows(v any, out *[]node) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			collectWindows(x, out)
		}
	case node:
		switch str(v["class"]) {
		case "SUBQUERY":
			return
		case "WINDOW":
			*out = append(*out, v)
		}
		for _, x := range v {
			collectWindows(x, out)
		}
	}
}

// partitionSource is what a SELECT with windows reads.
type partitionSource struct {
	sql   string // SELECT * FROM it
	alias string
	has   map[string]bool // all columns, lower case
	text  map[string]bool // those that are VARCHAR
}

// source looks at a FROM; false when it is no single large table or Parquet scan.
func (p *partitioner) source(ctx context.Context, from node) (partitionSource, bool, error) {
	src := partitionSource{alias: strings.ToLower(str(from["alias"])), has: map[string]bool{}, text: map[string]bool{}}
	if names, _ := from["column_name_alias"].([]any); len(names) > 0 || from["sample"] != nil {
		return src, false, nil
	}
	var count string
	switch fn, _ := from["function"].(node); {
	case str(from["type"]) == "BASE_TABLE" && p.stubs[str(from["table_name"])]:
		src.sql = "SELECT * FROM " + maru.Quote(str(from["table_name"]))
		count = "SELECT count(*)::BIGINT FROM " + maru.Quote(dataTable(str(from["table_name"])))
	case str(from["type"]) == "TABLE_FUNCTION" && (str(fn["function_name"]) == "read_parquet" || str(fn["function_name"]) == "parquet_scan"):
		sql, err := selectFrom(ctx, p.c, withoutAlias(from))
		if err != nil {
			return src, false, err
		}
		src.sql = sql
		args, _ := fn["children"].([]any)
		meta, err := selectFrom(ctx, p.c, readerOf("parquet_file_metadata", args[:1]))
		if err != nil {
			return src, false, err
		}
		count = "SELECT sum(num_rows)::BIGINT FROM (" + meta + ")"
	default:
		return src, false, nil
	}
	if rows, _, err := p.c.Int64(ctx, count); err != nil || rows < p.rowsMin {
		return src, false, err
	}
	return src, true, src.columns(ctx, p.c)
}

func withoutAlias(from node) node {
	out := node{}
	for k, v := range from {
		out[k] = v
	}
	out["alias"] = ""
	return out
}

func readerOf(name string, args []any) node {
	return node{"type": "TABLE_FUNCTION", "alias": "", "sample": nil, "query_location": json.Number("0"), "column_name_alias": []any{},
		"with_ordinality": "WITHOUT_ORDINALITY", "function": node{"class": "FUNCTION", "type": "FUNCTION", "alias": "", "query_location": json.Number("0"),
			"function_name": name, "schema": "", "catalog": "", "children": args, "filter": nil, "distinct": false, "is_operator": false,
			"export_state": false, "order_bys": node{"type": "ORDER_MODIFIER", "orders": []any{}}}}
}

func (s *partitionSource) columns(ctx context.Context, c *duck.Conn) error {
	return c.Each(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+s.sql+")", func(rec arrow.RecordBatch) error {
		for i := range int(rec.NumRows()) {
			name := strings.ToLower(strings.Clone(rec.Column(0).ValueStr(i)))
			s.has[name] = true
			if rec.Column(1).ValueStr(i) == "VARCHAR" {
				s.text[name] = true
			}
		}
		return nil
	})
}

// texts gives the columns of a PARTITION BY when all are texts of the source.
func (s *partitionSource) texts(v any) ([]string, bool) {
	list, _ := v.([]any)
	if len(list) == 0 || len(list) > partitionTextsMax {
		return nil, false
	}
	out := make([]string, len(list))
	for i, x := range list {
		ref, _ := x.(node)
		names := stringList(ref["column_names"])
		switch {
		case str(ref["class"]) != "COLUMN_REF":
			return nil, false
		case len(names) == 2 && strings.ToLower(names[0]) == s.alias && !s.has[s.alias]:
			names = names[1:]
		case len(names) != 1:
			return nil, false
		}
		if out[i] = strings.ToLower(names[0]); !s.text[out[i]] {
			return nil, false
		}
	}
	return out, true
}

// keys makes the numbers that stand for the texts; nil when there are none
// that are worth it.
func (p *partitioner) keys(ctx context.Context, src partitionSource, names []string, refs []any) ([]any, error) {
	repeats := make([]string, len(names))
	for i, n := range names {
		repeats[i] = fmt.Sprintf("approx_count_distinct(%s)", maru.Quote(n))
	}
	most, _, err := p.c.Int64(ctx, fmt.Sprintf("SELECT (1000 * greatest(%s) / greatest(count(*), 1))::BIGINT FROM (%s LIMIT %d)",
		strings.Join(repeats, ", "), src.sql, partitionSample))
	if err != nil || float64(most) > 1000*partitionRepeat {
		return nil, err
	}
	counts := make([]int64, len(names))
	defer func() {
		for i := range names {
			_ = p.c.Exec(context.WithoutCancel(ctx), fmt.Sprintf("DROP TABLE IF EXISTS %skey%d", gate.Reserved, i))
		}
	}()
	for i, n := range names {
		err := p.c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %skey%d AS SELECT hash(v) AS h FROM (SELECT DISTINCT %s AS v FROM (%s))", gate.Reserved, i, maru.Quote(n), src.sql))
		if err != nil {
			return nil, err
		}
		if counts[i], _, err = p.c.Int64(ctx, fmt.Sprintf("SELECT count(*)::BIGINT FROM %skey%d", gate.Reserved, i)); err != nil {
			return nil, err
		}
	}
	for _, widths := range layouts(counts) {
		parts, err := p.parts(ctx, widths, counts)
		if err != nil {
			return nil, err
		}
		if parts != nil {
			return p.expressions(ctx, refs, widths, parts)
		}
	}
	return nil, nil
}

// layouts are the widths in bits to try: all columns in one number if the
// chance of two equal parts is small, else a number for each.
func layouts(counts []int64) [][]int {
	own, sum := make([]int, len(counts)), 0
	packed := make([]int, len(counts))
	for i, n := range counts {
		own[i] = 64
		packed[i] = 2 * bits.Len64(uint64(n))
		sum += packed[i]
	}
	if slack := (64 - sum) / len(counts); len(counts) > 1 && slack >= 2 {
		for i := range packed {
			packed[i] += slack
		}
		return [][]int{packed, own}
	}
	return [][]int{own}
}

// parts finds for each column a part of the hash, as wide as given, in which
// all texts differ; nil when there is none for some column.
func (p *partitioner) parts(ctx context.Context, widths []int, counts []int64) ([]string, error) {
	out := make([]string, len(widths))
	for i, w := range widths {
		for _, part := range hashParts(w) {
			n, _, err := p.c.Int64(ctx, fmt.Sprintf("SELECT count(DISTINCT %s)::BIGINT FROM %skey%d", strings.ReplaceAll(part, "?", "h"), gate.Reserved, i))
			if err != nil {
				return nil, err
			}
			if n == counts[i] {
				out[i] = part
				break
			}
		}
		if out[i] == "" {
			return nil, nil
		}
	}
	return out, nil
}

// hashParts are parts of a hash, "?", that are width bits wide.
func hashParts(width int) []string {
	if width >= 64 {
		return []string{"?"}
	}
	mask := uint64(1)<<width - 1
	return []string{fmt.Sprintf("(? >> %d)", 64-width), fmt.Sprintf("(? & %d::UBIGINT)", mask), fmt.Sprintf("((? >> %d) & %d::UBIGINT)", (64-width)/2, mask)}
}

// expressions are the parts as trees, one number of all or one for each, of the
// columns as the statement names them.
func (p *partitioner) expressions(ctx context.Context, refs []any, widths []int, parts []string) ([]any, error) {
	list := make([]string, len(refs))
	stand := map[string]any{}
	for i := range refs {
		name := fmt.Sprintf("%scolumn%d", gate.Reserved, i)
		ref, _ := refs[i].(node)
		stand[name] = ref["column_names"]
		list[i] = strings.ReplaceAll(parts[i], "?", "hash("+name+")")
	}
	if len(refs) > 1 && widths[0] < 64 {
		shift := 0
		for i := range list {
			list[i] = fmt.Sprintf("(%s << %d)", list[i], shift)
			shift += widths[i]
		}
		list = []string{strings.Join(list, " | ")}
	}
	ast, err := p.c.Parse(ctx, "SELECT "+strings.Join(list, ", ")+" FROM t")
	if err != nil {
		return nil, err
	}
	root, _ := ast.Statements[0]["node"].(node)
	out, _ := root["select_list"].([]any)
	rename(out, stand)
	return out, nil
}

// rename puts other names in the place of column references.
func rename(v any, names map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			rename(x, names)
		}
	case node:
		if has := stringList(v["column_names"]); len(has) == 1 && names[has[0]] != nil {
			v["column_names"] = names[has[0]]
		}
		for _, x := range v {
			rename(x, names)
		}
	}
}
