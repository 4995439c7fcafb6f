package room

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/duck"
)

// jsonMark is Arrow's canonical extension type for JSON in a text. DuckDB sets
// it with arrow_lossless_conversion only, which would also make the sum of
// whole numbers 16 bytes that few Arrow clients can read.
var jsonMark = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.json", ""})

// jsonColumns says which columns of a statement are JSON, nil when none is. It
// binds the statement once more; one that can be run and not described keeps
// its JSON as text.
func (in *instance) jsonColumns(ctx context.Context, sql string) ([]bool, error) {
	rows, err := in.conn.Query(ctx, "SELECT column_type = 'JSON' FROM (DESCRIBE "+sql+")")
	if err != nil {
		return nil, ctx.Err()
	}
	defer rows.Close()
	var out []bool
	for {
		rec, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			if !slices.Contains(out, true) {
				out = nil
			}
			return out, nil
		case err != nil:
			return nil, err
		}
		is, ok := rec.Column(0).(*array.Boolean)
		for i := 0; ok && i < is.Len(); i++ {
			out = append(out, is.Value(i))
		}
		rec.Release()
		if !ok || len(out) > maru.ColumnsMax {
			return nil, nil
		}
	}
}

// batches is an answer: io.EOF after the last batch, which the receiver releases.
type batches interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
}

// answer is rows with its JSON columns marked as such.
func (s *session) answer(rows *duck.Rows) batches {
	schema := rows.Schema()
	if len(s.json) != schema.NumFields() || s.source.explain {
		return rows
	}
	fields := slices.Clone(schema.Fields())
	for i := range fields {
		if s.json[i] {
			fields[i].Metadata = jsonMark
		}
	}
	meta := schema.Metadata()
	return &marked{rows, arrow.NewSchema(fields, &meta)}
}

// marked is an answer under a schema that says more.
type marked struct {
	rows   batches
	schema *arrow.Schema
}

func (m *marked) Schema() *arrow.Schema { return m.schema }

func (m *marked) Next() (arrow.RecordBatch, error) {
	rec, err := m.rows.Next()
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	return array.NewRecordBatch(m.schema, rec.Columns(), rec.NumRows()), nil
}
