package query

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"maru"
	"maru/query/internal/room"
	"maru/run"
)

// workerHeap is the soft limit of a worker's Go heap: what DuckDB holds is not
// in it, and batches pass through a few at a time.
const workerHeap = 256 << 20

// RunWorker is the main of a worker process (hidden verb "worker"). It serves
// the socket that args name until its parent is gone.
func RunWorker(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("worker", flag.ContinueOnError)
	socket := fs.String("socket", "", "unix socket to serve")
	memory := fs.Int64("memory", workerMemoryMin, "memory limit of DuckDB in bytes")
	threads := fs.Int("threads", 1, "threads of DuckDB")
	temp := fs.String("temp", "", "directory to spill to")
	if err := fs.Parse(args); err != nil {
		return maru.Errorf(maru.Invalid, "worker: %v", err)
	}
	if *socket == "" || *temp == "" {
		return maru.Errorf(maru.Invalid, "worker: -socket and -temp are needed; it is started by maru serve, not by hand")
	}
	debug.SetMemoryLimit(workerHeap)
	if err := os.MkdirAll(*temp, 0o700); err != nil {
		return fmt.Errorf("make the worker's spill directory: %w", err)
	}
	if err := confine(filepath.Dir(*socket), *temp); err != nil {
		slog.Warn("the worker is not confined by the kernel; DuckDB's own lock holds", "why", err)
	}
	srv, err := room.NewServer(ctx, room.Config{MemoryLimit: fmt.Sprintf("%dB", *memory), TempDir: *temp, Threads: *threads})
	if err != nil {
		return err
	}
	defer srv.Close()
	return run.ServeChild(ctx, *socket, srv)
}
