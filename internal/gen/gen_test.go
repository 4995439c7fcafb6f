package gen_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"maru"
	"maru/internal/gen"
)

// row is a line as a reader of the log sees it.
type row struct {
	ts             time.Time
	pos            int
	key            string
	method, path   string
	status         int
	latency, bytes float64
	user, id       string
}

var combinedLine = regexp.MustCompile(`^(\S+) - (\S+) \[([^\]]+)\] "(\S+) ([^ ?]+)(?:\?(\S+))? HTTP/1\.1" (\d{3}) (\d+) "([^"]*)" "([^"]*)"$`)

func parseRow(t *testing.T, line []byte, format string) row {
	t.Helper()
	if format == gen.Combined {
		m := combinedLine.FindStringSubmatch(string(line))
		if m == nil {
			t.Fatalf("line does not parse: %s", line)
		}
		ts, err := time.Parse("02/Jan/2006:15:04:05.000 -0700", m[3])
		if err != nil {
			t.Fatal(err)
		}
		status, _ := strconv.Atoi(m[7])
		size, _ := strconv.ParseFloat(m[8], 64)
		return row{ts: ts.UTC(), key: strings.Join([]string{m[1], m[4], m[5], m[6]}, " "), method: m[4], path: m[5], status: status, bytes: size, user: m[2]}
	}
	var v struct {
		TS                                                          time.Time
		Request_id, User, Client_ip, Method, Path, Query, Body_hash string
		Status                                                      int
		Bytes, Latency_ms                                           float64
	}
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return row{ts: v.TS, key: strings.Join([]string{v.User, v.Method, v.Path, v.Query, v.Body_hash}, " "),
		method: v.Method, path: v.Path, status: v.Status, bytes: v.Bytes, latency: v.Latency_ms, user: v.User, id: v.Request_id}
}

// readLog reads a log with its renamed files, oldest first.
func readLog(t *testing.T, out, format string) ([]row, int64) {
	t.Helper()
	var files []string
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s.%d", out, n)
		if _, err := os.Stat(name); err != nil {
			break
		}
		files = append([]string{name}, files...)
	}
	var rows []row
	size := int64(0)
	for _, name := range append(files, out) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size += int64(len(b))
		for line := range bytes.Lines(b) {
			r := parseRow(t, bytes.TrimSuffix(line, []byte("\n")), format)
			r.pos = len(rows)
			rows = append(rows, r)
		}
	}
	return rows, size
}

// recount counts the truth from the rows, by its definition and nothing else.
func recount(rows []row) gen.Truth {
	t := gen.Truth{Rows: int64(len(rows)), MaxDisorderMs: 800, ByStatus: map[string]int64{}, ByPath: map[string]int64{},
		Repeated: gen.Repeated{WithinMs: 200, ByCall: map[string]int64{}}}
	minutes := map[time.Time]*gen.Minute{}
	minute := func(r row) *gen.Minute {
		at := r.ts.Truncate(time.Minute)
		if minutes[at] == nil {
			minutes[at] = &gen.Minute{Minute: at, ByPath: map[string]int64{}}
		}
		return minutes[at]
	}
	var latest time.Time
	for i, r := range rows {
		t.ByStatus[strconv.Itoa(r.status)]++
		t.ByPath[r.path]++
		minute(r).ByPath[r.path]++
		if i == 0 || r.ts.Before(t.FirstTS) {
			t.FirstTS = r.ts
		}
		if r.ts.Before(latest) {
			t.OutOfOrder++
		} else {
			latest = r.ts
		}
		if latest.Add(-800 * time.Millisecond).After(r.ts) {
			t.Late++
		}
	}
	t.LastTS = latest
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b row) int { return cmp.Or(a.ts.Compare(b.ts), cmp.Compare(a.pos, b.pos)) })
	last := map[string]time.Time{}
	for _, r := range sorted {
		if before, ok := last[r.key]; ok && r.ts.Sub(before) < 200*time.Millisecond {
			t.Repeated.Total++
			t.Repeated.ByCall[r.method+" "+r.path]++
			m := minute(r)
			if m.Repeated == nil {
				m.Repeated = map[string]int64{}
			}
			m.Repeated[r.path]++
		}
		last[r.key] = r.ts
	}
	for _, m := range minutes {
		t.Minutes = append(t.Minutes, *m)
	}
	slices.SortFunc(t.Minutes, func(a, b gen.Minute) int { return a.Minute.Compare(b.Minute) })
	return t
}

// checkTruth compares the truth file with a recount of the log.
func checkTruth(t *testing.T, c gen.Config) gen.Truth {
	t.Helper()
	got, err := gen.ReadTruth(c.Truth)
	if err != nil {
		t.Fatal(err)
	}
	rows, size := readLog(t, c.Out, got.Format)
	want := recount(rows)
	want.Format, want.Seed, want.Bytes = got.Format, c.Seed, size
	want.FileBytes, want.Repeated.Planted = got.FileBytes, got.Repeated.Planted
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("truth differs from the recount (-recount +truth):\n%.3000s", diff)
	}
	return got
}

func config(t *testing.T, rows int64, format string) gen.Config {
	t.Helper()
	c := gen.Believable()
	dir := t.TempDir()
	c.Rows, c.Format, c.Out, c.Truth, c.Seed = rows, format, filepath.Join(dir, "api.log"), filepath.Join(dir, "truth.json"), 7
	return c
}

func run(t *testing.T, c gen.Config) gen.Summary {
	t.Helper()
	s, err := gen.Run(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTruthIsWhatTheFileHolds(t *testing.T) {
	for name, change := range map[string]func(*gen.Config){
		"believable":          func(*gen.Config) {},
		"in order":            func(c *gen.Config) { c.DisorderShare, c.LateShare = 0, 0 },
		"nothing planted":     func(c *gen.Config) { c.DisorderShare, c.LateShare, c.RepeatShare = 0, 0, 0 },
		"only disorder":       func(c *gen.Config) { c.LateShare = 0; c.DisorderShare = 0.4 },
		"much of everything":  func(c *gen.Config) { c.LateShare, c.DisorderShare, c.RepeatShare, c.Rate = 0.2, 0.3, 0.3, 5000 },
		"few users and paths": func(c *gen.Config) { c.Users, c.Paths, c.LateShare, c.Rate = 3, 2, 0.1, 3000 },
		"one user, one path":  func(c *gen.Config) { c.Users, c.Paths, c.Rate, c.Rows = 1, 1, 800, 5000 },
		"slow, many minutes":  func(c *gen.Config) { c.Rate = 3; c.RepeatShare = 0.1 },
		"rotated":             func(c *gen.Config) { c.RotateBytes = 500_000 },
	} {
		for _, format := range []string{gen.NDJSON, gen.Combined} {
			t.Run(name+"/"+format, func(t *testing.T) {
				c := config(t, 8_000, format)
				change(&c)
				s := run(t, c)
				truth := checkTruth(t, c)
				if s.Rows != c.Rows || truth.Rows != c.Rows {
					t.Errorf("rows: summary %d, truth %d, want %d", s.Rows, truth.Rows, c.Rows)
				}
				if c.LateShare == 0 && truth.Late != 0 || c.DisorderShare+c.LateShare+c.RepeatShare == 0 && truth.OutOfOrder > c.Rows/100 {
					t.Errorf("late %d, out of order %d", truth.Late, truth.OutOfOrder)
				}
			})
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	read := func(seed uint64, format string) string {
		c := config(t, 5000, format)
		c.Seed = seed
		run(t, c)
		b, err := os.ReadFile(c.Out)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, format := range []string{gen.NDJSON, gen.Combined} {
		if read(1, format) != read(1, format) {
			t.Errorf("%s: the same seed wrote different bytes", format)
		}
		if read(1, format) == read(2, format) {
			t.Errorf("%s: different seeds wrote the same bytes", format)
		}
	}
}

func TestBelievable(t *testing.T) {
	c := config(t, 40_000, gen.NDJSON)
	c.Rate = 200
	run(t, c)
	truth := checkTruth(t, c)
	rows, size := readLog(t, c.Out, gen.NDJSON)
	within := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %.4g, want %.4g to %.4g", what, got, low, high)
		}
	}
	n := float64(len(rows))
	within("bytes of a row", float64(size)/n, 220, 270)
	within("planted repeats", float64(truth.Repeated.Planted)/n, 0.008, 0.012)
	within("repeats", float64(truth.Repeated.Total)/n, 0.008, 0.02)
	within("late", float64(truth.Late)/n, 0.0003, 0.0008)
	within("out of order", float64(truth.OutOfOrder)/n, 0.015, 0.04)
	within("rows a second", n/truth.LastTS.Sub(truth.FirstTS).Seconds(), 80, 320)
	bad, ids, users, latencies := 0.0, map[string]bool{}, map[string]int{}, []float64{}
	for _, r := range rows {
		if r.status >= 500 {
			bad++
		}
		ids[r.id] = true
		users[r.user]++
		latencies = append(latencies, r.latency)
	}
	within("errors", bad/n, 0.003, 0.06)
	within("request ids", float64(len(ids)), n, n)
	most := 0
	for _, calls := range users {
		most = max(most, calls)
	}
	within("share of the busiest user", float64(most)/n, 0.001, 0.05)
	within("users", float64(len(users)), 3000, 20_000)
	slices.Sort(latencies)
	within("median latency", latencies[len(latencies)/2], 5, 100)
	within("p99 by median", latencies[len(latencies)*99/100]/latencies[len(latencies)/2], 4, 60)
}

func TestRotation(t *testing.T) {
	c := config(t, 40_000, gen.NDJSON)
	c.RotateBytes, c.KeepFiles = 600_000, 3
	s := run(t, c)
	files, err := filepath.Glob(c.Out + "*")
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v, %v: want the log and 3 renamed ones", files, err)
	}
	rows, _ := readLog(t, c.Out, gen.NDJSON)
	if len(rows) >= int(s.Rows) || len(rows) < 8000 {
		t.Errorf("%d of %d rows are left", len(rows), s.Rows)
	}
	c.Rows = 10
	run(t, c)
	if files, _ := filepath.Glob(c.Out + ".*"); len(files) != 0 {
		t.Errorf("a new log left %v of the old one", files)
	}
}

func TestFollow(t *testing.T) {
	c := config(t, 0, gen.NDJSON)
	c.Follow, c.Rate, c.Flat, c.RotateBytes, c.KeepFiles = true, 500, true, 300_000, 100
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			s, err := gen.Run(ctx, c, nil)
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			if s.Rows < 4300 || s.Rows > 6000 {
				t.Errorf("%d rows in 10 s at 500 a second", s.Rows)
			}
			if s.First.Before(begin.Add(-time.Millisecond)) || s.Last.After(time.Now()) {
				t.Errorf("rows from %v to %v, run from %v to %v", s.First, s.Last, begin, time.Now())
			}
		}
	})
	truth := checkTruth(t, c)
	if truth.Rows < 13_000 {
		t.Errorf("three runs wrote %d rows", truth.Rows)
	}
}

func TestFollowKeepsItsLimitAndFillsThePast(t *testing.T) {
	c := config(t, 0, gen.Combined)
	c.Follow, c.Rate, c.PastRate, c.RotateBytes, c.KeepFiles, c.Truth = true, 100, 5, 100_000, 2, ""
	synctest.Test(t, func(t *testing.T) {
		c.Start = time.Now().Add(-time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s, err := gen.Run(ctx, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.First.Sub(c.Start) > time.Minute || time.Since(s.Last) > time.Second {
			t.Errorf("rows from %v to %v, want from %v to now", s.First, s.Last, c.Start)
		}
	})
	if files, _ := filepath.Glob(c.Out + ".*"); len(files) != 2 {
		t.Errorf("kept %v, want 2 files", files)
	}
}

// TestSince runs in a bubble, whose clock stands at midnight UTC, 2000-01-01.
func TestSince(t *testing.T) {
	for format, days := range map[string]time.Duration{gen.NDJSON: 8, gen.Combined: 1} {
		t.Run(format, func(t *testing.T) {
			c := config(t, 0, format)
			c.Follow, c.Rate, c.Since, c.PastRate, c.RotateBytes, c.KeepFiles = true, 3, days*24*time.Hour, 0.05, 200_000, 1
			synctest.Test(t, func(t *testing.T) {
				// The past is written once, and of time away what is missing.
				last, rows := time.Now().Add(-c.Since), c.PastRate*c.Since.Seconds()
				last = runFrom(t, c, last, rows)
				last = runFrom(t, c, last, 0)
				time.Sleep(time.Hour)
				runFrom(t, c, last, c.PastRate*3600)
			})
			truth := checkTruth(t, c) // reads what is left of the log: all of it, though it was rotated often
			if past := truth.LastTS.Sub(truth.FirstTS); past < c.Since || past > c.Since+2*time.Hour {
				t.Errorf("rows of %v", past)
			}
			if format == gen.NDJSON {
				checkScenes(t, c)
			}
		})
	}
}

// runFrom runs c for some seconds and wants about so many rows, from shortly
// after begin until now. It gives the time of the last one.
func runFrom(t *testing.T, c gen.Config, begin time.Time, rows float64) time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := gen.Run(ctx, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.First.Before(begin) || s.First.Sub(begin) > 5*time.Minute || time.Since(s.Last) > 10*time.Second {
		t.Errorf("rows from %v to %v, want from %v to now", s.First, s.Last, begin)
	}
	if got := float64(s.Rows); got < rows*0.6 || got > rows*1.2+100 {
		t.Errorf("%d rows, want about %.0f", s.Rows, rows)
	}
	return s.Last
}

// checkScenes looks for what a person should find in the past.
func checkScenes(t *testing.T, c gen.Config) {
	t.Helper()
	hours := map[time.Time]*struct{ rows, repeated, latency float64 }{}
	rows, _ := readLog(t, c.Out, c.Format)
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(a.ts.Compare(b.ts), cmp.Compare(a.pos, b.pos)) })
	last := map[string]time.Time{}
	for _, r := range rows {
		at := r.ts.Truncate(time.Hour)
		h := hours[at]
		if h == nil {
			h = &struct{ rows, repeated, latency float64 }{}
			hours[at] = h
		}
		h.rows++
		h.latency += r.latency
		if r.ts.Sub(last[r.key]) < 200*time.Millisecond {
			h.repeated++
		}
		last[r.key] = r.ts
	}
	var repeats, slow time.Time
	for at, h := range hours {
		if h.rows < 100 {
			continue
		}
		if repeats.IsZero() || h.repeated/h.rows > hours[repeats].repeated/hours[repeats].rows {
			repeats = at
		}
		if slow.IsZero() || h.latency/h.rows > hours[slow].latency/hours[slow].rows {
			slow = at
		}
	}
	within := func(what string, at time.Time, day, low, high int, got, least float64) {
		t.Helper()
		if at.Day() != day || at.Hour() < low || at.Hour() > high || got < least {
			t.Errorf("%s at %v: %.3g, want at least %.3g on day %d from %d to %d o'clock", what, at, got, least, day, low, high)
		}
	}
	within("most repeats", repeats, 30, 4, 8, hours[repeats].repeated/hours[repeats].rows, 0.025)
	within("slowest", slow, 27, 11, 12, hours[slow].latency/hours[slow].rows, 150)
}

func TestSinceGoesOnBehindARenamedLog(t *testing.T) {
	c := config(t, 0, gen.NDJSON)
	c.Follow, c.Rate, c.Since, c.PastRate, c.Truth, c.RotateBytes = true, 3, 24*time.Hour, 0.1, "", 100_000_000
	synctest.Test(t, func(t *testing.T) {
		var rows [2]int64
		for i := range rows {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			s, err := gen.Run(ctx, c, nil)
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			rows[i] = s.Rows
			if err := os.Rename(c.Out, c.Out+".1"); err != nil {
				t.Fatal(err)
			}
		}
		if rows[0] < 5000 || rows[1] > 100 {
			t.Errorf("a log that was renamed away was begun anew: %d rows, then %d", rows[0], rows[1])
		}
	})
}

func TestFollowAfterKill(t *testing.T) {
	c := config(t, 100, gen.NDJSON)
	c.Follow, c.Rate = true, 5000
	run(t, c)
	before, err := os.ReadFile(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Out, append(before, `{"ts":"2026-`...), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Run(t.Context(), c, nil); maru.KindOf(err) != maru.Conflict {
		t.Fatalf("a truth of another log: %v", err)
	}
	c.Truth = ""
	run(t, c)
	after, err := os.ReadFile(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(after), []byte("\n"))
	if len(lines) != 201 || string(lines[100]) != "" && !bytes.HasPrefix(lines[100], []byte(`{"ts":"2026-`)) {
		t.Fatalf("%d lines; line 101 is %s", len(lines), lines[min(100, len(lines)-1)])
	}
	for i, line := range lines {
		if i != 100 {
			parseRow(t, line, gen.NDJSON)
		}
	}
}

func TestStop(t *testing.T) {
	c := config(t, 1_000_000, gen.NDJSON)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := gen.Run(ctx, c, func(rows, _ int64) {
		if rows > 10_000 {
			cancel()
		}
	})
	if maru.KindOf(err) != maru.Canceled {
		t.Errorf("stopped run: %v", err)
	}
	if _, err := os.Stat(c.Truth); err == nil {
		t.Error("a stopped run wrote a truth")
	}
}

func TestValidate(t *testing.T) {
	if err := (gen.Config{}).Validate(); err != nil {
		t.Errorf("zero value: %v", err)
	}
	for want, c := range map[string]gen.Config{
		"rows": {Rows: -1}, "rate": {Rate: 2e6}, "past rate": {PastRate: -1}, "repeat share": {RepeatShare: 0.9}, "disorder share": {DisorderShare: -0.1},
		"late share": {LateShare: 2}, "keep files": {KeepFiles: -2}, "users": {Users: 1e9}, "paths": {Paths: 1e6}, "format": {Format: "xml"},
		"since is -": {Since: -1, Follow: true}, "since is 9601h": {Since: 9601 * time.Hour, Follow: true}, "since is the past": {Since: time.Hour},
		"since and start": {Since: time.Hour, Follow: true, Start: time.Now()}, "rotate bytes is 4096": {Since: time.Hour, Follow: true, RotateBytes: 4096},
		"rotate bytes": {RotateBytes: 1}, "start": {Start: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) || maru.KindOf(err) != maru.Invalid {
			t.Errorf("%s: %v", want, err)
		}
	}
}
