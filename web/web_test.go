package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"maru"
	"maru/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "0123456789abcdef0123456789abcdef0123456789abcdef"

// parts is a node with one column of numbers and one stream.
type parts struct {
	healthy error
	err     error // of every part
	panics  bool
	rows    int   // of a result
	perRow  int   // bytes of text in a row
	fail    error // after rows
	asked   web.QueryRequest
	who     maru.Principal
	closed  atomic.Bool
	reset   web.ResetRequest
	paused  bool
}

func (p *parts) needs() web.Needs {
	return web.Needs{Query: p, Catalog: p, Streams: p, Control: p, Doctor: p, Project: p, Health: p}
}

func (p *parts) Run(ctx context.Context, req web.QueryRequest) (web.QueryResult, error) {
	p.asked = req
	p.who, _ = maru.PrincipalOf(ctx)
	if p.panics {
		panic("broken part")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &result{p: p, ctx: ctx}, nil
}

type result struct {
	p    *parts
	ctx  context.Context
	sent int
	rec  arrow.RecordBatch
}

func (r *result) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)
}

const batchRows = 1000

func (r *result) Next() (arrow.RecordBatch, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	n := min(batchRows, r.p.rows-r.sent)
	if n == 0 {
		if r.p.fail != nil {
			return nil, r.p.fail
		}
		return nil, io.EOF
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, r.Schema())
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(r.sent + i))
		b.Field(1).(*array.StringBuilder).Append(strings.Repeat("x", r.p.perRow))
	}
	r.sent += n
	r.rec = b.NewRecordBatch()
	return r.rec, nil
}

func (r *result) Close() error { r.p.closed.Store(true); return nil }

func (p *parts) Tables(context.Context) ([]web.Table, error) {
	return []web.Table{{Name: "t", Kind: "topic", Columns: maru.Schema{{Name: "ts", Type: maru.Timestamp}}}, {Name: "u", Kind: "seed"}}, p.err
}
func (p *parts) List(context.Context) ([]web.StreamStatus, error) {
	return []web.StreamStatus{{Name: "s", State: "running", RowsIn: 5}}, p.err
}
func (p *parts) Status(_ context.Context, name string) (web.StreamStatus, error) {
	if name != "s" {
		return web.StreamStatus{}, maru.Errorf(maru.NotFound, "there is no stream %s", name)
	}
	return web.StreamStatus{Name: "s"}, p.err
}
func (p *parts) Explain(context.Context, string) (string, error) { return "scan\n  filter", p.err }
func (p *parts) Reset(_ context.Context, _ string, r web.ResetRequest) error {
	p.reset = r
	return p.err
}
func (p *parts) Pause(_ context.Context, _ string, paused bool) error {
	p.paused = paused
	return p.err
}
func (p *parts) Side(_ context.Context, _, side string, limit int64) ([]web.SideRow, error) {
	return []web.SideRow{{Topic: "t", Offset: limit, Reason: side}}, p.err
}
func (p *parts) Keep(_ context.Context, name string) (web.KeptView, error) {
	return web.KeptView{File: "/kept/" + name, Rows: 3}, p.err
}
func (p *parts) Tail(ctx context.Context, name, from string) (io.ReadCloser, error) {
	if p.err != nil {
		return nil, p.err
	}
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	go fmt.Fprintf(w, "{\"name\":%q,\"from\":%q}\n", name, from)
	return r, nil
}
func (p *parts) Report(context.Context) (web.Report, error)        { return web.Report{}, p.err }
func (p *parts) Project(context.Context) (web.ProjectState, error) { return web.ProjectState{}, p.err }
func (p *parts) Healthy(context.Context) error                     { return p.healthy }

func serve(t *testing.T, p *parts, cfg web.Config) string {
	t.Helper()
	return serveNeeds(t, p.needs(), cfg)
}

func serveNeeds(t *testing.T, needs web.Needs, cfg web.Config) string {
	t.Helper()
	base, _ := start(t, needs, cfg)
	return base
}

func start(t *testing.T, needs web.Needs, cfg web.Config) (string, *web.Server) {
	t.Helper()
	cfg.Addr, cfg.Token, cfg.Version = "127.0.0.1:0", token, "test"
	ctx, cancel := context.WithCancel(context.Background())
	s, err := web.Open(ctx, cfg, needs)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return "http://" + s.Addr(), s
}

func do(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		switch {
		case header[i] == "Host":
			req.Host = header[i+1]
		case header[i+1] == "":
			req.Header.Del(header[i])
		default:
			req.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if strings.HasSuffix(req.URL.Path, "/tail") && resp.StatusCode == http.StatusOK {
		return resp, "" // without end
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp, string(text)
}

type endpoint struct {
	method, path, body string
	open               bool
}

var endpoints = []endpoint{
	{"GET", "/healthz", "", true},
	{"GET", "/metrics", "", true},
	{"POST", "/api/sql", `{"sql":"SELECT 1"}`, false},
	{"GET", "/api/catalog", "", false},
	{"GET", "/api/catalog/t", "", false},
	{"GET", "/api/catalog/t/profile?column=n", "", false},
	{"GET", "/api/streams", "", false},
	{"POST", "/api/streams", `{"name":"n","sql":"SELECT 1 FROM t"}`, false},
	{"GET", "/api/streams/s", "", false},
	{"GET", "/api/streams/s/explain", "", false},
	{"POST", "/api/streams/s/reset", "", false},
	{"POST", "/api/streams/s/pause", "", false},
	{"GET", "/api/streams/s/rows?side=late&limit=2", "", false},
	{"GET", "/api/views/s/tail", "", false},
	{"GET", "/api/doctor", "", false},
	{"GET", "/api/project", "", false},
}

// TestAuthorisation is every endpoint with every kind of caller.
func TestAuthorisation(t *testing.T) {
	base := serve(t, &parts{rows: 1}, web.Config{})
	port := base[strings.LastIndexByte(base, ':')+1:]
	for _, e := range endpoints {
		needsToken := http.StatusUnauthorized
		if e.open {
			needsToken = http.StatusOK
		}
		for name, c := range map[string]struct {
			header []string
			want   int
		}{
			"right token":          {nil, 200},
			"localhost":            {[]string{"Host", "localhost:" + port}, 200},
			"IPv6":                 {[]string{"Host", "[::1]:" + port}, 200},
			"own origin":           {[]string{"Origin", base}, 200},
			"same-origin page":     {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
			"lower-case scheme":    {[]string{"Authorization", "bearer " + token}, 200},
			"no token":             {[]string{"Authorization", ""}, needsToken},
			"wrong token":          {[]string{"Authorization", "Bearer " + strings.Repeat("0", 64)}, needsToken},
			"start of token":       {[]string{"Authorization", "Bearer " + token[:20]}, needsToken},
			"token and more":       {[]string{"Authorization", "Bearer " + token + "0"}, needsToken},
			"basic":                {[]string{"Authorization", "Basic " + token}, needsToken},
			"token in query":       {[]string{"Authorization", "", "X-Token", token}, needsToken},
			"foreign host":         {[]string{"Host", "evil.example:" + port}, 403},
			"foreign subdomain":    {[]string{"Host", "localhost.evil.example:" + port}, 403},
			"address of a machine": {[]string{"Host", "192.168.0.1:" + port}, 403},
			"other port":           {[]string{"Host", "127.0.0.1:1"}, 403},
			"no port":              {[]string{"Host", "127.0.0.1"}, 403},
			"foreign origin":       {[]string{"Origin", "http://evil.example"}, 403},
			"null origin":          {[]string{"Origin", "null"}, 403},
			"other port's origin":  {[]string{"Origin", "http://127.0.0.1:1"}, 403},
			"https origin":         {[]string{"Origin", "https" + base[4:]}, 403},
			"cross-site page":      {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		} {
			resp, text := do(t, e.method, base+e.path, e.body, c.header...)
			if want := c.want; resp.StatusCode != want && !(want == 200 && (resp.StatusCode == 204 || resp.StatusCode == 201)) {
				t.Errorf("%s %s, %s: %d, want %d: %s", e.method, e.path, name, resp.StatusCode, c.want, text)
			}
			if c.want >= 400 {
				checkErrorBody(t, text)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s allows origin %s", e.path, got)
			}
		}
	}
}

func checkErrorBody(t *testing.T, text string) web.ErrorInfo {
	t.Helper()
	var b web.ErrorBody
	if err := json.Unmarshal([]byte(text), &b); err != nil || b.Error.Kind == "" || b.Error.Message == "" {
		t.Errorf("%q is not an error in JSON: %v", text, err)
	}
	return b.Error
}

func TestOtherPaths(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/api/", 404}, {"GET", "/api", 404}, {"GET", "/api/nothing/here", 404}, {"POST", "/", 400}, {"GET", "/assets/gone.js", 404}, {"GET", "/api/sql", 405}, {"DELETE", "/api/streams/s", 405}, {"POST", "/api/catalog", 405},
		{"GET", "/api/streams/none", 404}, {"GET", "/api/streams/UPPER", 400}, {"GET", "/api/views/s/tail?from=yesterday", 400}, {"GET", "/api/streams/a%2Fb", 400},
	} {
		resp, text := do(t, c.method, base+c.path, "")
		if resp.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, resp.StatusCode, c.want)
		}
		checkErrorBody(t, text)
		if c.want == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
	}
	// Nobody learns without a token what there is.
	if resp, _ := do(t, "GET", base+"/api/nothing", "", "Authorization", ""); resp.StatusCode != 401 {
		t.Errorf("unknown path without token: %d", resp.StatusCode)
	}
}

func TestFormats(t *testing.T) {
	p := &parts{rows: 2, perRow: 1}
	base := serve(t, p, web.Config{})
	for accept, want := range map[string]string{
		"":                     "[\n{\"n\":0,\"s\":\"x\"},\n{\"n\":1,\"s\":\"x\"}\n]\n",
		"*/*":                  "[\n{\"n\":0,\"s\":\"x\"},\n{\"n\":1,\"s\":\"x\"}\n]\n",
		"application/x-ndjson": "{\"n\":0,\"s\":\"x\"}\n{\"n\":1,\"s\":\"x\"}\n",
		"text/csv":             "n,s\r\n0,x\r\n1,x\r\n",
		"text/*;q=0.5, application/x-ndjson;q=0.4": "n,s\r\n0,x\r\n1,x\r\n",
		"text/html, text/csv;q=0.9":                "n,s\r\n0,x\r\n1,x\r\n",
	} {
		resp, text := do(t, "POST", base+"/api/sql", `{"sql":"SELECT 1","dir":"/tmp","roots":["/data"],"max_rows":7}`, "Accept", accept)
		if resp.StatusCode != 200 || text != want {
			t.Errorf("%q: %d %q", accept, resp.StatusCode, text)
		}
	}
	if d := cmp.Diff(web.QueryRequest{SQL: "SELECT 1", Dir: "/tmp", Roots: []string{"/data"}, MaxRows: 7}, p.asked); d != "" {
		t.Error(d)
	}
	if p.who.ID != "local" {
		t.Errorf("principal %+v", p.who)
	}
	if _, text := do(t, "POST", base+"/api/sql?bom=1", `{"sql":"SELECT 1"}`, "Accept", "text/csv"); !strings.HasPrefix(text, "\ufeffn,s") {
		t.Errorf("no byte order mark: %q", text)
	}
	resp, text := do(t, "POST", base+"/api/sql", `{"sql":"SELECT 1"}`, "Accept", "application/vnd.apache.arrow.stream")
	r, err := ipc.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	defer r.Release()
	if rec, err := r.Read(); err != nil || rec.NumRows() != 2 {
		t.Errorf("%v, %v", rec, err)
	}
	if resp, _ := do(t, "POST", base+"/api/sql", `{"sql":"SELECT 1"}`, "Accept", "image/png"); resp.StatusCode != 400 {
		t.Errorf("image/png: %d", resp.StatusCode)
	}
}

func TestBadRequests(t *testing.T) {
	base := serve(t, &parts{rows: 1}, web.Config{})
	quoted := func(n int) string { return `{"sql":"` + strings.Repeat("x", n) + `"}` }
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"empty":           {"", 400},
		"no JSON":         {"SELECT 1", 400},
		"no statement":    {`{"sql":" "}`, 400},
		"unknown key":     {`{"sql":"x","limit":1}`, 400},
		"two values":      {`{"sql":"x"}{}`, 400},
		"relative dir":    {`{"sql":"x","dir":"data"}`, 400},
		"relative root":   {`{"sql":"x","roots":["."]}`, 400},
		"zero byte":       {`{"sql":"x","dir":"/a\u0000"}`, 400},
		"negative rows":   {`{"sql":"x","max_rows":-1}`, 400},
		"long statement":  {quoted(web.SQLBytesMax + 1), 413},
		"largest":         {quoted(web.SQLBytesMax), 200},
		"huge body":       {quoted(8 << 20), 413},
		"very deep":       {strings.Repeat("[", 100_000), 400},
		"many roots":      {`{"sql":"x","roots":["/a"` + strings.Repeat(`,"/a"`, 100) + `]}`, 413},
		"array":           {`["sql"]`, 400},
		"wrong type":      {`{"sql":5}`, 400},
		"invalid unicode": {"{\"sql\":\"\xff\"}", 200},
	} {
		resp, text := do(t, "POST", base+"/api/sql", c.body)
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d: %.200s", name, resp.StatusCode, c.want, text)
		}
		if c.want >= 400 {
			checkErrorBody(t, text)
		}
	}
}

// placed is an error with a place.
type placed struct{ error }

func (placed) Place() (int, int, string) { return 2, 7, "try avg" }

func TestErrors(t *testing.T) {
	for kind, want := range map[maru.Kind]int{
		maru.Internal: 500, maru.Invalid: 400, maru.NotFound: 404, maru.Conflict: 409, maru.Denied: 403, maru.Unauthenticated: 401, maru.TooLarge: 413,
		maru.OutOfMemory: 422, maru.OutOfSpace: 507, maru.Unavailable: 503, maru.Timeout: 504, maru.Canceled: 499, maru.Corrupt: 500,
	} {
		p := &parts{err: &maru.Error{Kind: kind, Err: placed{errors.New("평균 is unknown")}}}
		base := serve(t, p, web.Config{})
		for _, e := range endpoints {
			if e.open {
				continue
			}
			resp, text := do(t, e.method, base+e.path, e.body)
			info := checkErrorBody(t, text)
			if resp.StatusCode != want || info != (web.ErrorInfo{Kind: kind.String(), Message: "평균 is unknown", Line: 2, Column: 7, Hint: "try avg"}) {
				t.Errorf("%s %s: %d, want %d: %+v", e.path, kind, resp.StatusCode, want, info)
			}
		}
	}
}

func TestMissingParts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := web.Open(ctx, web.Config{Addr: "127.0.0.1:0", Token: token}, web.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for _, e := range endpoints {
		want := 503
		if e.open {
			want = 200
		}
		if resp, text := do(t, e.method, "http://"+s.Addr()+e.path, e.body); resp.StatusCode != want {
			t.Errorf("%s: %d %s", e.path, resp.StatusCode, text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestBrokenOff holds that a result that breaks off is never taken for whole.
func TestBrokenOff(t *testing.T) {
	p := &parts{rows: 3000, fail: maru.Errorf(maru.OutOfMemory, "out of memory: 많이")}
	base := serve(t, p, web.Config{})
	ask := func(te string) (*http.Response, []byte, error) {
		req, _ := http.NewRequest("POST", base+"/api/sql", strings.NewReader(`{"sql":"x"}`))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept", web.TypeNDJSON)
		if te != "" {
			req.Header.Set("TE", te)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return resp, text, err
	}
	if _, _, err := ask(""); err == nil {
		t.Error("a result that broke off looks whole")
	}
	resp, text, err := ask("trailers")
	if err != nil || bytes.Count(text, []byte("\n")) != 3000 {
		t.Fatalf("%d lines, %v", bytes.Count(text, []byte("\n")), err)
	}
	var info web.ErrorInfo
	if err := json.Unmarshal([]byte(resp.Trailer.Get(web.ErrorTrailer)), &info); err != nil || info.Message != "out of memory: 많이" || info.Kind != "out_of_memory" {
		t.Errorf("%+v, %v", info, err)
	}
	p.fail = nil
	if resp, _, err := ask("trailers"); err != nil || resp.Trailer.Get(web.ErrorTrailer) != "" {
		t.Errorf("whole result: %v, %v", resp.Trailer, err)
	}
}

func TestPanic(t *testing.T) {
	base := serve(t, &parts{panics: true}, web.Config{})
	resp, text := do(t, "POST", base+"/api/sql", `{"sql":"x"}`)
	if resp.StatusCode != 500 || strings.Contains(text, "broken part") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	checkErrorBody(t, text)
	if _, text := do(t, "GET", base+"/metrics", ""); !strings.Contains(text, "maru_http_panics_total 1") {
		t.Error("the panic is not counted")
	}
}

func TestTimeout(t *testing.T) {
	base := serve(t, &parts{rows: 1 << 40, perRow: 10}, web.Config{SQLTimeout: 50 * time.Millisecond})
	req, _ := http.NewRequest("POST", base+"/api/sql", strings.NewReader(`{"sql":"x"}`))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("TE", "trailers")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if got := resp.Trailer.Get(web.ErrorTrailer); !strings.Contains(got, "took longer than 50ms") {
		t.Errorf("trailer %q", got)
	}
}

// TestSlowReader holds that a reader that takes nothing is cut off and its
// query closed.
func TestSlowReader(t *testing.T) {
	p := &parts{rows: 1 << 40, perRow: 1000}
	base := serve(t, p, web.Config{StallTimeout: 100 * time.Millisecond})
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := `{"sql":"x"}`
	fmt.Fprintf(c, "POST /api/sql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", strings.TrimPrefix(base, "http://"), token, len(body), body)
	eventually(t, "the query is closed", p.closed.Load)
}

// TestClientLeaves holds that a client that goes away ends its query.
func TestClientLeaves(t *testing.T) {
	p := &parts{rows: 1 << 40, perRow: 1000}
	base := serve(t, p, web.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "POST", base+"/api/sql", strings.NewReader(`{"sql":"x"}`))
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	cancel()
	eventually(t, "the query is closed", p.closed.Load)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit, look := time.After(10*time.Second), time.NewTicker(5*time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-look.C:
		}
	}
}

func TestTail(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	req, _ := http.NewRequest("GET", base+"/api/views/s/tail?from=start", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line := make([]byte, 100)
	n, err := resp.Body.Read(line)
	if err != nil || string(line[:n]) != "{\"name\":\"s\",\"from\":\"start\"}\n" {
		t.Errorf("%q, %v", line[:n], err)
	}
	// The cleanup shows that an open tail does not hold up the end.
}

func TestReset(t *testing.T) {
	p := &parts{}
	base := serve(t, p, web.Config{})
	if resp, text := do(t, "POST", base+"/api/streams/s/reset", `{"from_retained":true}`); resp.StatusCode != 200 || !p.reset.FromRetained {
		t.Errorf("%s %s", resp.Status, text)
	}
}

func TestHealth(t *testing.T) {
	p := &parts{healthy: errors.New("the broker starts")}
	base := serve(t, p, web.Config{})
	if resp, text := do(t, "GET", base+"/healthz", ""); resp.StatusCode != 503 || !strings.Contains(text, "the broker starts") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	for _, path := range []string{"/api/catalog", "/api/doctor", "/api/project", "/api/streams"} {
		if _, text := do(t, "GET", base+path, ""); strings.Contains(text, "null") {
			t.Errorf("%s: %s", path, text)
		}
	}
}
