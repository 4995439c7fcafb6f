//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
)

// jsonFields names the columns that an answer marks as JSON.
func jsonFields(schema *arrow.Schema) string {
	var out []string
	for _, f := range schema.Fields() {
		name, _ := f.Metadata.GetValue("ARROW:extension:name")
		if e, ok := f.Type.(arrow.ExtensionType); ok {
			name = e.ExtensionName()
		}
		if name == "arrow.json" {
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, " ")
}

// TestJSONColumns: Arrow clients are told which texts are JSON.
func TestJSONColumns(t *testing.T) {
	b := topicBench(t, nil)
	for sql, want := range map[string]string{
		"SELECT name, 1 AS n FROM countries":                                              "",
		`WITH x AS (SELECT 1 AS n, '{"a":1}'::JSON AS j) SELECT j, n, j->'a' AS k FROM x`: "j k",
		"SELECT _headers, _value FROM api_log ORDER BY _offset LIMIT 2":                   "_headers",
		"SELECT * FROM api_log WHERE false":                                               "_headers",
		"SELECT json_object('n', name) AS o FROM countries UNION ALL SELECT '1'::JSON":    "o",
		"DESCRIBE api_log":                           "",
		"EXPLAIN SELECT _headers, _key FROM api_log": "",
	} {
		r, err := b.Execute(context.Background(), Request{SQL: sql})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if got := jsonFields(r.Schema()); got != want {
			t.Errorf("%s: %q are JSON, want %q", sql, got, want)
		}
		r.Close()
	}
}

// TestStarting: a view whose stream has not begun is no unknown name.
func TestStarting(t *testing.T) {
	shelf := testShelf(t)
	shelf.tables = append(shelf.tables, Table{Kind: View, Name: "later", Note: notBegun})
	b := start(t, shelf, nil)
	_, err := b.rows("SELECT *\nFROM LATER")
	var s interface{ Starting() string }
	var e *Error
	if maru.KindOf(err) != maru.Unavailable || !errors.As(err, &s) || s.Starting() != "later" || err.Error() != "view later is being started" {
		t.Fatalf("%v (%s)", err, maru.KindOf(err))
	}
	if !errors.As(err, &e) || e.Line != 2 || e.Column != 6 {
		t.Errorf("the place is %+v", e)
	}
}
