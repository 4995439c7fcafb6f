package collect

import (
	"context"
	"errors"
	"path/filepath"
	"sort"
	"time"

	"github.com/fsnotify/fsnotify"

	"maru/collect/internal/tail"
	"maru/run"
)

// watchesMax bounds the directories that are watched for hints; the others are
// polled only.
const watchesMax = 256

func sortNames(names []string) { sort.Strings(names) }

// follow keeps a goroutine for each log and looks for new logs.
func (c *Collector) follow(ctx context.Context) error {
	if err := c.retry(ctx, 0, func() (bool, error) { return false, c.prepare(ctx) }); err != nil {
		return err
	}
	g, ctx := run.NewGroup(ctx)
	h := newHints(c)
	g.Go("collect "+c.cfg.Name+" hints", h.run)
	g.Go("collect "+c.cfg.Name+" scan", func(ctx context.Context) error { return c.discover(ctx, g, h) })
	return g.Wait()
}

// discover starts a source for each log that appears.
func (c *Collector) discover(ctx context.Context, g *run.Group, h *hints) error {
	var said string
	for {
		bases, err := c.scan()
		if text := message(err); text != said {
			if said = text; text != "" {
				c.meter.failed(text)
				c.log.Warn("look for files", "collector", c.cfg.Name, "error", err)
			}
		}
		// All are added before the first starts: each asks the others whose a
		// file is.
		var fresh []*source
		for _, base := range bases {
			if s := c.add(base); s != nil {
				fresh = append(fresh, s)
			}
		}
		for _, s := range fresh {
			h.watch(filepath.Dir(s.base))
			g.Go("collect "+c.cfg.Name, func(ctx context.Context) error { return c.keep(ctx, s) })
		}
		if err := h.wait(ctx, c.cfg.Poll); err != nil {
			return err
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// keep follows one log through failures of the file system and the broker.
func (c *Collector) keep(ctx context.Context, s *source) error {
	defer s.settled()
	err := c.retry(ctx, 0, func() (bool, error) {
		err := s.session(ctx)
		s.finished(err)
		return s.moved, err
	})
	if errors.Is(err, errClaimed) {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.st.Done = true
		return nil
	}
	return err
}

// hints turns the file system's events into early looks. It is a help only:
// all is found by polling too.
type hints struct {
	c       *Collector
	w       *fsnotify.Watcher // nil where there is none
	watched map[string]bool
	created chan struct{} // holds one hint that a file appeared
}

func newHints(c *Collector) *hints {
	h := &hints{c: c, watched: map[string]bool{}, created: make(chan struct{}, 1)}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		c.log.Info("no file events, polling only", "error", err)
		return h
	}
	h.w = w
	for _, g := range c.globs {
		h.watch(filepath.Dir(g))
	}
	return h
}

// watch is called by the one who scans.
func (h *hints) watch(dir string) {
	if h.w == nil || h.watched[dir] || len(h.watched) >= watchesMax {
		return
	}
	if h.w.Add(dir) == nil { // a directory that cannot be watched is polled
		h.watched[dir] = true
	}
}

func (h *hints) run(ctx context.Context) error {
	if h.w == nil {
		return nil
	}
	defer h.w.Close()
	for {
		select {
		case e, ok := <-h.w.Events:
			if !ok {
				return nil
			}
			h.event(e)
		case _, ok := <-h.w.Errors: // an overflow: polling finds what was missed
			if !ok {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (h *hints) event(e fsnotify.Event) {
	if e.Has(fsnotify.Create) {
		hint(h.created)
	}
	if e.Op == fsnotify.Chmod {
		return
	}
	h.c.mu.Lock()
	s := h.c.sources[tail.Base(e.Name)]
	h.c.mu.Unlock()
	if s != nil {
		hint(s.wake)
	}
}

func hint(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// scanGap is the least time between two scans, so that a busy directory does
// not keep the scanner busy.
const scanGap = 20 * time.Millisecond

func (h *hints) wait(ctx context.Context, poll time.Duration) error {
	if err := run.Sleep(ctx, scanGap); err != nil {
		return err
	}
	t := time.NewTimer(max(poll-scanGap, time.Millisecond))
	defer t.Stop()
	select {
	case <-h.created:
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
