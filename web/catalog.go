package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/web/internal/api"
)

// TableDetail is the answer of GET /api/catalog/{name}.
type TableDetail struct {
	Table
	SQL          string       `json:"sql,omitempty" doc:"Of a view"`
	UsedBy       []UsedBy     `json:"used_by"`
	Preview      TablePreview `json:"preview" doc:"The newest rows of a topic or a view, the first of a seed: at most 100"`
	PreviewError string       `json:"preview_error,omitempty" doc:"Why there are no rows"`
}

// TablePreview is some rows as the windows of results have them.
type TablePreview struct {
	Columns []ResultColumn  `json:"columns"`
	Rows    json.RawMessage `json:"rows" doc:"[[value, …], …]"`
	Cut     [][3]int        `json:"cut" doc:"[[row, column, bytes], …]: cells that are longer than they are here"`
}

// TableProfile is the answer of GET /api/catalog/{name}/profile.
type TableProfile struct {
	Name    string          `json:"name"`
	At      time.Time       `json:"at" doc:"When the rows were read, at most a minute ago"`
	Rows    int64           `json:"rows" doc:"That were looked at"`
	Sampled bool            `json:"sampled" doc:"There may be more rows than were looked at"`
	Newest  bool            `json:"newest,omitempty" doc:"Those that were looked at are the newest"`
	Columns []ColumnProfile `json:"columns"`
	More    int             `json:"more,omitempty" doc:"Columns that were left out: name them"`
}

type profileAsk struct {
	Name    string `path:"name"`
	Column  string `query:"column" doc:"One"`
	Columns string `query:"columns" doc:"Names with commas between, or a JSON array; the first 100 without"`
}

// schemaOf is what a seed's rows say of its columns.
func schemaOf(schema *arrow.Schema) maru.Schema {
	out := make(maru.Schema, schema.NumFields())
	for i, f := range schema.Fields() {
		out[i] = maru.Column{Name: f.Name, Type: maru.Type(SQLType(f))}
	}
	return out
}

func (s *Server) tables() (Catalog, error) {
	if s.needs.Catalog == nil {
		return nil, missing("the catalog")
	}
	return s.needs.Catalog, nil
}

func (s *Server) catalogEndpoints(e *api.Endpoints) {
	op := func(path, id, summary string) api.Op {
		return api.Op{Method: "GET", Path: path, ID: id, Summary: summary, Tag: "catalog", Role: api.Viewer}
	}
	register(s, e, op("/api/catalog/{name}", "getTable", "A topic, a view or a seed: its columns, size, newest rows, and what uses it"), func(ctx context.Context, i *named) (*body[TableDetail], error) {
		return asked(s.tables, func(c Catalog) (TableDetail, error) {
			t, rows, err := c.Table(ctx, i.Name)
			if err != nil {
				return t, s.starting(ctx, err)
			}
			t.UsedBy = orEmpty(t.UsedBy)
			t.Preview = TablePreview{Columns: []ResultColumn{}, Rows: json.RawMessage("[]"), Cut: [][3]int{}}
			if rows.Batch != nil {
				defer rows.Batch.Release()
				t.Preview = TablePreview{Columns: columnsOf(rows.Batch.Schema()), Rows: rowsJSON(rows.Batch), Cut: cutOf(rows)}
				if len(t.Columns) == 0 {
					t.Columns = schemaOf(rows.Batch.Schema())
				}
			}
			t.Columns = orEmpty(t.Columns)
			return t, nil
		})
	})
	register(s, e, op("/api/catalog/{name}/profile", "profileTable", "What is in columns of a table"), func(ctx context.Context, i *profileAsk) (*body[TableProfile], error) {
		return asked(s.tables, func(c Catalog) (TableProfile, error) {
			columns, err := list(i.Columns)
			if err != nil {
				return TableProfile{}, err
			}
			if i.Column != "" {
				columns = append(columns, i.Column)
			}
			p, err := c.Profile(ctx, i.Name, columns)
			if err != nil {
				return p, s.starting(ctx, err)
			}
			for k := range p.Columns {
				p.Columns[k].Top, p.Columns[k].Bins = orEmpty(p.Columns[k].Top), orEmpty(p.Columns[k].Bins)
			}
			return p, nil
		})
	})
}
