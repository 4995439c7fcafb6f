package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"maru"
	"maru/spec"
	"maru/web"
)

// boards is a Dashboards of one, which is what was last asked for.
type boards struct {
	by, name, etag string
	spec           spec.Dashboard
	ask            web.DashboardAsk
	err            error
}

type newer struct{ error }

func (newer) Newer() web.DashboardNewer { return web.DashboardNewer{ETag: "now", Version: 2, Draft: 3} }
func (n newer) Unwrap() error           { return n.error }

func (b *boards) saved() (web.DashboardSaved, error) {
	return web.DashboardSaved{Spec: b.spec, ETag: "now", Version: 2, By: b.by}, b.err
}
func (b *boards) List(context.Context) ([]web.DashboardInfo, error) {
	return []web.DashboardInfo{{Name: "s", Title: spec.Text{En: "<b>"}}}, b.err
}
func (b *boards) Dashboard(_ context.Context, name string) (web.DashboardSaved, error) {
	b.name = name
	return b.saved()
}
func (b *boards) Save(_ context.Context, by, name string, d spec.Dashboard, etag string) (web.DashboardSaved, error) {
	b.by, b.name, b.spec, b.etag = by, name, d, etag
	return b.saved()
}
func (b *boards) Create(_ context.Context, by, name string, d spec.Dashboard) (web.DashboardSaved, error) {
	b.by, b.name, b.spec = by, name, d
	return b.saved()
}
func (b *boards) Duplicate(_ context.Context, by, from string, as web.DashboardCopy) (web.DashboardSaved, error) {
	b.by, b.name, b.spec = by, from, spec.Dashboard{Name: as.Name, Title: as.Title}
	return b.saved()
}
func (b *boards) Delete(_ context.Context, name, etag string) error {
	b.name, b.etag = name, etag
	return b.err
}
func (b *boards) Versions(context.Context, string) ([]web.DashboardVersion, error) {
	return []web.DashboardVersion{{Version: 2, Kind: "saved"}}, b.err
}
func (b *boards) Version(_ context.Context, _ string, version int) (web.DashboardVersionSpec, error) {
	return web.DashboardVersionSpec{DashboardVersion: web.DashboardVersion{Version: version}}, b.err
}
func (b *boards) Restore(_ context.Context, by, _ string, version int) (web.DashboardSaved, error) {
	b.by, b.name = by, fmt.Sprint(version)
	return b.saved()
}
func (b *boards) Data(_ context.Context, _ string, ask web.DashboardAsk) (web.DashboardData, error) {
	b.ask = ask
	return b, b.err
}
func (b *boards) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, `{"tiles":[]}`)
	return err
}
func (b *boards) Live(context.Context, string) (web.DashboardLive, error) {
	return web.DashboardLive{ETag: "now", Views: map[string]int64{"v": 7}}, b.err
}
func (b *boards) Annotations(_ context.Context, from, to time.Time) ([]web.Annotation, error) {
	return []web.Annotation{{ID: "1", At: from, To: to, Text: "<i>"}}, b.err
}
func (b *boards) Annotate(_ context.Context, by string, a web.AnnotationNew) (web.Annotation, error) {
	return web.Annotation{ID: "2", At: a.At, Text: a.Text, By: by}, b.err
}
func (b *boards) Unannotate(_ context.Context, id string) error {
	b.name = id
	return b.err
}

func dashboards(t *testing.T, b *boards) string {
	t.Helper()
	needs := (&parts{}).needs()
	needs.Sessions, needs.Dashboards = &door{}, b
	return serveNeeds(t, needs, web.Config{})
}

func TestDashboards(t *testing.T) {
	b := &boards{}
	base := dashboards(t, b)
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		want                     string
	}{
		{"viewer", "GET", "", "", 200, `"title":{"en":"\u003cb\u003e"}`},
		{"viewer", "GET", "/s", "", 200, `"problems":[]`},
		{"editor", "POST", "", `{"spec":{"title":"x","time":{"range":"1h"}}}`, 201, `"title":"x"`},
		{"editor", "POST", "", `{"spec":{"titel":"x"}}`, 400, `unknown field \"titel\"`},
		{"viewer", "POST", "", `{"spec":{}}`, 403, "denied"},
		{"viewer", "PUT", "/s", `{"spec":{}}`, 403, "denied"},
		{"editor", "PUT", "/s", `{"spec":{"tiles":` + strings.Repeat(" ", 2<<20) + `[]}}`, 413, "too_large"},
		{"editor", "POST", "/s/duplicate", `{"title":{"en":"a","ko":"b"}}`, 201, `"ko":"b"`},
		{"editor", "POST", "/s/duplicate", "", 201, `"etag":"now"`},
		{"editor", "DELETE", "/s", "", 204, ""},
		{"viewer", "DELETE", "/s", "", 403, "denied"},
		{"viewer", "GET", "/s/versions", "", 200, `"kind":"saved"`},
		{"viewer", "GET", "/s/versions/7", "", 200, `"version":7`},
		{"viewer", "GET", "/s/versions/x", "", 400, "invalid"},
		{"editor", "POST", "/s/versions/7/restore", "", 200, `"etag":"now"`},
		{"viewer", "POST", "/s/versions/7/restore", "", 403, "denied"},
	} {
		resp, text := do(t, c.method, base+"/api/dashboards"+c.path, c.body, as(c.role)...)
		if resp.StatusCode != c.status || !strings.Contains(strings.ReplaceAll(text, `": `, `":`), c.want) && !strings.Contains(oneLine(text), c.want) {
			t.Errorf("%s %s %s: %d %.300s", c.role, c.method, c.path, resp.StatusCode, text)
		}
	}
}

// oneLine is JSON without spaces around its parts.
func oneLine(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(out)
}

func TestSaveDashboard(t *testing.T) {
	b := &boards{}
	base := dashboards(t, b)
	body := `{"spec":{"title":{"en":"Health","ko":"상태"},"time":{"range":"6h"},"tiles":[{"at":{"x":0,"y":0,"w":1,"h":1},"sql":"SELECT 1"}]}}`
	resp, text := do(t, "PUT", base+"/api/dashboards/s", body, as("editor", "If-Match", `W/"old"`)...)
	if resp.StatusCode != 200 || resp.Header.Get("ETag") != `"now"` || b.etag != "old" || b.by != "the-editor" || b.spec.Title.Ko != "상태" || len(b.spec.Tiles) != 1 {
		t.Errorf("%d %s %+v", resp.StatusCode, text, b)
	}
	b.err = newer{maru.Errorf(maru.Conflict, "somebody was faster")}
	resp, text = do(t, "PUT", base+"/api/dashboards/s", body, as("editor", "If-Match", `"old"`)...)
	if resp.StatusCode != 409 || resp.Header.Get("ETag") != `"now"` || oneLine(text) != `{"draft":3,"error":{"kind":"conflict","message":"somebody was faster"},"etag":"now","version":2}` {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

func TestDashboardData(t *testing.T) {
	b := &boards{}
	base := dashboards(t, b)
	ask := `{"from":"2026-01-05T09:00:00Z","to":"2026-01-05T10:00:00+00:00","filters":{"path":"/x","user":null},"tiles":["a"],"choices":true`
	resp, text := do(t, "POST", base+"/api/dashboards/s/data", ask+"}", as("viewer")...)
	if resp.StatusCode != 200 || text != `{"tiles":[]}` || b.ask.To.Sub(b.ask.From) != time.Hour || *b.ask.Filters["path"] != "/x" || b.ask.Filters["user"] != nil || !b.ask.Choices {
		t.Errorf("%d %s %+v", resp.StatusCode, text, b.ask)
	}
	for role, want := range map[string]int{"viewer": 403, "editor": 200} {
		if resp, text := do(t, "POST", base+"/api/dashboards/s/data", ask+`,"spec":{"tiles":[]}}`, as(role)...); resp.StatusCode != want {
			t.Errorf("a draft of a %s: %d %s", role, resp.StatusCode, text)
		}
	}
	if resp, text := do(t, "POST", base+"/api/dashboards/s/data", `{"from":"yesterday"}`, as("viewer")...); resp.StatusCode != 400 {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

func TestAnnotationsOverHTTP(t *testing.T) {
	b := &boards{}
	base := dashboards(t, b)
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		want                     string
	}{
		{"viewer", "GET", "?from=2026-01-05T09:00:00Z", "", 200, `"at":"2026-01-05T09:00:00Z"`},
		{"viewer", "GET", "?from=yesterday", "", 400, "invalid"},
		{"editor", "POST", "", `{"at":"2026-01-05T09:00:00Z","text":"deployed"}`, 201, `"by":"the-editor"`},
		{"viewer", "POST", "", `{"at":"2026-01-05T09:00:00Z","text":"deployed"}`, 403, "denied"},
		{"editor", "DELETE", "/7", "", 204, ""},
	} {
		resp, text := do(t, c.method, base+"/api/annotations"+c.path, c.body, as(c.role)...)
		if resp.StatusCode != c.status || !strings.Contains(oneLine(text), c.want) {
			t.Errorf("%s %s %s: %d %s", c.role, c.method, c.path, resp.StatusCode, text)
		}
	}
	if b.name != "7" {
		t.Error(b.name)
	}
}

func TestWithoutAProject(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	if resp, text := do(t, "GET", base+"/api/dashboards", ""); resp.StatusCode != 200 || !strings.Contains(text, `"dashboards":[]`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if resp, text := do(t, "GET", base+"/api/dashboards/s", ""); resp.StatusCode != 503 || !strings.Contains(text, "--project") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

func TestLiveDashboard(t *testing.T) {
	base := dashboards(t, &boards{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/api/live?topics=dashboards/s", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "maru", Value: "viewer"})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: {\"etag\""); ok {
			if data != `:"now","views":{"v":7}}` {
				t.Error(data)
			}
			return
		}
	}
	t.Error("nothing came")
}
