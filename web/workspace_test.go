package web_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"maru"
	"maru/web"
)

// drawer keeps one query and one object, of anybody.
type drawer struct {
	kept  string
	who   maru.Principal
	saved web.QueryToSave
	gone  string
}

type newerPreferences struct{ error }

func (newerPreferences) Newer() web.Preferences {
	return web.Preferences{Body: []byte(`{"a":2}`), Tag: "two"}
}
func (e newerPreferences) Unwrap() error { return e.error }

func (d *drawer) Preferences(_ context.Context, owner string) (web.Preferences, error) {
	d.who.ID = owner
	return web.Preferences{Body: []byte(`{"a":1}`), Tag: "one"}, nil
}
func (d *drawer) SetPreferences(_ context.Context, _ string, body []byte, tag string) (web.Preferences, error) {
	if tag != "" && tag != "one" {
		return web.Preferences{}, newerPreferences{maru.Errorf(maru.Conflict, "changed elsewhere")}
	}
	d.kept = string(body)
	return web.Preferences{Body: body, Tag: "three"}, nil
}
func (d *drawer) Queries(_ context.Context, who maru.Principal) ([]web.SavedQuery, error) {
	d.who = who
	return nil, nil
}
func (d *drawer) SavedQuery(_ context.Context, _ maru.Principal, id string) (web.SavedQuery, error) {
	if id != "7" {
		return web.SavedQuery{}, maru.Errorf(maru.NotFound, "there is no saved query %s", id)
	}
	return web.SavedQuery{ID: id, Name: "a"}, nil
}
func (d *drawer) AddQuery(_ context.Context, who maru.Principal, q web.QueryToSave) (web.SavedQuery, error) {
	d.who, d.saved = who, q
	return web.SavedQuery{ID: "7", Name: q.Name, Params: q.Params}, nil
}
func (d *drawer) ChangeQuery(_ context.Context, _ maru.Principal, id string, q web.QueryToSave) (web.SavedQuery, error) {
	d.saved = q
	return web.SavedQuery{ID: id, Name: q.Name}, nil
}
func (d *drawer) RemoveQuery(_ context.Context, _ maru.Principal, id string) error {
	d.gone = id
	return nil
}
func (d *drawer) History(_ context.Context, owner string) ([]web.PastRun, error) {
	return []web.PastRun{{ID: "r", SQL: "SELECT 1", State: "done"}}, nil
}

func TestPreferences(t *testing.T) {
	d := &drawer{}
	base := serveNeeds(t, web.Needs{Sessions: &door{}, Workspace: d}, web.Config{})
	resp, text := do(t, "GET", base+"/api/preferences", "", as("viewer")...)
	if resp.StatusCode != 200 || text != `{"a":1}` || resp.Header.Get("ETag") != `"one"` || d.who.ID != "the-viewer" {
		t.Errorf("%d %s %s %s", resp.StatusCode, text, resp.Header.Get("ETag"), d.who.ID)
	}
	for name, tag := range map[string]string{"its tag": `"one"`, "a weak tag": `W/"one"`, "any": "*", "none": ""} {
		d.kept = ""
		resp, text := do(t, "PUT", base+"/api/preferences", ` {"b":3} `, as("viewer", "If-Match", tag)...)
		if resp.StatusCode != 200 || d.kept != `{"b":3}` || text != `{"b":3}` || resp.Header.Get("ETag") != `"three"` {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
	resp, text = do(t, "PUT", base+"/api/preferences", `{"b":3}`, as("viewer", "If-Match", `"old"`)...)
	var got struct {
		Error       web.ErrorInfo
		Preferences map[string]int
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || resp.StatusCode != 409 || got.Error.Kind != "conflict" || got.Preferences["a"] != 2 || resp.Header.Get("ETag") != `"two"` {
		t.Errorf("changed elsewhere: %d %s %v", resp.StatusCode, text, err)
	}
	if resp, _ := do(t, "PUT", base+"/api/preferences", `{"b":"`+strings.Repeat("x", 1<<20)+`"}`, as("viewer")...); resp.StatusCode != 413 {
		t.Errorf("too large: %d", resp.StatusCode)
	}
}

func TestSavedQueries(t *testing.T) {
	d := &drawer{}
	base := serveNeeds(t, web.Needs{Sessions: &door{}, Workspace: d}, web.Config{})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/queries", "", 200, `"queries":[]`},
		{"POST", "/api/queries", `{"name":"a","sql":"SELECT {{x}}","params":{"x":"1"},"shared":true}`, 201, `"x":"1"`},
		{"POST", "/api/queries", `{"sql":"SELECT 1"}`, 400, `"kind":"invalid"`},
		{"GET", "/api/queries/7", "", 200, `"name":"a"`},
		{"GET", "/api/queries/8", "", 404, `"kind":"not_found"`},
		{"PUT", "/api/queries/7", `{"name":"b","sql":"SELECT 2"}`, 200, `"name":"b"`},
		{"DELETE", "/api/queries/7", "", 204, ""},
		{"GET", "/api/history", "", 200, `"runs":[{`},
	} {
		resp, text := do(t, c.method, base+c.path, c.body, as("viewer")...)
		if resp.StatusCode != c.status || !strings.Contains(strings.ReplaceAll(text, `": `, `":`), c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, resp.StatusCode, text)
		}
	}
	if d.who.ID != "the-viewer" || d.saved.SQL != "SELECT 2" || d.gone != "7" {
		t.Errorf("%+v", d)
	}
}
