package query

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"maru"
	"maru/query/internal/topic"
	"maru/query/internal/wire"
	"maru/run"
)

const (
	bringsMax   = 4         // tables fetched side by side
	pipeBufSize = 256 << 10 // bytes between a source and the socket
)

// bring fetches what the statement needs and hands it to the worker. It gives
// the warnings of the sources.
func (q *Query) bring(ctx context.Context, s *session, tables map[string]Table, needs []wire.Need, m *match) ([]string, error) {
	g, gctx := run.NewGroup(ctx)
	slots := make(chan struct{}, bringsMax)
	var mu sync.Mutex // guards warnings
	var warnings []string
	for _, n := range needs {
		if n.Unused {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-gctx.Done(): // one of the others has failed: Wait says how
			continue
		}
		g.Go("query bring", func(ctx context.Context) error {
			defer func() { <-slots }()
			t := tables[n.Room]
			src, err := q.source(ctx, t, n, m)
			if t.Kind == View && maru.KindOf(err) == maru.NotFound {
				return &startingError{errStarting(t.Name), t.Name}
			}
			if err != nil {
				return fmt.Errorf("read %s %s: %w", t.Kind, t.Name, err)
			}
			defer src.Close()
			if err := q.send(ctx, s, t, n, src); err != nil {
				return err
			}
			if piece, ok := src.(*topic.Source); ok && m != nil {
				m.note(piece)
			}
			if r, ok := src.(interface{ Report() topic.Report }); ok {
				mu.Lock()
				warnings = append(warnings, r.Report().Warnings(t.Name)...)
				mu.Unlock()
			}
			return nil
		})
	}
	err := g.Wait()
	return warnings, err
}

func (q *Query) source(ctx context.Context, t Table, n wire.Need, m *match) (Source, error) {
	switch t.Kind {
	case Topic:
		if q.kafka == nil {
			return nil, errNoBroker
		}
		scan := topic.Scan{Topic: t.Name, Table: t.Columns, Columns: n.Columns, Filters: n.Filters, Limit: n.Limit, RowsMax: q.cfg.RowsMax, BytesMax: q.cfg.BytesMax}
		if m != nil {
			scan.Spans, scan.Each, scan.BytesMax = m.Spans, m.Each, m.BytesMax
		}
		return topic.Open(ctx, q.kafka, scan)
	case View:
		return q.needs.Tables.OpenView(ctx, t.Name, n.Columns, n.Filters)
	}
	return nil, maru.Errorf(maru.Internal, "a table of kind %q cannot be read", t.Kind)
}

// send streams a source to the worker.
func (q *Query) send(ctx context.Context, s *session, t Table, n wire.Need, src Source) error {
	pr, pw := io.Pipe()
	sent := make(chan error, 1)
	feed := &feeder{q: q, t: t, n: n}
	run.Go("query feed", func() {
		err := run.Protect("query feed", func() error { return feed.write(pw, src) })
		// An error ends the request, so that the worker does not take a part for the whole.
		pw.CloseWithError(err)
		sent <- err
	})
	resp, err := send(ctx, s.w, http.MethodPut, "/sessions/"+s.id+"/tables/"+n.Room, pr)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	pr.CloseWithError(errWorkerDone)
	if why := <-sent; why != nil && !errors.Is(why, errWorkerDone) {
		return fmt.Errorf("read %s %s: %w", t.Kind, t.Name, why)
	}
	return err
}

var errWorkerDone = errors.New("the worker takes no more rows")

// feeder writes a source as an Arrow stream, within the limits.
type feeder struct {
	q     *Query
	t     Table
	n     wire.Need
	rows  int64
	bytes int64
}

func (f *feeder) write(w io.Writer, src Source) error {
	places, schema, err := f.pick(src.Schema())
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(w, pipeBufSize)
	out := ipc.NewWriter(buf, ipc.WithSchema(schema))
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		err = f.batch(out, rec, places, schema)
		rec.Release()
		if err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return buf.Flush()
}

// pick finds the wanted columns among those of the source.
func (f *feeder) pick(has *arrow.Schema) ([]int, *arrow.Schema, error) {
	places := make([]int, len(f.n.Columns))
	fields := make([]arrow.Field, len(f.n.Columns))
	for i, name := range f.n.Columns {
		at := has.FieldIndices(name)
		if len(at) == 0 {
			return nil, nil, maru.Errorf(maru.Internal, "%s %s gives no column %s", f.t.Kind, f.t.Name, name)
		}
		places[i], fields[i] = at[0], has.Field(at[0])
	}
	return places, arrow.NewSchema(fields, nil), nil
}

func (f *feeder) batch(out *ipc.Writer, rec arrow.RecordBatch, places []int, schema *arrow.Schema) error {
	cols := make([]arrow.Array, len(places))
	for i, p := range places {
		cols[i] = rec.Column(p)
		f.bytes += int64(cols[i].Data().SizeInBytes())
	}
	picked := array.NewRecordBatch(schema, cols, rec.NumRows())
	defer picked.Release()
	f.rows += picked.NumRows()
	if f.rows > f.q.cfg.RowsMax || f.bytes > f.q.cfg.BytesMax {
		return maru.Errorf(maru.TooLarge, "the statement reads more than %d rows or %d MiB of it: bound it by a WHERE on its columns", f.q.cfg.RowsMax, f.q.cfg.BytesMax>>20)
	}
	return out.Write(picked)
}
