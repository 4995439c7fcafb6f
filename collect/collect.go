package collect

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"maru"
	"maru/collect/internal/parse"
	"maru/collect/internal/tail"
	"maru/kafka"
	"maru/run"
)

const (
	// sourcesMax bounds how many logs one collector reads.
	sourcesMax = 1000
	// triesMax is how often a log that is read once is tried again in a row.
	triesMax = 5
	// memoryBatches bounds the bytes that full batches of all lanes of a window
	// may take together.
	memoryBatches = 16 << 20
)

// Collector brings the files of one Config into its topic.
type Collector struct {
	cfg        Config
	parse      parse.Options
	sink       Sink
	client     *kafka.Client // ours to close; nil when the sink was given
	clock      maru.Clock
	log        *slog.Logger
	crash      func(string)
	meter      meter
	running    atomic.Bool
	globs      []string // absolute
	parts      int32
	batchBytes int
	slots      chan *tail.Window   // who reads holds one
	pool       chan *kafka.Builder // free builders

	closing sync.WaitGroup // of writers that are closed while the next log is read

	mu      sync.Mutex // guards sources
	sources map[string]*source
}

// Open checks cfg and prepares a collector; nothing is read or dialed before
// Run.
func Open(_ context.Context, cfg Config, needs Needs) (*Collector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Collector{cfg: cfg.withDefaults(), sink: needs.Sink, clock: needs.Clock, log: needs.Logger, crash: needs.CrashPoint,
		sources: map[string]*source{}}
	if c.clock == nil {
		c.clock = maru.SystemClock
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.crash == nil {
		c.crash = func(string) {}
	}
	c.parse, _ = c.cfg.parseOptions() // Validate has looked at them
	for _, f := range cfg.Files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, invalid("files: %q: %w", f, err)
		}
		c.globs = append(c.globs, abs)
	}
	if c.sink == nil {
		client, err := kafka.NewClient(c.cfg.Bootstrap, kafka.WithClock(c.clock))
		if err != nil {
			return nil, err
		}
		c.client, c.sink = client, kafkaSink{client}
	}
	return c, nil
}

// Close frees what Open made; Run must have returned.
func (c *Collector) Close() error {
	if c.client != nil {
		c.client.Close()
	}
	return nil
}

// Run reads the files into the topic: until ctx ends when following, else
// until all have been read to their ends and every row has landed.
func (c *Collector) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return maru.Errorf(maru.Conflict, "collector %s is running already", c.cfg.Name)
	}
	defer c.running.Store(false)
	var err error
	if c.cfg.Follow {
		if err = c.follow(ctx); ctx.Err() != nil {
			err = nil
		}
	} else {
		err = c.once(ctx)
	}
	if err != nil {
		c.meter.failed(err.Error())
	}
	return err
}

// prepare makes the topics and the buffers.
func (c *Collector) prepare(ctx context.Context) error {
	configs := map[string]string{}
	if c.cfg.MaxLineBytes > MaxLineDefault {
		configs["max.message.bytes"] = strconv.Itoa(c.cfg.MaxLineBytes + valueSlack + batchBytes)
	}
	parts, err := c.sink.EnsureTopic(ctx, c.cfg.Topic, c.cfg.Partitions, configs)
	if err != nil {
		return err
	}
	if _, err := c.sink.EnsureTopic(ctx, c.cfg.Topic+RejectedSuffix, 1, configs); err != nil {
		return err
	}
	c.parts = parts
	c.batchBytes = batchBytes
	if c.cfg.Key != "" {
		c.batchBytes = min(batchBytes, max(16<<10, memoryBatches/int(parts)))
	}
	readers := min(max(runtime.GOMAXPROCS(0), 2), 4)
	lanes := 2
	if c.cfg.Key != "" {
		lanes = int(parts) + 1
	}
	c.slots = make(chan *tail.Window, readers)
	for range readers {
		c.slots <- nil
	}
	n := readers*lanes + 2*inFlightMax
	c.pool = make(chan *kafka.Builder, n)
	for range n {
		c.pool <- &kafka.Builder{}
	}
	return nil
}

// retry calls fn until it works, ctx ends or trying again is no use; tries
// bounds the failures in a row without progress (0: no bound).
func (c *Collector) retry(ctx context.Context, tries int, fn func() (progress bool, err error)) error {
	var wait run.Backoff
	for failures := 0; ; {
		progress, err := fn()
		if err == nil || ctx.Err() != nil || errors.Is(err, errClaimed) || !retryable(err) {
			return err
		}
		if progress {
			failures = 0
		}
		failures++
		if tries > 0 && failures >= tries {
			return err
		}
		c.meter.failed(err.Error())
		c.log.Warn("collector tries again", "collector", c.cfg.Name, "error", err)
		if err := wait.Sleep(ctx, failures); err != nil {
			return err
		}
	}
}

// once reads every log to its end, in the order of names. A log that cannot be
// read does not keep the others from being read.
func (c *Collector) once(ctx context.Context) error {
	bases, err := c.scan()
	if err != nil {
		return err
	}
	if len(bases) == 0 {
		return maru.Errorf(maru.NotFound, "no file matches %s: check the path, or follow to wait for it", quoteAll(c.cfg.Files))
	}
	if err := c.retry(ctx, triesMax, func() (bool, error) { return false, c.prepare(ctx) }); err != nil {
		return err
	}
	all := make([]*source, 0, len(bases))
	for _, base := range bases {
		c.add(base)
		all = append(all, c.sources[base])
	}
	defer func() {
		for _, s := range all {
			s.unused(ctx)
		}
		c.closing.Wait()
	}()
	return c.each(ctx, all)
}

// each reads logs one after another.
func (c *Collector) each(ctx context.Context, all []*source) error {
	var failed []error
	ahead := 1
	for i, s := range all {
		for ; ahead < min(len(all), i+1+aheadMax); ahead++ {
			all[ahead].openAhead(ctx)
		}
		err := c.retry(ctx, triesMax, func() (bool, error) {
			err := s.session(ctx)
			return s.moved, err
		})
		s.finished(err)
		var path *fs.PathError
		switch {
		case err == nil:
		case errors.As(err, &path):
			failed = append(failed, err)
		default:
			return errors.Join(append(failed, err)...)
		}
	}
	return errors.Join(failed...)
}

func (s *source) finished(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.Done = err == nil
	if err != nil {
		s.st.LastError = err.Error()
	}
}

func quoteAll(globs []string) string {
	var b []byte
	for i, g := range globs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendQuote(b, g)
	}
	return string(b)
}

// add makes a source for a log that is new; nil when it is known, or when
// there are too many.
func (c *Collector) add(base string) *source {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sources[base] != nil {
		return nil
	}
	s := newSource(c, base)
	c.sources[base] = s
	return s
}

// claimed says whether the file of a log that was never read is one that
// another log has read under its own name.
func (c *Collector) claimed(ctx context.Context, s *source) bool {
	c.mu.Lock()
	others := make([]*source, 0, len(c.sources))
	for _, o := range c.sources {
		if o != s {
			others = append(others, o)
		}
	}
	c.mu.Unlock()
	id, ok := tail.Identify(s.base)
	if !ok || !c.cfg.Follow {
		return false
	}
	for _, o := range others {
		select {
		case <-o.ready:
		case <-ctx.Done():
			return false
		}
		// Of two new names for one file the first is read.
		if o.owns(id) && (o.older() || o.base < s.base) {
			return true
		}
	}
	return false
}

// older says whether the source was read in an earlier session.
func (s *source) older() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumed
}

// matches says whether a glob names path.
func (c *Collector) matches(path string) bool {
	for _, g := range c.globs {
		if ok, _ := filepath.Match(g, path); ok || g == path { // Validate has checked the pattern
			return true
		}
	}
	return false
}

// scan lists the logs that the globs match now, by name.
func (c *Collector) scan() ([]string, error) {
	seen := map[string]bool{}
	var bases []string
	for _, g := range c.globs {
		paths := []string{g}
		if _, err := os.Lstat(g); err != nil {
			if paths, err = filepath.Glob(g); err != nil {
				return nil, invalid("files: %q: %w", g, err)
			}
		}
		tail.Order(paths)
		for _, p := range paths {
			fi, err := os.Stat(p)
			if err != nil || !fi.Mode().IsRegular() {
				continue
			}
			if b := tail.Base(p); !seen[b] {
				seen[b] = true
				bases = append(bases, b)
			}
		}
	}
	sortNames(bases)
	if len(bases) > sourcesMax {
		return nil, maru.Errorf(maru.TooLarge, "%s match %d logs: at most %d are allowed in one collector", quoteAll(c.cfg.Files), len(bases), sourcesMax)
	}
	return bases, nil
}
