package query

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"maru"
	"maru/run"
)

// Defaults of Config.
const (
	QueueMax     = 64
	QueueTimeout = 30 * time.Second
	Timeout      = 30 * time.Minute
	RowsMax      = 20_000_000
	BytesMax     = 4 << 30
	ParamsMax    = 1000
)

const (
	workerMemoryMin = 1 << 30
	workerMemoryMax = 8 << 30
	workersMax      = 256
)

// Config of the part. Only DataDir is needed; zero values take the defaults.
type Config struct {
	DataDir      string        // sockets, spill; no statement reads files in it
	ProjectDir   string        // a root for files; "" = none
	Executable   string        // of workers; "" = this program
	Bootstrap    string        // host:port of the broker; "" = no topics
	WorkerMemory int64         // DuckDB's memory_limit in bytes, 1 to 8 GiB by the machine
	Threads      int           // of one worker; the processors
	Workers      int           // at most; the processors
	Warm         int           // kept running between statements, until none has come for a minute; 1
	QueueMax     int           // statements that wait for a worker
	QueueTimeout time.Duration // how long one may wait
	Timeout      time.Duration // how long one may run, to its last row
	RowsMax      int64         // rows fetched of one topic or view
	BytesMax     int64         // and bytes
	Output       io.Writer     // of workers; nil = stderr
}

func (c Config) withDefaults() Config {
	cpus := runtime.NumCPU()
	orElse(&c.Threads, cpus)
	orElse(&c.Workers, cpus)
	orElse(&c.Warm, 1)
	orElse(&c.QueueMax, QueueMax)
	orElse(&c.QueueTimeout, QueueTimeout)
	orElse(&c.Timeout, Timeout)
	orElse(&c.RowsMax, RowsMax)
	orElse(&c.BytesMax, BytesMax)
	if c.WorkerMemory == 0 {
		c.WorkerMemory = workerMemory()
	}
	return c
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// workerMemory is a quarter of the machine's, within bounds.
func workerMemory() int64 {
	m, err := run.MachineMemory()
	if err != nil {
		return workerMemoryMin
	}
	return max(workerMemoryMin, min(workerMemoryMax, int64(m.Limit/4)))
}

// Validate says which value cannot be.
func (c Config) Validate() error {
	bad := func(key string, v any, want string) error {
		return maru.Errorf(maru.Invalid, "query.%s = %v: it must be %s", key, v, want)
	}
	switch {
	case c.DataDir == "":
		return bad("data_dir", `""`, "the data directory")
	case c.WorkerMemory < 64<<20:
		return bad("worker_memory", c.WorkerMemory, "at least 64 MiB")
	case c.Threads < 1 || c.Threads > 1024:
		return bad("threads", c.Threads, "1 to 1024")
	case c.Workers < 1 || c.Workers > workersMax:
		return bad("workers", c.Workers, fmt.Sprintf("1 to %d", workersMax))
	case c.Warm < 0 || c.Warm > c.Workers:
		return bad("warm", c.Warm, "0 to workers")
	case c.QueueMax < 1 || c.QueueTimeout <= 0 || c.Timeout <= 0:
		return bad("queue_max, queue_timeout, timeout", "0", "more than nothing")
	case c.RowsMax < 1 || c.BytesMax < 1:
		return bad("rows_max, bytes_max", "0", "more than nothing")
	}
	return nil
}
