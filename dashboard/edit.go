package dashboard

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"maru"
	"maru/spec"
)

// freshFor is how long the project may take to see what was written here.
const freshFor = 10 * time.Second

// freshFile was written or removed here.
type freshFile struct {
	file string
	at   time.Time
}

// fileAt is the text of a dashboard's file, as it was read.
type fileAt struct {
	name, file, etag string
	text             []byte
}

// Saved is a dashboard as it is now.
type Saved struct {
	Spec     spec.Dashboard // of a file that is broken: its last good version
	ETag     string         // of the file's text
	Version  int
	Changed  time.Time
	By       string
	Problems []spec.Problem // of the file
}

// Info is one of a list.
type Info struct {
	Name         string
	Title, About spec.Text
	Tiles        int
	Changed      time.Time // zero: not known
	By           string
	Problem      string // the first of the file
}

// Newer is maru.Conflict: somebody was faster. What was wanted is kept as the
// version Draft.
type Newer struct {
	Why     string
	ETag    string // of the text now
	Version int
	Draft   int
}

func (e *Newer) Error() string { return e.Why }

// Unwrap gives the kind.
func (e *Newer) Unwrap() error { return maru.Errorf(maru.Conflict, "%s", e.Why) }

// read reads the file of the dashboard name.
func (d *Dashboards) read(name string) (fileAt, error) {
	at := fileAt{name: name}
	var err error
	if at.file, err = d.fileOf(name); err != nil {
		return at, noDashboard(name)
	}
	at.text, at.etag, err = d.needs.Files.Read(at.file)
	if maru.KindOf(err) == maru.NotFound {
		err = noDashboard(name)
	}
	return at, err
}

// fileOf is where the dashboard is, or would be.
func (d *Dashboards) fileOf(name string) (string, error) {
	if now, ok := d.find(name); ok {
		return now.File, nil
	}
	for _, p := range d.needs.Files.Problems() {
		if nameOf(p.File) == name {
			return p.File, nil
		}
	}
	return d.needs.Files.File(name)
}

func nameOf(file string) string { return strings.TrimSuffix(path.Base(file), path.Ext(file)) }

// shown is what a text says; for one that is broken what the last good one
// said, else what could be read of it.
func (d *Dashboards) shown(ctx context.Context, at fileAt) (spec.Dashboard, []spec.Problem, error) {
	said, problems := d.needs.Files.Parse(at.name, at.text)
	said.File = at.file
	if len(problems) == 0 {
		return said, nil, nil
	}
	if good, ok := d.find(at.name); ok {
		return good, problems, nil
	}
	all, err := d.Versions(ctx, at.name)
	if err != nil && maru.KindOf(err) != maru.NotFound {
		return said, problems, err
	}
	for _, v := range all {
		if v.Kind == KindRefused || v.ETag == at.etag {
			continue
		}
		if _, good, wrong, err := d.Version(ctx, at.name, v.Number); err == nil && len(wrong) == 0 {
			good.File = at.file
			return good, problems, nil
		}
	}
	return said.Normal(), problems, nil
}

// Get is a dashboard as it is now.
func (d *Dashboards) Get(ctx context.Context, name string) (Saved, error) {
	d.files.Lock()
	defer d.files.Unlock()
	at, err := d.read(name)
	if err != nil {
		return Saved{}, err
	}
	v, err := d.current(ctx, at)
	if err != nil {
		return Saved{}, err
	}
	return d.saved(ctx, at, v)
}

func (d *Dashboards) saved(ctx context.Context, at fileAt, v Version) (Saved, error) {
	said, problems, err := d.shown(ctx, at)
	return Saved{Spec: said, ETag: at.etag, Version: v.Number, Changed: v.At, By: v.By, Problems: problems}, err
}

// List gives all by name.
func (d *Dashboards) List(ctx context.Context) ([]Info, error) {
	latest, err := d.latest(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]spec.Dashboard{}
	for _, s := range d.needs.Files.Dashboards() {
		all[s.Name] = s
	}
	problems, look := map[string]string{}, d.stillFresh() // fresh: what the project does not know yet
	for _, p := range d.needs.Files.Problems() {
		look[nameOf(p.File)] = freshFile{}
	}
	for name := range look {
		delete(all, name)
		at, err := d.read(name)
		if err != nil {
			continue
		}
		said, wrong, err := d.shown(ctx, at)
		if err != nil {
			return nil, err
		}
		if all[name] = said; len(wrong) > 0 {
			problems[name] = wrong[0].Error()
		}
	}
	out := make([]Info, 0, len(all))
	for name, s := range all {
		v := latest[name]
		out = append(out, Info{Name: name, Title: s.Title, About: s.About, Tiles: len(s.Tiles), Changed: v.At, By: v.By, Problem: problems[name]})
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// touched remembers that the project has to read a dashboard anew.
func (d *Dashboards) touched(at fileAt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh[at.name] = freshFile{at.file, d.needs.Clock.Now()}
}

func (d *Dashboards) stillFresh() map[string]freshFile {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]freshFile{}
	now := d.needs.Clock.Now()
	for name, f := range d.fresh {
		if age := now.Sub(f.at); age < 0 || age > freshFor {
			delete(d.fresh, name)
			continue
		}
		out[name] = f
	}
	return out
}

// Save changes a dashboard's file, if its text is still that of etag; else it
// is a *Newer.
func (d *Dashboards) Save(ctx context.Context, by, name string, draft spec.Dashboard, etag string) (Saved, error) {
	if etag == "" {
		return Saved{}, maru.Errorf(maru.Invalid, "which text is to be changed is not said: send If-Match with the ETag that was read")
	}
	d.files.Lock()
	defer d.files.Unlock()
	at, err := d.read(name)
	if err != nil {
		return Saved{}, err
	}
	draft.Name, draft.File = name, at.file
	if err := refuse(draft); err != nil {
		return Saved{}, err
	}
	now, err := d.current(ctx, at)
	if err != nil {
		return Saved{}, err
	}
	if etag != at.etag {
		return Saved{}, d.newer(ctx, by, at, now, draft, "somebody else has changed the dashboard since you opened it")
	}
	text, err := d.needs.Files.Edit(at.text, draft)
	if maru.KindOf(err) == maru.Conflict {
		return Saved{}, d.newer(ctx, by, at, now, draft, err.Error())
	}
	if err != nil {
		return Saved{}, err
	}
	saved, err := d.put(ctx, at, text, KindSaved, by)
	if maru.KindOf(err) == maru.Conflict { // an editor outside came between
		if at, rerr := d.read(name); rerr == nil {
			if now, rerr = d.current(ctx, at); rerr == nil {
				return Saved{}, d.newer(ctx, by, at, now, draft, err.Error())
			}
		}
	}
	return saved, err
}

// refuse is maru.Invalid with the first problem.
func refuse(draft spec.Dashboard) error {
	problems := draft.Problems()
	if len(problems) == 0 {
		return nil
	}
	p := problems[0]
	text := p.Message
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	if n := len(problems) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return maru.Errorf(maru.Invalid, "%s", text)
}

// newer keeps what was wanted.
func (d *Dashboards) newer(ctx context.Context, by string, at fileAt, now Version, draft spec.Dashboard, why string) error {
	text, err := d.needs.Files.Edit(at.text, draft)
	if err != nil {
		if text, err = d.needs.Files.Make(draft); err != nil {
			return err
		}
	}
	v, err := d.note(ctx, fileAt{name: at.name, file: at.file, text: text}, KindRefused, by)
	if err != nil {
		return err
	}
	return &Newer{Why: fmt.Sprintf("%s; yours is kept as version %d", why, v.Number), ETag: at.etag, Version: now.Number, Draft: v.Number}
}

// put writes a text in the place of at and notes it. The caller holds files.
func (d *Dashboards) put(ctx context.Context, at fileAt, text []byte, kind, by string) (Saved, error) {
	etag, err := d.needs.Files.Write(at.file, at.etag, text)
	if err != nil {
		return Saved{}, err
	}
	changed := etag != at.etag
	at.text, at.etag = text, etag
	d.touched(at)
	var v Version
	if changed {
		v, err = d.note(ctx, at, kind, by)
	} else {
		v, err = d.current(ctx, at)
	}
	if err != nil {
		return Saved{}, err
	}
	return d.saved(ctx, at, v)
}

// Create makes a dashboard; without a name one is made from the title.
func (d *Dashboards) Create(ctx context.Context, by, name string, draft spec.Dashboard) (Saved, error) {
	d.files.Lock()
	defer d.files.Unlock()
	at, err := d.place(name, draft.Title)
	if err != nil {
		return Saved{}, err
	}
	draft.Name, draft.File = at.name, at.file
	if err := refuse(draft); err != nil {
		return Saved{}, err
	}
	text, err := d.needs.Files.Make(draft)
	if err != nil {
		return Saved{}, err
	}
	return d.put(ctx, at, text, KindSaved, by)
}

// Duplicate makes a dashboard that says the same, comments and all.
func (d *Dashboards) Duplicate(ctx context.Context, by, from, name string, title spec.Text) (Saved, error) {
	d.files.Lock()
	defer d.files.Unlock()
	source, err := d.read(from)
	if err != nil {
		return Saved{}, err
	}
	said, problems := d.needs.Files.Parse(from, source.text)
	if len(problems) > 0 {
		return Saved{}, maru.Errorf(maru.Conflict, "the file has to be mended first: %w", problems[0])
	}
	if title == (spec.Text{}) {
		title = copyOf(said.Title, from)
	}
	at, err := d.place(name, title)
	if err != nil {
		return Saved{}, err
	}
	said.Name, said.File, said.Title = at.name, at.file, title
	if err := refuse(said); err != nil {
		return Saved{}, err
	}
	text, err := d.needs.Files.Edit(source.text, said)
	if err != nil {
		return Saved{}, err
	}
	return d.put(ctx, at, text, KindSaved, by)
}

func copyOf(title spec.Text, name string) spec.Text {
	if title == (spec.Text{}) {
		title.All = name
	}
	add := func(s, what string) string {
		if s == "" {
			return ""
		}
		return s + what
	}
	return spec.Text{All: add(title.All, " (copy)"), En: add(title.En, " (copy)"), Ko: add(title.Ko, " (사본)")}
}

// place finds where a new dashboard goes; one that is there is maru.Conflict.
func (d *Dashboards) place(name string, title spec.Text) (fileAt, error) {
	if name != "" {
		if err := maru.CheckName(name); err != nil {
			return fileAt{}, maru.Errorf(maru.Invalid, "%v", err)
		}
		if d.taken(name) {
			return fileAt{}, maru.Errorf(maru.Conflict, "there is a dashboard %s already: choose another name", name)
		}
		file, err := d.needs.Files.File(name)
		return fileAt{name: name, file: file}, err
	}
	base := nameFrom(title.In("en"))
	for n := 1; n <= nameTriesMax; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		if !d.taken(name) {
			file, err := d.needs.Files.File(name)
			return fileAt{name: name, file: file}, err
		}
	}
	return fileAt{}, maru.Errorf(maru.Conflict, "%d dashboards are called %s: give this one a name", nameTriesMax, base)
}

func (d *Dashboards) taken(name string) bool {
	_, err := d.read(name)
	return maru.KindOf(err) != maru.NotFound
}

// nameFrom is a title in the letters of a name.
func nameFrom(title string) string {
	const room = 10 // for _2
	var b strings.Builder
	for _, c := range strings.ToLower(title) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() >= maru.NameMax-room {
			break
		}
	}
	if name := strings.Trim(b.String(), "_"); name != "" {
		return name
	}
	return "dashboard"
}

// Delete removes a dashboard's file; its versions stay. etag may be empty.
func (d *Dashboards) Delete(ctx context.Context, name, etag string) error {
	d.files.Lock()
	defer d.files.Unlock()
	at, err := d.read(name)
	if err != nil {
		return err
	}
	if _, err := d.current(ctx, at); err != nil { // so that it can be restored
		return err
	}
	if etag != "" && etag != at.etag {
		return maru.Errorf(maru.Conflict, "somebody else has changed the dashboard since you opened it: look at it again")
	}
	if err := d.needs.Files.Remove(at.file, at.etag); err != nil {
		return err
	}
	d.touched(at)
	return nil
}

// Restore makes the file say what it said in an earlier version; also one that
// was deleted. What it says now stays a version.
func (d *Dashboards) Restore(ctx context.Context, by, name string, number int) (Saved, error) {
	d.files.Lock()
	defer d.files.Unlock()
	v, said, problems, err := d.Version(ctx, name, number)
	if err != nil {
		return Saved{}, err
	}
	if len(problems) > 0 {
		return Saved{}, maru.Errorf(maru.Invalid, "version %d cannot be read as a dashboard: %w", number, problems[0])
	}
	at, err := d.read(name)
	switch {
	case maru.KindOf(err) == maru.NotFound:
		at = fileAt{name: name, file: v.file}
	case err != nil:
		return Saved{}, err
	default:
		if _, err := d.current(ctx, at); err != nil {
			return Saved{}, err
		}
	}
	saved, err := d.put(ctx, at, []byte(v.text), KindRestored, by)
	if err == nil {
		d.needs.Log.Info("dashboard restored", "dashboard", name, "version", number, "by", by, "tiles", len(said.Tiles))
	}
	return saved, err
}
