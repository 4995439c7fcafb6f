//go:build duckdb_arrow

package query

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"

	"maru"
)

// nothing is a view without rows.
type nothing struct{}

func (nothing) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}}}, nil)
}
func (nothing) Next() (arrow.RecordBatch, error) { return nil, io.EOF }
func (nothing) Close() error                     { return nil }

// TestTimesAreParameters holds that instants and lengths of time are what
// they are in SQL, and that a view is asked for their range only.
func TestTimesAreParameters(t *testing.T) {
	s := testShelf(t)
	s.tables = append(s.tables, Table{Kind: View, Name: "moments", Columns: maru.Schema{{Name: "ts", Type: maru.Timestamp}}})
	s.rows["moments"] = func() Source { return nothing{} }
	q := start(t, s, nil)
	from := time.Date(2026, 11, 29, 15, 0, 0, 1000, time.UTC)
	got, err := q.rowsOf(Request{SQL: "SELECT typeof($1), typeof($2), epoch_us($1), epoch($2), epoch_us(time_bucket($2, $1))", Params: []any{from, 90 * time.Second}})
	if want := "TIMESTAMP WITH TIME ZONE|INTERVAL|1795964400000001|90|1795964400000000"; err != nil || got != want {
		t.Error(got, err)
	}
	_, err = q.rowsOf(Request{SQL: "SELECT time_bucket($3, ts), count(*) FROM moments WHERE ts >= $1 AND ts < $2 GROUP BY ALL",
		Params: []any{from, from.Add(time.Hour), time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, f := range s.filter["moments"] {
		asked = append(asked, f.String())
	}
	if diff := cmp.Diff([]string{`"ts" >= make_timestamptz(1795964400000001)`, `"ts" < make_timestamptz(1795968000000001)`}, asked); diff != "" {
		t.Error(diff)
	}
	r, err := q.Execute(context.Background(), Request{SQL: "FROM moments, numbers LIMIT 1"})
	if err != nil {
		t.Fatal(err)
	}
	if tables, files := r.Reads(); len(tables) != 2 || tables[0].Name != "moments" || tables[1].Kind != View || files {
		t.Error(tables, files)
	}
	r.Close()
}
