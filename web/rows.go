package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/web/encode"
	"maru/web/internal/api"
)

// windowRows is how many rows a window has when nothing is said.
const windowRows = 200

// What the schema of a window in Arrow says beside its columns.
const (
	MetaTotal   = "total"   // rows that pass the filter
	MetaOf      = "of"      // rows of the result that this is true for
	MetaNumbers = "numbers" // [number, …]: of each row in the result
	MetaCut     = "cut"     // [[row, column, bytes], …]: cells that are longer than they are here
)

func (s *Server) rowEndpoints(e *api.Endpoints) {
	order := []api.Param{{Name: "columns", Doc: "Names with commas between, or a JSON array; all without"},
		{Name: "sort", Doc: `[{"column":"price","desc":true}]`}, {Name: "filter", Doc: `[{"column":"price","op":">","value":"3"}]`}}
	e.Raw(api.Op{Method: "GET", Path: "/api/results/{id}/rows", ID: "resultRows", Summary: "A window of a result's rows", Tag: "results", Role: api.Viewer, Stream: true,
		Produces: []string{TypeArrow, TypeJSON}, Query: append([]api.Param{{Name: "offset"}, {Name: "limit"}}, order...)}, s.rows)
	e.Raw(api.Op{Method: "GET", Path: "/api/results/{id}/export", ID: "exportResult", Summary: "A result as a file", Tag: "results", Role: api.Viewer, Stream: true,
		Produces: []string{TypeCSV, TypeJSON, TypeNDJSON, TypeArrow}, Query: append([]api.Param{{Name: "format", Doc: "csv, json, ndjson or arrow"},
			{Name: "bom", Doc: "1: CSV begins with a byte order mark, for Excel"},
			{Name: "safe", Doc: "1: a text in CSV that a spreadsheet would take for a formula gets a ' in front"}, {Name: "name", Doc: "Of the file"}}, order...)}, s.export)
	e.Raw(api.Op{Method: "GET", Path: "/api/results/{id}/cell", ID: "resultCell", Summary: "One cell, whole, as text; 204 for NULL", Tag: "results", Role: api.Viewer, Stream: true,
		Produces: []string{"text/plain"}, Query: []api.Param{{Name: "row", Doc: "The row's number in the result"}, {Name: "column"}}}, s.cell)
}

func unmarshal(text string, to any) error { return json.Unmarshal([]byte(text), to) }

func orderOf(q url.Values) (Order, error) {
	columns, err := list(q.Get("columns"))
	return Order{Columns: columns, Sort: q.Get("sort"), Filter: q.Get("filter")}, err
}

func number(q url.Values, key string, otherwise int64) (int64, error) {
	text := q.Get(key)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, maru.Errorf(maru.Invalid, "%s %.30q: use a number from 0", key, text)
	}
	return n, nil
}

func (s *Server) rows(w http.ResponseWriter, r *http.Request) error {
	k, err := s.kept(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	order, err := orderOf(q)
	if err != nil {
		return err
	}
	offset, err := number(q, "offset", 0)
	if err != nil {
		return err
	}
	limit, err := number(q, "limit", windowRows)
	if err != nil {
		return err
	}
	f, err := negotiate(strings.Join(r.Header.Values("Accept"), ","))
	if err != nil {
		return err
	}
	win, err := k.Window(r.Context(), offset, int(min(limit, 1<<30)), order)
	if err != nil {
		return s.starting(r.Context(), err)
	}
	defer win.Batch.Release()
	if f.media == TypeArrow {
		w.Header().Set("Content-Type", TypeArrow)
		return writeWindow(w, win)
	}
	w.Header().Set("Content-Type", TypeJSON)
	_, err = w.Write(windowJSON(win))
	return err
}

// writeWindow writes one batch, what is known of it in the schema's metadata.
func writeWindow(w io.Writer, win Rows) error {
	cut, err := json.Marshal(cutOf(win))
	if err != nil {
		return err
	}
	numbers, err := json.Marshal(orEmpty(win.Numbers))
	if err != nil {
		return err
	}
	meta := arrow.NewMetadata([]string{MetaTotal, MetaOf, MetaNumbers, MetaCut},
		[]string{strconv.FormatInt(win.Total, 10), strconv.FormatInt(win.Of, 10), string(numbers), string(cut)})
	schema := arrow.NewSchema(win.Batch.Schema().Fields(), &meta)
	rec := array.NewRecordBatch(schema, win.Batch.Columns(), win.Batch.NumRows())
	defer rec.Release()
	out := ipc.NewWriter(w, ipc.WithSchema(schema))
	return errors.Join(out.Write(rec), out.Close())
}

func cutOf(win Rows) [][3]int {
	out := make([][3]int, len(win.Cut))
	for i, c := range win.Cut {
		out[i] = [3]int{c.Row, c.Column, c.Bytes}
	}
	return out
}

// windowJSON is {total, of, columns, numbers, cut, rows}, rows as arrays.
func windowJSON(win Rows) []byte {
	head, err := json.Marshal(map[string]any{"total": win.Total, "of": win.Of, "columns": columnsOf(win.Batch.Schema()), "numbers": orEmpty(win.Numbers), "cut": cutOf(win)})
	if err != nil {
		panic(err) // numbers and texts
	}
	out := append(head[:len(head)-1], `,"rows":`...)
	out = append(out, rowsJSON(win.Batch)...)
	return append(out, "}\n"...)
}

// rowsJSON is [[value, …], …].
func rowsJSON(rec arrow.RecordBatch) []byte {
	out := []byte{'['}
	cells := encode.Cells(rec)
	for i := range int(rec.NumRows()) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '[')
		for c := range cells {
			if c > 0 {
				out = append(out, ',')
			}
			if cells[c].Null(i) {
				out = append(out, "null"...)
				continue
			}
			out = cells[c].JSON(out, i)
		}
		out = append(out, ']')
	}
	return append(out, ']')
}

func (s *Server) cell(w http.ResponseWriter, r *http.Request) error {
	k, err := s.kept(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	row, err := number(q, "row", -1)
	if err != nil {
		return err
	}
	if row < 0 || q.Get("column") == "" {
		return maru.Errorf(maru.Invalid, "say which cell: row=0&column=NAME")
	}
	text, null, err := k.Cell(r.Context(), row, q.Get("column"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if null {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	_, err = w.Write(text)
	return err
}

// exports are the formats of a file, by what format= says.
var exports = map[string]string{"csv": TypeCSV, "json": TypeJSON, "ndjson": TypeNDJSON, "arrow": TypeArrow}

func (s *Server) export(w http.ResponseWriter, r *http.Request) error {
	k, err := s.kept(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	media := exports[q.Get("format")]
	if media == "" {
		return maru.Errorf(maru.Invalid, "format %.20q: use csv, json, ndjson or arrow", q.Get("format"))
	}
	order, err := orderOf(q)
	if err != nil {
		return err
	}
	rows, err := k.Rows(r.Context(), order)
	if err != nil {
		return s.starting(r.Context(), err)
	}
	defer rows.Close()
	src := &ahead{QueryResult: rows}
	if err := src.peek(); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(fileName(q.Get("name")))+"."+q.Get("format"))
	for _, f := range formats {
		if f.media == media {
			return s.send(w, r, f, src)
		}
	}
	return maru.Errorf(maru.Internal, "there is no writer for %s", media)
}

// fileName is what somebody gave, without what a file name cannot hold.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		return "result"
	}
	return strings.ToValidUTF8(name[:min(len(name), fileNameMax)], "")
}

// fileNameMax bounds the name of a file, in bytes.
const fileNameMax = 100
