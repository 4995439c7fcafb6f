package collect

import (
	"context"

	"maru/kafka"
)

// kafkaSink is the Sink that a client gives.
type kafkaSink struct{ c *kafka.Client }

func (s kafkaSink) EnsureTopic(ctx context.Context, name string, partitions int32, configs map[string]string) (int32, error) {
	t, err := s.c.EnsureTopic(ctx, name, partitions, configs)
	return int32(len(t.Partitions)), err
}

func (s kafkaSink) OpenWriter(ctx context.Context, id string, targets []kafka.Target) (Writer, error) {
	w, err := s.c.OpenWriter(ctx, kafka.WriterConfig{ID: id, Targets: targets})
	if err != nil {
		return nil, err
	}
	return w, nil
}
