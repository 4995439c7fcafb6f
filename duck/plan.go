//go:build duckdb_arrow

package duck

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"maru"
)

// Plan gives the bound logical plan of sql as JSON (json_serialize_plan),
// unoptimised unless optimize is set. Constants that are infinite or no number
// are null in it. Where DuckDB has bound sql but cannot write its plan down, the
// error's Class is "INTERNAL"; the instance is sound all the same.
func (c *Conn) Plan(ctx context.Context, sql string, optimize bool) (map[string]any, error) {
	text, _, err := c.Text(ctx, "SELECT json_serialize_plan(?::VARCHAR, optimize := "+strconv.FormatBool(optimize)+")::VARCHAR", sql)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	dec := json.NewDecoder(strings.NewReader(withoutInfinity(text)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read duckdb's plan: %w", err)
	}
	if bad, _ := out["error"].(bool); bad {
		return nil, planError(sql, out)
	}
	return out, nil
}

// planError reads an error as the serialiser words it: "error_type" is the
// class in lower case.
func planError(sql string, out map[string]any) error {
	e := &Error{Kind: maru.Invalid}
	e.Message, _ = out["error_message"].(string)
	typ, _ := out["error_type"].(string)
	for class, kind := range kinds {
		if strings.EqualFold(class, typ) {
			e.Class, e.Kind = class, kind
		}
	}
	if strings.EqualFold(typ, "internal") {
		e.Class = "INTERNAL"
	}
	pos, _ := out["position"].(string)
	if p, err := strconv.Atoi(pos); err == nil {
		e.Line, e.Column = LineColumn(sql, p)
	}
	return &maru.Error{Kind: e.Kind, Err: e}
}

// withoutInfinity puts null where DuckDB wrote Infinity, -Infinity or NaN,
// which JSON does not have.
func withoutInfinity(s string) string {
	if !strings.Contains(s, "Infinity") && !strings.Contains(s, "NaN") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		switch rest := s[i:]; {
		case s[i] == '"':
			end := stringEnd(s, i)
			out.WriteString(s[i:end])
			i = end
		case strings.HasPrefix(rest, "-Infinity"):
			out.WriteString("null")
			i += len("-Infinity")
		case strings.HasPrefix(rest, "Infinity"):
			out.WriteString("null")
			i += len("Infinity")
		case strings.HasPrefix(rest, "NaN"), strings.HasPrefix(rest, "nan"):
			out.WriteString("null")
			i += len("NaN")
		default:
			out.WriteByte(s[i])
			i++
		}
	}
	return out.String()
}

// stringEnd is the position after the JSON string that begins at i.
func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}
