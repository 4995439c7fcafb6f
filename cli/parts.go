package cli

import (
	"context"
	"io"
	"log/slog"

	"maru"
)

// serveOptions is what maru serve knows; runServe hands it to the node.
type serveOptions struct {
	ProjectDir string // absolute; empty: no project
	DataDir    string // absolute
	HTTPAddr   string
	KafkaAddr  string
	Version    string
	Log        *slog.Logger
	Out        io.Writer
	// Ready is called once everything listens.
	Ready func(httpAddr, kafkaAddr string)
}

// The programs behind serve, worker and streamer, where this build has them.
var (
	runServe    func(ctx context.Context, o serveOptions) error
	runWorker   func(ctx context.Context, args []string) error
	runStreamer func(ctx context.Context, args []string) error
)

func absent(what string) error {
	return maru.Errorf(maru.Unavailable, "this build of maru has no %s", what)
}
