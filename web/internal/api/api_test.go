package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"maru"
	"maru/web/internal/api"
)

type greetIn struct {
	Name string `path:"name" maxLength:"5"`
	Body struct {
		Times int `json:"times" minimum:"1"`
	}
}

type greetOut struct {
	Body struct {
		Text string `json:"text"`
	}
}

func server(t *testing.T) (http.Handler, *api.Endpoints) {
	t.Helper()
	mux := http.NewServeMux()
	e := api.New("test", func(op api.Op, do api.Do) {
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); err != nil {
				api.WriteError(w, err)
			}
		})
	})
	api.Register(e, api.Op{Method: "POST", Path: "/api/greet/{name}", ID: "greet", Summary: "Greet", Tag: "t", Role: api.Editor},
		func(_ context.Context, in *greetIn) (*greetOut, error) {
			if in.Name == "nobody" || in.Name == "none" {
				return nil, maru.Errorf(maru.NotFound, "there is no %s", in.Name)
			}
			out := &greetOut{}
			out.Body.Text = strings.Repeat("hello "+in.Name, in.Body.Times)
			return out, nil
		})
	e.Raw(api.Op{Method: "GET", Path: "/api/raw/{id}", ID: "raw", Summary: "Bytes", Tag: "t", Role: api.Viewer, Produces: []string{"text/csv"},
		Query: []api.Param{{Name: "bom", Doc: "1: begin with a byte order mark"}}},
		func(w http.ResponseWriter, r *http.Request) error {
			_, err := w.Write([]byte(r.PathValue("id")))
			return err
		})
	return mux, e
}

func TestAnswers(t *testing.T) {
	h, _ := server(t)
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"an answer", "/api/greet/ann", `{"times":2}`, 200, `{"text":"hello annhello ann"}`},
		{"an error of the endpoint", "/api/greet/none", `{"times":1}`, 404, `"kind":"not_found"`},
		{"a value out of bounds", "/api/greet/ann", `{"times":0}`, 400, `"kind":"invalid"`},
		{"an unknown key", "/api/greet/ann", `{"times":1,"x":1}`, 400, `unexpected property`},
		{"no JSON", "/api/greet/ann", `{`, 400, `"kind":"invalid"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", c.path, strings.NewReader(c.body)))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("got %d %s, wanted %d with %s", w.Code, w.Body, c.status, c.want)
			}
		})
	}
}

// TestDocument: the document names every endpoint with its role.
func TestDocument(t *testing.T) {
	_, e := server(t)
	text, err := e.Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID   string `json:"operationId"`
			Role string `json:"x-maru-role"`
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Paths["/api/greet/{name}"]["post"]; got.ID != "greet" || got.Role != "editor" {
		t.Errorf("greet is %+v", got)
	}
	if got := doc.Paths["/api/raw/{id}"]["get"]; got.ID != "raw" || got.Role != "viewer" {
		t.Errorf("raw is %+v", got)
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		want api.Role
		has  []string
		ok   bool
	}{
		{api.Open, nil, true}, {api.Viewer, nil, false}, {api.Viewer, []string{"viewer"}, true}, {api.Editor, []string{"viewer"}, false},
		{api.Editor, []string{"admin"}, true}, {api.Admin, []string{"editor"}, false}, {api.Viewer, []string{"stranger"}, false},
	} {
		if got := c.want.Allows(maru.Principal{Roles: c.has}); got != c.ok {
			t.Errorf("%s for %v: %v", c.want, c.has, got)
		}
	}
}
