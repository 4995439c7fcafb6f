package project

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"maru/run"
)

// Defaults of a Watcher.
const (
	DefaultDebounce = 200 * time.Millisecond
	DefaultPoll     = 2 * time.Second
)

// watchedFoldersMax bounds the folders that are watched for events; the poll
// sees the rest.
const watchedFoldersMax = 1000

// Watcher loads a project again when its files change. Events of the file
// system only wake it early: what counts is the listing it takes every Poll,
// so a file system without events is followed too.
type Watcher struct {
	Dir      string
	Debounce time.Duration // quiet time after an event; 0: DefaultDebounce
	Poll     time.Duration // 0: DefaultPoll
}

// Watch follows the project in dir with the default times until ctx ends.
// changed is called with the first state before anything else happens, then
// after every change, from one goroutine. A broken file's last good version
// stays in the Project; its problems are reported.
func Watch(ctx context.Context, dir string, changed func(*Project, []Problem)) error {
	return (&Watcher{Dir: dir}).Run(ctx, changed)
}

// Run is Watch with the Watcher's times.
func (w *Watcher) Run(ctx context.Context, changed func(*Project, []Problem)) error {
	abs, err := filepath.Abs(w.Dir)
	if err != nil {
		return fmt.Errorf("watch project %s: %w", w.Dir, err)
	}
	debounce, poll := w.Debounce, w.Poll
	if debounce <= 0 {
		debounce = DefaultDebounce
	}
	if poll <= 0 {
		poll = DefaultPoll
	}
	ev := openEvents()
	defer ev.close()
	var good history
	// The listing is taken before the load: what changes during the load is
	// seen as a change by the next one.
	listed := listing(abs)
	ev.follow(listed.folders)
	changed(good.load(abs))
	// Two timers: a file that never stops changing puts off only the first.
	quiet, tick := time.NewTimer(poll), time.NewTicker(poll)
	defer quiet.Stop()
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ev.wake:
			quiet.Reset(debounce)
			continue
		case <-quiet.C:
		case <-tick.C:
		}
		now := listing(abs)
		ev.follow(now.folders)
		if now.same(listed) {
			continue
		}
		listed = now
		changed(good.load(abs))
	}
}

// relevant leaves out the writes of logs and editors' scratch files.
func relevant(name string) bool {
	base := filepath.Base(name)
	ext := filepath.Ext(base)
	return !isScratch(base) && (isDefinition(ext) || ext == "")
}

// state is what a listing knows of the folder.
type state struct {
	files   []stamp
	folders []string
}

type stamp struct {
	file string
	size int64
	at   time.Time
}

func (s state) same(o state) bool {
	return slices.EqualFunc(s.files, o.files, func(a, b stamp) bool {
		return a.file == b.file && a.size == b.size && a.at.Equal(b.at)
	})
}

// listing stamps every file that a Load would read or complain of.
func listing(dir string) state {
	var s state
	seen := 0
	_ = filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return skipDir(d) // Load reports it
		}
		if seen++; seen > entriesMax {
			return fs.SkipAll
		}
		if d.IsDir() {
			rel, _ := filepath.Rel(dir, full)
			if full != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || strings.Count(rel, string(filepath.Separator)) >= depthMax) {
				return fs.SkipDir
			}
			s.folders = append(s.folders, full)
			return nil
		}
		if !isDefinition(filepath.Ext(full)) || isScratch(d.Name()) {
			return nil
		}
		if info, err := d.Info(); err == nil {
			s.files = append(s.files, stamp{full, info.Size(), info.ModTime()})
		}
		return nil
	})
	return s
}

// events are the file system's, as far as it has any.
type events struct {
	watcher *fsnotify.Watcher
	wake    chan struct{} // holds one: more events say nothing more
	done    chan struct{}
	watched map[string]bool
}

func openEvents() *events {
	e := &events{wake: make(chan struct{}, 1), done: make(chan struct{}), watched: map[string]bool{}}
	w, err := fsnotify.NewWatcher()
	if err != nil { // out of inotify instances: the poll is enough
		close(e.done)
		return e
	}
	e.watcher = w
	run.Go("project events", e.forward)
	return e
}

// forward ends when the watcher is closed.
func (e *events) forward() {
	defer close(e.done)
	for {
		select {
		case ev, ok := <-e.watcher.Events:
			if !ok {
				return
			}
			if ev.Op == fsnotify.Chmod || !relevant(ev.Name) {
				continue
			}
			select {
			case e.wake <- struct{}{}:
			default:
			}
		case _, ok := <-e.watcher.Errors:
			if !ok {
				return
			}
		}
	}
}

// follow watches folders, and no others.
func (e *events) follow(folders []string) {
	if e.watcher == nil {
		return
	}
	folders = folders[:min(len(folders), watchedFoldersMax)]
	for _, f := range folders {
		if !e.watched[f] && e.watcher.Add(f) == nil {
			e.watched[f] = true
		}
	}
	for f := range e.watched {
		if !slices.Contains(folders, f) {
			_ = e.watcher.Remove(f) // gone already, mostly
			delete(e.watched, f)
		}
	}
}

func (e *events) close() {
	if e.watcher != nil {
		_ = e.watcher.Close()
	}
	<-e.done
}
