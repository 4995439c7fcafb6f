package node_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"maru/marutest"
	"maru/meta"
	"maru/web"
)

// TestTopics: topics are made, filled, read and deleted.
func TestTopics(t *testing.T) {
	s := begin(t)
	s.post("/api/topics", `{"name":"orders","partitions":2,"retention":{"ms":3600000}}`).want(200, `"partitions":2`, `"ms":3600000`)
	s.post("/api/topics", `{"name":"orders","partitions":2,"retention":{}}`).want(409, "conflict")
	s.call("PATCH", "/api/topics/orders", `{"partitions":3}`).want(200, `"partitions":3`)
	s.call("PATCH", "/api/topics/orders", `{"partitions":1}`).want(400, "never falls")
	for i := range 7 {
		s.post("/api/topics/orders/messages", fmt.Sprintf(`{"partition":1,"key":"k","value":"value %d","headers":[{"name":"h","value":"v"}]}`, i)).want(200, fmt.Sprintf(`"offset":%d`, i))
	}
	s.post("/api/topics/orders/messages", `{"partition":3,"value":"x"}`).want(400)
	var page web.Messages
	s.get("/api/topics/orders/messages?limit=3").into(&page)
	if len(page.Records) != 3 || page.Records[0].Offset != 6 || page.Older == "" {
		t.Fatalf("the newest: %+v", page)
	}
	older := page.Older
	page = web.Messages{}
	s.get("/api/topics/orders/messages?limit=10&at=" + older).into(&page)
	if len(page.Records) != 4 || page.Records[3].Offset != 0 || page.Older != "" {
		t.Errorf("the rest: %+v", page)
	}
	page = web.Messages{}
	s.get("/api/topics/orders/messages?limit=10&filter=value%202").into(&page)
	if len(page.Records) != 1 || page.Records[0].Offset != 2 {
		t.Errorf("filtered: %+v", page)
	}
	s.get("/api/topics/orders").want(200, `"records":7`, `"used_by":[]`)
	s.call("DELETE", "/api/topics/orders", "").want(204)
	s.get("/api/topics/orders").want(404, "not_found")
	s.call("DELETE", "/api/topics/requests", "").want(409, "topics/requests.yaml")
}

// TestStream: a view is saved, filled, paused, looked into and made anew.
func TestStream(t *testing.T) {
	s := begin(t)
	save := func(name, sql string) answer {
		return s.post("/api/streams", fmt.Sprintf(`{"name":%q,"sql":%q}`, name, sql))
	}
	save("per_path", "SELECT path,\n  nope FROM requests").want(400, `"line":2`, `"column":3`)
	save("per_path", "/* maru\nttl: 1d\n*/\nSELECT path,\n  nope FROM requests").want(400, `"line":5`, `"column":3`)
	save("per_path", "SELECT path, count(*) AS n FROM requests GROUP BY path").want(400, "keeps every key for ever")
	save("per_path", "/* maru\nemti: changes\n*/\nSELECT path FROM requests").want(400, `"line":2`, "did you mean emit?")
	for _, taken := range []string{"requests", "names"} {
		save(taken, "SELECT path FROM requests").want(409, taken)
	}
	if err := exists(filepath.Join(s.n.Dir, "streams")); err == nil {
		t.Error("a refused view has left something")
	}
	save("minutes", "SELECT window_start, path, count(*) AS n FROM tumble(requests, ts, INTERVAL 1 MINUTE) GROUP BY ALL").want(201, "streams/minutes.sql")
	save("minutes", "SELECT path FROM requests").want(409, "minutes")
	save("minutes_late", "SELECT path FROM requests").want(409, "minutes")
	if err := exists(filepath.Join(s.n.Dir, "streams", "minutes.sql")); err != nil {
		t.Error(err)
	}
	now := time.Now().Add(-time.Hour)
	for i := range 3 {
		s.row(request(now, "/a", i))
	}
	s.row("no JSON")
	s.row(request(now.Add(10*time.Minute), "/b", 1))
	s.until("the view has its rows", func() error {
		return s.get("/api/streams/minutes").is(200, `"state":"running"`, `"rows_in":5`, `"rows_rejected":1`, `"busy":0.`, `"operators":[{"kind":"aggregate","busy":0.`)
	})
	s.until("the window of the first rows is closed", func() error { // once the other partition counts as idle
		var st web.StreamStatus
		s.get("/api/streams/minutes").into(&st)
		if st.Watermark.Before(now.Add(9 * time.Minute)) {
			return fmt.Errorf("the watermark is %s", st.Watermark)
		}
		return nil
	})
	s.row(request(now, "/a", 9))
	s.until("one row is late", func() error { return s.get("/api/streams/minutes").is(200, `"rows_late":1`) })
	s.get("/api/streams/minutes/rows?side=rejected").want(200, `"total":1`, `"topic":"requests"`, `"offset":3`, `"value":"no JSON"`, `"reason":"`, `"at":"2`)
	s.get("/api/streams/minutes/rows?side=late").want(200, `"total":1`, `"offset":5`, `"event_time":"`, `"watermark":"`, `"at":"2`)
	s.post("/api/streams/minutes/pause", "").want(204)
	s.until("it is paused", func() error { return s.get("/api/streams/minutes").is(200, `"state":"paused"`) })
	s.get("/api/streams/minutes").want(200, `"rows_in":6`, `"rows_late":1`)
	s.post("/api/sql", `{"sql":"SELECT sum(n) AS n FROM minutes"}`).want(200, `"n":4`) // its view can be read meanwhile
	s.post("/api/streams/minutes/resume", "").want(204)
	s.until("it goes on", func() error { return s.post("/api/sql", `{"sql":"SELECT sum(n) AS n FROM minutes"}`).is(200, `"n":4`) })
	var done web.StreamDone
	s.post("/api/streams/minutes/reset", `{"keep":true}`).into(&done)
	if done.Kept == nil || done.Kept.Rows != 2 || exists(done.Kept.File) != nil || !strings.HasPrefix(done.Kept.File, s.n.Data) {
		t.Errorf("kept %+v", done.Kept)
	}
	s.get("/api/streams/nope/rows?side=late").want(404)
}

// TestCatalog: what a table has, and what uses it.
func TestCatalog(t *testing.T) {
	s := begin(t)
	mina, jun := s.signIn("mina", "editor"), s.signIn("jun", "viewer")
	for i := range 5 {
		s.row(request(time.Now(), fmt.Sprintf("/%d", i%2), i))
	}
	s.call("POST", "/api/queries", `{"name":"slow ones","sql":"SELECT * FROM requests WHERE ms > 3"}`, "Cookie", mina).want(201)
	s.call("POST", "/api/streams", `{"name":"paths","sql":"SELECT path, ms FROM requests"}`, "Cookie", mina).want(201)
	s.until("the view has its rows", func() error { return s.post("/api/sql", `{"sql":"SELECT count(*) AS n FROM paths"}`).is(200, `"n":5`) })
	s.call("GET", "/api/catalog/requests", "", "Cookie", mina).want(200, `"kind":"topic"`, `"rows":5`, `"title":"slow ones"`, `{"kind":"stream","name":"paths"}`, `{"kind":"dashboard","name":"load","title":"Load"}`, `"/0",4,`)
	if a := s.call("GET", "/api/catalog/requests", "", "Cookie", jun).want(200, `"name":"paths"`); strings.Contains(a.body, "slow ones") {
		t.Error("somebody sees another's query")
	}
	s.get("/api/catalog/paths").want(200, `"kind":"view"`, `"sql":"SELECT path, ms FROM requests"`, `"file":"streams/paths.sql"`)
	s.get("/api/catalog/names").want(200, `"kind":"seed"`, `["/a","first"]`)
	s.get("/api/catalog/nope").want(404, "nope")
	s.get("/api/catalog").want(200, `"rows":5`, `"file":"seeds/names.csv"`)
	for _, table := range []string{"requests", "paths"} {
		var p web.TableProfile
		s.get("/api/catalog/" + table + "/profile?columns=path,ms").into(&p)
		if p.Rows != 5 || p.Sampled || len(p.Columns) != 2 || p.Columns[0].Distinct != 2 || p.Columns[1].Max != "4" || len(p.Columns[1].Bins) == 0 || p.Columns[0].Top[0].Rows != 3 {
			t.Errorf("%s: %+v", table, p)
		}
	}
	var all web.TableProfile
	s.get("/api/catalog/names/profile").into(&all)
	if len(all.Columns) != 2 || all.Columns[0].Column != "path" {
		t.Errorf("all columns: %+v", all)
	}
	s.get("/api/catalog/requests/profile?column=nope").want(404, "nope")
}

// TestWorkspace: what one keeps is one's own.
func TestWorkspace(t *testing.T) {
	s := begin(t)
	mina, jun := s.signIn("mina", "viewer"), s.signIn("jun", "viewer")
	first := s.call("GET", "/api/preferences", "", "Cookie", mina).want(200, "{}")
	s.call("PUT", "/api/preferences", `{"lang":"ko"}`, "Cookie", mina, "If-Match", first.header.Get("ETag")).want(200, `"lang":"ko"`)
	s.call("PUT", "/api/preferences", `{"lang":"en"}`, "Cookie", mina, "If-Match", first.header.Get("ETag")).want(409, "conflict", `"lang":"ko"`)
	s.call("GET", "/api/preferences", "", "Cookie", jun).want(200, "{}")
	var q web.SavedQuery
	s.call("POST", "/api/queries", `{"name":"one","sql":"SELECT {{x}}","params":{"x":"1"},"shared":true}`, "Cookie", mina).into(&q)
	s.call("GET", "/api/queries", "", "Cookie", jun).want(200, `"owner":"mina"`)
	s.call("PUT", "/api/queries/"+q.ID, `{"name":"mine","sql":"SELECT 2"}`, "Cookie", jun).want(403, "denied")
	s.call("DELETE", "/api/queries/"+q.ID, "", "Cookie", jun).want(403, "denied")
	s.call("PUT", "/api/queries/"+q.ID, `{"name":"two","sql":"SELECT 2"}`, "Cookie", mina).want(200, `"shared":false`)
	s.call("GET", "/api/queries/"+q.ID, "", "Cookie", jun).want(404)
	s.call("POST", "/api/results", `{"sql":"SELECT {{x}} AS x","params":{"x":7}}`, "Cookie", mina).want(202)
	s.call("POST", "/api/results", `{"sql":"SELECT nope"}`, "Cookie", mina).want(202)
	s.until("both are history", func() error {
		return s.call("GET", "/api/history", "", "Cookie", mina).is(200, `"state":"done"`, `"state":"failed"`, `"x":7`, `"rows":1`, "nope")
	})
	s.call("GET", "/api/history", "", "Cookie", jun).want(200, `"runs":[]`)
	s.call("DELETE", "/api/users/mina", "").want(204)
	mina = s.signIn("mina", "viewer")
	s.call("GET", "/api/preferences", "", "Cookie", mina).want(200, "{}")
	s.call("GET", "/api/history", "", "Cookie", mina).want(200, `"runs":[]`)
	s.post("/api/sql/format", `{"sql":"select 1 -- why"}`).want(200, "SELECT 1 -- why")
}

// TestSessions: a session is made at sign-in, never before, and ends.
func TestSessions(t *testing.T) {
	s := begin(t)
	const planted = "maru=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	mina := s.signIn("mina", "editor")
	again := s.again("mina", "correct horse battery", "Cookie", planted)
	if again == planted || again == mina || len(again) < 40 {
		t.Errorf("a session that was planted before the sign-in was taken: %s", again)
	}
	s.call("GET", "/api/topics", "", "Cookie", planted).want(401)
	s.call("GET", "/api/topics", "", "Cookie", mina).want(200)
	s.call("POST", "/api/topics", `{"name":"a","partitions":1,"retention":{}}`, "Cookie", mina, "Origin", "http://evil.example").want(403)
	s.call("POST", "/api/topics", `{"name":"a","partitions":1,"retention":{}}`, "Cookie", mina, "Sec-Fetch-Site", "cross-site").want(403)
	s.call("POST", "/api/topics", `{"name":"a","partitions":1,"retention":{}}`, "Cookie", mina, "Origin", "http://"+s.n.HTTP).want(200)
	s.call("PATCH", "/api/users/mina", `{"role":"viewer"}`).want(200)
	s.until("the role is another", func() error {
		return s.call("POST", "/api/topics", `{"name":"b","partitions":1,"retention":{}}`, "Cookie", mina).is(403)
	})
	s.call("POST", "/api/session/password", `{"old":"correct horse battery","new":"another horse battery"}`, "Cookie", mina).want(204)
	s.call("GET", "/api/topics", "", "Cookie", again).want(401)
	s.call("DELETE", "/api/session", "", "Cookie", mina).want(204)
	s.call("GET", "/api/topics", "", "Cookie", mina).want(401)
}

// TestHome: a dashboard stands behind what it reads, and what maru itself
// takes of the machine is told from what others take.
func TestHome(t *testing.T) {
	s := begin(t)
	s.post("/api/streams", `{"name":"paths","sql":"SELECT path, ms FROM requests"}`).want(201)
	s.post("/api/dashboards", `{"name":"slow","spec":{"title":{"en":"Slow ones","ko":"느린 것"},"tiles":[{"at":{"x":0,"y":0,"w":8,"h":4},"sql":"FROM paths_rejected","chart":{"mark":"table"}}]}}`).want(201)
	var home web.Home
	s.until("the dashboards are drawn", func() error {
		a := s.get("/api/home")
		home = web.Home{}
		a.into(&home)
		return a.is(200, `{"id":"dashboard:slow","kind":"dashboard","name":"slow","title":{"en":"Slow ones","ko":"느린 것"},"state":"ok"`,
			`{"from":"view:paths","to":"dashboard:slow",`, `{"from":"topic:requests","to":"dashboard:load",`)
	})
	for _, e := range home.Edges {
		if e.From == "topic:requests" && e.To == "dashboard:slow" {
			t.Error("a dashboard is drawn behind what it does not read")
		}
	}
	for _, sv := range home.Services {
		if slices.Contains(sv.Slots, "warn") || slices.Contains(sv.Slots, "error") {
			t.Errorf("right after the start: %+v", sv)
		}
	}
	if runtime.GOOS != "linux" {
		return // not known there
	}
	if m := home.Headroom.Memory; m == nil || m.Used < 10<<20 || m.Used > 4<<30 || m.Used+m.Others > m.Total {
		t.Errorf("memory %+v", m)
	}
}

// TestFirstSteps: an empty project gets sample data that goes on, also after a
// restart, until its mark is removed; one that has something gets none.
func TestFirstSteps(t *testing.T) {
	taken := begin(t)
	taken.post("/api/sample", "").want(409, "conflict")
	if exists(filepath.Join(taken.n.Dir, "dashboards", "api.yaml")) == nil {
		t.Error("something was written into a project that is not empty")
	}
	dir := t.TempDir()
	s := &site{t: t, n: marutest.Start(t, marutest.Options{Project: dir})}
	s.call("POST", "/api/sample", "", "Cookie", s.signIn("jun", "viewer")).want(403)
	var made web.SampleStarted
	s.post("/api/sample", "").into(&made)
	var rows int64
	filled := func() error {
		var st web.StreamStatus
		a := s.get("/api/streams/" + made.View)
		if a.status != 200 {
			return a.is(200)
		}
		a.into(&st)
		if st.RowsIn <= rows || st.RowsOut == 0 {
			return fmt.Errorf("%+v", st)
		}
		rows = st.RowsIn
		return nil
	}
	s.until("the view has a past", func() error {
		if err := filled(); err != nil || rows < 20_000 {
			return fmt.Errorf("%d rows, %w", rows, err)
		}
		return nil
	})
	s.until("it goes on", filled)
	s.get("/api/dashboards/"+made.Dashboard).want(200, `"problems":[]`)
	if a := s.get("/api/home").want(200); strings.Contains(a.body, "file_problem") {
		t.Errorf("the sample has mistakes: %s", a.body)
	}
	s.post("/api/sample", "").want(409, "conflict")
	s.n.Stop()
	s.n.Restart()
	s.until("it goes on after a restart", filled)
	if err := os.Remove(filepath.Join(dir, "log", "sample.txt")); err != nil {
		t.Fatal(err)
	}
	last, since := int64(-1), time.Now()
	s.until("it ends with its mark", func() error {
		info, err := os.Stat(filepath.Join(dir, "log", "api.ndjson"))
		if err == nil && info.Size() != last {
			last, since = info.Size(), time.Now()
		}
		if time.Since(since) < 3*time.Second {
			return fmt.Errorf("it grew %s ago, %v", time.Since(since), err)
		}
		return nil
	})
}

// TestDay: Home's last day survives a restart, and what is older goes.
func TestDay(t *testing.T) {
	s := begin(t)
	s.until("a first minute is noted", func() error { return s.get("/api/home").is(200, `"kind":"part","state":"running"`) })
	s.n.Stop()
	file := filepath.Join(s.n.Data, "meta.db")
	change(t, file, func(tx *sql.Tx) error {
		for _, age := range []time.Duration{5 * time.Hour, 50 * time.Hour} {
			if _, err := tx.Exec("INSERT INTO sample VALUES (?, 'part', 'broker', 'failed', 12.5, 3, 0, 1)", time.Now().Add(-age).UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
	s.n.Restart()
	var home web.Home
	s.until("the day is there", func() error {
		home = web.Home{}
		s.get("/api/home").into(&home)
		for _, sv := range home.Services {
			if sv.Name == "broker" && sv.Late == 3 && sv.Restarts == 1 && sv.Slots[47] == "ok" && (sv.Slots[37] == "error" || sv.Slots[38] == "error") {
				return nil
			}
		}
		return fmt.Errorf("services %+v", home.Services)
	})
	s.until("two days are kept", func() error {
		var n int
		db, err := meta.Open(context.Background(), file)
		if err != nil {
			return err
		}
		err = db.Read(context.Background(), func(tx *sql.Tx) error {
			return tx.QueryRow("SELECT count(*) FROM sample WHERE at < ?", time.Now().Add(-49*time.Hour).UnixMicro()).Scan(&n)
		})
		if err = errors.Join(err, db.Close()); err == nil && n > 0 {
			err = fmt.Errorf("%d older ones are left", n)
		}
		return err
	})
}

// change writes into a database that nobody has open.
func change(t *testing.T, file string, fn func(*sql.Tx) error) {
	t.Helper()
	db, err := meta.Open(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Write(context.Background(), fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestGroups: a group's offsets are moved while nobody is in it.
func TestGroups(t *testing.T) {
	s := begin(t)
	for i := range 4 {
		s.row(request(time.Now(), "/a", i))
	}
	if r := s.n.Maru("topic", "list"); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	s.get("/api/groups").want(200, `"groups":[`)
	s.get("/api/groups/nope").want(404, "nope")
	s.post("/api/groups/nope/reset", `{"to":"start"}`).want(404)
}
