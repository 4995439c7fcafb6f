package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
	"maru/project"
	"maru/run"
	"maru/stream"
	"maru/web"
)

// placedAt is an error with its place in the text that somebody sent.
type placedAt struct {
	err          error
	line, column int
	hint         string
}

func (p *placedAt) Error() string                          { return p.err.Error() }
func (p *placedAt) Place() (line, column int, hint string) { return p.line, p.column, p.hint }
func (p *placedAt) Unwrap() error                          { return p.err }

// Create writes a query into the project as a stream, once it can run as one.
func (s *streams) Create(ctx context.Context, in web.StreamNew) (web.StreamCreated, error) {
	p := s.n.folder.project()
	if p.Dir == "" {
		return web.StreamCreated{}, maru.Errorf(maru.Unavailable, "this server serves no project, so there is no folder for the view's file: start it with --project DIR")
	}
	if err := maru.CheckName(in.Name); err != nil {
		return web.StreamCreated{}, maru.Errorf(maru.Invalid, "%w", err)
	}
	// One at a time: two of one name would both find it free.
	s.n.creating.Lock()
	defer s.n.creating.Unlock()
	if err := s.nameIsFree(ctx, p, in.Name); err != nil {
		return web.StreamCreated{}, err
	}
	st, text, added, problems := project.NewStream(in.Name, in.SQL)
	if len(problems) > 0 {
		pr := problems[0]
		return web.StreamCreated{}, &placedAt{err: maru.Errorf(maru.Invalid, "%s", pr.Message), line: max(pr.Line-added, 0), column: pr.Column, hint: pr.Hint}
	}
	if err := s.plans(ctx, p, st, added); err != nil {
		return web.StreamCreated{}, err
	}
	file, err := project.AddStream(p.Dir, in.Name, text)
	if err != nil {
		return web.StreamCreated{}, err
	}
	s.seen(ctx, in.Name)
	return web.StreamCreated{Name: in.Name, File: file}, nil
}

// seenWithin is how long the folder may take to find a new file.
const seenWithin = 5 * time.Second

// seen waits until the project has a stream, so that whoever made it finds it.
func (s *streams) seen(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	for !slices.ContainsFunc(s.n.folder.project().Streams, func(o project.Stream) bool { return o.Name == name }) {
		if run.Sleep(ctx, 20*time.Millisecond) != nil {
			return // it is on disk, and found later
		}
	}
}

// nameIsFree is maru.Conflict when SQL would find something else by the name.
func (s *streams) nameIsFree(ctx context.Context, p *project.Project, name string) error {
	taken := func(what, by string) error {
		return maru.Errorf(maru.Conflict, "the name %s is taken by the %s %s: choose another one", name, what, by)
	}
	for _, o := range p.Streams {
		for _, side := range []string{"", stream.Late, stream.Rejected} {
			if sideName(o.Name, side) == name || sideName(name, side) == o.Name {
				return taken("stream", o.File)
			}
		}
	}
	for _, o := range p.Seeds {
		if o.Name == name {
			return taken("seed", o.File)
		}
	}
	for _, o := range p.Topics {
		if o.Name == name {
			return taken("topic", o.File)
		}
	}
	switch _, err := s.n.kafka.Topic(ctx, name); {
	case err == nil:
		return taken("topic", name)
	case maru.KindOf(err) != maru.NotFound:
		return err
	}
	return nil
}

// plans says whether a stream could run beside the others of the project. The
// place of an error is moved up by the lines that were added in front.
func (s *streams) plans(ctx context.Context, p *project.Project, st project.Stream, added int) error {
	with := *p
	with.Streams = append(slices.Clone(p.Streams), st)
	set, waiting, err := s.n.folder.streams(ctx, &with)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(set.Streams, func(d stream.Definition) bool { return d.Name == st.Name }) {
		return maru.Errorf(maru.Invalid, "the view cannot be planned yet: %s", strings.Join(waiting, "; "))
	}
	err = s.n.stream.Plan(ctx, set, st.Name)
	var at *stream.PlanError
	if !errors.As(err, &at) {
		return err
	}
	lines := strings.Split(st.SQL, "\n")
	out := &placedAt{err: err, line: max(at.Line+st.Line-1-added, 1), column: at.Column}
	if at.Line <= len(lines) && at.Column > 0 && at.Column-1 <= len(lines[at.Line-1]) {
		out.column = 1 + utf8.RuneCountInString(lines[at.Line-1][:at.Column-1])
	}
	return out
}
