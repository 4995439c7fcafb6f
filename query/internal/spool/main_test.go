package spool

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testClock is a clock that tests move.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *testClock {
	return &testClock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.BytesMax == 0 {
		cfg.BytesMax = 4 << 30
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// list is a source of batches that are there.
type list struct {
	schema *arrow.Schema
	recs   []arrow.RecordBatch
	end    error // io.EOF when nil
	closed chan struct{}
}

func (l *list) Schema() *arrow.Schema { return l.schema }

func (l *list) Next() (arrow.RecordBatch, error) {
	if len(l.recs) == 0 {
		if l.end != nil {
			return nil, l.end
		}
		return nil, io.EOF
	}
	rec := l.recs[0]
	l.recs = l.recs[1:]
	rec.Retain()
	return rec, nil
}

func (l *list) Close() error {
	if l.closed != nil {
		close(l.closed)
	}
	return nil
}

// feed is a source that a test feeds.
type feed struct {
	schema *arrow.Schema
	ctx    context.Context
	in     chan arrow.RecordBatch
	closed chan struct{}
}

func newFeed(schema *arrow.Schema) *feed {
	return &feed{schema: schema, in: make(chan arrow.RecordBatch), closed: make(chan struct{})}
}

func (f *feed) open(ctx context.Context) (Source, error) {
	f.ctx = ctx
	return f, nil
}

func (f *feed) Schema() *arrow.Schema { return f.schema }

func (f *feed) Next() (arrow.RecordBatch, error) {
	select {
	case rec, ok := <-f.in:
		if !ok {
			return nil, io.EOF
		}
		return rec, nil
	case <-f.ctx.Done():
		return nil, context.Cause(f.ctx)
	}
}

func (f *feed) Close() error {
	close(f.closed)
	return nil
}

// start spools what there is and waits for the end.
func start(t testing.TB, s *Store, schema *arrow.Schema, recs ...arrow.RecordBatch) *Result {
	t.Helper()
	r, err := s.Start(t.Context(), "ada", Opened(&list{schema: schema, recs: recs}, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WaitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func schemaOf(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

var oneInt = schemaOf(field("n", arrow.PrimitiveTypes.Int64))

// numbers is a batch of oneInt with the numbers from..to.
func numbers(from, to int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, oneInt)
	defer b.Release()
	for n := from; n < to; n++ {
		b.Field(0).(*array.Int64Builder).Append(n)
	}
	return b.NewRecordBatch()
}

// texts reads a window as text, NULL as "∅".
func texts(t testing.TB, rows *Rows) [][]string {
	t.Helper()
	defer rows.Batch.Release()
	out := make([][]string, rows.Batch.NumRows())
	for i := range out {
		out[i] = make([]string, rows.Batch.NumCols())
		for c := range out[i] {
			arr := rows.Batch.Column(c)
			if out[i][c] = "∅"; !arr.IsNull(i) {
				out[i][c] = arr.ValueStr(i)
			}
		}
	}
	return out
}

func window(t testing.TB, r *Result, w Window) *Rows {
	t.Helper()
	rows, err := r.Window(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
