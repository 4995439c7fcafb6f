package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/web"
)

// shelf keeps one result of the user the-viewer.
type shelf struct {
	p       *parts
	st      web.Statement
	owner   string
	err     error // of the result
	order   web.Order
	dropped bool
	stopped bool
}

const keptID = "00112233445566778899aabbccddeeff"

func (s *shelf) Keep(_ context.Context, owner string, st web.Statement) (web.Kept, error) {
	s.owner, s.st = owner, st
	return s, nil
}
func (s *shelf) Kept(id string) (web.Kept, error) {
	if id != keptID {
		return nil, maru.Errorf(maru.NotFound, "there is no result %s", id)
	}
	return s, nil
}
func (s *shelf) List(owner string) []web.Kept {
	if owner == s.owner || owner == "" {
		return []web.Kept{s}
	}
	return nil
}
func (s *shelf) Drop(string) error { s.dropped = true; return nil }
func (s *shelf) Check(_ context.Context, st web.Statement) error {
	s.st = st
	return s.err
}
func (s *shelf) ID() string    { return keptID }
func (s *shelf) Owner() string { return s.owner }
func (s *shelf) Cancel()       { s.stopped = true }
func (s *shelf) Status() (web.ResultStatus, *arrow.Schema, error) {
	return web.ResultStatus{ID: keptID, Owner: s.owner, State: "done", Rows: 3, SQL: s.st.Written}, (&result{}).Schema(), s.err
}
func (s *shelf) Wait(ctx context.Context, _ int64) error { return ctx.Err() }
func (s *shelf) Changed() <-chan struct{}                { return nil }
func (s *shelf) Window(ctx context.Context, offset int64, limit int, o web.Order) (web.Rows, error) {
	s.order = o
	rec, err := (&result{p: &parts{rows: limit, perRow: 1}, ctx: ctx, sent: 0}).Next()
	return web.Rows{Batch: rec, Numbers: []int64{offset, offset + 1}, Total: 3, Of: 3, Cut: []web.CutCell{{Row: 1, Column: 1, Bytes: 9000}}}, err
}
func (s *shelf) Rows(ctx context.Context, o web.Order) (web.QueryResult, error) {
	s.order = o
	return &result{p: s.p, ctx: ctx}, nil
}
func (s *shelf) Profile(_ context.Context, column string) (web.ColumnProfile, error) {
	return web.ColumnProfile{Column: column, Rows: 3}, nil
}
func (s *shelf) Cell(_ context.Context, row int64, _ string) ([]byte, bool, error) {
	return []byte(strings.Repeat("x", int(row))), row == 9, nil
}
func (s *shelf) Explain(_ context.Context, st web.Statement) (string, error) {
	return "plan of " + st.SQL, s.err
}

func (s *shelf) Format(sql string) (string, error) { return strings.ToUpper(sql), s.err }

func results(t *testing.T, s *shelf) string {
	t.Helper()
	s.p = &parts{rows: 3, perRow: 2}
	return serveNeeds(t, web.Needs{Sessions: &door{}, Results: s}, web.Config{})
}

func as(role string, more ...string) []string {
	return append([]string{"Authorization", "", "Cookie", "maru=" + role}, more...)
}

func TestResult(t *testing.T) {
	s := &shelf{}
	base := results(t, s)
	resp, text := do(t, "POST", base+"/api/results", `{"sql":"SELECT {{x}}","params":{"x":7},"max_rows":5}`, as("viewer")...)
	if resp.StatusCode != 202 || !strings.Contains(text, keptID) {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	if s.owner != "the-viewer" || s.st.SQL != "SELECT $1   " || s.st.Written != "SELECT {{x}}" || s.st.Args[0] != 7.0 || s.st.MaxRows != 5 {
		t.Errorf("%s asked %+v", s.owner, s.st)
	}
	one := base + "/api/results/" + keptID
	if _, text := do(t, "GET", one+"?wait=3", "", as("viewer")...); !strings.Contains(text, `"type":"BIGINT"`) || !strings.Contains(text, `"warnings":[]`) {
		t.Errorf("status %s", text)
	}
	sort := url.QueryEscape(`[{"column":"n"}]`)
	_, text = do(t, "GET", one+"/rows?offset=40&limit=2&columns=n,s&sort="+sort, "", as("viewer")...)
	if want := `"rows":[[0,"x"],[1,"x"]]}`; !strings.Contains(text, want) || !strings.Contains(text, `"cut":[[1,1,9000]]`) || !strings.Contains(text, `"numbers":[40,41]`) || !json.Valid([]byte(text)) {
		t.Errorf("rows %s", text)
	}
	if s.order.Sort != `[{"column":"n"}]` || len(s.order.Columns) != 2 {
		t.Errorf("order %+v", s.order)
	}
	if _, text := do(t, "GET", one+"/profile?column=n", "", as("viewer")...); !strings.Contains(text, `"column":"n"`) {
		t.Errorf("profile %s", text)
	}
	if _, text := do(t, "GET", one+"/cell?column=s&row=5", "", as("viewer")...); text != "xxxxx" {
		t.Errorf("cell %s", text)
	}
	if resp, text := do(t, "GET", one+"/cell?column=s&row=9", "", as("viewer")...); resp.StatusCode != 204 || text != "" {
		t.Errorf("NULL: %d %s", resp.StatusCode, text)
	}
	if resp, _ := do(t, "POST", one+"/cancel", "", as("viewer")...); resp.StatusCode != 204 || !s.stopped {
		t.Errorf("cancel: %d", resp.StatusCode)
	}
	if resp, _ := do(t, "DELETE", one, "", as("viewer")...); resp.StatusCode != 204 || !s.dropped {
		t.Errorf("drop: %d", resp.StatusCode)
	}
}

func TestResultArrow(t *testing.T) {
	s := &shelf{owner: "the-viewer"}
	base := results(t, s)
	_, text := do(t, "GET", base+"/api/results/"+keptID+"/rows?offset=40&limit=2", "", as("viewer", "Accept", web.TypeArrow)...)
	r, err := ipc.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	rec, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	meta := r.Schema().Metadata()
	total, _ := meta.GetValue(web.MetaTotal)
	numbers, _ := meta.GetValue(web.MetaNumbers)
	cut, _ := meta.GetValue(web.MetaCut)
	if rec.NumRows() != 2 || rec.NumCols() != 2 || numbers != "[40,41]" || total != "3" || cut != "[[1,1,9000]]" {
		t.Errorf("%v, total %s, cut %s", rec, total, cut)
	}
}

// TestResultOwner: somebody else's result is not there, but for an admin.
func TestResultOwner(t *testing.T) {
	s := &shelf{owner: "the-viewer"}
	base := results(t, s)
	one := "/api/results/" + keptID
	for _, path := range []string{one, one + "/rows", one + "/profile?column=n", one + "/cell?column=s&row=1", one + "/export?format=csv"} {
		for role, want := range map[string]int{"viewer": 200, "editor": 404, "admin": 200} {
			if resp, text := do(t, "GET", base+path, "", as(role)...); resp.StatusCode != want {
				t.Errorf("%s as %s: %d %s", path, role, resp.StatusCode, text)
			}
		}
	}
	for role, want := range map[string]int{"viewer": 403, "editor": 403, "admin": 200} {
		if resp, _ := do(t, "GET", base+"/api/results?all=true", "", as(role)...); resp.StatusCode != want {
			t.Errorf("all results as %s: %d", role, resp.StatusCode)
		}
	}
	if _, text := do(t, "GET", base+"/api/results", "", as("editor")...); !strings.Contains(text, `"results":[]`) {
		t.Errorf("own results of another: %s", text)
	}
	for _, method := range []string{"DELETE", "POST"} {
		path := one
		if method == "POST" {
			path += "/cancel"
		}
		if resp, _ := do(t, method, base+path, "", as("editor")...); resp.StatusCode != 404 || s.dropped || s.stopped {
			t.Errorf("%s by another: %d", method, resp.StatusCode)
		}
	}
}

func TestResultBadRequests(t *testing.T) {
	base := results(t, &shelf{owner: "the-viewer"})
	one := "/api/results/" + keptID
	for _, path := range []string{one + "/rows?offset=-1", one + "/rows?limit=x", one + "/rows?columns=[1", one + "/export", one + "/export?format=exe", one + "/cell?column=s", one + "/cell?column=s&row=-1", one + "/profile"} {
		resp, text := do(t, "GET", base+path, "", as("viewer")...)
		if resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
		checkErrorBody(t, text)
	}
	for body, want := range map[string]int{`{"sql":""}`: 400, `{"sql":"SELECT {{x}}"}`: 400, `{"sql":"x","max_rows":-1}`: 400, `{"sql":"` + strings.Repeat("x", web.SQLBytesMax+1) + `"}`: 413} {
		if resp, text := do(t, "POST", base+"/api/results", body, as("viewer")...); resp.StatusCode != want {
			t.Errorf("%.40s: %d %s", body, resp.StatusCode, text)
		}
	}
}

func TestExport(t *testing.T) {
	s := &shelf{owner: "the-viewer"}
	base := results(t, s)
	for query, want := range map[string]string{"format=csv": "n,s\r\n0,xx\r\n", "format=csv&bom=1": "\ufeffn,s\r\n", "format=json": "[\n{\"n\":0", "format=ndjson": "{\"n\":0"} {
		resp, text := do(t, "GET", base+"/api/results/"+keptID+"/export?name=a%2Fb%22%ED%95%9C&"+query, "", as("viewer")...)
		if resp.StatusCode != 200 || !strings.HasPrefix(text, want) {
			t.Errorf("%s: %d %q", query, resp.StatusCode, text)
		}
		if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename*=UTF-8''a-b-%ED%95%9C.") {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestCheckSQL(t *testing.T) {
	s := &shelf{}
	base := results(t, s)
	ask := func(body string) web.SQLChecked {
		t.Helper()
		resp, text := do(t, "POST", base+"/api/sql/check", body, as("viewer")...)
		var out web.SQLChecked
		if err := json.Unmarshal([]byte(text), &out); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, text)
		}
		return out
	}
	if got := ask(`{"sql":"SELECT {{a}}"}`); got.Error != nil || len(got.Params) != 1 || s.st.Args[0] != nil {
		t.Errorf("%+v %+v", got, s.st)
	}
	s.err = &maru.Error{Kind: maru.Invalid, Err: placed{errors.New("no such column")}}
	if got := ask(`{"sql":"SELECT {{a}}"}`); got.Error == nil || got.Error.Line != 2 || len(got.Params) != 1 {
		t.Errorf("%+v", got)
	}
	if got := ask(`{"sql":"SELECT {{a"}`); got.Error == nil || got.Error.Column != 8 {
		t.Errorf("%+v", got.Error)
	}
}

// placedError knows its place.
type placedError struct{ error }

func (placedError) Place() (line, column int, hint string) { return 2, 3, "close it" }
func (e placedError) Unwrap() error                        { return e.error }

func TestFormatAndExplain(t *testing.T) {
	s := &shelf{}
	base := results(t, s)
	if resp, text := do(t, "POST", base+"/api/sql/format", `{"sql":"select 1"}`, as("viewer")...); resp.StatusCode != 200 || !strings.Contains(text, `"sql":"SELECT 1"`) {
		t.Errorf("format: %d %s", resp.StatusCode, text)
	}
	if resp, text := do(t, "POST", base+"/api/sql/explain", `{"sql":"SELECT {{x}}","params":{"x":1}}`, as("viewer")...); resp.StatusCode != 200 || !strings.Contains(text, "plan of SELECT $1") {
		t.Errorf("explain: %d %s", resp.StatusCode, text)
	}
	s.err = placedError{maru.Errorf(maru.Invalid, "not closed")}
	for _, verb := range []string{"format", "explain"} {
		resp, text := do(t, "POST", base+"/api/sql/"+verb, `{"sql":"'"}`, as("viewer")...)
		if info := checkErrorBody(t, text); resp.StatusCode != 400 || info.Line != 2 || info.Column != 3 || info.Hint != "close it" {
			t.Errorf("%s: %d %s", verb, resp.StatusCode, text)
		}
	}
}
