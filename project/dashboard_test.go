package project_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/project"
	"maru/spec"
)

const handWritten = `# What we look at in the morning.

title: 'API health'   # short
time:
  range: 6h
  # not faster: the views have 10 s windows
  refresh: 10s
filters:
  # chosen most often
  - {name: path, sql: "SELECT 1"}
  - name: region
    values: [kr, us]

tiles:
  # traffic first
  - title: Requests a minute   # the one that matters
    at: {x: 0, y: 0, w: 16, h: 8}          # of 24 columns
    sql: |
      SELECT t, n   -- a comment of SQL
      # no comment
      FROM requests_1m

      WHERE t >= {{from}}
    # how it looks
    chart: {mark: area, x: t, y: [n], series: 'class', stack: true, order: [2xx, 3xx]}
    compare: "1d"
    thresholds:
      - value: 500  # agreed in May
        level: warn
      - {value: 1e3, level: error}

  # ---- the rest ----

  # errors
  - id: errors
    title: Errors
    at: {x: 16, y: 0, w: 8, h: 8}
    sql: SELECT 1 AS one
    chart:
      # a table would do
      mark: bar
      x: t
  - text: |
      ## Words
    at: {x: 0, y: 8, w: 24, h: 2}
# the end
`

func parse(t testing.TB, text []byte) spec.Dashboard {
	t.Helper()
	d, problems := project.ParseDashboard("api", text)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	return d
}

// edit holds that the edited text reads as what was wanted.
func edit(t testing.TB, text []byte, want spec.Dashboard) []byte {
	t.Helper()
	out, err := project.EditDashboard(text, want)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(want.Normal(), parse(t, out)); diff != "" {
		t.Fatalf("not what was wanted:\n%s\n%s", diff, out)
	}
	return out
}

func TestEditDashboard(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(*spec.Dashboard)
		gone, appear []string // lines
	}{
		"nothing": {func(*spec.Dashboard) {}, nil, nil},
		"a title": {func(d *spec.Dashboard) { d.Tiles[1].Title.All = "Failures" }, []string{"    title: Errors"}, []string{"    title: Failures"}},
		"a title gives no new id": {func(d *spec.Dashboard) { d.Tiles[0].Title.All = "Load" },
			[]string{"  - title: Requests a minute   # the one that matters"}, []string{"  - id: requests_a_minute", "    title: Load   # the one that matters"}},
		"a place": {func(d *spec.Dashboard) { d.Tiles[0].At.H = 7 },
			[]string{"    at: {x: 0, y: 0, w: 16, h: 8}          # of 24 columns"}, []string{"    at: {x: 0, y: 0, w: 16, h: 7}          # of 24 columns"}},
		"SQL": {func(d *spec.Dashboard) { d.Tiles[1].SQL = "SELECT 1\n  , 2" },
			[]string{"    sql: SELECT 1 AS one"}, []string{"    sql: |", "      SELECT 1", "        , 2"}},
		"a key of a chart on one line": {func(d *spec.Dashboard) { d.Tiles[0].Chart.Stack, d.Tiles[0].Chart.Unit = false, "/s" },
			[]string{"    chart: {mark: area, x: t, y: [n], series: 'class', stack: true, order: [2xx, 3xx]}"},
			[]string{"    chart: {mark: area, x: t, y: [n], series: 'class', unit: /s, order: [2xx, 3xx]}"}},
		"a key of a chart in a block": {func(d *spec.Dashboard) { d.Tiles[1].Chart.Y = []string{"one"} }, nil, []string{"      y: [one]"}},
		"a threshold":                 {func(d *spec.Dashboard) { d.Tiles[0].Thresholds[0].Value = 600 }, []string{"      - value: 500  # agreed in May"}, []string{"      - value: 600  # agreed in May"}},
		"a tile less": {func(d *spec.Dashboard) { d.Tiles = slices.Delete(d.Tiles, 1, 2) },
			[]string{"  # errors", "  - id: errors", "    title: Errors", "    at: {x: 16, y: 0, w: 8, h: 8}", "    sql: SELECT 1 AS one", "    chart:", "      # a table would do", "      mark: bar", "      x: t"}, nil},
		"a tile more": {func(d *spec.Dashboard) {
			d.Tiles = append(d.Tiles, spec.Tile{Title: spec.Text{All: "New"}, At: spec.At{Y: 10, W: 2, H: 2}, SQL: "SELECT 1", Chart: spec.Chart{Mark: "table"}})
		}, nil, []string{"  - title: New", "    at: {x: 0, y: 10, w: 2, h: 2}", "    sql: |", "      SELECT 1", "    chart: {mark: table}"}},
		"tiles in another order": {func(d *spec.Dashboard) { slices.Reverse(d.Tiles) }, nil, nil},
		"no filters": {func(d *spec.Dashboard) { d.Filters = nil },
			[]string{"filters:", "  # chosen most often", `  - {name: path, sql: "SELECT 1"}`, "  - name: region", "    values: [kr, us]"}, nil},
		"the range": {func(d *spec.Dashboard) { d.Time.Range = "1h" }, []string{"  range: 6h"}, []string{"  range: 1h"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := parse(t, []byte(handWritten))
			c.change(&want)
			out := edit(t, []byte(handWritten), want)
			before, after := lines(handWritten), lines(string(out))
			if diff := cmp.Diff(sorted(c.gone), less(before, after)); diff != "" {
				t.Errorf("lines gone (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(sorted(c.appear), less(after, before)); diff != "" {
				t.Errorf("lines new (-want +got):\n%s\n%s", diff, out)
			}
		})
	}
}

func lines(s string) map[string]int {
	m := map[string]int{}
	for l := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(l) != "" {
			m[l]++
		}
	}
	return m
}

// less is what a has more of than b, sorted.
func less(a, b map[string]int) (out []string) {
	for l, n := range a {
		for range n - b[l] {
			out = append(out, l)
		}
	}
	return sorted(out)
}

func sorted(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

var startTexts = []string{handWritten, "", "# only a comment\n", "title: x", "{title: x, tiles: [{title: a, at: {x: 0, y: 0, w: 1, h: 1}, sql: \"SELECT\\n1\"}]} # c\n",
	"tiles:\n- title: a\n  at:\n    x: 1\n    w: 2\n    h: 3\n  sql: >-\n    SELECT\n    1\n# end\n- {title: b, at: {y: 9, w: 1, h: 1}, text: c}\n",
	"---\ntitle: \"a\\tb\"\r\ntime: {range: 1h}   # c\r\n...\n", "\ufefftiles: []\nfilters: []\ntitle: \"한글 # x\" # c\n"}

// TestEditDashboardReadsAsWanted makes random edits, one after the other.
func TestEditDashboardReadsAsWanted(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 400 {
		start := startTexts[r.IntN(len(startTexts))]
		d, problems := project.ParseDashboard("api", []byte(start))
		if len(problems) > 0 {
			continue
		}
		text := []byte(start)
		for range 6 {
			touched := disturb(r, &d)
			if len(d.Problems()) > 0 {
				break
			}
			out := edit(t, text, d)
			if !touched {
				for l := range lines(string(text)) {
					if strings.HasPrefix(strings.TrimSpace(l), "#") && !strings.Contains(string(out), l) {
						t.Fatalf("comment %q is lost\n%s\n→\n%s", l, text, out)
					}
				}
			}
			text, d = out, parse(t, out)
		}
	}
}

var someTexts = []string{"", "a", "n", "true", "404", "6h", "한글: x # y", "- a", "it's \"so\"", "{a}", " x ", "a\\b", "null", "~", "2026-01-01", "*a", "&a", "!b", "%", "@x", "`", "a, b", "🙂", "0x1f", "1_000", ".5", "?", "a:", "#a", "=", "<<"}
var someSQL = []string{"SELECT 1", "SELECT {{from}}\n\n  FROM x -- c\n\t, y", "SELECT ':' AS \"a\" # b", "---\nSELECT 1", "...\nx", "  SELECT\n 1\n", "# a\n# b", "a:\n- b", "x\n   \ny", "\tx", "'é' ||\n'\u00a0'"}

// disturb changes d in one way; touched says that whole entries may have gone.
func disturb(r *rand.Rand, d *spec.Dashboard) (touched bool) {
	word := func() string { return someTexts[r.IntN(len(someTexts))] }
	text := func() spec.Text {
		if r.IntN(3) == 0 {
			return spec.Text{En: word(), Ko: word()}
		}
		return spec.Text{All: word()}
	}
	if len(d.Tiles) == 0 || r.IntN(5) == 0 {
		y := 0
		for _, t := range d.Tiles {
			y = max(y, t.At.Y+t.At.H)
		}
		n := spec.Tile{Title: text(), At: spec.At{Y: y, W: 1 + r.IntN(24), H: 1 + r.IntN(9)}, SQL: someSQL[r.IntN(len(someSQL))]}
		d.Tiles = slices.Insert(d.Tiles, r.IntN(len(d.Tiles)+1), n)
		return false
	}
	i := r.IntN(len(d.Tiles))
	t := &d.Tiles[i]
	switch r.IntN(16) {
	case 0:
		t.Title = text()
	case 1:
		d.Title = text()
	case 2:
		if t.SQL != "" {
			t.SQL = someSQL[r.IntN(len(someSQL))]
			return true
		}
		t.Text = spec.Text{All: someSQL[r.IntN(len(someSQL))]}
		return true
	case 3:
		t.Chart.Y = []string{"a", "b, c"}[:r.IntN(3)]
	case 4:
		t.Chart.Stack = !t.Chart.Stack
	case 5:
		t.Compare = []spec.Span{"", "1d", "7d"}[r.IntN(3)]
	case 6:
		t.Thresholds = []spec.Threshold{{Value: r.Float64() * 1e4, Level: "warn", Label: text()}, {Value: -1, Level: "error"}}[:r.IntN(3)]
		return true
	case 7:
		t.Chart.Colors = []map[string]string{nil, {"5xx": "error", "a: b": "c1"}, {"404": "ok"}}[r.IntN(3)]
	case 8:
		d.Tiles = slices.Delete(d.Tiles, i, i+1)
		return true
	case 9:
		r.Shuffle(len(d.Tiles), func(i, j int) { d.Tiles[i], d.Tiles[j] = d.Tiles[j], d.Tiles[i] })
	case 10:
		t.At.W, t.At.X = 1, 0
	case 11:
		d.Filters = append(slices.Clone(d.Filters), spec.Filter{Name: fmt.Sprintf("f%d", len(d.Filters)), Label: text(), Values: []string{"a", "no", "1"}})
	case 12:
		t.About, d.About = text(), spec.Text{All: someSQL[r.IntN(len(someSQL))]}
		return true
	case 13:
		n := r.IntN(10)
		t.Chart.Decimals = &n
		t.Chart.Columns = []spec.ChartColumn{{Name: "a b", Label: text(), Decimals: &n, Hide: true}, {Name: "c"}}[:r.IntN(3)]
		return true
	case 14:
		d.Time = spec.Time{Range: []spec.Span{"", "1h", "30d"}[r.IntN(3)], Refresh: []string{"", "live", "5s"}[r.IntN(3)]}
		return true
	case 15:
		t.ID = fmt.Sprintf("t%d", r.IntN(1000))
		return true
	}
	return false
}

func FuzzEditDashboard(f *testing.F) {
	for i, s := range startTexts {
		f.Add(s, uint64(i), "SELECT 1\nFROM x")
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64, sql string) {
		d, problems := project.ParseDashboard("api", []byte(text))
		if len(problems) > 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for range 3 {
			disturb(r, &d)
		}
		if len(d.Tiles) > 0 && d.Tiles[0].SQL != "" {
			d.Tiles[0].SQL = sql
			d.Tiles[0].Title.All = strings.Split(sql, "\n")[0]
		}
		if len(d.Problems()) > 0 {
			return
		}
		out, err := project.EditDashboard([]byte(text), d)
		var known *maru.Error
		if errors.As(err, &known) && known.Kind == maru.TooLarge {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Normal(), parse(t, out)); diff != "" {
			t.Fatalf("%s\n%s", diff, out)
		}
	})
}

func TestNewDashboardRefusesWhatIsWrong(t *testing.T) {
	if _, err := project.NewDashboard(spec.Dashboard{Name: "a", Tiles: []spec.Tile{{SQL: "SELECT {{frm}}"}}}); kindOf(err) != maru.Invalid {
		t.Errorf("NewDashboard: %v", err)
	}
}

func kindOf(err error) maru.Kind {
	var e *maru.Error
	if !errors.As(err, &e) {
		return maru.Internal
	}
	return e.Kind
}

func TestDashboardFiles(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	f := project.NewDashboardFiles(dir)
	const file = "dashboards/a.yaml"
	check := func(what string, err error, want maru.Kind) {
		t.Helper()
		if err == nil || kindOf(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	_, _, err := f.Read(file)
	check("read nothing", err, maru.NotFound)
	first, err := f.Write(file, "", []byte("title: one\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(file, "", []byte("title: two\n"))
	check("make what is there", err, maru.Conflict)
	second, err := f.Write(file, first, []byte("title: two\n"))
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	_, err = f.Write(file, first, []byte("title: three\n"))
	check("write over another's", err, maru.Conflict)
	check("remove another's", f.Remove(file, first), maru.Conflict)
	if text, tag, err := f.Read(file); string(text) != "title: two\n" || tag != second || err != nil {
		t.Error(string(text), tag, err)
	}
	_, err = f.Write(file, second, make([]byte, 1<<20))
	check("a large one", err, maru.TooLarge)
	for _, bad := range []string{"", "maru.yaml", "../dashboards/a.yaml", "dashboards/../maru.yaml", "/dashboards/a.yaml", "dashboards/../../dashboards/a.yaml",
		"dashboards/A.yaml", "dashboards/a.yml", "dashboards/a.sql", "topics/a.yaml", "dashboards/a\x00.yaml", `dashboards/..\a.yaml`, "dashboards//a.yaml"} {
		_, err := f.Write(bad, "", []byte("title: x\n"))
		check(bad, err, maru.Invalid)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "dashboards", "out")); err == nil {
		if _, err := f.Write("dashboards/out/dashboards/a.yaml", "", []byte("x")); err == nil {
			t.Error("wrote through a link that leads out")
		}
	}
	if err := f.Remove(file, second); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "dashboards", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDemonstrationDashboard(t *testing.T) {
	p, problems := project.Load("../examples/api-log")
	if len(problems) > 0 || len(p.Dashboards) != 1 {
		t.Fatalf("%v %+v", problems, p.Dashboards)
	}
}
