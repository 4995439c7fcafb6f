package stream

import (
	"context"
	"errors"
	"flag"
	"log/slog"

	"maru/run"
	"maru/stream/internal/engine"
	"maru/stream/internal/serve"
)

// RunStreamer is the main of the child process that runs all continuous
// queries (`maru streamer`, started by serve). It ends when its parent does.
func RunStreamer(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("streamer", flag.ContinueOnError)
	socket := fs.String("socket", "", "where to listen")
	dir := fs.String("dir", "", "state files")
	temp := fs.String("temp", "", "spill and spool")
	bootstrap := fs.String("bootstrap", "", "the log")
	memory := fs.String("memory", "1GB", "memory of DuckDB")
	life := fs.String("life", "", "names this run of the server")
	threads := fs.Int("threads", 0, "threads of DuckDB, 0 = all cores")
	if err := fs.Parse(args); err != nil {
		return err
	}
	e, err := engine.Open(ctx, engine.Config{Dir: *dir, TempDir: *temp, Bootstrap: *bootstrap, Threads: *threads, MemoryLimit: *memory, Life: *life,
		Warn: func(err error) { slog.Warn("stream", "error", err, "statement", engine.Statement(err)) }})
	if err != nil {
		return err
	}
	return errors.Join(run.ServeChild(ctx, *socket, serve.Handler(e, *temp)), e.Close())
}
