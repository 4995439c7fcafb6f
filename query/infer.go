package query

import (
	"context"

	"maru"
	"maru/query/internal/topic"
)

// Infer finds the columns of a topic's values in a sample of its records; none
// while it has no records.
func (q *Query) Infer(ctx context.Context, name string) (maru.Schema, error) {
	if q.kafka == nil {
		return nil, errNoBroker
	}
	return topic.Infer(ctx, q.kafka, name)
}
