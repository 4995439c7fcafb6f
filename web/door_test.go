package web_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"maru"
	"maru/web"
	"maru/web/internal/api"
)

// door knows a user for each role, whose cookie is the role.
type door struct {
	setup   bool
	wait    time.Duration
	changed web.PasswordChange
	out     string
}

type tooSoon struct {
	error
	wait time.Duration
}

func (e tooSoon) RetryAfter() time.Duration { return e.wait }
func (e tooSoon) Unwrap() error             { return e.error }

func (d *door) SetupNeeded() bool { return d.setup }
func (d *door) Resolve(_ context.Context, cookie string) (maru.Principal, error) {
	switch cookie {
	case "viewer", "editor", "admin":
		return maru.Principal{ID: "the-" + cookie, Kind: "user", Roles: []string{cookie}}, nil
	}
	return maru.Principal{}, maru.Errorf(maru.Unauthenticated, "the session has ended")
}
func (d *door) SignIn(_ context.Context, in web.SignIn, address string) (web.Signed, error) {
	if d.wait > 0 {
		return web.Signed{}, tooSoon{maru.Errorf(maru.Unavailable, "too many wrong passwords"), d.wait}
	}
	if in.Password != "right" || !strings.HasPrefix(address, "127.0.0.1:") {
		return web.Signed{}, maru.Errorf(maru.Unauthenticated, "name or password is wrong")
	}
	return web.Signed{Cookie: "editor", Who: maru.Principal{ID: in.Name, Roles: []string{"editor"}}, Expires: time.Now().Add(time.Hour)}, nil
}
func (d *door) Setup(_ context.Context, in web.Setup, _ string) (web.Signed, error) {
	return web.Signed{Cookie: "admin", Who: maru.Principal{ID: in.Name, Roles: []string{"admin"}}, Expires: time.Now().Add(time.Hour)}, nil
}
func (d *door) SignOut(_ context.Context, cookie string) error { d.out = cookie; return nil }
func (d *door) ChangePassword(_ context.Context, _ string, in web.PasswordChange) error {
	d.changed = in
	return nil
}
func (d *door) Users(context.Context) ([]web.User, error) { return nil, nil }
func (d *door) AddUser(_ context.Context, in web.UserNew) (web.User, error) {
	return web.User{Name: in.Name, Role: in.Role}, nil
}
func (d *door) ChangeUser(_ context.Context, name string, in web.UserChange) (web.User, error) {
	return web.User{Name: name, Role: "viewer", Disabled: in.Disabled != nil && *in.Disabled}, nil
}
func (d *door) RemoveUser(context.Context, string) error { return nil }

var ranks = map[api.Role]int{api.Open: 0, api.Viewer: 1, api.Editor: 2, api.Admin: 3}

// TestWhoMayWhat is every endpoint of the server with every kind of caller. It
// looks only at what the door says: behind it a part may still refuse.
func TestWhoMayWhat(t *testing.T) {
	needs := (&parts{rows: 1}).needs()
	needs.Sessions = &door{}
	base, s := start(t, needs, web.Config{})
	cookies := map[string]int{"": 0, "forged": 0, "viewer": 1, "editor": 2, "admin": 3}
	for _, op := range web.Ops(s) {
		path := strings.NewReplacer("{name}", "s", "{id}", "0").Replace(op.Path)
		for cookie, has := range cookies {
			want := "in"
			switch {
			case ranks[op.Role] > has && has == 0:
				want = "401"
			case ranks[op.Role] > has:
				want = "403"
			}
			for origin, want := range map[string]string{"": want, base: want, "http://evil.example": "403", "null": "403"} {
				if got := atDoor(t, op, base+path, cookie, origin); got != want {
					t.Errorf("%s %s, cookie %q, origin %q: %s, wanted %s", op.Method, op.Path, cookie, origin, got, want)
				}
			}
		}
	}
}

// atDoor is "in" when a request came past the door.
func atDoor(t *testing.T, op api.Op, url, cookie, origin string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // of streams without end only the head is read
	req, err := http.NewRequestWithContext(ctx, op.Method, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: "maru", Value: cookie})
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if code := resp.StatusCode; code != http.StatusUnauthorized && code != http.StatusForbidden {
		return "in"
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	info := checkErrorBody(t, string(text))
	if op.ID == "signIn" && info.Message == "name or password is wrong" {
		return "in"
	}
	return resp.Status[:3]
}

func TestSession(t *testing.T) {
	d := &door{}
	base := serveNeeds(t, web.Needs{Sessions: d}, web.Config{})
	resp, text := do(t, "POST", base+"/api/session", `{"name":"mina","password":"right"}`, "Authorization", "")
	if resp.StatusCode != 200 || !strings.Contains(text, `"mina"`) {
		t.Fatalf("sign in: %d %s", resp.StatusCode, text)
	}
	cookies := resp.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" || cookies[0].Name != "maru" || cookies[0].Domain != "" {
		t.Fatalf("cookies %v", cookies)
	}
	mine := "maru=" + cookies[0].Value
	if _, text := do(t, "GET", base+"/api/session", "", "Authorization", "", "Cookie", mine); !strings.Contains(text, `"the-editor"`) {
		t.Errorf("who am I: %s", text)
	}
	for name, header := range map[string][]string{"nobody": {"Authorization", ""}, "an ended session": {"Authorization", "", "Cookie", "maru=old"},
		"two cookies": {"Authorization", "", "Cookie", mine + "; maru=admin"}} {
		if resp, text := do(t, "GET", base+"/api/session", "", header...); resp.StatusCode != 200 || strings.Contains(text, "user") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
	if resp, _ := do(t, "POST", base+"/api/session/password", `{"old":"a","new":"b"}`, "Authorization", "", "Cookie", mine); resp.StatusCode != 204 || d.changed.New != "b" {
		t.Errorf("password: %d %+v", resp.StatusCode, d.changed)
	}
	if resp, _ := do(t, "POST", base+"/api/session/password", `{"old":"a","new":"b"}`); resp.StatusCode != 400 {
		t.Errorf("password of the token: %d", resp.StatusCode)
	}
	resp, _ = do(t, "DELETE", base+"/api/session", "", "Authorization", "", "Cookie", mine)
	if c := resp.Cookies(); resp.StatusCode != 204 || len(c) != 1 || c[0].MaxAge >= 0 || d.out != "editor" {
		t.Errorf("sign out: %d %v", resp.StatusCode, c)
	}
}

func TestSetup(t *testing.T) {
	base := serveNeeds(t, web.Needs{Sessions: &door{setup: true}}, web.Config{})
	if _, text := do(t, "GET", base+"/api/session", "", "Authorization", ""); !strings.Contains(text, `"setup": true`) && !strings.Contains(text, `"setup":true`) {
		t.Errorf("setup is not said: %s", text)
	}
	resp, text := do(t, "POST", base+"/api/setup", `{"token":"t","name":"mina","password":"p"}`, "Authorization", "")
	if resp.StatusCode != 200 || len(resp.Cookies()) != 1 {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

// TestWrongPasswords: who tries too often hears when to come back.
func TestWrongPasswords(t *testing.T) {
	base := serveNeeds(t, web.Needs{Sessions: &door{wait: 1500 * time.Millisecond}}, web.Config{})
	resp, text := do(t, "POST", base+"/api/session", `{"name":"mina","password":"wrong"}`, "Authorization", "")
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "2" {
		t.Errorf("%d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	checkErrorBody(t, text)
}

func TestUsers(t *testing.T) {
	base := serveNeeds(t, web.Needs{Sessions: &door{}}, web.Config{})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/users", "", 200, `"users":[]`},
		{"POST", "/api/users", `{"name":"a","role":"viewer","password":"p"}`, 200, `"role":"viewer"`},
		{"POST", "/api/users", `{"name":"a","role":"king","password":"p"}`, 400, `"kind":"invalid"`},
		{"PATCH", "/api/users/a", `{"disabled":true}`, 200, `"disabled":true`},
		{"PATCH", "/api/users/a", `{"name":"b"}`, 400, "unexpected property"},
		{"PATCH", "/api/users/a", `{"password":"` + strings.Repeat("x", 2<<20) + `"}`, 413, `"kind":"too_large"`},
		{"DELETE", "/api/users/a", "", 204, ""},
	} {
		resp, text := do(t, c.method, base+c.path, c.body)
		if resp.StatusCode != c.status || !strings.Contains(strings.ReplaceAll(text, `": `, `":`), c.want) {
			t.Errorf("%s %s: %d %.200s", c.method, c.path, resp.StatusCode, text)
		}
	}
}

// TestNoSecretComesBack: what is wrong with a body is said without the body.
func TestNoSecretComesBack(t *testing.T) {
	base := serveNeeds(t, web.Needs{Sessions: &door{}}, web.Config{})
	for _, header := range [][]string{nil, {"Content-Type", "text/plain"}} {
		for _, body := range []string{`{"name":"mina","password":["geheim"]}`, `{"name":"mina","passwort":"geheim"}`, `{"password":"geheim"`, `{"password":"geheim","name":1}`} {
			resp, text := do(t, "POST", base+"/api/session", body, header...)
			if resp.StatusCode != 400 || strings.Contains(text, "geheim") {
				t.Errorf("%s: %d %s", body, resp.StatusCode, text)
			}
		}
	}
}
