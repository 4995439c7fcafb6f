package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// logFiles lists a log's files in the order in which they were written:
// name.9 … name.1, name.
func logFiles(t testing.TB, path string) []string {
	t.Helper()
	files, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	number := func(f string) int {
		n, err := strconv.Atoi(strings.TrimPrefix(f, path+"."))
		if err != nil {
			t.Fatalf("%s is no file of %s", f, path)
		}
		return n
	}
	slices.SortFunc(files, func(a, b string) int { return number(b) - number(a) })
	return append(files, path)
}

// logLines calls each with every line of a log, oldest first, without its
// newline. A line is valid until the next.
func logLines(t testing.TB, path string, each func(line []byte)) {
	t.Helper()
	for _, name := range logFiles(t, path) {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReaderSize(f, 1<<20)
		for {
			line, err := r.ReadSlice('\n')
			if len(line) > 0 {
				each(bytes.TrimSuffix(line, []byte("\n")))
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("read %s: %v", name, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// row is a line of the API log.
type row struct {
	TS        time.Time `json:"ts"`
	RequestID string    `json:"request_id"`
	User      string    `json:"user"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Query     string    `json:"query"`
	BodyHash  string    `json:"body_hash"`
	Status    int       `json:"status"`
	Bytes     int64     `json:"bytes"`
}

// The keys of the views, as text so that they can be shown.
type (
	requestKey struct {
		Minute      int64
		Class, Path string
	}
	errorKey struct {
		Window int64
		Status int
	}
	callKey struct{ Method, Path string }
	// callMinute is a call in a minute.
	callMinute struct {
		Minute       int64
		Method, Path string
	}
)

type requests struct{ Requests, Bytes int64 }
type failures struct{ Errors, Users int64 }
type repeats struct{ Repeats, Users, LeastGap int64 }

// times of repeats of one call, in milliseconds.
type span struct{ Repeats, Since, Last int64 }

// reference is what a log says, counted by other means than ours: a plain
// reading of the files, maps and a sort.
type reference struct {
	rows     []uint64 // hash of every good line, in order
	rejected int64    // lines that are no JSON
	last     time.Time
	byStatus map[string]int64
	byPath   map[string]int64

	requests map[requestKey]requests
	errors   map[errorKey]failures
	repeated map[string]int64 // request id → gap in milliseconds
	total    map[callKey]span
	minutes  map[callMinute]repeats
}

var seed = maphash.MakeSeed()

func hashOf(b []byte) uint64 { return maphash.Bytes(seed, b) }

// call is a row, as far as repeats go.
type call struct {
	key          uint64
	ts           int64 // milliseconds
	id           uint64
	method, path string
	user         string
}

// within is the gap in milliseconds below which a call is repeated.
const within = 200

// readLog counts a log.
func readLog(t testing.TB, path string) *reference {
	t.Helper()
	r := &reference{byStatus: map[string]int64{}, byPath: map[string]int64{}, requests: map[requestKey]requests{}, errors: map[errorKey]failures{},
		repeated: map[string]int64{}, total: map[callKey]span{}, minutes: map[callMinute]repeats{}}
	var calls []call
	users := map[errorKey]map[string]bool{}
	words := map[string]string{} // one copy of every text
	word := func(s string) string {
		if w, ok := words[s]; ok {
			return w
		}
		words[s] = s
		return s
	}
	logLines(t, path, func(line []byte) {
		var v row
		if err := json.Unmarshal(line, &v); err != nil {
			r.rejected++
			return
		}
		r.rows = append(r.rows, hashOf(line))
		v.Method, v.Path, v.User = word(v.Method), word(v.Path), word(v.User)
		r.add(v, users)
		id, err := strconv.ParseUint(v.RequestID, 16, 64)
		if err != nil {
			t.Fatalf("request id %q: %v", v.RequestID, err)
		}
		calls = append(calls, call{key: hashOf([]byte(strings.Join([]string{v.User, v.Method, v.Path, v.Query, v.BodyHash}, "\x00"))),
			ts: v.TS.UnixMilli(), id: id, method: v.Method, path: v.Path, user: v.User})
	})
	for k, set := range users {
		f := r.errors[k]
		f.Users = int64(len(set))
		r.errors[k] = f
	}
	r.findRepeats(calls)
	return r
}

func (r *reference) add(v row, users map[errorKey]map[string]bool) {
	if v.TS.After(r.last) {
		r.last = v.TS
	}
	r.byStatus[strconv.Itoa(v.Status)]++
	r.byPath[v.Path]++
	k := requestKey{v.TS.Unix() / 60 * 60, fmt.Sprintf("%dxx", v.Status/100), v.Path}
	q := r.requests[k]
	r.requests[k] = requests{q.Requests + 1, q.Bytes + v.Bytes}
	if v.Status < 500 {
		return
	}
	e := errorKey{v.TS.Unix() / 10 * 10, v.Status}
	f := r.errors[e]
	f.Errors++
	r.errors[e] = f
	if users[e] == nil {
		users[e] = map[string]bool{}
	}
	users[e][v.User] = true
}

// findRepeats orders calls by key, time and place in the log. A stable sort
// keeps the place.
func (r *reference) findRepeats(calls []call) {
	slices.SortStableFunc(calls, func(a, b call) int {
		switch {
		case a.key != b.key && a.key < b.key:
			return -1
		case a.key != b.key:
			return 1
		}
		return int(a.ts - b.ts)
	})
	users := map[callMinute]map[string]bool{}
	for i := 1; i < len(calls); i++ {
		a, b := &calls[i-1], &calls[i]
		gap := b.ts - a.ts
		if a.key != b.key || gap >= within {
			continue
		}
		r.repeated[fmt.Sprintf("%016x", b.id)] = gap
		ck := callKey{b.method, b.path}
		s, had := r.total[ck]
		if !had {
			s = span{0, b.ts, b.ts}
		}
		r.total[ck] = span{s.Repeats + 1, min(s.Since, b.ts), max(s.Last, b.ts)}
		mk := callMinute{b.ts / 60_000 * 60, b.method, b.path}
		m, had := r.minutes[mk]
		if !had {
			m, users[mk] = repeats{LeastGap: gap}, map[string]bool{}
		}
		users[mk][b.user] = true
		r.minutes[mk] = repeats{m.Repeats + 1, int64(len(users[mk])), min(m.LeastGap, gap)}
	}
}
