package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"maru"
)

// Bounds of one project.
const (
	entriesMax  = 50_000 // files and folders that are looked at
	filesMax    = 10_000 // definitions
	depthMax    = 16     // folders inside folders
	problemsMax = 1_000
)

// Load reads the project in dir. A broken file keeps out only itself; the
// Project is nil only when the folder cannot be read at all.
func Load(dir string) (*Project, []Problem) { return load(dir, nil) }

// load is Load where some names have an owner already: name → file, as in
// Project.owners. A newcomer does not take a name from what runs.
func load(dir string, owners map[string]string) (*Project, []Problem) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, []Problem{{File: dir, Message: err.Error()}}
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return nil, []Problem{noFolder(dir, err)}
	}
	l := &loader{dir: abs, owners: map[string]string{}}
	set := l.settings()
	found, problems := scan(abs, set.ignore)
	l.problems = append(l.problems, problems...)
	p := &Project{Name: set.name, Dir: abs, TimeZone: set.timeZone, Broker: set.broker, Defaults: set.defaults}
	l.claim(found, owners)
	l.takeAll(p, found)
	sortProblems(l.problems)
	return p, l.problems[:min(len(l.problems), problemsMax)]
}

func noFolder(dir string, err error) Problem {
	switch {
	case err == nil:
		return Problem{File: dir, Message: "this is a file, not a project folder"}
	case errors.Is(err, fs.ErrNotExist):
		return Problem{File: dir, Message: "there is no such folder", Hint: "make a project with: maru init " + dir}
	}
	return Problem{File: dir, Message: err.Error()}
}

// loader keeps what one Load has met.
type loader struct {
	dir      string
	owners   map[string]string // nameKey → file
	problems []Problem
}

func (l *loader) settings() settings {
	set := newSettings(nameFor(filepath.Base(l.dir)))
	r := &reader{file: SettingsFile}
	text, err := readDefinition(filepath.Join(l.dir, SettingsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.fail(Pos{}, "make a project with: maru init "+l.dir, "there is no %s here", SettingsFile)
	case err != nil:
		r.fail(Pos{}, "", "%v", err)
	default:
		if text, ok := r.checkText(text); ok {
			r.settings(text, &set)
		}
	}
	l.problems = append(l.problems, r.problems...)
	return set
}

// nameFor makes a folder's name one that a project may have.
func nameFor(folder string) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '_'
	}, folder)
	name = strings.TrimLeft(name, "_0123456789")
	name = name[:min(len(name), maru.NameMax)]
	if name == "" {
		return "project"
	}
	return name
}

// scan finds the definitions below dir, by path.
func scan(dir string, ignore []string) (found []placed, problems []Problem) {
	seen := 0
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if full == dir {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(full, dir), string(filepath.Separator)))
		if err != nil {
			problems = append(problems, Problem{File: rel, Message: fmt.Sprintf("cannot be read: %v", cause(err))})
			return skipDir(d)
		}
		if seen++; seen > entriesMax {
			problems = append(problems, Problem{File: rel, Hint: "keep data outside of the project or name its folder in ignore:",
				Message: fmt.Sprintf("the project has more than %d files and folders, the rest is not read", entriesMax)})
			return fs.SkipAll
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || slices.Contains(ignore, rel) ||
				strings.Count(rel, "/") >= depthMax {
				return fs.SkipDir
			}
			return nil
		}
		p, problem := place(rel)
		switch {
		case problem.Message != "":
			problems = append(problems, problem)
		case p.file != "" && len(found) == filesMax:
			problems = append(problems, at1(rel, fmt.Sprintf("more than %d definitions, the rest is not read", filesMax), ""))
			return fs.SkipAll
		case p.file != "":
			found = append(found, p)
		}
		return nil
	})
	if err != nil {
		problems = append(problems, Problem{File: ".", Message: err.Error()})
	}
	return found, problems
}

func skipDir(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// claim gives the names that have an owner to it, if it is still there.
func (l *loader) claim(found []placed, owners map[string]string) {
	for _, f := range found {
		if owners[f.nameKey()] == f.file {
			l.owners[f.nameKey()] = f.file
		}
	}
}

// takeAll reads every definition into p, one kind after the other: where two
// have one name, the first kind keeps it.
func (l *loader) takeAll(p *Project, found []placed) {
	for _, k := range kinds {
		for _, f := range found {
			if f.kind == k {
				l.take(p, f)
			}
		}
	}
	p.sort()
}

func (l *loader) take(p *Project, f placed) {
	r := &reader{file: f.file}
	defer func() { l.problems = append(l.problems, r.problems...) }()
	if err := maru.CheckName(f.name); err != nil {
		r.fail(Pos{1, 1}, "the file's name is the object's name", "%v", err)
		return
	}
	if other, taken := l.owners[f.nameKey()]; taken && other != f.file {
		hint := "rename one of the two: SQL sees topics, streams and seeds together"
		if f.kind == collectorKind || f.kind == dashboardKind {
			hint = "rename one of the two"
		}
		r.fail(Pos{1, 1}, hint, "the name %s is taken by %s", f.name, other)
		return
	}
	l.owners[f.nameKey()] = f.file
	if f.kind == seedKind {
		l.takeSeed(p, f, r)
		return
	}
	text, err := readDefinition(filepath.Join(l.dir, filepath.FromSlash(f.file)))
	if err != nil {
		r.fail(Pos{}, "", "%v", err)
		return
	}
	if text, ok := r.checkText(text); ok {
		p.add(f, r, text)
	}
}

// add reads one definition and keeps it if it has no problem.
func (p *Project) add(f placed, r *reader, text []byte) {
	switch f.kind {
	case collectorKind:
		if c := r.collector(text, f.name, p.TimeZone); len(r.problems) == 0 {
			c.Name, c.File = f.name, f.file
			p.Collectors = append(p.Collectors, c)
		}
	case topicKind:
		if t := r.topic(text, p.Defaults); len(r.problems) == 0 {
			t.Name, t.File = f.name, f.file
			p.Topics = append(p.Topics, t)
		}
	case streamKind:
		if s := r.stream(text, f.name); len(r.problems) == 0 {
			s.Name, s.File = f.name, f.file
			p.Streams = append(p.Streams, s)
		}
	case dashboardKind:
		if d := r.dashboard(text); len(r.problems) == 0 {
			d.Name, d.File = f.name, f.file
			p.Dashboards = append(p.Dashboards, d)
		}
	}
}

func (l *loader) takeSeed(p *Project, f placed, r *reader) {
	head, whole, err := readHead(filepath.Join(l.dir, filepath.FromSlash(f.file)))
	if err != nil {
		r.fail(Pos{}, "", "%v", err)
		return
	}
	if r.seed(head, whole); len(r.problems) == 0 {
		p.Seeds = append(p.Seeds, Seed{Name: f.name, File: f.file})
	}
}

// readDefinition reads a whole file of at most definitionBytesMax.
func readDefinition(full string) ([]byte, error) {
	f, err := openRegular(full)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, definitionBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if len(text) > definitionBytesMax {
		return nil, fmt.Errorf("the file is larger than %d bytes: that is no definition", definitionBytesMax)
	}
	return text, nil
}

// readHead reads the start of a seed; whole says that it is all of it.
func readHead(full string) (head []byte, whole bool, err error) {
	f, err := openRegular(full)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if info.Size() > SeedBytesMax {
		return nil, false, fmt.Errorf("the seed has %d bytes, at most %d are allowed: send it to a topic with maru collect", info.Size(), SeedBytesMax)
	}
	head, err = io.ReadAll(io.LimitReader(f, seedHeaderMax))
	if err != nil {
		return nil, false, fmt.Errorf("cannot be read: %w", cause(err))
	}
	return head, int64(len(head)) == info.Size(), nil
}

// openRegular refuses pipes and devices: opening those could wait for ever.
func openRegular(full string) (*os.File, error) {
	info, err := os.Stat(full)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("this is not a regular file")
	}
	f, err := os.Open(full)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	return f, nil
}
