package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"maru"
	"maru/spec"
	"maru/web/internal/api"
)

// Dashboards are those of the project, and what their tiles show.
type Dashboards interface {
	List(ctx context.Context) ([]DashboardInfo, error)
	Dashboard(ctx context.Context, name string) (DashboardSaved, error)
	// Save fails with a NewerDashboard when etag is no longer that of the file.
	Save(ctx context.Context, by, name string, d spec.Dashboard, etag string) (DashboardSaved, error)
	// Create makes a name from the title when it is not given.
	Create(ctx context.Context, by, name string, d spec.Dashboard) (DashboardSaved, error)
	Duplicate(ctx context.Context, by, from string, as DashboardCopy) (DashboardSaved, error)
	Delete(ctx context.Context, name, etag string) error
	Versions(ctx context.Context, name string) ([]DashboardVersion, error)
	Version(ctx context.Context, name string, version int) (DashboardVersionSpec, error)
	Restore(ctx context.Context, by, name string, version int) (DashboardSaved, error)
	Data(ctx context.Context, name string, ask DashboardAsk) (DashboardData, error)
	// Live is what the topic dashboards/NAME tells.
	Live(ctx context.Context, name string) (DashboardLive, error)
	Annotations(ctx context.Context, from, to time.Time) ([]Annotation, error)
	Annotate(ctx context.Context, by string, a AnnotationNew) (Annotation, error)
	Unannotate(ctx context.Context, id string) error
}

// DashboardData writes itself as a DashboardAnswer.
type DashboardData interface {
	WriteJSON(w io.Writer) error
}

// NewerDashboard is an error that has what is saved now, and where that which
// was refused is kept.
type NewerDashboard interface {
	error
	Newer() DashboardNewer
}

// DashboardNewer is the answer of a PUT that came too late, beside its error.
type DashboardNewer struct {
	ETag    string `json:"etag" doc:"Of the text now"`
	Version int    `json:"version" doc:"Of the text now"`
	Draft   int    `json:"draft" doc:"The version as which the refused one is kept"`
}

// DashboardInfo is one entry of GET /api/dashboards.
type DashboardInfo struct {
	Name    string    `json:"name"`
	Title   spec.Text `json:"title"`
	About   spec.Text `json:"about,omitzero"`
	Tiles   int       `json:"tiles"`
	Changed time.Time `json:"changed,omitzero"`
	By      string    `json:"by,omitempty" doc:"Who changed it; missing when the file was changed on disk"`
	Problem string    `json:"problem,omitempty" doc:"What is wrong with its file"`
}

// DashboardList is the answer of GET /api/dashboards.
type DashboardList struct {
	Dashboards []DashboardInfo `json:"dashboards"`
}

// DashboardSaved is a dashboard as it is now.
type DashboardSaved struct {
	Spec     spec.Dashboard `json:"spec" doc:"Of a file that is broken: its last good version"`
	ETag     string         `json:"etag" doc:"For If-Match"`
	Version  int            `json:"version"`
	Changed  time.Time      `json:"changed"`
	By       string         `json:"by,omitempty" doc:"Missing when the file was changed on disk"`
	Problems []spec.Problem `json:"problems" doc:"Of the file"`
}

// DashboardPut is the body of PUT /api/dashboards/{name}.
type DashboardPut struct {
	Spec spec.Dashboard `json:"spec"`
}

// DashboardNew is the body of POST /api/dashboards.
type DashboardNew struct {
	Name string         `json:"name,omitempty" doc:"Made from the title when it is missing"`
	Spec spec.Dashboard `json:"spec"`
}

// DashboardCopy is the body of POST /api/dashboards/{name}/duplicate.
type DashboardCopy struct {
	Name  string    `json:"name,omitempty"`
	Title spec.Text `json:"title,omitzero"`
}

// DashboardVersion is what the file said once, or should have said.
type DashboardVersion struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`
	Kind    string    `json:"kind" enum:"saved,file,refused,restored"`
	Tiles   int       `json:"tiles"`
	ETag    string    `json:"etag,omitempty" doc:"Of its text; missing when it was refused"`
}

// DashboardVersionList is the answer of GET /api/dashboards/{name}/versions.
type DashboardVersionList struct {
	Versions []DashboardVersion `json:"versions" doc:"Newest first"`
}

// DashboardVersionSpec is one of them, whole.
type DashboardVersionSpec struct {
	DashboardVersion
	Spec     spec.Dashboard `json:"spec"`
	Problems []spec.Problem `json:"problems"`
}

// DashboardLive is what the live topic dashboards/NAME tells.
type DashboardLive struct {
	ETag  string           `json:"etag"`
	Views map[string]int64 `json:"views" doc:"rows_out of each view that it may read"`
}

// DashboardAsk is the body of POST /api/dashboards/{name}/data.
type DashboardAsk struct {
	From    time.Time          `json:"from"`
	To      time.Time          `json:"to"`
	Filters map[string]*string `json:"filters,omitempty" doc:"null or empty: nothing is chosen; one that is missing has its default"`
	Tiles   []string           `json:"tiles,omitempty" doc:"Ids; missing: all"`
	Choices bool               `json:"choices,omitempty" doc:"Of the filters, too"`
	Spec    *spec.Dashboard    `json:"spec,omitempty" doc:"A draft in place of what is saved; for editors"`
}

// DashboardAnswer is what a DashboardData writes.
type DashboardAnswer struct {
	From         time.Time            `json:"from"`
	To           time.Time            `json:"to"`
	StepMS       int64                `json:"step_ms"`
	Choices      map[string][]string  `json:"choices,omitempty"`
	ChoiceErrors map[string]ErrorInfo `json:"choice_errors,omitempty"`
	Tiles        []TileAnswer         `json:"tiles" doc:"Those with SQL"`
}

// TileAnswer is one tile's.
type TileAnswer struct {
	ID        string       `json:"id"`
	StepMS    int64        `json:"step_ms,omitempty"`
	Columns   []TileColumn `json:"columns"`
	Values    [][]any      `json:"values" doc:"By column. A time is ms since 1970; a number that JSON has not exactly is a text"`
	Rows      int          `json:"rows"`
	Truncated bool         `json:"truncated"`
	Compare   *TileCompare `json:"compare,omitempty"`
	Usual     *TileUsual   `json:"usual,omitempty"`
	MS        int64        `json:"ms"`
	Cached    bool         `json:"cached"`
	DataAt    time.Time    `json:"data_at,omitzero" doc:"When this was known to be right"`
	Reads     []string     `json:"reads,omitempty" doc:"Views"`
	Error     *ErrorInfo   `json:"error,omitempty"`
}

// TileColumn is a column of a tile.
type TileColumn struct {
	Name string `json:"name"`
	Type string `json:"type" enum:"time,number,text,bool,other"`
}

// TileCompare is the tile as of shift_ms ago, with the times of then.
type TileCompare struct {
	Columns []TileColumn `json:"columns"`
	Values  [][]any      `json:"values"`
	Rows    int          `json:"rows"`
	ShiftMS int64        `json:"shift_ms"`
}

// TileUsual is what is usual at each time of x; null where too few days say.
type TileUsual struct {
	X    []int64    `json:"x"`
	Low  []*float64 `json:"low"`
	High []*float64 `json:"high"`
}

type (
	dashboardName struct {
		Name string `path:"name"`
	}
	dashboardVersion struct {
		Name    string `path:"name"`
		Version int    `path:"version"`
	}
	taggedDashboard struct {
		ETag string `header:"ETag"`
		Body DashboardSaved
	}
)

func (s *Server) dashboards() (Dashboards, error) {
	if s.needs.Dashboards == nil {
		return nil, maru.Errorf(maru.Unavailable, "there are no dashboards without a project: start maru with --project")
	}
	return s.needs.Dashboards, nil
}

func (s *Server) dashboardEndpoints(e *api.Endpoints) {
	e.Words(spec.Text{})
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: "/api/dashboards" + path, ID: id, Summary: summary, Tag: "dashboards", Role: role, Produces: []string{TypeJSON}}
	}
	register(s, e, op("GET", "", "listDashboards", "Dashboards", api.Viewer), func(ctx context.Context, _ *none) (*body[DashboardList], error) {
		if s.needs.Dashboards == nil {
			return &body[DashboardList]{DashboardList{[]DashboardInfo{}}}, nil
		}
		all, err := s.needs.Dashboards.List(ctx)
		return &body[DashboardList]{DashboardList{orEmpty(all)}}, err
	})
	register(s, e, op("GET", "/{name}", "getDashboard", "A dashboard, with its ETag", api.Viewer), func(ctx context.Context, i *dashboardName) (*taggedDashboard, error) {
		d, err := s.dashboards()
		if err != nil {
			return nil, err
		}
		saved, err := d.Dashboard(ctx, i.Name)
		saved.Problems = orEmpty(saved.Problems)
		return &taggedDashboard{quoteTag(saved.ETag), saved}, err
	})
	o := op("POST", "", "createDashboard", "Make a dashboard: its file is written", api.Editor)
	o.Status, o.Body, o.Answer = http.StatusCreated, DashboardNew{}, DashboardSaved{}
	e.Raw(o, s.createDashboard)
	o = op("PUT", "/{name}", "saveDashboard", "Change a dashboard's file; with another's change 409 and both are kept", api.Editor)
	o.Body, o.Answer = DashboardPut{}, DashboardSaved{}
	e.Raw(o, s.saveDashboard)
	o = op("DELETE", "/{name}", "deleteDashboard", "Delete a dashboard's file; its versions stay", api.Editor)
	o.Status = http.StatusNoContent
	e.Raw(o, s.deleteDashboard)
	o = op("POST", "/{name}/duplicate", "duplicateDashboard", "Make another that says the same", api.Editor)
	o.Status, o.Body, o.Answer = http.StatusCreated, DashboardCopy{}, DashboardSaved{}
	e.Raw(o, s.duplicateDashboard)
	o = op("POST", "/{name}/data", "dashboardData", "What the tiles show, all at once", api.Viewer)
	o.Body, o.Answer, o.Stream = DashboardAsk{}, DashboardAnswer{}, true // each statement has its own limit
	e.Raw(o, s.dashboardData)
	s.versionEndpoints(e, op)
}

func (s *Server) versionEndpoints(e *api.Endpoints, op func(method, path, id, summary string, role api.Role) api.Op) {
	register(s, e, op("GET", "/{name}/versions", "listDashboardVersions", "The newest versions", api.Viewer), func(ctx context.Context, i *dashboardName) (*body[DashboardVersionList], error) {
		return asked(s.dashboards, func(d Dashboards) (DashboardVersionList, error) {
			all, err := d.Versions(ctx, i.Name)
			return DashboardVersionList{orEmpty(all)}, err
		})
	})
	register(s, e, op("GET", "/{name}/versions/{version}", "getDashboardVersion", "One version, whole", api.Viewer), func(ctx context.Context, i *dashboardVersion) (*body[DashboardVersionSpec], error) {
		return asked(s.dashboards, func(d Dashboards) (DashboardVersionSpec, error) {
			v, err := d.Version(ctx, i.Name, i.Version)
			v.Problems = orEmpty(v.Problems)
			return v, err
		})
	})
	register(s, e, op("POST", "/{name}/versions/{version}/restore", "restoreDashboard", "Make the file say what it said then", api.Editor), func(ctx context.Context, i *dashboardVersion) (*taggedDashboard, error) {
		d, err := s.dashboards()
		if err != nil {
			return nil, err
		}
		saved, err := d.Restore(ctx, principalOf(ctx).ID, i.Name, i.Version)
		saved.Problems = orEmpty(saved.Problems)
		return &taggedDashboard{quoteTag(saved.ETag), saved}, err
	})
}

func writeDashboard(w http.ResponseWriter, status int, saved DashboardSaved) {
	saved.Problems = orEmpty(saved.Problems)
	w.Header().Set("ETag", quoteTag(saved.ETag))
	api.WriteJSON(w, status, saved)
}

func (s *Server) createDashboard(w http.ResponseWriter, r *http.Request) error {
	var in DashboardNew
	if err := readBody(r, &in, false); err != nil {
		return err
	}
	d, err := s.dashboards()
	if err != nil {
		return err
	}
	saved, err := d.Create(r.Context(), principalOf(r.Context()).ID, in.Name, in.Spec)
	if err == nil {
		writeDashboard(w, http.StatusCreated, saved)
	}
	return err
}

func (s *Server) saveDashboard(w http.ResponseWriter, r *http.Request) error {
	var in DashboardPut
	if err := readBody(r, &in, false); err != nil {
		return err
	}
	d, err := s.dashboards()
	if err != nil {
		return err
	}
	saved, err := d.Save(r.Context(), principalOf(r.Context()).ID, r.PathValue("name"), in.Spec, unquoteTag(r.Header.Get("If-Match")))
	var newer NewerDashboard
	if errors.As(err, &newer) {
		now := newer.Newer()
		w.Header().Set("ETag", quoteTag(now.ETag))
		api.WriteJSON(w, http.StatusConflict, struct {
			ErrorBody
			DashboardNewer
		}{ErrorBody{Error: api.InfoOf(err)}, now})
		return nil
	}
	if err == nil {
		writeDashboard(w, http.StatusOK, saved)
	}
	return err
}

func (s *Server) deleteDashboard(w http.ResponseWriter, r *http.Request) error {
	d, err := s.dashboards()
	if err != nil {
		return err
	}
	if err := d.Delete(r.Context(), r.PathValue("name"), unquoteTag(r.Header.Get("If-Match"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) duplicateDashboard(w http.ResponseWriter, r *http.Request) error {
	var in DashboardCopy
	if err := readBody(r, &in, true); err != nil {
		return err
	}
	d, err := s.dashboards()
	if err != nil {
		return err
	}
	saved, err := d.Duplicate(r.Context(), principalOf(r.Context()).ID, r.PathValue("name"), in)
	if err == nil {
		writeDashboard(w, http.StatusCreated, saved)
	}
	return err
}

func (s *Server) dashboardData(w http.ResponseWriter, r *http.Request) error {
	var in DashboardAsk
	if err := readBody(r, &in, false); err != nil {
		return err
	}
	if who := principalOf(r.Context()); in.Spec != nil && !api.Editor.Allows(who) {
		return maru.Errorf(maru.Denied, "%s may not try SQL in a dashboard that is not saved: that needs the role %s", who.ID, api.Editor)
	}
	d, err := s.dashboards()
	if err != nil {
		return err
	}
	data, err := d.Data(r.Context(), r.PathValue("name"), in)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", TypeJSON)
	return data.WriteJSON(w)
}
