package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/web/internal/api"
	"maru/web/internal/param"
)

// Bounds of kept results.
const (
	checkTimeout  = 10 * time.Second // for one look at a statement
	resultWaitMax = 20 * time.Second // for rows that somebody waits for
	startWaitMax  = 100 * time.Millisecond
)

// ResultRequest is the body of POST /api/results.
type ResultRequest struct {
	SQL     string         `json:"sql"`
	Params  map[string]any `json:"params,omitempty" doc:"Values of {{name}}: null, true, false, a number or a text"`
	MaxRows int64          `json:"max_rows,omitempty" minimum:"0" doc:"0: 10 million"`
	Wait    int64          `json:"wait,omitempty" minimum:"0" doc:"Answer when so many rows are there, at the end, or after a tenth of a second; 0: at once"`
}

// ResultColumn is a column of a result.
type ResultColumn struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"As SQL says it: BIGINT"`
}

// ResultWork is a sort or filter under way.
type ResultWork struct {
	Sort   []string `json:"sort" doc:"Names of columns, the first has the last word"`
	Filter bool     `json:"filter"`
	Done   float64  `json:"done" doc:"0 to 1"`
}

// ResultStatus is how a result is doing, and its receipt once it has ended.
type ResultStatus struct {
	ID        string         `json:"id"`
	Owner     string         `json:"owner"`
	SQL       string         `json:"sql"`
	State     string         `json:"state" enum:"running,done,failed,canceled"`
	Columns   []ResultColumn `json:"columns,omitempty" doc:"Missing until the first rows come"`
	Rows      int64          `json:"rows" doc:"That can be read"`
	Bytes     int64          `json:"bytes"`
	Started   time.Time      `json:"started"`
	MS        int64          `json:"ms"`
	Truncated string         `json:"truncated,omitempty" doc:"Why rows are missing at the end"`
	Warnings  []string       `json:"warnings"`
	Work      []ResultWork   `json:"work"`
	Error     *ErrorInfo     `json:"error,omitempty"`
}

// ResultList is the answer of GET /api/results.
type ResultList struct {
	Results []ResultStatus `json:"results"`
}

// ColumnProfile is what can be said of a column.
type ColumnProfile struct {
	Column        string        `json:"column"`
	Type          string        `json:"type"`
	Rows          int64         `json:"rows"`
	Nulls         int64         `json:"nulls"`
	NaNs          int64         `json:"nans"`
	Distinct      int64         `json:"distinct"`
	DistinctExact bool          `json:"distinct_exact"`
	Min           string        `json:"min,omitempty"`
	Max           string        `json:"max,omitempty"`
	Mean          *float64      `json:"mean,omitempty"`
	Top           []ProfileTop  `json:"top"`
	TopExact      bool          `json:"top_exact"`
	Bins          []ProfileBin  `json:"bins"`
	Lengths       *ProfileRange `json:"lengths,omitempty" doc:"Of texts in characters, of blobs in bytes"`
}

// ProfileTop is a value that occurs often.
type ProfileTop struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`
}

// ProfileBin counts values from From up to To.
type ProfileBin struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int64  `json:"rows"`
}

// ProfileRange is how long cells are.
type ProfileRange struct {
	Min  int     `json:"min"`
	Max  int     `json:"max"`
	Mean float64 `json:"mean"`
}

// SQLCheck is the body of POST /api/sql/check.
type SQLCheck struct {
	SQL    string         `json:"sql"`
	Params map[string]any `json:"params,omitempty"`
}

// SQLChecked is its answer.
type SQLChecked struct {
	Params []string      `json:"params" doc:"Names of {{name}}, in the order of their first places"`
	Places []param.Param `json:"places"`
	Error  *ErrorInfo    `json:"error,omitempty" doc:"Missing when the statement can run"`
}

type (
	resultID struct {
		ID string `path:"id"`
	}
	resultWait struct {
		ID   string `path:"id"`
		Wait int64  `query:"wait" minimum:"0" doc:"Answer when so many rows are there, or at the end"`
	}
	resultColumn struct {
		ID     string `path:"id"`
		Column string `query:"column" required:"true"`
	}
	resultsOf struct {
		All bool `query:"all" doc:"Those of everybody, for an admin"`
	}
)

func (s *Server) resultEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "results", Role: api.Viewer, Stream: method == http.MethodGet}
	}
	start := op("POST", "/api/results", "startResult", "Execute a statement once and keep what it gives")
	start.Status = http.StatusAccepted
	register(s, e, start, s.startResult)
	register(s, e, op("GET", "/api/results", "listResults", "Results that are kept"), s.listResults)
	register(s, e, op("GET", "/api/results/{id}", "getResult", "How a result is doing"), s.resultStatus)
	register(s, e, op("DELETE", "/api/results/{id}", "dropResult", "Cancel a result and forget it"), func(ctx context.Context, i *resultID) (*none, error) {
		if _, err := s.kept(ctx, i.ID); err != nil {
			return nil, err
		}
		return &none{}, s.needs.Results.Drop(i.ID)
	})
	register(s, e, op("POST", "/api/results/{id}/cancel", "cancelResult", "End a result; its rows can still be read"), func(ctx context.Context, i *resultID) (*none, error) {
		k, err := s.kept(ctx, i.ID)
		if err == nil {
			k.Cancel()
		}
		return &none{}, err
	})
	register(s, e, op("GET", "/api/results/{id}/profile", "profileResult", "What can be said of a column"), func(ctx context.Context, i *resultColumn) (*body[ColumnProfile], error) {
		k, err := s.kept(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		p, err := k.Profile(ctx, i.Column)
		p.Top, p.Bins = orEmpty(p.Top), orEmpty(p.Bins)
		return &body[ColumnProfile]{p}, err
	})
	check := op("POST", "/api/sql/check", "checkSql", "Parse and plan a statement")
	check.Tag = "sql"
	register(s, e, check, s.checkSQL)
	format := op("POST", "/api/sql/format", "formatSql", "Lay a statement out; comments and parameters stay")
	format.Tag = "sql"
	register(s, e, format, s.formatSQL)
	explain := op("POST", "/api/sql/explain", "explainSql", "A statement's plan as text")
	explain.Tag = "sql"
	register(s, e, explain, s.explainSQL)
	s.rowEndpoints(e)
}

func (s *Server) startResult(ctx context.Context, i *in[ResultRequest]) (*body[ResultStatus], error) {
	who, bound, err := s.statement(ctx, i.Body)
	if err != nil {
		return nil, err
	}
	k, err := s.needs.Results.Keep(ctx, who.ID, bound)
	if err != nil {
		return nil, err
	}
	return s.waited(ctx, k, i.Body.Wait, startWaitMax), nil
}

// statement checks what was asked and binds its parameters.
func (s *Server) statement(ctx context.Context, req ResultRequest) (maru.Principal, Statement, error) {
	who, _ := maru.PrincipalOf(ctx)
	if s.needs.Results == nil {
		return who, Statement{}, missing("the query engine")
	}
	if err := (QueryRequest{SQL: req.SQL}).validate(); err != nil {
		return who, Statement{}, err
	}
	sql, args, err := param.Bind(req.SQL, req.Params)
	return who, Statement{SQL: sql, Written: req.SQL, Params: req.Params, Args: args, MaxRows: req.MaxRows}, err
}

// kept finds a result that the asker may see: their own, and for an admin all.
func (s *Server) kept(ctx context.Context, id string) (Kept, error) {
	if s.needs.Results == nil {
		return nil, missing("the query engine")
	}
	k, err := s.needs.Results.Kept(id)
	if err != nil {
		return nil, err
	}
	if who, _ := maru.PrincipalOf(ctx); k.Owner() != who.ID && !api.Admin.Allows(who) {
		return nil, maru.Errorf(maru.NotFound, "there is no result %.50q: it was dropped, or it is somebody else's", id)
	}
	return k, nil
}

func (s *Server) listResults(ctx context.Context, i *resultsOf) (*body[ResultList], error) {
	if s.needs.Results == nil {
		return nil, missing("the query engine")
	}
	who, _ := maru.PrincipalOf(ctx)
	owner := who.ID
	if i.All {
		if !api.Admin.Allows(who) {
			return nil, maru.Errorf(maru.Denied, "only an admin sees everybody's results")
		}
		owner = ""
	}
	out := ResultList{Results: []ResultStatus{}}
	for _, k := range s.needs.Results.List(owner) {
		out.Results = append(out.Results, s.statusOf(ctx, k))
	}
	return &body[ResultList]{out}, nil
}

func (s *Server) resultStatus(ctx context.Context, i *resultWait) (*body[ResultStatus], error) {
	k, err := s.kept(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	return s.waited(ctx, k, i.Wait, resultWaitMax), nil
}

// waited is how a result is doing as soon as it has so many rows, has ended, or
// most is over.
func (s *Server) waited(ctx context.Context, k Kept, rows int64, most time.Duration) *body[ResultStatus] {
	if rows > 0 {
		limited, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		_ = k.Wait(limited, rows) // what is there then is the answer
	}
	return &body[ResultStatus]{s.statusOf(ctx, k)}
}

func (s *Server) statusOf(ctx context.Context, k Kept) ResultStatus {
	st, schema, err := k.Status()
	st.Warnings, st.Work = orEmpty(st.Warnings), orEmpty(st.Work)
	if schema != nil {
		st.Columns = columnsOf(schema)
	}
	if err != nil {
		info := api.InfoOf(s.starting(ctx, err))
		st.Error = &info
	}
	return st
}

func columnsOf(schema *arrow.Schema) []ResultColumn {
	out := make([]ResultColumn, schema.NumFields())
	for i, f := range schema.Fields() {
		out[i] = ResultColumn{Name: f.Name, Type: SQLType(f)}
	}
	return out
}

func (s *Server) checkSQL(ctx context.Context, i *in[SQLCheck]) (*body[SQLChecked], error) {
	if s.needs.Results == nil {
		return nil, missing("the query engine")
	}
	out := SQLChecked{}
	found, err := param.Find(i.Body.SQL)
	out.Places, out.Params = orEmpty(found), []string{}
	for _, p := range found {
		out.Params = append(out.Params, p.Name)
	}
	if err == nil {
		values := map[string]any{}
		for _, p := range found { // a parameter without a value is NULL here
			values[p.Name] = i.Body.Params[p.Name]
		}
		err = s.check(ctx, ResultRequest{SQL: i.Body.SQL, Params: values})
	}
	switch maru.KindOf(err) {
	case maru.Unavailable, maru.Timeout, maru.Canceled, maru.OutOfMemory: // it says nothing about the statement
		if _, ok := err.(Starting); !ok {
			return nil, err
		}
	}
	if err != nil {
		info := api.InfoOf(err)
		out.Error = &info
	}
	return &body[SQLChecked]{out}, nil
}

// SQLExplained is the answer of POST /api/sql/explain.
type SQLExplained struct {
	Text string `json:"text"`
}

func (s *Server) explainSQL(ctx context.Context, i *in[SQLCheck]) (*body[SQLExplained], error) {
	_, bound, err := s.statement(ctx, ResultRequest{SQL: i.Body.SQL, Params: i.Body.Params})
	if err != nil {
		return nil, err
	}
	text, err := s.needs.Results.Explain(ctx, bound)
	if err != nil {
		return nil, s.starting(ctx, err)
	}
	return &body[SQLExplained]{SQLExplained{text}}, nil
}

// SQLText is the body of POST /api/sql/format, and its answer.
type SQLText struct {
	SQL string `json:"sql"`
}

func (s *Server) formatSQL(_ context.Context, i *in[SQLText]) (*body[SQLText], error) {
	if s.needs.Results == nil {
		return nil, missing("the query engine")
	}
	text, err := s.needs.Results.Format(i.Body.SQL)
	return &body[SQLText]{SQLText{text}}, err
}

func (s *Server) check(ctx context.Context, req ResultRequest) error {
	_, bound, err := s.statement(ctx, req)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return s.starting(ctx, s.needs.Results.Check(ctx, bound))
}

// list reads names with commas between; JSON when one has a comma itself.
func list(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, "["):
		var out []string
		if err := unmarshal(text, &out); err != nil {
			return nil, maru.Errorf(maru.Invalid, "columns: %w", err)
		}
		return out, nil
	}
	out := strings.Split(text, ",")
	return slices.DeleteFunc(out, func(s string) bool { return s == "" }), nil
}
