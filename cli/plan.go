package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"maru/project"
	"maru/run"
	"maru/stream"
)

// Bounds of planning without a server.
const (
	planWithin    = 30 * time.Second
	planMemoryMiB = 512
)

// plannedProblems plans the streams of a project in a streamer of its own,
// whose log never answers: it reads and writes nothing. A stream over a topic
// whose columns are not declared cannot be planned so; skipped names those.
func plannedProblems(ctx context.Context, p *project.Project) (problems []project.Problem, skipped []string, err error) {
	set, skipped := planSet(p)
	if len(set.Streams) == 0 {
		return nil, skipped, nil
	}
	dir, err := os.MkdirTemp("", "maru-check-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	// Nobody accepts here. An address that refuses would make every stream fail
	// for that reason, beside those that cannot be planned.
	log, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	ctx, cancel := context.WithTimeout(ctx, planWithin)
	defer cancel()
	s, err := stream.Open(ctx, stream.Config{DataDir: dir, Bootstrap: log.Addr().String(), MemoryMiB: planMemoryMiB, Threads: 1})
	if err != nil {
		return nil, nil, err
	}
	g, _ := run.NewGroup(ctx)
	g.Go("check streamer", s.Run)
	all, err := planAll(ctx, s, set)
	// To end in order it would wait for its log, and nothing of it is kept.
	if child, findErr := os.FindProcess(s.PID()); s.PID() > 0 && findErr == nil {
		_ = child.Kill() // it may have ended
	}
	cancel()
	_ = g.Wait() // says that we ended it
	if err != nil {
		return nil, nil, fmt.Errorf("plan the streams: %w", err)
	}
	for _, st := range all {
		if st.Error != "" {
			problems = append(problems, fileProblem(set.Files[st.Name].Path, st.Error))
		}
	}
	return problems, skipped, nil
}

// planAll gives a streamer its streams once it answers; it has planned them
// when it takes them.
func planAll(ctx context.Context, s *stream.Stream, set stream.Set) ([]stream.Status, error) {
	for !s.Ready() {
		if err := run.Sleep(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
	if err := s.Apply(ctx, set); err != nil {
		return nil, err
	}
	return s.Status(ctx)
}

// planSet is what a server would give its streamer, without the streams that
// read what nobody has declared.
func planSet(p *project.Project) (set stream.Set, skipped []string) {
	set.Seeds, set.Files = map[string]string{}, map[string]stream.File{}
	for _, s := range p.Seeds {
		set.Seeds[s.Name] = filepath.Join(p.Dir, filepath.FromSlash(s.File))
	}
	open := map[string]bool{} // topics and streams whose columns are not known
	for _, c := range p.Collectors {
		open[c.Topic] = true
	}
	for _, s := range p.Streams {
		if s.Topic != "" {
			open[s.Topic] = true
		}
	}
	for _, t := range p.Topics {
		open[t.Name] = len(t.Columns) == 0
		if !open[t.Name] {
			set.Sources = append(set.Sources, stream.Source{Name: t.Name, Columns: t.Columns, Time: t.Time, Delay: t.Watermark, Idle: t.Idle})
		}
	}
	left := p.Streams
	for again := true; again; { // a stream over one that is left out is left out, too
		again = false
		var kept []project.Stream
		for _, s := range left {
			if readsOpen(s.SQL, open) {
				open[s.Name], again = true, true
				skipped = append(skipped, s.Name)
				continue
			}
			kept = append(kept, s)
		}
		left = kept
	}
	for _, s := range left {
		set.Streams = append(set.Streams, stream.Definition{Name: s.Name, SQL: s.SQL, Close: s.Emit == project.EmitWindowClose, TTL: s.TTL, Keep: s.Keep,
			Unbounded: s.State == "unbounded", Delay: s.Watermark, Idle: s.Idle, Topic: s.Topic})
		set.Files[s.Name] = stream.File{Path: s.File, Line: s.Line}
	}
	return set, skipped
}

// readsOpen says whether SQL names one of those; a word inside a text counts, too.
func readsOpen(sql string, open map[string]bool) bool {
	for name, is := range open {
		if is && strings.Contains(strings.ToLower(sql), strings.ToLower(name)) {
			return true
		}
	}
	return false
}
