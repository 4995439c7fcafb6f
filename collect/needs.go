package collect

import (
	"context"
	"log/slog"

	"maru"
	"maru/kafka"
)

// Sink is where rows go: a Kafka cluster.
type Sink interface {
	// EnsureTopic makes a topic if there is none, and says how many partitions
	// it has.
	EnsureTopic(ctx context.Context, name string, partitions int32, configs map[string]string) (int32, error)
	// OpenWriter opens the one live writer called id.
	OpenWriter(ctx context.Context, id string, targets []kafka.Target) (Writer, error)
}

// Writer lands batches with a position, each exactly once. Targets are named
// by their index in OpenWriter.
type Writer interface {
	// Landed is the position of the last batch that is in the target for good.
	Landed(target int) (position []byte, ok bool)
	// Mark is what Landed gives until something lands in the target.
	Mark(ctx context.Context, target int, position []byte) error
	// Send lands b's records, in the order of the calls; the channel gives one
	// result. The builder must be left alone until then.
	Send(ctx context.Context, target int, b *kafka.Builder, position []byte) <-chan error
	Close(ctx context.Context) error
}

// Needs are what a collector uses.
type Needs struct {
	Sink   Sink         // nil: a kafka.Client of Config.Bootstrap
	Clock  maru.Clock   // nil: the machine's
	Logger *slog.Logger // nil: slog.Default()
	// CrashPoint is called with the name of each of CrashPoints when it is
	// passed, from any goroutine of the collector; nil does nothing.
	CrashPoint func(name string)
}
