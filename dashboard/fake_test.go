package dashboard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
	"maru/dashboard"
	"maru/meta"
	"maru/spec"
)

// world is what a Dashboards stands in: SQL that a test answers itself, files
// in memory, a clock that stands.
type world struct {
	*dashboard.Dashboards
	mu     sync.Mutex
	now    time.Time
	states map[string]dashboard.State
	ran    []string // statements, with their parameters
	answer func(ctx context.Context, sql string, params []any) (dashboard.Rows, error)
	files  *texts
}

func (w *world) Now() time.Time { return w.now }

func (w *world) States(context.Context) (map[string]dashboard.State, error) { return w.states, nil }

func (w *world) Run(ctx context.Context, sql string, params []any, maxRows int64) (dashboard.Rows, error) {
	w.mu.Lock()
	w.ran = append(w.ran, strings.TrimSpace(fmt.Sprint(strings.Join(strings.Fields(sql), " "), " ", params)))
	w.mu.Unlock()
	rows, err := w.answer(ctx, sql, params)
	if r, ok := rows.(*rowsOf); ok {
		r.most = maxRows
	}
	return rows, err
}

// took is what was executed since it was asked last.
func (w *world) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.ran
	w.ran = nil
	slices.Sort(out)
	return out
}

func open(t testing.TB, cfg dashboard.Config) *world {
	t.Helper()
	db, err := meta.Open(context.Background(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{now: time.Date(2026, 11, 29, 15, 30, 30, 0, time.UTC), files: &texts{good: map[string]spec.Dashboard{}, text: map[string]string{}},
		states: map[string]dashboard.State{"calls": {Rows: 1, Watermark: time.Date(2026, 11, 29, 15, 30, 0, 0, time.UTC)}}}
	w.answer = func(_ context.Context, sql string, params []any) (dashboard.Rows, error) {
		return numbers("n", []any{int64(len(params))}), nil
	}
	if w.Dashboards, err = dashboard.Open(context.Background(), cfg, dashboard.Needs{DB: db, SQL: w, Views: w, Files: w.files, Clock: w}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Dashboards.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// put is a file that somebody writes with an editor.
func (w *world) put(d spec.Dashboard) {
	text, err := w.files.Make(d)
	if err != nil {
		panic(err)
	}
	w.files.disk("dashboards/"+d.Name+".yaml", string(text))
}

// rowsOf are rows in memory.
type rowsOf struct {
	schema    *arrow.Schema
	batches   []arrow.RecordBatch
	most      int64
	given     int64
	views     []string
	others    bool
	truncated bool
	fail      error
}

func (r *rowsOf) Schema() *arrow.Schema   { return r.schema }
func (r *rowsOf) Reads() ([]string, bool) { return r.views, r.others }
func (r *rowsOf) Truncated() bool         { return r.truncated }
func (r *rowsOf) Close() error            { return nil }
func (r *rowsOf) Next() (arrow.RecordBatch, error) {
	if len(r.batches) == 0 || r.truncated {
		if r.fail != nil {
			return nil, r.fail
		}
		return nil, io.EOF
	}
	rec := r.batches[0]
	r.batches = r.batches[1:]
	if left := r.most - r.given; r.most > 0 && rec.NumRows() > left {
		r.truncated = true
		rec = rec.NewSlice(0, left)
	}
	r.given += rec.NumRows()
	return rec, nil
}

// columnsOf makes a batch of columns of int64, float64, string or time.Time;
// nil is NULL.
func columnsOf(names []string, columns ...[]any) *rowsOf {
	fields, arrays := make([]arrow.Field, len(names)), make([]arrow.Array, len(names))
	for i, values := range columns {
		var b array.Builder
		switch values[0].(type) {
		case int64:
			b = array.NewInt64Builder(memory.DefaultAllocator)
		case float64:
			b = array.NewFloat64Builder(memory.DefaultAllocator)
		case string:
			b = array.NewStringBuilder(memory.DefaultAllocator)
		case time.Time:
			b = array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"})
		}
		for _, v := range values {
			switch v := v.(type) {
			case nil:
				b.AppendNull()
			case int64:
				b.(*array.Int64Builder).Append(v)
			case float64:
				b.(*array.Float64Builder).Append(v)
			case string:
				b.(*array.StringBuilder).Append(v)
			case time.Time:
				b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.UnixMicro()))
			}
		}
		arrays[i] = b.NewArray()
		fields[i] = arrow.Field{Name: names[i], Type: arrays[i].DataType(), Nullable: true}
	}
	return batch(fields, arrays...)
}

func batch(fields []arrow.Field, arrays ...arrow.Array) *rowsOf {
	schema := arrow.NewSchema(fields, nil)
	return &rowsOf{schema: schema, batches: []arrow.RecordBatch{array.NewRecordBatch(schema, arrays, int64(arrays[0].Len()))}, views: []string{"calls"}}
}

func numbers(name string, values []any) *rowsOf { return columnsOf([]string{name}, values) }

// texts are files whose texts are JSON; one that is not is broken.
type texts struct {
	mu   sync.Mutex
	text map[string]string
	good map[string]spec.Dashboard // by file, as a watcher last read it
}

func (f *texts) disk(file, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text[file] = text
	f.look()
}

// look is the watcher's.
func (f *texts) look() {
	for file := range f.good {
		if _, ok := f.text[file]; !ok {
			delete(f.good, file)
		}
	}
	for file, text := range f.text {
		if d, problems := f.Parse(nameOf(file), []byte(text)); len(problems) == 0 {
			d.File = file
			f.good[file] = d
		}
	}
}

func nameOf(file string) string { return strings.TrimSuffix(filepath.Base(file), ".yaml") }

func (f *texts) Dashboards() (out []spec.Dashboard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.good {
		out = append(out, d)
	}
	return out
}

func (f *texts) Problems() (out []spec.Problem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for file, text := range f.text {
		_, problems := f.Parse(nameOf(file), []byte(text))
		out = append(out, problems...)
	}
	return out
}

func (f *texts) File(name string) (string, error) {
	return "dashboards/" + name + ".yaml", maru.CheckName(name)
}

func tagOf(text string) string { return fmt.Sprintf("%x", []byte(text)) }

func (f *texts) Read(file string) ([]byte, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, ok := f.text[file]
	if !ok {
		return nil, "", maru.Errorf(maru.NotFound, "there is no %s", file)
	}
	return []byte(text), tagOf(text), nil
}

func (f *texts) Write(file, etag string, text []byte) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, ok := f.text[file]
	if ok != (etag != "") || ok && tagOf(now) != etag {
		return "", maru.Errorf(maru.Conflict, "%s has another text", file)
	}
	f.text[file] = string(text)
	return tagOf(string(text)), nil
}

func (f *texts) Remove(file, etag string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if tagOf(f.text[file]) != etag {
		return maru.Errorf(maru.Conflict, "%s has another text", file)
	}
	delete(f.text, file)
	return nil
}

func (f *texts) Parse(name string, text []byte) (spec.Dashboard, []spec.Problem) {
	var d spec.Dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		return spec.Dashboard{Name: name}, []spec.Problem{{File: "dashboards/" + name + ".yaml", Line: 1, Column: 2, Message: "this is no JSON"}}
	}
	d.Name, d.File = name, "dashboards/"+name+".yaml"
	return d.Normal(), nil
}

func (f *texts) Make(d spec.Dashboard) ([]byte, error) {
	d.Name, d.File = "", ""
	return json.Marshal(d.Normal())
}

func (f *texts) Edit(old []byte, d spec.Dashboard) ([]byte, error) {
	if _, problems := f.Parse(d.Name, old); len(problems) > 0 {
		return nil, maru.Errorf(maru.Conflict, "the file has to be mended first")
	}
	return f.Make(d)
}
