package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"maru"
	"maru/run"
)

// Address space of a worker beyond DuckDB's memory_limit: what Go and DuckDB
// reserve without using (1.6 GiB were measured with 2 threads, idle), and what a
// statement may need outside of DuckDB's accounting (margin).
const (
	baselineSpace  = 2 << 30
	perThreadSpace = 192 << 20 // a stack and an arena of the allocator
	marginSpace    = 1 << 30
)

const (
	idleMax      = 10 * time.Second // how long a worker beyond Warm is kept
	restAfter    = time.Minute      // without a statement: then none is kept, and the next one waits for a start
	startTimeout = 20 * time.Second
)

// worker is one place for a child process.
type worker struct {
	slot  int
	child *run.Child
	temp  string
	idle  time.Time // since when it has no work
}

// running says whether its process is there.
func (w *worker) running() bool {
	done := w.child.Done()
	if done == nil {
		return false
	}
	select {
	case <-done:
		return false
	default:
		return true
	}
}

// start makes sure that its process is there, with an empty spill directory.
func (w *worker) start(ctx context.Context) error {
	if w.running() {
		return nil
	}
	if err := os.RemoveAll(w.temp); err != nil {
		return fmt.Errorf("empty the spill directory of a worker: %w", err)
	}
	return w.child.Start(ctx)
}

// pool hands out workers, one to a statement.
type pool struct {
	cfg Config

	mu      sync.Mutex // guards what follows
	warm    []*worker  // without work; their processes run, as far as is known
	cold    []*worker  // without work and without a process
	waiting []chan *worker
	used    time.Time // when a worker was last wanted
	closed  bool
	wg      sync.WaitGroup // goroutines that start or stop a worker
}

func newPool(cfg Config) (*pool, error) {
	p := &pool{cfg: cfg, used: time.Now()}
	for _, dir := range []string{"run", "tmp"} {
		if err := os.MkdirAll(filepath.Join(cfg.DataDir, dir), 0o700); err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
	}
	for i := cfg.Workers; i >= 1; i-- {
		name := fmt.Sprintf("worker-%d", i)
		socket := filepath.Join(cfg.DataDir, "run", name+".sock")
		w := &worker{slot: i, temp: filepath.Join(cfg.DataDir, "tmp", name)}
		w.child = &run.Child{
			Name: name, Path: cfg.Executable, Socket: socket, PIDFile: filepath.Join(cfg.DataDir, "run", name+".pid"),
			Args: []string{"worker", "-socket", socket, "-memory", fmt.Sprint(cfg.WorkerMemory), "-threads", fmt.Sprint(cfg.Threads), "-temp", w.temp},
			// glibc would give every thread an arena of 64 MiB of address space,
			// also those of Go, of which there is no fixed number.
			Env:          []string{fmt.Sprintf("MALLOC_ARENA_MAX=%d", cfg.Threads+2)},
			AddressSpace: addressSpace(cfg), StartTimeout: startTimeout, Output: cfg.Output,
		}
		p.cold = append(p.cold, w)
	}
	return p, nil
}

func addressSpace(cfg Config) uint64 {
	return uint64(cfg.WorkerMemory) + baselineSpace + uint64(cfg.Threads)*perThreadSpace + marginSpace
}

// acquire gives a worker whose process runs.
func (p *pool) acquire(ctx context.Context) (*worker, error) {
	w, wait, err := p.takeOrWait()
	if err != nil {
		return nil, err
	}
	if w == nil {
		if w, err = p.await(ctx, wait); err != nil {
			return nil, err
		}
	}
	if err := w.start(ctx); err != nil {
		p.release(w)
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return w, nil
}

func (p *pool) takeOrWait() (*worker, chan *worker, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, maru.Errorf(maru.Unavailable, "the server is stopping")
	}
	p.used = time.Now()
	if n := len(p.warm); n > 0 {
		w := p.warm[n-1]
		p.warm = p.warm[:n-1]
		return w, nil, nil
	}
	if n := len(p.cold); n > 0 {
		w := p.cold[n-1]
		p.cold = p.cold[:n-1]
		return w, nil, nil
	}
	if len(p.waiting) >= p.cfg.QueueMax {
		return nil, nil, maru.Errorf(maru.Unavailable, "all %d workers are busy and %d statements wait: try again later", p.cfg.Workers, len(p.waiting))
	}
	ch := make(chan *worker, 1)
	p.waiting = append(p.waiting, ch)
	return nil, ch, nil
}

func (p *pool) await(ctx context.Context, ch chan *worker) (*worker, error) {
	timer := time.NewTimer(p.cfg.QueueTimeout)
	defer timer.Stop()
	var why error
	select {
	case w, ok := <-ch:
		if !ok {
			return nil, maru.Errorf(maru.Unavailable, "the server is stopping")
		}
		return w, nil
	case <-ctx.Done():
		why = ctx.Err()
	case <-timer.C:
		why = maru.Errorf(maru.Unavailable, "all %d workers have been busy for %s: try again later", p.cfg.Workers, p.cfg.QueueTimeout)
	}
	p.mu.Lock()
	i := slices.Index(p.waiting, ch)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 { // one was handed over just now
		if w, ok := <-ch; ok {
			p.release(w)
		}
	}
	return nil, why
}

// release takes a worker back; its process may be gone.
func (p *pool) release(w *worker) {
	w.idle = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 && !p.closed {
		ch := p.waiting[0]
		p.waiting = p.waiting[1:]
		ch <- w
		return
	}
	if w.running() {
		p.warm = append(p.warm, w)
	} else {
		p.cold = append(p.cold, w)
	}
	p.fillLocked()
}

// replace ends a worker's process and takes the place back.
func (p *pool) replace(w *worker) {
	w.child.Kill()
	p.release(w)
}

// fillLocked starts workers until Warm are ready.
func (p *pool) fillLocked() {
	if p.closed || len(p.warm) >= p.cfg.Warm || len(p.cold) == 0 || p.resting() {
		return
	}
	n := len(p.cold)
	w := p.cold[n-1]
	p.cold = p.cold[:n-1]
	p.wg.Add(1)
	run.Go("query warm", func() {
		defer p.wg.Done()
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		if err := w.start(ctx); err != nil {
			// Who needs it next meets the error again, and tells it. Not at
			// once: a worker that cannot start would be tried without end.
			p.mu.Lock()
			p.cold = append(p.cold, w)
			p.mu.Unlock()
			return
		}
		p.release(w)
	})
}

// keep has Warm workers ready until ctx ends, and lets go of those that have
// had no work for a while.
func (p *pool) keep(ctx context.Context) {
	tick := time.NewTicker(idleMax / 4)
	defer tick.Stop()
	for {
		p.mu.Lock()
		p.shrinkLocked()
		p.fillLocked()
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// resting says whether nobody has asked for long. Called with mu held.
func (p *pool) resting() bool { return time.Since(p.used) > restAfter }

// shrinkLocked stops workers beyond Warm, all when nobody has asked for long, and notices those that have died.
func (p *pool) shrinkLocked() {
	for i := 0; i < len(p.warm); {
		w := p.warm[i]
		alive := w.running()
		if alive && (len(p.warm) <= p.cfg.Warm && !p.resting() || time.Since(w.idle) < idleMax) {
			i++
			continue
		}
		p.warm = slices.Delete(p.warm, i, i+1)
		if !alive {
			p.cold = append(p.cold, w)
			continue
		}
		p.wg.Add(1)
		run.Go("query shrink", func() {
			defer p.wg.Done()
			w.child.Stop(context.Background())
			p.mu.Lock()
			defer p.mu.Unlock()
			p.cold = append(p.cold, w)
		})
	}
}

// close stops all workers that have no work; those that have are stopped by
// who has them. Nobody gets one any more.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, ch := range p.waiting {
		close(ch)
	}
	p.waiting = nil
	p.mu.Unlock()
	p.wg.Wait()
	p.mu.Lock()
	all := p.warm
	p.warm = nil
	p.cold = append(p.cold, all...)
	p.mu.Unlock()
	for _, w := range all {
		w.child.Stop(context.Background())
	}
}

// WorkerStatus is what people see of a worker.
type WorkerStatus struct {
	Slot int `json:"slot"`
	PID  int `json:"pid"`
}

// status lists the workers without work whose process runs.
func (p *pool) status() []WorkerStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []WorkerStatus
	for _, w := range p.warm {
		out = append(out, WorkerStatus{Slot: w.slot, PID: w.child.PID()})
	}
	return out
}
