package node

import (
	"context"
	"errors"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/dashboard"
	"maru/project"
	"maru/query"
	"maru/run"
	"maru/spec"
	"maru/stream"
	"maru/web"
)

// openDashboards makes the part, if there is a project.
func (n *node) openDashboards(ctx context.Context) (err error) {
	if n.cfg.ProjectDir == "" {
		return nil
	}
	n.dashboards, err = dashboard.Open(ctx, dashboard.Config{}, dashboard.Needs{DB: n.meta, SQL: &boardSQL{n}, Views: &boardViews{n},
		Files: &boardFiles{DashboardFiles: project.NewDashboardFiles(n.cfg.ProjectDir), n: n}, Log: n.log})
	return err
}

// noticeTimeout is for the noting of files that were changed on disk.
const noticeTimeout = 30 * time.Second

// noticeDashboards keeps versions of what was changed on disk.
func (n *node) noticeDashboards() {
	if n.dashboards == nil {
		return
	}
	run.Go("dashboard versions", func() {
		ctx, cancel := context.WithTimeout(context.Background(), noticeTimeout)
		defer cancel()
		if err := n.dashboards.Noticed(ctx); err != nil {
			n.log.Warn("versions of dashboards", "error", err)
		}
	})
}

// webDashboards is nil, not a nil inside an interface, without a project.
func (n *node) webDashboards() web.Dashboards {
	if n.dashboards == nil {
		return nil
	}
	return &boards{n.dashboards}
}

// boardSQL is query as dashboard wants it.
type boardSQL struct{ n *node }

// Run starts a statement.
func (b *boardSQL) Run(ctx context.Context, sql string, params []any, maxRows int64) (dashboard.Rows, error) {
	r, err := b.n.query.Execute(ctx, query.Request{SQL: sql, Dir: b.n.cfg.ProjectDir, Params: params, MaxRows: maxRows})
	if err != nil {
		return nil, place(err)
	}
	return &boardRows{r}, nil
}

type boardRows struct{ *query.Result }

// Next gives the next batch.
func (r *boardRows) Next() (arrow.RecordBatch, error) {
	rec, err := r.Result.Next()
	return rec, place(err)
}

// Reads are the views that were read.
func (r *boardRows) Reads() (views []string, others bool) {
	tables, others := r.Result.Reads()
	for _, t := range tables {
		if t.Kind == query.View {
			views = append(views, t.Name)
		} else {
			others = true
		}
	}
	return views, others
}

// boardViews is stream as dashboard wants it.
type boardViews struct{ n *node }

// States of all views and their sides.
func (b *boardViews) States(ctx context.Context) (map[string]dashboard.State, error) {
	all, err := b.n.stream.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]dashboard.State{}
	for _, st := range all {
		s := dashboard.State{Rows: st.Out}
		if st.Watermark != nil {
			s.Watermark = *st.Watermark
		}
		out[st.Name] = s
		out[sideName(st.Name, stream.Late)] = dashboard.State{Rows: st.Late}
		out[sideName(st.Name, stream.Rejected)] = dashboard.State{Rows: st.Rejected}
	}
	return out, nil
}

// boardFiles is the project as dashboard wants it.
type boardFiles struct {
	*project.DashboardFiles
	n *node
}

// Dashboards that are in force.
func (b *boardFiles) Dashboards() []spec.Dashboard { return b.n.folder.project().Dashboards }

// Problems of the files of dashboards.
func (b *boardFiles) Problems() (out []spec.Problem) {
	f := b.n.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.problems {
		if file, err := project.DashboardFile(strings.TrimSuffix(path.Base(p.File), path.Ext(p.File))); err == nil && strings.HasSuffix("/"+p.File, "/"+file) {
			out = append(out, p)
		}
	}
	return out
}

// File is where a new one goes.
func (b *boardFiles) File(name string) (string, error) { return project.DashboardFile(name) }

// Parse reads a text.
func (b *boardFiles) Parse(name string, text []byte) (spec.Dashboard, []spec.Problem) {
	return project.ParseDashboard(name, text)
}

// Make writes a new text.
func (b *boardFiles) Make(d spec.Dashboard) ([]byte, error) { return project.NewDashboard(d) }

// Edit changes a text.
func (b *boardFiles) Edit(old []byte, d spec.Dashboard) ([]byte, error) {
	return project.EditDashboard(old, d)
}

// boards is dashboard as web wants it.
type boards struct{ d *dashboard.Dashboards }

// newerBoard carries what is saved now to the HTTP answer.
type newerBoard struct {
	error
	now *dashboard.Newer
}

// Newer is what is saved now.
func (e *newerBoard) Newer() web.DashboardNewer {
	return web.DashboardNewer{ETag: e.now.ETag, Version: e.now.Version, Draft: e.now.Draft}
}

// Unwrap gives the kind.
func (e *newerBoard) Unwrap() error { return e.error }

func webBoard(s dashboard.Saved, err error) (web.DashboardSaved, error) {
	var newer *dashboard.Newer
	if errors.As(err, &newer) {
		err = &newerBoard{err, newer}
	}
	return web.DashboardSaved{Spec: s.Spec, ETag: s.ETag, Version: s.Version, Changed: s.Changed, By: s.By, Problems: s.Problems}, err
}

// List of all.
func (b *boards) List(ctx context.Context) ([]web.DashboardInfo, error) {
	all, err := b.d.List(ctx)
	out := make([]web.DashboardInfo, len(all))
	for i, s := range all {
		out[i] = web.DashboardInfo(s)
	}
	return out, err
}

// Dashboard is one.
func (b *boards) Dashboard(ctx context.Context, name string) (web.DashboardSaved, error) {
	return webBoard(b.d.Get(ctx, name))
}

// Save changes one.
func (b *boards) Save(ctx context.Context, by, name string, d spec.Dashboard, etag string) (web.DashboardSaved, error) {
	return webBoard(b.d.Save(ctx, by, name, d, etag))
}

// Create makes one.
func (b *boards) Create(ctx context.Context, by, name string, d spec.Dashboard) (web.DashboardSaved, error) {
	return webBoard(b.d.Create(ctx, by, name, d))
}

// Duplicate makes another.
func (b *boards) Duplicate(ctx context.Context, by, from string, as web.DashboardCopy) (web.DashboardSaved, error) {
	return webBoard(b.d.Duplicate(ctx, by, from, as.Name, as.Title))
}

// Delete removes one.
func (b *boards) Delete(ctx context.Context, name, etag string) error {
	return b.d.Delete(ctx, name, etag)
}

func webVersion(v dashboard.Version) web.DashboardVersion {
	return web.DashboardVersion{Version: v.Number, At: v.At, By: v.By, Kind: v.Kind, Tiles: v.Tiles, ETag: v.ETag}
}

// Versions of one.
func (b *boards) Versions(ctx context.Context, name string) ([]web.DashboardVersion, error) {
	all, err := b.d.Versions(ctx, name)
	out := make([]web.DashboardVersion, len(all))
	for i, v := range all {
		out[i] = webVersion(v)
	}
	return out, err
}

// Version is one, whole.
func (b *boards) Version(ctx context.Context, name string, number int) (web.DashboardVersionSpec, error) {
	v, said, problems, err := b.d.Version(ctx, name, number)
	return web.DashboardVersionSpec{DashboardVersion: webVersion(v), Spec: said, Problems: problems}, err
}

// Restore an earlier one.
func (b *boards) Restore(ctx context.Context, by, name string, number int) (web.DashboardSaved, error) {
	return webBoard(b.d.Restore(ctx, by, name, number))
}

// Data of the tiles.
func (b *boards) Data(ctx context.Context, name string, ask web.DashboardAsk) (web.DashboardData, error) {
	a, err := b.d.Data(ctx, dashboard.Ask{Name: name, Draft: ask.Spec, From: ask.From, To: ask.To, Filters: ask.Filters, Tiles: ask.Tiles, Choices: ask.Choices})
	if err != nil { // not a nil inside an interface
		return nil, err
	}
	return a, nil
}

// Live says how far everything is that one shows.
func (b *boards) Live(ctx context.Context, name string) (web.DashboardLive, error) {
	l, err := b.d.Live(ctx, name)
	return web.DashboardLive(l), err
}

// Annotations that touch a range.
func (b *boards) Annotations(ctx context.Context, from, to time.Time) ([]web.Annotation, error) {
	all, err := b.d.Annotations(ctx, from, to)
	out := make([]web.Annotation, len(all))
	for i, a := range all {
		out[i] = webAnnotation(a)
	}
	return out, err
}

func webAnnotation(a dashboard.Annotation) web.Annotation {
	return web.Annotation{ID: strconv.FormatInt(a.ID, 10), At: a.At, To: a.To, Text: a.Text, By: a.By}
}

// Annotate keeps one.
func (b *boards) Annotate(ctx context.Context, by string, a web.AnnotationNew) (web.Annotation, error) {
	kept, err := b.d.Annotate(ctx, dashboard.Annotation{At: a.At, To: a.To, Text: a.Text, By: by})
	return webAnnotation(kept), err
}

// Unannotate deletes one.
func (b *boards) Unannotate(ctx context.Context, id string) error {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return maru.Errorf(maru.NotFound, "there is no annotation %.50q", id)
	}
	return b.d.Unannotate(ctx, n)
}
