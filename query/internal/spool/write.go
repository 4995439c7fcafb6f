package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
	"maru/run"
)

const (
	// BatchRows is how many rows a batch on disk has at most.
	BatchRows = 4096
	// batchBytes is what a batch may have of bytes, one row more: wide rows
	// come in smaller batches, or memory would grow with the columns.
	batchBytes = 16 << 20
	// publishSoon is how long rows of a slow source wait for more of them;
	// publishLater is that for a result which has plenty already, so that
	// it does not fall into thousands of tiny batches.
	publishSoon  = 50 * time.Millisecond
	publishLater = 500 * time.Millisecond
)

// pulled is what a source gave: its schema, or a batch, or its end.
type pulled struct {
	schema *arrow.Schema
	rec    arrow.RecordBatch
	end    error // io.EOF at the good end
	ending ending
}

// puller waits for the source, so that the writer never does.
type puller struct {
	out chan pulled
}

func (p *puller) run(ctx context.Context, open Opener) {
	defer close(p.out)
	if err := run.Protect("spool.pull", func() error { return p.pull(ctx, open) }); err != nil {
		p.give(ctx, pulled{end: err})
	}
}

func (p *puller) pull(ctx context.Context, open Opener) error {
	src, err := open(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	if !p.give(ctx, pulled{schema: src.Schema()}) {
		return nil
	}
	for ctx.Err() == nil {
		rec, err := src.Next()
		if err != nil {
			p.give(ctx, pulled{end: err, ending: lastWords(src)})
			return nil
		}
		if !p.give(ctx, pulled{rec: rec}) {
			rec.Release()
		}
	}
	return nil
}

// lastWords asks a source that has ended what its reader should know.
func lastWords(src Source) (e ending) {
	if t, ok := src.(Truncater); ok && t.Truncated() {
		e.truncated = "the query's own limit of rows was met: there are more"
	}
	if w, ok := src.(Warner); ok {
		e.warnings = w.Warnings()
	}
	return e
}

func (p *puller) give(ctx context.Context, m pulled) bool {
	select {
	case p.out <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// write takes what the puller gives until there is an end.
func (r *Result) write(ctx context.Context, p *puller) ending {
	w := &writer{r: r}
	defer w.close()
	timer := time.NewTimer(publishSoon)
	defer timer.Stop()
	for {
		var end *ending
		select {
		case <-ctx.Done():
			end = &ending{state: Canceled, err: context.Cause(ctx)}
		case m, ok := <-p.out:
			if end = w.take(m, ok); end == nil && w.waiting() {
				timer.Reset(w.patience())
			}
		case <-timer.C:
			end = w.publish()
		}
		if end != nil {
			if end.state == Failed && ctx.Err() != nil {
				// However a source says it, it stopped because it was told to.
				end.state, end.err = Canceled, context.Cause(ctx)
			}
			return w.finish(*end)
		}
	}
}

// writer gathers what comes into batches and publishes them.
type writer struct {
	r       *Result
	ipc     *ipc.Writer
	schema  *arrow.Schema // as on disk: plain types
	pending []arrow.RecordBatch
	rows    int   // of pending
	bytes   int64 // of pending
	fresh   bool  // the first of pending came just now
}

// waiting says whether the timer must be set: rows have just begun to wait.
func (w *writer) waiting() bool {
	fresh := w.fresh
	w.fresh = false
	return fresh && w.rows > 0
}

func (w *writer) patience() time.Duration {
	if len(w.r.batches) < 100 { // only this goroutine appends to them
		return publishSoon
	}
	return publishLater
}

// take handles one message; an ending ends the result.
func (w *writer) take(m pulled, ok bool) *ending {
	switch {
	case !ok:
		return &ending{state: Failed, err: maru.Errorf(maru.Internal, "the source of rows stopped without an end")}
	case m.schema != nil:
		return w.open(m.schema)
	case m.rec != nil:
		defer m.rec.Release()
		return w.add(m.rec)
	case errors.Is(m.end, io.EOF):
		m.ending.state = Done
		return &m.ending
	}
	m.ending.state, m.ending.err = Failed, m.end
	if maru.KindOf(m.end) == maru.Canceled {
		m.ending.state = Canceled
	}
	return &m.ending
}

func (w *writer) open(schema *arrow.Schema) *ending {
	plain, err := plainSchema(schema)
	if err != nil {
		return &ending{state: Failed, err: err}
	}
	w.schema = plain
	w.ipc = ipc.NewWriterWithPayloadWriter(w.r.file, ipc.WithSchema(plain))
	w.r.mu.Lock()
	w.r.schema, w.r.layout = plain, layoutOf(plain)
	w.r.wake()
	w.r.mu.Unlock()
	return nil
}

// add takes the rows of rec in pieces that fit into a batch.
func (w *writer) add(rec arrow.RecordBatch) *ending {
	if w.ipc == nil || int(rec.NumCols()) != w.schema.NumFields() {
		return &ending{state: Failed, err: maru.Errorf(maru.Internal, "the source gave a batch of %d columns that its schema does not have", rec.NumCols())}
	}
	plain, err := plainBatch(w.schema, rec)
	if err != nil {
		return &ending{state: Failed, err: err}
	}
	defer plain.Release()
	n := plain.NumRows()
	if n == 0 {
		return nil
	}
	perRow := max(1, batchSize(plain)/n)
	left := w.r.store.cfg.RowsMax - w.r.rows - int64(w.rows)
	for at := int64(0); at < n; {
		if at == left {
			return w.full("cut at %d rows, the limit of one result", w.r.store.cfg.RowsMax)
		}
		take := min(n-at, int64(BatchRows-w.rows), max(1, (batchBytes-w.bytes)/perRow), left-at)
		w.fresh = w.fresh || w.rows == 0
		w.pending = append(w.pending, plain.NewSlice(at, at+take))
		w.rows += int(take)
		w.bytes += take * perRow
		at += take
		if w.rows >= BatchRows || w.bytes >= batchBytes {
			if end := w.publish(); end != nil {
				return end
			}
		}
	}
	return nil
}

// full is the ending of a result that may not grow.
func (w *writer) full(format string, args ...any) *ending {
	return &ending{state: Done, truncated: fmt.Sprintf(format, args...)}
}

// publish writes what is pending and lets readers see it.
func (w *writer) publish() *ending {
	if w.rows == 0 {
		return nil
	}
	recs := w.pending
	defer func() {
		for _, rec := range recs {
			rec.Release()
		}
	}()
	w.pending, w.rows, w.bytes = nil, 0, 0
	if len(recs) == 1 {
		return w.put(recs[0])
	}
	whole, err := concat(w.schema, recs)
	if err != nil {
		return &ending{state: Failed, err: err}
	}
	defer whole.Release()
	return w.put(whole)
}

func concat(schema *arrow.Schema, recs []arrow.RecordBatch) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, schema.NumFields())
	defer func() { releaseArrays(cols) }()
	var rows int64
	for _, rec := range recs {
		rows += rec.NumRows()
	}
	parts := make([]arrow.Array, len(recs))
	for i := range cols {
		for k, rec := range recs {
			parts[k] = rec.Column(i)
		}
		var err error
		if cols[i], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(schema, cols, rows), nil
}

func releaseArrays(cols []arrow.Array) {
	for _, c := range cols {
		if c != nil {
			c.Release()
		}
	}
}

// put writes one batch. Whether there is room is asked when its size is known:
// a batch that may not stay is taken back.
func (w *writer) put(rec arrow.RecordBatch) *ending {
	r, cfg := w.r, w.r.store.cfg
	at := r.file.pos
	if err := w.ipc.Write(rec); err != nil {
		r.file.rollBack(at)
		return &ending{state: Failed, err: diskError("keep the result", err)}
	}
	size := r.file.pos - at
	if r.file.pos > cfg.ResultBytesMax {
		r.file.rollBack(at)
		return w.full("cut at %d rows: one result may take %s on disk", r.rows, sizeText(cfg.ResultBytesMax))
	}
	if !r.store.reserve(size) {
		r.file.rollBack(at)
		return w.full("cut at %d rows: all results together may take %s on disk, and the others are in use", r.rows, sizeText(cfg.BytesMax))
	}
	b := r.file.last
	b.first, b.rows = r.rows, int(rec.NumRows())
	r.mu.Lock()
	dropped := r.dropped
	if !dropped {
		r.counted += size
	}
	r.batches = append(r.batches, b)
	r.rows += rec.NumRows()
	r.bytes = r.file.pos
	r.wake()
	r.mu.Unlock()
	if dropped {
		r.store.giveBack(size)
	}
	return nil
}

// finish publishes what is left and words the end. The first reason stands.
func (w *writer) finish(e ending) ending {
	if worse := w.publish(); worse != nil && e.state == Done {
		worse.warnings = e.warnings
		e = *worse
	}
	if w.ipc != nil && e.err == nil {
		// The end mark is for other readers of the file; ours need none.
		if err := w.ipc.Close(); err != nil {
			e.state, e.err = Failed, diskError("keep the result", err)
		}
	}
	return e
}

func (w *writer) close() {
	for _, rec := range w.pending {
		rec.Release()
	}
}

// batchSize is about what a batch takes on disk.
func batchSize(rec arrow.RecordBatch) int64 {
	var n int64 = 512
	for _, c := range rec.Columns() {
		n += 64 + dataSize(c.Data(), int64(c.Len()))
	}
	return n
}

// dataSize is about what n of the rows of d take. It may be too much for a slice.
func dataSize(d arrow.ArrayData, n int64) int64 {
	size := n / 8
	switch t := d.DataType().(type) {
	case *arrow.StringType, *arrow.BinaryType, *arrow.LargeStringType, *arrow.LargeBinaryType:
		arr := array.MakeFromData(d)
		defer arr.Release()
		return size + n*8 + int64(len(arr.(array.BinaryLike).ValueBytes()))
	case arrow.FixedWidthDataType:
		size += n * int64(t.BitWidth()+7) / 8
	}
	for _, c := range d.Children() {
		size += dataSize(c, int64(c.Len()))
	}
	return size
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}
