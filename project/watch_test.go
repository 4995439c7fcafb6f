package project_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"maru/project"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// change is one call of a watch.
type change struct {
	p        *project.Project
	problems []project.Problem
}

func watch(t *testing.T, dir string, w *project.Watcher) <-chan change {
	t.Helper()
	w.Dir = dir
	ctx, cancel := context.WithCancel(context.Background())
	ch, done := make(chan change), make(chan error, 1)
	go func() {
		done <- w.Run(ctx, func(p *project.Project, problems []project.Problem) {
			select {
			case ch <- change{p, problems}:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ch
}

// await takes changes until one is as wanted.
func await(t *testing.T, ch <-chan change, what string, ok func(change) bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	var last change
	for {
		select {
		case last = <-ch:
			if ok(last) {
				return
			}
		case <-limit:
			t.Fatalf("%s: not seen; last %+v %v", what, last.p, last.problems)
		}
	}
}

func streams(c change) string {
	var names []string
	for _, s := range c.p.Streams {
		names = append(names, s.Name+"="+strings.TrimSpace(s.SQL))
	}
	return strings.Join(names, " ")
}

func TestWatch(t *testing.T) {
	for name, w := range map[string]*project.Watcher{
		"events": {Debounce: 20 * time.Millisecond, Poll: time.Hour},
		"poll":   {Debounce: time.Hour, Poll: 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"maru.yaml": "", "streams/a.sql": "SELECT 1"})
			ch := watch(t, dir, w)
			await(t, ch, "first state", func(c change) bool { return streams(c) == "a=SELECT 1" })

			writeFiles(t, dir, map[string]string{"streams/b.sql": "SELECT 2"})
			await(t, ch, "new file", func(c change) bool { return streams(c) == "a=SELECT 1 b=SELECT 2" })

			writeFiles(t, dir, map[string]string{"streams/a.sql": "/* maru\nemitt: x */ SELECT 11"})
			await(t, ch, "broken file", func(c change) bool { return streams(c) == "a=SELECT 1 b=SELECT 2" && len(c.problems) == 1 })

			writeFiles(t, dir, map[string]string{"streams/a.sql": "SELECT 111"})
			await(t, ch, "mended file", func(c change) bool { return streams(c) == "a=SELECT 111 b=SELECT 2" && len(c.problems) == 0 })

			// A newcomer does not take the name of what runs.
			writeFiles(t, dir, map[string]string{"topics/a.yaml": ""})
			await(t, ch, "taken name", func(c change) bool {
				return len(c.p.Topics) == 0 && streams(c) == "a=SELECT 111 b=SELECT 2" && len(c.problems) == 1 && c.problems[0].File == "topics/a.yaml"
			})

			if err := os.Remove(filepath.Join(dir, "streams", "a.sql")); err != nil {
				t.Fatal(err)
			}
			await(t, ch, "removed file", func(c change) bool { return streams(c) == "b=SELECT 2" && len(c.p.Topics) == 1 })

			writeFiles(t, dir, map[string]string{"team/streams/c.sql": "SELECT 3"})
			await(t, ch, "new folder", func(c change) bool { return streams(c) == "b=SELECT 2 c=SELECT 3" })

			writeFiles(t, dir, map[string]string{"dashboards/d.yaml": "title: one"})
			await(t, ch, "new dashboard", func(c change) bool { return len(c.p.Dashboards) == 1 && len(c.problems) == 0 })
			writeFiles(t, dir, map[string]string{"dashboards/d.yaml": "titel: two"})
			await(t, ch, "broken dashboard", func(c change) bool {
				return len(c.p.Dashboards) == 1 && c.p.Dashboards[0].Title.All == "one" && len(c.problems) == 1
			})
			if err := os.Remove(filepath.Join(dir, "dashboards", "d.yaml")); err != nil {
				t.Fatal(err)
			}

			writeFiles(t, dir, map[string]string{"maru.yaml": "time_zone: nowhere/land"})
			await(t, ch, "broken settings", func(c change) bool { return c.p.TimeZone == "UTC" && len(c.problems) == 1 })
		})
	}
}

func TestWatchFolderGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	writeFiles(t, dir, map[string]string{"maru.yaml": "", "streams/a.sql": "SELECT 1"})
	ch := watch(t, dir, &project.Watcher{Debounce: 10 * time.Millisecond, Poll: 20 * time.Millisecond})
	await(t, ch, "first state", func(c change) bool { return streams(c) == "a=SELECT 1" })
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	await(t, ch, "folder gone", func(c change) bool { return streams(c) == "a=SELECT 1" && len(c.problems) > 0 })
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	await(t, ch, "folder back", func(c change) bool { return streams(c) == "a=SELECT 1" && len(c.problems) == 0 })
}

// FuzzLoad holds that no text of a definition panics, hangs, or gives a
// problem without a place.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"a: b", "/* maru\nemit: changes\n*/ SELECT 1", "files: [a]\nmultiline: {start: x}", "columns: {a: int}\ntime: a",
		"? a\n: b", "a: |\n  x\n", "a: &x 1\nb: *x", "<<: {a: 1}", "a,b\n1,2", "%YAML 1.2\n---\na: 1", "a: !!binary x", "{a: {b: [c, d]}}"} {
		f.Add(s)
	}
	kinds := []string{"maru.yaml", "collectors/a.yaml", "topics/b.yaml", "streams/c.sql", "seeds/d.csv", "dashboards/e.yaml"}
	dir := f.TempDir()
	for _, k := range kinds {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, k)), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range kinds {
			if err := os.WriteFile(filepath.Join(dir, k), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, problems := project.Load(dir)
		for _, p := range problems {
			if !slices.Contains(kinds, p.File) || p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("problem without a place: %+v", p)
			}
		}
	})
}
