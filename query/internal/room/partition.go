package room

import (
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

// A window over PARTITION BY of texts sorts by those texts, which is most of
// its cost. This file replaces them by numbers that tell the same texts apart:
// a part of each text's hash, checked first against all distinct texts of the
// source. If two of them had the same number, another part of the hash is
// tried, and in the end the statement stays as it is. So the partitions are
// the same ones, always.

const (
	partitionRowsMin   = 2_000_000 // below, checking costs more than it saves
	partitionSample    = 1_000_000 // rows that tell whether a column repeats at all
	partitionRepeat    = 0.9       // distinct values in the sample per row, at most
	partitionTextsMax  = 4         // columns of a PARTITION BY
	partitionSourceMax = 4         // sources of a statement that are looked at
)

// partitioner rewrites the windows of one statement.
type partitioner struct {
	c       *duck.Conn
	stubs   map[string]bool // tables of the room whose rows are here
	sources int
	done    int // windows rewritten
}

// narrowPartitions rewrites ast in place, and says whether anything changed.
func narrowPartitions(ctx context.Context, c *duck.Conn, root node, tables map[string]bool) (bool, error) {
	p := &partitioner{c: c, stubs: tables}
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
	keys := map[string][]any{}
	for _, w := range windows {
		names, ok := src.texts(w["partitions"])
		if !ok {
			continue
		}
		id := strings.Join(names, "\x00")
		if _, seen := keys[id]; !seen {
			if keys[id], err = p.keys(ctx, src, names); err != nil {
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
	if rows, _, err := p.c.Int64(ctx, count); err != nil || rows < partitionRowsMin {
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
func (p *partitioner) keys(ctx context.Context, src partitionSource, names []string) ([]any, error) {
	for _, n := range names {
		ratio, _, err := p.c.Int64(ctx, fmt.Sprintf("SELECT (1000 * approx_count_distinct(%s) / greatest(count(*), 1))::BIGINT FROM (%s LIMIT %d)",
			maru.Quote(n), src.sql, partitionSample))
		if err != nil || float64(ratio) > 1000*partitionRepeat {
			return nil, err
		}
	}
	counts := make([]int64, len(names))
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
			return p.expressions(ctx, names, widths, parts)
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

// expressions are the parts as trees: one number of all, or one for each.
func (p *partitioner) expressions(ctx context.Context, names []string, widths []int, parts []string) ([]any, error) {
	list := make([]string, len(names))
	for i := range names {
		list[i] = strings.ReplaceAll(parts[i], "?", "hash("+maru.Quote(names[i])+")")
	}
	if len(names) > 1 && widths[0] < 64 {
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
	return out, nil
}
