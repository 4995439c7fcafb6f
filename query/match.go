package query

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/query/internal/topic"
	"maru/query/internal/wire"
)

// Piece is a part of a topic, and what is wanted of it.
type Piece struct {
	Topic    Table          // of kind Topic
	Where    string         // as after WHERE, of its columns and its own
	Spans    map[int32]Span // of the partitions to look through
	Each     int64          // records of each: the last ones of its span; 0: all
	BytesMax int64          // of values; more is maru.TooLarge
}

// Span is a range of offsets.
type Span = topic.Span

// Looked is how far back a partition has been looked through.
type Looked = topic.Looked

// RecordPlace is where a record is.
type RecordPlace struct {
	Partition int32
	Offset    int64
	At        time.Time
}

// Matches are the records of a Piece that its condition is true for.
type Matches struct {
	Places []RecordPlace // in no order
	Looked map[int32]Looked
	Unread int64 // records that do not fit the columns: they match nothing
	Bytes  int64 // of values that were read
}

// match is a statement over a Piece under way.
type match struct {
	Piece
	out Matches
}

func (m *match) note(src *topic.Source) {
	m.out.Looked, m.out.Unread, m.out.Bytes = src.Looked(), src.Report().Rejected, src.Bytes()
}

// matchHead stands on a line of its own, so that lines and columns of errors
// are those of the condition, a line further down.
const matchHead = "SELECT _partition, _offset, _timestamp FROM "

// Match finds records by a condition. Only that: a query in it, or anything of
// a statement behind it, is refused. Errors have their place in Where.
func (q *Query) Match(ctx context.Context, p Piece) (Matches, error) {
	m := &match{Piece: p}
	if p.Topic.Kind != Topic {
		return m.out, maru.Errorf(maru.Internal, "query: %s is no topic", p.Topic.Name)
	}
	r, err := q.Execute(ctx, Request{SQL: matchHead + maru.Quote(p.Topic.Name) + " WHERE\n" + p.Where, match: m})
	if err != nil {
		return m.out, inWhere(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return m.out, nil
		}
		if err != nil {
			return m.out, inWhere(err)
		}
		partitions, offsets, times := rec.Column(0).(*array.Int32), rec.Column(1).(*array.Int64), rec.Column(2).(*array.Timestamp)
		for i := range int(rec.NumRows()) {
			m.out.Places = append(m.out.Places, RecordPlace{partitions.Value(i), offsets.Value(i), times.Value(i).ToTime(arrow.Microsecond)})
		}
		rec.Release()
	}
}

// inWhere moves an error's place from the statement to the condition.
func inWhere(err error) error {
	var e *wire.Error
	if !errors.As(err, &e) || e.Line == 0 {
		return err
	}
	in := wire.Error{Kind: e.Kind, Message: e.Message}
	if e.Line > 1 {
		in.Line, in.Column = e.Line-1, e.Column
	}
	return in.Err()
}
