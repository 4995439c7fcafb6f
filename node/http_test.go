package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"maru/marutest"
)

// soon is how long a busy machine may take over what is done within a second.
const soon = 20 * time.Second

// site is a node as a browser or a program meets it.
type site struct {
	t     *testing.T
	n     *marutest.Node
	admin sync.Once
}

// answer is what came back.
type answer struct {
	t      *testing.T
	what   string
	status int
	body   string
	header http.Header
}

// begin starts a node with a project of one declared topic, one seed and one
// dashboard.
func begin(t *testing.T) *site {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	for file, text := range map[string]string{
		"maru.yaml":            "name: shop\n",
		"topics/requests.yaml": "partitions: 2\ntime: ts\nwatermark: 1s\nidle: 1s\ncolumns:\n  ts: TIMESTAMPTZ\n  path: VARCHAR\n  ms: DOUBLE\n",
		"seeds/names.csv":      "path,name\n/a,first\n/b,second\n",
		"dashboards/load.yaml": "title: Load\ntiles:\n  - title: all\n    at: {x: 0, y: 0, w: 8, h: 4}\n    sql: SELECT count(*) AS n FROM requests\n    chart: {mark: number}\n",
	} {
		marutest.WriteFile(t, filepath.Join(dir, filepath.FromSlash(file)), text)
	}
	s := &site{t: t, n: marutest.Start(t, marutest.Options{Project: dir})}
	s.until("the project is in force", func() error { return s.get("/api/topics/requests").is(200) })
	return s
}

// call asks with the data directory's token; header "Cookie" asks as whose
// session that is instead.
func (s *site) call(method, path, body string, header ...string) answer {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.n.HTTP+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.n.Token()
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Cookie" {
			req.Header.Del("Authorization")
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, method + " " + path, resp.StatusCode, string(text), resp.Header}
}

func (s *site) get(path string) answer { s.t.Helper(); return s.call("GET", path, "") }
func (s *site) post(path, body string) answer {
	s.t.Helper()
	return s.call("POST", path, body)
}

// is says whether an answer has the status and the words.
func (a answer) is(status int, words ...string) error {
	flat := strings.ReplaceAll(a.body, `": `, `":`)
	for _, w := range append([]string{""}, words...) {
		if a.status != status || !strings.Contains(flat, w) {
			return fmt.Errorf("%s: %d %.800s, wanted %d with %q", a.what, a.status, a.body, status, words)
		}
	}
	return nil
}

func (a answer) want(status int, words ...string) answer {
	a.t.Helper()
	if err := a.is(status, words...); err != nil {
		a.t.Error(err)
	}
	return a
}

// into reads the answer.
func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil || a.status >= 300 {
		a.t.Fatalf("%s: %d %s: %v", a.what, a.status, a.body, err)
	}
}

func (s *site) until(what string, ok func() error) {
	s.t.Helper()
	marutest.Until(s.t, soon, what, ok)
}

// row appends one request to the topic.
func (s *site) row(value string) {
	s.t.Helper()
	text, err := json.Marshal(map[string]any{"partition": 0, "value": value})
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("/api/topics/requests/messages", string(text)).want(200)
}

func request(at time.Time, path string, ms int) string {
	return fmt.Sprintf(`{"ts":%q,"path":%q,"ms":%d}`, at.UTC().Format(time.RFC3339Nano), path, ms)
}

// signIn makes a user and gives their session.
func (s *site) signIn(name, role string) (cookie string) {
	s.t.Helper()
	const password = "correct horse battery"
	s.admin.Do(func() { // the first user must be one
		s.post("/api/users", fmt.Sprintf(`{"name":"root","role":"admin","password":%q}`, password)).want(200)
	})
	s.post("/api/users", fmt.Sprintf(`{"name":%q,"role":%q,"password":%q}`, name, role, password)).want(200)
	return s.again(name, password)
}

func (s *site) again(name, password string, header ...string) (cookie string) {
	s.t.Helper()
	a := s.call("POST", "/api/session", fmt.Sprintf(`{"name":%q,"password":%q}`, name, password), append([]string{"Authorization", ""}, header...)...).want(200)
	cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}
