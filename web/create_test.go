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
