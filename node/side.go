package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru/kafka"
	"maru/stream"
	"maru/web"
	"maru/web/encode"
)

// Bounds of what is shown of rows that did not get into a view.
const (
	sideValueMax  = 8 << 10
	timesSpan     = 2_000 // records that are read for the times of late rows, of one partition
	timesBytesMax = 4 << 20
	keptViewsMax  = 5 // of one stream
)

// Side reads the newest late or rejected rows.
func (s *streams) Side(ctx context.Context, name, side string, limit int64) ([]web.SideRow, error) {
	st, err := s.Status(ctx, name)
	if err != nil {
		return nil, err
	}
	order := "_timestamp" // of the append
	if side == stream.Late {
		order = "watermark" // it only rises
	}
	// The view takes SQL behind its WHERE, so the order can be there too.
	v, err := s.n.stream.View(ctx, name, side, nil, fmt.Sprintf("true ORDER BY %s DESC NULLS LAST, _offset DESC LIMIT %d", order, limit), limit)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	var out []web.SideRow
	for {
		rec, err := v.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i := range int(rec.NumRows()) {
			out = append(out, sideRow(rec, i))
		}
		rec.Release()
	}
	for i := range out {
		out[i].Topic = strings.Join(st.Reads, ", ")
	}
	if side == stream.Late && len(st.Reads) == 1 {
		s.appended(ctx, out)
	}
	return out, nil
}

// sideRow is one, by the names of its columns.
func sideRow(rec arrow.RecordBatch, i int) (out web.SideRow) {
	for c, f := range rec.Schema().Fields() {
		col := rec.Column(c)
		if col.IsNull(i) {
			continue
		}
		var at time.Time
		if t, ok := col.(*array.Timestamp); ok {
			at = t.Value(i).ToTime(f.Type.(*arrow.TimestampType).Unit).UTC()
		}
		switch f.Name {
		case "_partition":
			out.Partition = col.(*array.Int32).Value(i)
		case "_offset":
			out.Offset = col.(*array.Int64).Value(i)
		case "_timestamp":
			out.At = at
		case "event_time":
			out.EventTime = at
		case "watermark":
			out.Watermark = at
		case "window_start":
			out.WindowStart = at
		case "reason":
			out.Reason = strings.Clone(col.ValueStr(i))
		case "value":
			text := col.ValueStr(i)
			if out.Cut = len(text) > sideValueMax; out.Cut {
				text = strings.ToValidUTF8(text[:sideValueMax], "")
			}
			out.Value = strings.Clone(text)
		}
	}
	return out
}

// appended finds out when late rows were appended, which a view does not keep:
// of those near the newest in each partition. For others it is not known.
func (s *streams) appended(ctx context.Context, rows []web.SideRow) {
	newest := map[int32]int64{}
	for _, r := range rows {
		newest[r.Partition] = max(newest[r.Partition], r.Offset)
	}
	for p, last := range newest {
		oldest, at := last, map[int64]time.Time{}
		for _, r := range rows {
			if r.Partition == p && r.Offset > last-timesSpan {
				oldest = min(oldest, r.Offset)
			}
		}
		err := s.n.kafka.Read(ctx, rows[0].Topic, p, oldest, last+1, timesBytesMax, func(m kafka.Message) bool {
			at[m.Offset] = m.At
			return true
		})
		if err != nil {
			s.n.log.Debug("when late rows came", "error", err)
		}
		for i := range rows {
			if rows[i].Partition == p {
				rows[i].At = at[rows[i].Offset]
			}
		}
	}
}

// Keep writes the rows that a view shows beside its state, one JSON object a
// line, and deletes the oldest of such files.
func (s *streams) Keep(ctx context.Context, name string) (web.KeptView, error) {
	if _, err := s.Status(ctx, name); err != nil {
		return web.KeptView{}, err
	}
	v, err := s.n.stream.View(ctx, name, "", nil, "", 0)
	if err != nil {
		return web.KeptView{}, err
	}
	defer v.Close()
	dir := filepath.Join(s.n.cfg.DataDir, "stream", "kept")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return web.KeptView{}, err
	}
	file := filepath.Join(dir, name+"-"+time.Now().UTC().Format("20060102T150405.000000Z")+".ndjson")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return web.KeptView{}, err
	}
	rows := &counted{View: v}
	err = encode.NDJSON(f, rows)
	info, serr := f.Stat()
	if err = errors.Join(err, serr, f.Sync(), f.Close()); err != nil {
		return web.KeptView{}, errors.Join(fmt.Errorf("keep what view %s shows: %w", name, err), os.Remove(file))
	}
	s.thin(dir, name)
	return web.KeptView{File: file, Rows: rows.n, Bytes: info.Size()}, nil
}

// thin deletes all but the newest files of a stream.
func (s *streams) thin(dir, name string) {
	entries, err := os.ReadDir(dir) // by name, which is by time
	if err != nil {
		return
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		rest, ok := strings.CutPrefix(e.Name(), name+"-")
		return !ok || len(rest) != len("20060102T150405.000000Z.ndjson")
	})
	for _, e := range entries[:max(len(entries)-keptViewsMax, 0)] {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			s.n.log.Warn("an old copy of a view stays", "file", e.Name(), "error", err)
		}
	}
}

// counted counts the rows of a view.
type counted struct {
	*stream.View
	n int64
}

// Next gives the next batch.
func (c *counted) Next() (arrow.RecordBatch, error) {
	rec, err := c.View.Next()
	if err == nil {
		c.n += rec.NumRows()
	}
	return rec, err
}
