package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru/web"
)

func texts(ss []statement) []string {
	var out []string
	for _, s := range ss {
		out = append(out, fmt.Sprintf("%d:%s", s.line, s.text))
	}
	return out
}

func TestSplitStatements(t *testing.T) {
	for _, c := range []struct {
		in   string
		done []string
		rest string
	}{
		{"SELECT 1; SELECT 2;", []string{"1:SELECT 1", "1: SELECT 2"}, ""},
		{"SELECT 1", nil, "SELECT 1"},
		{"\n\nSELECT ';';\n\nFROM t", []string{"3:SELECT ';'"}, "FROM t"},
		{"SELECT 'it''s; ok';", []string{"1:SELECT 'it''s; ok'"}, ""},
		{`SELECT "a;b"; x`, []string{`1:SELECT "a;b"`}, " x"},
		{"-- a; b\nSELECT 1;", []string{"1:-- a; b\nSELECT 1"}, ""},
		{"/* ; */ SELECT 1;", []string{"1:/* ; */ SELECT 1"}, ""},
		{"SELECT $$;$$; SELECT $a$;$$;$a$;", []string{"1:SELECT $$;$$", "1: SELECT $a$;$$;$a$"}, ""},
		{"SELECT $1; x", []string{"1:SELECT $1"}, " x"},
		{";;  ; -- nothing\n;", nil, ""},
		{"SELECT 'open; ", nil, "SELECT 'open;"},
	} {
		done, rest := splitStatements(c.in)
		if d := cmp.Diff(c.done, texts(done)); d != "" || rest.text != c.rest {
			t.Errorf("%q: %s rest %q", c.in, d, rest.text)
		}
	}
}

func TestUnfinished(t *testing.T) {
	for text, want := range map[string]bool{"SELECT 'a;": true, "SELECT 'a';": false, "SELECT 'a''": true, "'": true, "/* a;": true, "/* a */;": false, "-- a;": false,
		"$$a;": true, "$$a$$;": false, "$$": true, `"a;`: true, "": false, "/*/": true, "SELECT 1;": false, "$a$ $$ ;": true} {
		if got := unfinished(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// FuzzSplitStatements holds that nothing is lost and nothing loops.
func FuzzSplitStatements(f *testing.F) {
	for _, s := range []string{"a;b", "'a;", "$$;$$", "/*;*/;", "--;\n;", "$a$;$a", "\x00;", "'';''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		done, rest := splitStatements(s)
		last := 0
		for _, st := range append(done, rest) {
			at := strings.Index(s[last:], st.text)
			if at < 0 {
				t.Fatalf("%q is not in %q after %d", st.text, s, last)
			}
			last += at + len(st.text)
		}
		unfinished(s)
	})
}

func TestCaret(t *testing.T) {
	st := statement{"SELECT 서울, pahth\nFROM t", 3}
	got := caret(web.ErrorInfo{Message: "no \x1b[31mpahth", Line: 1, Column: 12, Hint: "path?"}, st)
	want := "error: no \\x1b[31mpahth\n   3 | SELECT 서울, pahth\n                    ^\nhint: path?\n"
	if got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}
	long := caret(web.ErrorInfo{Message: "m", Line: 1, Column: 5001}, statement{strings.Repeat("x", 5000) + "Y" + strings.Repeat("x", 5000), 1})
	lines := strings.Split(long, "\n")
	if at := strings.IndexByte(lines[2], '^'); len(lines[1]) > 200 || []rune(lines[1])[at] != 'Y' {
		t.Errorf("%s", long)
	}
	for _, e := range []web.ErrorInfo{{Message: "m", Line: 9}, {Message: "m", Line: 1, Column: 99999}, {Message: "m"}} {
		if got := caret(e, st); !strings.HasPrefix(got, "error: m\n") {
			t.Errorf("%+v: %q", e, got)
		}
	}
}

// typist types lines, then ends.
type typist struct {
	lines   []string
	prompts []string
}

func (l *typist) read(prompt string) (string, error) {
	l.prompts = append(l.prompts, prompt)
	if len(l.lines) == 0 {
		return "", io.EOF
	}
	line := l.lines[0]
	l.lines = l.lines[1:]
	if line == "^C" {
		return "", errDropped
	}
	return line, nil
}

func TestShellLoop(t *testing.T) {
	base, _ := url.Parse("http://127.0.0.1:1")
	var out, errs bytes.Buffer
	s := &session{client: newClient(base, ""), out: &out, err: &errs, format: "table"}
	h := &history{}
	in := &typist{lines: []string{"SELECT", "^C", "", `\?`, strings.Repeat("x", statementMax+1), `\timing`, "SELECT", "'a;", "b';", `\q`, "never"}}
	if err := s.loop(context.Background(), in, h); err != nil {
		t.Fatal(err)
	}
	if len(in.lines) != 1 {
		t.Errorf("left too late: %q", in.lines)
	}
	want := []string{promptFirst, promptMore, promptFirst, promptFirst, promptFirst, promptFirst, promptFirst, promptMore, promptMore, promptFirst}
	if d := cmp.Diff(want, in.prompts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{`\?`, `\timing`, "SELECT 'a; b';", `\q`}, h.lines); d != "" {
		t.Error(d)
	}
	for _, want := range []string{"is longer than", "no server at"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is not in %q", want, errs.String())
		}
	}
	if err := s.loop(context.Background(), &typist{}, h); err != nil {
		t.Errorf("end of input: %v", err)
	}
}

// TestShellStops holds that Ctrl-C ends the statement and not the shell.
func TestShellStops(t *testing.T) {
	started := make(chan struct{}, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		started <- struct{}{}
		<-r.Context().Done()
	}))
	defer srv.Close()
	base, _ := url.Parse(srv.URL)
	var out, errs bytes.Buffer
	s := &session{client: newClient(base, ""), out: &out, err: &errs, format: "table"}
	go func() {
		<-started
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	if err := s.loop(context.Background(), &typist{lines: []string{"SELECT 1;", `\timing`, `\q`}}, &history{}); err != nil {
		t.Fatal(err)
	}
	if errs.String() != "stopped\n" || out.String() != "timing is on\n" {
		t.Errorf("%q %q", errs.String(), out.String())
	}
}

func TestHistory(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	h := openHistory()
	for i := range historyMax + 10 {
		h.Add(fmt.Sprintf("SELECT %d;", i))
		h.Add(fmt.Sprintf("SELECT %d;", i))
	}
	h.Add(strings.Repeat("x", historyLineMax+1))
	h.save(io.Discard)
	again := openHistory()
	if len(again.lines) != historyMax || again.lines[historyMax-1] != fmt.Sprintf("SELECT %d;", historyMax+9) {
		t.Errorf("%d lines, last %q", len(again.lines), again.lines[len(again.lines)-1])
	}
	l := lineHistory{again}
	if l.At(0) != again.lines[historyMax-1] || l.At(l.Len()-1) != again.lines[0] {
		t.Error("the order is wrong")
	}
	if info, err := os.Stat(again.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func TestFlatten(t *testing.T) {
	names, values, err := flatten([]byte(`{"op":"+","row":{"b":"x\ny","a":null,"c":{"z":1}},"n":1.50,"s":"null"}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"op", "b", "a", "c", "n", "s"}, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"+", `x\ny`, "NULL", `{"z":1}`, "1.50", "null"}, values); d != "" {
		t.Error(d)
	}
}

// FuzzFlatten holds that no line panics the follower or reaches the terminal raw.
func FuzzFlatten(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"row":{"row":{}}}`, `[]`, `{"a":`, `{"a":"\u001b[0m"}`, "{\"\x1b\":1}", "", "null", `{"row":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		names, values, err := flatten(line)
		if err != nil {
			return
		}
		if len(names) != len(values) || strings.ContainsRune(strings.Join(append(names, values...), ""), 0x1b) {
			t.Errorf("%q: %q %q", line, names, values)
		}
	})
}

// hand is a clock that stands until it is turned.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time { return h.now }

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	clock := &hand{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p := newProgress(&out, "load", clock)
	for i := range 120 { // a minute of ticks
		clock.now = clock.now.Add(500 * time.Millisecond)
		p.set(int64(i+1)*1_000_000, 240_000_000, fmt.Sprintf("%d rows", i))
		p.tick()
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 10 || len(lines) > 12 {
		t.Errorf("%d lines in a minute:\n%s", len(lines), out.String())
	}
	if want := "load  50%  120 MB of 240 MB  2.0 MB/s  1m0s left  119 rows"; lines[len(lines)-1] != want {
		t.Errorf("%q", lines[len(lines)-1])
	}
	out.Reset()
	p = newProgress(&out, "load", clock)
	p.set(5, 0, "")
	p.tick()
	if out.Len() > 0 {
		t.Errorf("what is soon done shows %q", out.String())
	}
	p.terminal = true
	clock.now = clock.now.Add(2 * time.Second)
	p.set(50, 100, "")
	p.tick()
	if !strings.Contains(out.String(), "[===============               ]  50%") {
		t.Errorf("%q", out.String())
	}
	p.begin(func() {})
	p.end()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Error("the bar stays")
	}
}

func TestNewNotices(t *testing.T) {
	for _, c := range []struct{ before, now, want []string }{
		{nil, []string{"a"}, []string{"a"}}, {[]string{"a"}, []string{"a", "b"}, []string{"b"}}, {[]string{"a", "b"}, []string{"b", "c"}, []string{"c"}},
		{[]string{"a"}, []string{"x", "y"}, []string{"x", "y"}}, {[]string{"a"}, []string{"a"}, []string{}},
	} {
		if d := cmp.Diff(c.want, newNotices(c.before, c.now)); d != "" {
			t.Error(d)
		}
	}
}

func TestTopicFor(t *testing.T) {
	for file, want := range map[string]string{"/var/log/nginx/access.log": "access", "a/Api-Log.2.gz": "api_log", "*.log": "log", "log/auth*.log": "auth", ".hidden": "hidden", "로그.log": "log"} {
		if got := topicFor(file); got != want {
			t.Errorf("%s: %q", file, got)
		}
	}
}

func TestTexts(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_999: "1.0 MB", 1_500_000: "1.5 MB", 123_456_789: "123 MB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -123: "-123"} {
		if got := countText(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestFinding walks the order in which a server and its token are looked for.
func TestFinding(t *testing.T) {
	home := t.TempDir()
	for _, v := range []string{"MARU_SERVER", "MARU_DATA", "MARU_TOKEN", "MARU_BOOTSTRAP"} {
		t.Setenv(v, "")
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
	shop := filepath.Join(home, "shop")
	data := filepath.Join(shop, ".maru")
	for _, d := range []string{filepath.Join(data, "run"), filepath.Join(shop, "streams"), filepath.Join(home, "else")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(shop, "maru.yaml"), "")
	token, err := web.EnsureToken(data)
	if err != nil {
		t.Fatal(err)
	}
	find := func(dir string, flags ...string) (string, string) {
		t.Helper()
		t.Chdir(dir)
		c, err := sqlVerb().parse(flags, stdio{})
		if err != nil {
			t.Fatal(err)
		}
		cl, err := c.findServer()
		if err != nil {
			t.Fatal(err)
		}
		return cl.base.String(), cl.token
	}
	expect := func(what, base, tok, wantBase, wantTok string) {
		t.Helper()
		if base != wantBase || tok != wantTok {
			t.Errorf("%s: %s %q, want %s %q", what, base, tok, wantBase, wantTok)
		}
	}
	const usual = "http://127.0.0.1:7788"
	b, k := find(filepath.Join(home, "else"))
	expect("nothing known", b, k, usual, "")
	b, k = find(filepath.Join(shop, "streams"))
	expect("inside a project", b, k, usual, token)
	write(filepath.Join(data, "run", "server.json"), `{"http":"127.0.0.1:9999","kafka":"127.0.0.1:9998"}`)
	b, k = find(shop)
	expect("server.json", b, k, "http://127.0.0.1:9999", token)
	b, k = find(filepath.Join(home, "else"), "--data", data)
	expect("--data", b, k, "http://127.0.0.1:9999", token)
	b, k = find(shop, "--server", "http://example.com:80")
	expect("a token stays here", b, k, "http://example.com:80", "")
	b, k = find(shop, "--server", "localhost:1234")
	expect("--server", b, k, "http://localhost:1234", token)
	if err := rememberServer("127.0.0.1:7788", data); err != nil {
		t.Fatal(err)
	}
	b, k = find(filepath.Join(home, "else"))
	expect("remembered", b, k, usual, token)
	t.Setenv("MARU_TOKEN", "given")
	t.Setenv("MARU_SERVER", "http://127.0.0.1:5")
	b, k = find(shop)
	expect("environment", b, k, "http://127.0.0.1:5", "given")
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{{nil, 0}, {errFailed, 1}, {&useError{message: "x"}, 2}, {errors.New("x"), 1}, {context.Canceled, 1}, {fmt.Errorf("wrap: %w", &useError{verb: "sql", message: "x"}), 2}} {
		if got := exitCode(c.err, io.Discard); got != c.want {
			t.Errorf("%v: %d", c.err, got)
		}
	}
}

// TestHelpIsComplete holds that every verb and every flag is explained.
func TestHelpIsComplete(t *testing.T) {
	for _, v := range verbs() {
		var out bytes.Buffer
		v.printHelp(&out)
		text := out.String()
		if v.hidden {
			continue
		}
		for _, want := range append([]string{"Usage: maru " + v.name, v.short, "Examples:", "Exit codes:"}, flagNames(v.flagSet())...) {
			if !strings.Contains(text, want) {
				t.Errorf("help %s lacks %q", v.name, want)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(line, "      ") && strings.TrimSpace(line) == "" {
				t.Errorf("help %s: a flag is not explained", v.name)
			}
		}
	}
}
