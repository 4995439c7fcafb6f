package collect

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// data is the folder of real logs; the test is left out, and says so, where
// there is none.
func data(t *testing.T, parts ...string) string {
	dir := os.Getenv("MARU_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real data: %v (MARU_SHARED_DATA names its folder)", err)
	}
	return path
}

func collectData(t *testing.T, glob string) (*memory, Status) {
	r := newRig(t)
	r.cfg.Files, r.cfg.Format = []string{glob}, "auto"
	s := r.once()
	return r.m, s
}

func each(t *testing.T, m *memory, fn func(v map[string]any)) {
	t.Helper()
	for _, s := range m.values("t") {
		var v map[string]any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		fn(v)
	}
}

func linesOf(t *testing.T, path string) (lines []string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
	return lines
}

// sameCounts compares what was collected with a plain count.
func sameCounts(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s %q: %d collected, %d in the file", what, k, got[k], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d different ones collected, %d in the file", what, len(got), len(want))
	}
}

func TestDataAccessLog(t *testing.T) {
	path := data(t, "api-log", "apache_logs.log")
	m, s := collectData(t, path)
	want, got := map[string]int{}, map[string]int{}
	lines := linesOf(t, path)
	for _, l := range lines {
		// As awk -F'"' '{split($3, a, " "); n[a[1]]++}' does, where no request
		// has a quote.
		f := strings.Fields(strings.Split(l, `"`)[2])
		want[f[0]]++
	}
	each(t, m, func(v map[string]any) { b, _ := json.Marshal(v["status"]); got[string(b)]++ })
	sameCounts(t, "status", got, want)
	if s.Rejected != 0 || int(s.Rows) != len(lines) || s.Files[0].Format != "combined" {
		t.Errorf("%d rows of %d lines, %d rejected, format %s", s.Rows, len(lines), s.Rejected, s.Files[0].Format)
	}
}

func TestDataAuthLog(t *testing.T) {
	path := data(t, "api-log", "auth.log")
	m, s := collectData(t, path)
	lines := linesOf(t, path)
	invalid, apps := 0, map[string]int{}
	for _, l := range lines {
		if strings.Contains(l, "]: Invalid user ") {
			invalid++
		}
	}
	got := 0
	each(t, m, func(v map[string]any) {
		app, _ := v["app"].(string)
		apps[app]++
		if msg, _ := v["message"].(string); strings.HasPrefix(msg, "Invalid user ") {
			got++
		}
	})
	if int(s.Rows) != len(lines) || s.Rejected != 0 || s.Files[0].Format != "syslog" || got != invalid || apps["sshd"] == 0 {
		t.Errorf("%d rows of %d lines, %d rejected, %s; %d of %d invalid users; apps %v", s.Rows, len(lines), s.Rejected, s.Files[0].Format, got, invalid, apps)
	}
}

func TestDataReviews(t *testing.T) {
	dir := data(t, "reviews")
	m, s := collectData(t, filepath.Join(dir, "*.json"))
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	want, got, rows := map[string]int{}, map[string]int{}, 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var all []map[string]string
		if err := json.Unmarshal(b, &all); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, v := range all {
			rows++
			want[v["rating"]]++
		}
	}
	each(t, m, func(v map[string]any) { s, _ := v["rating"].(string); got[s]++ })
	sameCounts(t, "rating", got, want)
	if s.Rejected != 0 || int(s.Rows) != rows || len(s.Files) != len(files) {
		t.Errorf("%d rows of %d, %d rejected, %d files of %d", s.Rows, rows, s.Rejected, len(s.Files), len(files))
	}
}

func TestDataRetail(t *testing.T) {
	dir := data(t, "retail")
	m, s := collectData(t, filepath.Join(dir, "*.csv"))
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want, got, rows := map[string]int{}, map[string]int{}, 0
	for _, f := range files {
		h, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(h).ReadAll()
		h.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all[1:] {
			rows++
			want[r[7]]++
		}
	}
	each(t, m, func(v map[string]any) { s, _ := v["Country"].(string); got[s]++ })
	sameCounts(t, "country", got, want)
	if s.Rejected != 0 || int(s.Rows) != rows || s.Files[0].Format != "csv" {
		t.Errorf("%d rows of %d, %d rejected", s.Rows, rows, s.Rejected)
	}
}

func TestDataNDJSON(t *testing.T) {
	path := data(t, "api-log", "nginxplus.ndjson")
	m, s := collectData(t, path)
	lines := linesOf(t, path)
	if got := m.values("t"); strings.Join(got, "\n") != strings.Join(lines, "\n") || s.Rejected != 0 {
		t.Errorf("%d rows of %d lines, %d rejected: not the lines verbatim", len(got), len(lines), s.Rejected)
	}
}
