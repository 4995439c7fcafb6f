package query

import (
	"context"

	"maru"
	"maru/query/internal/spool"
	"maru/query/internal/topic"
)

// Sample reads the newest n records of a topic, as evenly of its partitions as
// they have them, without a worker. columns are those of its values; the rows
// have them and then the topic's own but the value and the headers. Records that do
// not fit are left out. It fails when the newest have more than BytesMax.
func (q *Query) Sample(ctx context.Context, name string, columns maru.Schema, n int64) (Source, error) {
	if q.kafka == nil {
		return nil, errNoBroker
	}
	table := topic.Table(columns)
	var want []string
	for _, c := range table {
		if c.Name != topic.Value && c.Name != topic.Headers {
			want = append(want, c.Name)
		}
	}
	return topic.Open(ctx, q.kafka, topic.Scan{Topic: name, Table: table, Columns: want, Newest: n, RowsMax: q.cfg.RowsMax, BytesMax: q.cfg.BytesMax})
}

// KeepSource keeps the rows of a source that open gives, as Keep does those of
// a statement. Its ctx ends when the result is dropped.
func (k *Keeper) KeepSource(ctx context.Context, owner string, open func(ctx context.Context) (Source, error)) (*Kept, error) {
	return k.store.Start(ctx, owner, func(ctx context.Context) (spool.Source, error) {
		src, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return src, nil
	}, nil)
}
