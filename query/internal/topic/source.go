package topic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/jsonrow"
	"maru/kafka"
	"maru/query/internal/wire"
)

// The columns that every topic has beside those of its values.
const (
	Partition = "_partition"
	Offset    = "_offset"
	Timestamp = "_timestamp"
	Key       = "_key"
	Value     = "_value"
	Headers   = "_headers"
)

// Own are these columns with their types.
var Own = maru.Schema{{Name: Partition, Type: "INTEGER"}, {Name: Offset, Type: maru.BigInt}, {Name: Timestamp, Type: maru.Timestamp},
	{Name: Key, Type: maru.Varchar}, {Name: Value, Type: maru.Varchar}, {Name: Headers, Type: maru.JSON}}

// Table is the schema of a topic as a table: the columns of its values, then
// its own, which hide members of the same name.
func Table(values maru.Schema) maru.Schema {
	out := make(maru.Schema, 0, len(values)+len(Own))
	for _, c := range values {
		if Own.Index(c.Name) < 0 {
			out = append(out, c)
		}
	}
	return append(out, Own...)
}

// A batch is given away when it has so many rows or bytes.
const (
	batchRows  = 8192
	batchBytes = 4 << 20
)

// stallMax is how long a broker may be away in the middle of a scan.
const stallMax = 30 * time.Second

// Scan says what to read.
type Scan struct {
	Topic   string
	Table   maru.Schema // all columns
	Columns []string    // the wanted ones, in the order in which they are given
	Filters []wire.Filter
	Limit   int64 // as wire.Need.Limit
	Newest  int64 // only so many records, the last ones of the partitions; 0: all
	// Spans are the partitions that are read, and what of them; nil: all. Each
	// is how many records of each are wanted, the last ones; 0: all.
	Spans    map[int32]Span
	Each     int64
	RowsMax  int64
	BytesMax int64
}

// Span is a range of offsets.
type Span struct{ From, Before int64 }

// Source gives the records that were in the topic when it was opened.
type Source struct {
	scan   Scan
	bounds bounds
	reader *kafka.Reader // nil when there is nothing to read
	ends   map[int32]int64
	rows   *rows
	chunks []kafka.Chunk
	iter   kafka.Iter
	in     *kafka.Chunk // the one that iter walks
	taken  int64        // rows given
	bytes  int64        // bytes read
	stall  time.Time    // since when nothing came
	looked map[int32]Looked
	ctx    context.Context
	report Report
}

// Looked is how far back a partition has been looked through.
type Looked struct {
	From    int64     // what is wanted from here to the end of the span was read; 0: nothing before can be wanted
	Records int64     // that were read
	Oldest  time.Time // of them
}

// Report says what was left out.
type Report struct {
	Rejected    int64  // records whose value does not fit the columns
	FirstReason string // of the first of them, with its place
	Corrupt     int64  // batches that could not be read
}

// Warnings are the report as sentences.
func (r Report) Warnings(topic string) []string {
	var out []string
	if r.Rejected > 0 {
		out = append(out, fmt.Sprintf("topic %s: %d records do not fit its columns and were left out, the first at %s", topic, r.Rejected, r.FirstReason))
	}
	if r.Corrupt > 0 {
		out = append(out, fmt.Sprintf("topic %s: %d batches are corrupt and were left out", topic, r.Corrupt))
	}
	return out
}

// Open finds out where the scan begins and ends.
func Open(ctx context.Context, c *kafka.Client, s Scan) (*Source, error) {
	src := &Source{scan: s, bounds: boundsOf(s.Filters), ctx: ctx}
	var err error
	if src.rows, err = newRows(s.Table, s.Columns); err != nil {
		return nil, err
	}
	if src.ends, err = c.Offsets(ctx, s.Topic, -1); err != nil {
		return nil, err
	}
	from, err := c.Offsets(ctx, s.Topic, -2)
	if err != nil {
		return nil, err
	}
	for p, end := range src.ends {
		if span, ok := s.Spans[p]; ok {
			from[p], src.ends[p] = max(from[p], span.From), min(end, span.Before)
		} else if s.Spans != nil {
			delete(from, p)
			delete(src.ends, p)
		}
	}
	if src.bounds.since >= 0 {
		since, err := c.Offsets(ctx, s.Topic, src.bounds.since)
		if err != nil {
			return nil, err
		}
		for p := range from {
			from[p] = max(from[p], since[p])
		}
	}
	src.looked = map[int32]Looked{}
	for p := range from {
		from[p] = max(from[p], src.bounds.low)
		src.ends[p] = min(src.ends[p], src.bounds.high)
		if from[p] >= src.ends[p] || !src.bounds.wants(p) {
			src.looked[p] = Looked{}
			delete(from, p)
			delete(src.ends, p)
			continue
		}
		if s.Each > 0 && src.ends[p]-s.Each > from[p] {
			from[p] = src.ends[p] - s.Each
			src.looked[p] = Looked{From: from[p]}
		}
	}
	if s.Newest > 0 {
		newest(from, src.ends, s.Newest)
	}
	if len(from) == 0 {
		return src, nil
	}
	src.reader, err = c.NewReader(ctx, kafka.ReaderConfig{Topic: s.Topic, From: from})
	return src, err
}

// newest raises from so that n records are left, as evenly of the partitions as
// they have them.
func newest(from, ends map[int32]int64, n int64) {
	ids := slices.Collect(maps.Keys(from))
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(cmp.Compare(ends[a]-from[a], ends[b]-from[b]), cmp.Compare(a, b)) })
	for i, p := range ids { // those with the fewest first: what they lack is for the others
		take := min(ends[p]-from[p], (n+int64(len(ids)-i)-1)/int64(len(ids)-i))
		from[p] = ends[p] - take
		if n -= take; take == 0 {
			delete(from, p)
			delete(ends, p)
		}
	}
}

// Schema of the batches.
func (s *Source) Schema() *arrow.Schema { return s.rows.schema }

// Bytes of the values that were read.
func (s *Source) Bytes() int64 { return s.bytes }

// Looked is by partition, complete after the last batch.
func (s *Source) Looked() map[int32]Looked { return s.looked }

// Report is complete after the last batch.
func (s *Source) Report() Report { return s.report }

// Close ends the reading.
func (s *Source) Close() error {
	if s.reader != nil {
		s.reader.Close()
	}
	s.rows.close()
	return nil
}

// Next gives the next batch, io.EOF after the last.
func (s *Source) Next() (arrow.RecordBatch, error) {
	for {
		full, err := s.fill()
		if err != nil {
			return nil, err
		}
		if full || s.done() {
			if s.rows.n == 0 {
				return nil, io.EOF
			}
			return s.rows.batch(), nil
		}
		if err := s.poll(); err != nil {
			return nil, err
		}
	}
}

// done says whether all is read, or enough.
func (s *Source) done() bool {
	return s.in == nil && len(s.chunks) == 0 && (s.reader == nil || len(s.reader.Partitions()) == 0) || s.enough()
}

func (s *Source) enough() bool {
	return s.scan.Limit > 0 && s.bounds.exact && s.taken >= s.scan.Limit
}

// fill takes records from what was fetched until a batch is full (true) or
// nothing is left.
func (s *Source) fill() (bool, error) {
	var rec kafka.Record
	for !s.enough() {
		if s.in == nil {
			if len(s.chunks) == 0 {
				return false, nil
			}
			s.in, s.chunks = &s.chunks[0], s.chunks[1:]
			s.iter.Reset(s.in.Raw, s.in.From)
		}
		if !s.iter.Next(&rec) {
			if err := s.endChunk(); err != nil {
				return false, err
			}
			continue
		}
		if rec.Offset >= s.ends[s.in.Partition] {
			continue
		}
		s.look(&rec)
		if !s.bounds.passes(s.in.Partition, rec.Offset, rec.TimestampMs) {
			continue
		}
		if err := s.take(&rec); err != nil {
			return false, err
		}
		if s.rows.n >= batchRows || s.rows.bytes() >= batchBytes {
			return true, nil
		}
	}
	return true, nil
}

func (s *Source) look(rec *kafka.Record) {
	l := s.looked[s.in.Partition]
	l.Records++
	if at := time.UnixMilli(rec.TimestampMs).UTC(); l.Records == 1 || at.Before(l.Oldest) {
		l.Oldest = at
	}
	s.looked[s.in.Partition] = l
}

func (s *Source) endChunk() error {
	if err := s.iter.Err(); err != nil {
		if !s.iter.SkipCorrupt() {
			return fmt.Errorf("topic %s partition %d: %w", s.scan.Topic, s.in.Partition, err)
		}
		s.report.Corrupt++
		return nil // the iterator goes on after the batch
	}
	s.in = nil
	return nil
}

// take makes a row of a record.
func (s *Source) take(rec *kafka.Record) error {
	err := s.rows.add(s.in.Partition, rec)
	var bad *jsonrow.RowError
	if errors.As(err, &bad) {
		if s.report.Rejected++; s.report.Rejected == 1 {
			s.report.FirstReason = fmt.Sprintf("partition %d offset %d: %v", s.in.Partition, rec.Offset, bad)
		}
		return nil
	}
	if err != nil {
		return err
	}
	s.taken++
	s.bytes += int64(len(rec.Value))
	if s.taken > s.scan.RowsMax || s.bytes > s.scan.BytesMax {
		return maru.Errorf(maru.TooLarge, "topic %s: the statement reads more than %d rows or %d MiB of it: bound it, as in WHERE _timestamp > now() - INTERVAL 1 HOUR or WHERE _offset >= 1000000",
			s.scan.Topic, s.scan.RowsMax, s.scan.BytesMax>>20)
	}
	return nil
}

// poll fetches, and lets go of partitions that are read to their end.
func (s *Source) poll() error {
	chunks, err := s.reader.Poll(s.ctx)
	var gone *kafka.OutOfRange
	switch {
	case errors.As(err, &gone) && gone.Offset < gone.Start:
		s.reader.Add(gone.Partition, gone.Start) // retention was faster
	case err != nil:
		return err
	}
	s.chunks = chunks
	for p, end := range s.ends {
		if at := s.reader.Position(p); at >= end || s.reader.AtEnd(p) && at >= 0 {
			s.reader.Remove(p)
		}
	}
	return s.stalled(len(chunks) > 0)
}

// stalled gives up when the broker has been silent for too long.
func (s *Source) stalled(moving bool) error {
	last := s.reader.LastError()
	if moving || last == nil {
		s.stall = time.Time{}
		return nil
	}
	if s.stall.IsZero() {
		s.stall = time.Now()
	}
	if time.Since(s.stall) > stallMax {
		return fmt.Errorf("topic %s: nothing came for %s: %w", s.scan.Topic, stallMax, last)
	}
	return nil
}

// SamplePerEnd is how many records at each end of a topic inference looks at.
const SamplePerEnd = 1000

// Infer finds the columns of a topic from its first and last records; none
// when it is empty or its values are not JSON objects.
func Infer(ctx context.Context, c *kafka.Client, name string) (maru.Schema, error) {
	start, err := c.Offsets(ctx, name, -2)
	if err != nil {
		return nil, err
	}
	end, err := c.Offsets(ctx, name, -1)
	if err != nil {
		return nil, err
	}
	var samples [][]byte
	each := max(int64(SamplePerEnd/max(len(start), 1)), 1)
	for p := range start {
		newest := max(end[p]-each, start[p])
		for _, r := range [][2]int64{{start[p], min(start[p]+each, newest)}, {newest, end[p]}} {
			some, err := sample(ctx, c, name, p, r[0], r[1])
			if err != nil {
				return nil, err
			}
			samples = append(samples, some...)
		}
	}
	return jsonrow.Infer(samples), nil
}

// sample reads the values of a range of offsets.
func sample(ctx context.Context, c *kafka.Client, name string, p int32, from, to int64) ([][]byte, error) {
	if from >= to {
		return nil, nil
	}
	src, err := Open(ctx, c, Scan{Topic: name, Table: Table(nil), Columns: []string{Value}, RowsMax: SamplePerEnd, BytesMax: 64 << 20,
		Limit: SamplePerEnd, Filters: []wire.Filter{
			{Column: Partition, Op: wire.Equal, Values: []wire.Value{{Type: maru.BigInt, Int: int64(p)}}},
			{Column: Offset, Op: wire.GreaterEq, Values: []wire.Value{{Type: maru.BigInt, Int: from}}},
			{Column: Offset, Op: wire.Less, Values: []wire.Value{{Type: maru.BigInt, Int: to}}},
		}})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var out [][]byte
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) || maru.KindOf(err) == maru.TooLarge {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		col := rec.Column(0)
		for i := range int(rec.NumRows()) {
			if !col.IsNull(i) {
				out = append(out, slices.Clone([]byte(col.ValueStr(i))))
			}
		}
		rec.Release()
	}
}
