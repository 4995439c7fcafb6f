package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"maru"
	"maru/project"
	"maru/run"
	"maru/web"
)

// Sample is what the first steps put into an empty project.
type Sample struct {
	Files fs.FS
	Log   string // path in the project, with slashes, that a collector of Files follows
	// Write goes on with the log until ctx ends.
	Write func(ctx context.Context, file string) error
	View  string // one of Files that fills at once
	Board string // a dashboard of Files
}

// sampleMark stands beside the sample's log while that is to grow.
const sampleMark = "sample.txt"

const sampleMarkText = "While this file is here, the server that serves this project writes sample rows into the log beside it.\nRemove it, and they end.\n"

// sampleLook is how often the mark is looked for.
const sampleLook = time.Second

// firstSteps fills an empty project with sample data.
type firstSteps struct{ n *node }

// Start writes the files, and begins with the log.
func (s *firstSteps) Start(ctx context.Context) (web.SampleStarted, error) {
	n, sample := s.n, s.n.cfg.Sample
	if n.cfg.ProjectDir == "" || sample == nil {
		return web.SampleStarted{}, maru.Errorf(maru.Unavailable, "this server serves no project, so there is no folder for sample data: start it with --project DIR")
	}
	n.creating.Lock()
	defer n.creating.Unlock()
	all, err := (&topics{n}).Topics(ctx)
	if err != nil {
		return web.SampleStarted{}, err
	}
	if i := slices.IndexFunc(all, func(t web.Topic) bool { return !t.Internal }); i >= 0 {
		return web.SampleStarted{}, maru.Errorf(maru.Conflict, "there is a topic %s already: sample data is for a server that has none", all[i].Name)
	}
	files, err := project.AddSample(n.cfg.ProjectDir, sample.Files)
	if err != nil {
		return web.SampleStarted{}, err
	}
	mark := s.mark()
	if err := errors.Join(os.MkdirAll(filepath.Dir(mark), 0o755), os.WriteFile(mark, []byte(sampleMarkText), 0o644)); err != nil {
		return web.SampleStarted{}, err
	}
	if _, err := n.sup.Add(s.service()); err != nil && maru.KindOf(err) != maru.Conflict { // it runs already
		return web.SampleStarted{}, err
	}
	(&streams{n}).seen(ctx, sample.View)
	return web.SampleStarted{Files: append(files, path.Join(path.Dir(sample.Log), sampleMark)), View: sample.View, Dashboard: sample.Board}, nil
}

func (s *firstSteps) mark() string {
	return filepath.Join(s.n.cfg.ProjectDir, filepath.FromSlash(path.Dir(s.n.cfg.Sample.Log)), sampleMark)
}

// wanted says whether an earlier run has begun with a log that is to grow.
func (s *firstSteps) wanted() bool {
	if s.n.cfg.ProjectDir == "" || s.n.cfg.Sample == nil {
		return false
	}
	_, err := os.Lstat(s.mark())
	return err == nil
}

func (s *firstSteps) service() run.Service { return run.Service{Name: "sample log", Run: s.run} }

// run lets the log grow while its mark is there.
func (s *firstSteps) run(ctx context.Context) error {
	for {
		if s.wanted() {
			if err := s.grow(ctx); err != nil {
				return err
			}
		}
		if run.Sleep(ctx, sampleLook) != nil {
			return nil
		}
	}
}

func (s *firstSteps) grow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := run.NewGroup(ctx)
	g.Go("sample mark", func(ctx context.Context) error {
		defer cancel()
		for s.wanted() && run.Sleep(ctx, sampleLook) == nil {
		}
		return nil
	})
	g.Go("sample log", func(ctx context.Context) error {
		return s.n.cfg.Sample.Write(ctx, filepath.Join(s.n.cfg.ProjectDir, filepath.FromSlash(s.n.cfg.Sample.Log)))
	})
	return g.Wait()
}
