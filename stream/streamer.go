package stream

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"time"

	"maru"
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
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	began := time.Now()
	e, err := engine.Open(ctx, engine.Config{Dir: *dir, TempDir: *temp, Bootstrap: *bootstrap, Threads: *threads, MemoryLimit: *memory, Life: *life,
		Warn: func(err error) {
			slog.Warn("stream", "error", err, "statement", engine.Statement(err))
			left, limited := run.AddressSpaceLeft()
			if limited && left < spentBelow && time.Since(began) > spentAfter {
				end(maru.Errorf(maru.OutOfMemory, "the streamer may take only %d MiB more of address space and a stream has failed: it begins anew from the last commits. %w", left>>20, err))
			}
		}})
	if err != nil {
		return err
	}
	err = run.ServeChild(ctx, *socket, serve.Handler(e, *temp))
	if cause := context.Cause(ctx); err == nil && maru.KindOf(cause) == maru.OutOfMemory {
		err = cause
	}
	return errors.Join(err, e.Close())
}

// A streamer that cannot get memory stays as it is: what DuckDB and the
// allocator hold of its address space does not come back. So when a stream
// fails and less than spentBelow is left it ends in order, and the server starts
// another. Not within spentAfter of its start: then a fresh one would not help.
const (
	spentBelow = 256 << 20
	spentAfter = time.Minute
)
