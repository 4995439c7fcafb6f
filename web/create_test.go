package web_test

import (
	"context"
	"strings"
	"testing"

	"maru"
	"maru/web"
)

func (p *parts) Create(_ context.Context, in web.StreamNew) (web.StreamCreated, error) {
	if in.Name == "s" {
		return web.StreamCreated{}, maru.Errorf(maru.Conflict, "the name s is taken")
	}
	return web.StreamCreated{Name: in.Name, File: "streams/" + in.Name + ".sql"}, p.err
}

// TestCreateStream: a view's file is made by an editor; what is wrong is said
// with its place.
func TestCreateStream(t *testing.T) {
	p := &parts{}
	needs := p.needs()
	needs.Sessions = &door{}
	base := serveNeeds(t, needs, web.Config{})
	for _, c := range []struct {
		role, body string
		err        error
		status     int
		want       string
	}{
		{"editor", `{"name":"n","sql":"SELECT 1 FROM t"}`, nil, 201, "streams/n.sql"},
		{"viewer", `{"name":"n","sql":"SELECT 1 FROM t"}`, nil, 403, "denied"},
		{"editor", `{"name":"s","sql":"SELECT 1 FROM t"}`, nil, 409, "conflict"},
		{"editor", `{"name":"Not So","sql":"SELECT 1 FROM t"}`, nil, 400, "invalid"},
		{"editor", `{"name":"n","sql":" "}`, nil, 400, "invalid"},
		{"editor", `{"name":"n","sql":"` + strings.Repeat("x", web.SQLBytesMax+1) + `"}`, nil, 413, "too_large"},
		{"editor", `{"name":"n","sql":"SELECT"}`, placedError{maru.Errorf(maru.Invalid, "cannot run as a stream")}, 400, `"line":2`},
	} {
		p.err = c.err
		resp, text := do(t, "POST", base+"/api/streams", c.body, as(c.role)...)
		if resp.StatusCode != c.status || !strings.Contains(strings.ReplaceAll(text, `": `, `":`), c.want) {
			t.Errorf("%s %.60s: %d %s", c.role, c.body, resp.StatusCode, text)
		}
	}
}

// TestSide: why rows are not in a view.
func TestSide(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	for query, want := range map[string]string{
		"side=late&limit=2":   `"offset":2`,
		"side=rejected":       `"reason":"rejected"`,
		"side=both":           `"kind":"invalid"`,
		"":                    `"kind":"invalid"`,
		"side=late&limit=0":   `"kind":"invalid"`,
		"side=late&limit=201": `"kind":"invalid"`,
	} {
		if _, text := do(t, "GET", base+"/api/streams/s/rows?"+query, ""); !strings.Contains(strings.ReplaceAll(text, `": `, `":`), want) {
			t.Errorf("%s: %s", query, text)
		}
	}
}

// TestResetKeeps: what a view shows is written down before it is made anew.
func TestResetKeeps(t *testing.T) {
	p := &parts{}
	base := serve(t, p, web.Config{})
	resp, text := do(t, "POST", base+"/api/streams/s/reset", `{"keep":true,"from_retained":true}`)
	if resp.StatusCode != 200 || !strings.Contains(text, "/kept/s") || !p.reset.FromRetained {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if _, text := do(t, "POST", base+"/api/streams/s/reset", ""); strings.Contains(text, "kept") {
		t.Errorf("unasked: %s", text)
	}
	p.err, p.reset = maru.Errorf(maru.OutOfSpace, "the disk is full"), web.ResetRequest{}
	if resp, _ := do(t, "POST", base+"/api/streams/s/reset", `{"keep":true}`); resp.StatusCode != 507 || p.reset.Keep {
		t.Errorf("nothing could be kept: %d, reset %+v", resp.StatusCode, p.reset)
	}
}
