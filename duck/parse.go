//go:build duckdb_arrow

package duck

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"maru"
)

// Limits of a statement: beyond them planning alone can take seconds.
const (
	SQLBytesMax = 256 << 10
	NodesMax    = 20_000
)

// AST is DuckDB's own tree of SELECT statements, as json_serialize_sql gives
// it. Numbers are json.Number: a missing location is 2^64-1.
type AST struct {
	Statements []map[string]any
}

// Parse gives the tree of sql. Anything but SELECT is refused by DuckDB's
// serialiser itself; the error has line and column.
func (c *Conn) Parse(ctx context.Context, sql string) (*AST, error) {
	if len(sql) > SQLBytesMax {
		return nil, maru.Errorf(maru.TooLarge, "the statement is %d bytes long, at most %d are taken", len(sql), SQLBytesMax)
	}
	text, _, err := c.Text(ctx, "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", sql)
	if err != nil {
		return nil, err
	}
	var out struct {
		Error    bool           `json:"error"`
		Type     string         `json:"error_type"`
		Message  string         `json:"error_message"`
		Position string         `json:"position"`
		Stmts    []statementDTO `json:"statements"`
	}
	if finite := withoutInfinity(text); finite != text {
		return nil, maru.Errorf(maru.Invalid, "the statement holds a number that no DOUBLE can hold")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read duckdb's tree: %w", err)
	}
	if out.Error {
		return nil, parseError(sql, out.Type, out.Message, out.Position)
	}
	ast := &AST{}
	nodes := 0
	for _, s := range out.Stmts {
		nodes += countNodes(s.Node)
		ast.Statements = append(ast.Statements, s.raw)
	}
	if nodes > NodesMax {
		return nil, maru.Errorf(maru.TooLarge, "the statement has %d nodes, at most %d are taken", nodes, NodesMax)
	}
	return ast, nil
}

type statementDTO struct {
	Node any
	raw  map[string]any
}

func (s *statementDTO) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&s.raw); err != nil {
		return err
	}
	s.Node = s.raw["node"]
	return nil
}

func countNodes(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			if _, leaf := x.(string); !leaf {
				n += countNodes(x)
			}
		}
		return n
	case []any:
		for _, x := range v {
			n += countNodes(x)
		}
		return n
	}
	return 0
}

func parseError(sql, typ, msg, pos string) error {
	e := &Error{Kind: maru.Invalid, Class: "Parser", Message: msg}
	if typ == "not implemented" {
		e.Class, e.Message = "", "only SELECT statements are taken here (also WITH, FROM and VALUES)"
	}
	if p, err := strconv.Atoi(pos); err == nil {
		e.Line, e.Column = LineColumn(sql, p)
	}
	return &maru.Error{Kind: maru.Invalid, Err: e}
}

// LineColumn turns a byte offset into line and column, both from 1; columns count bytes.
func LineColumn(sql string, offset int) (line, column int) {
	if offset > len(sql) {
		offset = len(sql)
	}
	head := sql[:max(offset, 0)]
	line = 1 + bytes.Count([]byte(head), []byte("\n"))
	return line, len(head) - bytes.LastIndexByte([]byte(head), '\n')
}

// Format turns a tree back into SQL text.
func (c *Conn) Format(ctx context.Context, ast *AST) (string, error) {
	b, err := json.Marshal(map[string]any{"error": false, "statements": ast.Statements})
	if err != nil {
		return "", err
	}
	s, ok, err := c.Text(ctx, "SELECT json_deserialize_sql(?::JSON)", string(b))
	if err == nil && !ok {
		err = maru.Errorf(maru.Internal, "duckdb gave no text for a tree")
	}
	return s, err
}
