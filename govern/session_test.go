package govern_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"maru"
	"maru/govern"
	"maru/meta"
)

const day = 24 * time.Hour

func TestSession_ends_when_it_is_not_used(t *testing.T) {
	h := settled(t, govern.Config{})
	cookie, _ := h.signIn("root-kim", good)
	h.clock.pass(govern.SessionIdleDefault - time.Second)
	h.wantIn(cookie, true)
	h.clock.pass(govern.SessionIdleDefault + time.Minute)
	h.wantIn(cookie, false)
}

func TestSession_ends_when_it_is_old(t *testing.T) {
	h := settled(t, govern.Config{})
	cookie, s := h.signIn("root-kim", good)
	if want := s.Created.Add(90 * day); !s.Expires.Equal(want) {
		t.Errorf("it expires %v, want %v", s.Expires, want)
	}
	for range 9 {
		h.clock.pass(10*day - time.Second)
		h.wantIn(cookie, true)
		h.untilUsed("root-kim", h.clock.Now())
	}
	h.clock.pass(10 * time.Second)
	h.wantIn(cookie, false)
	if list, err := h.Sessions(h.ctx, "root-kim"); len(list) != 0 || err != nil {
		t.Errorf("listed: %v, %v", list, err)
	}
}

// untilUsed waits until the newest session's last use is written.
func (h *house) untilUsed(name string, at time.Time) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		list, err := h.Sessions(h.ctx, name)
		h.must(err)
		if len(list) > 0 && list[0].LastUsed.Equal(at) {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the last use at %v is not written: %+v", at, list)
		}
	}
}

func TestSession_use_is_written_once_a_minute(t *testing.T) {
	h := settled(t, govern.Config{})
	h.must(h.db.Write(h.ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE seen(at INTEGER);
			CREATE TRIGGER seen AFTER UPDATE OF last_used_at ON session BEGIN INSERT INTO seen VALUES (new.last_used_at); END`)
		return err
	}))
	cookie, _ := h.signIn("root-kim", good)
	const minutes = 5
	for range minutes * 60 {
		h.clock.pass(time.Second)
		for range 3 {
			h.wantIn(cookie, true)
		}
		if now := h.clock.Now(); now.Second() == 0 {
			h.untilUsed("root-kim", now)
		}
	}
	h.must(h.Govern.Close())
	var writes int
	h.must(h.db.Read(h.ctx, func(tx *sql.Tx) error { return tx.QueryRow("SELECT count(*) FROM seen").Scan(&writes) }))
	if writes != minutes {
		t.Errorf("%d writes in %d minutes", writes, minutes)
	}
}

func TestSession_use_is_written_at_the_end(t *testing.T) {
	h := settled(t, govern.Config{})
	cookie, _ := h.signIn("root-kim", good)
	h.clock.pass(time.Hour)
	h.wantIn(cookie, true)
	h.reopen(govern.Config{})
	u, err := h.User(h.ctx, "root-kim")
	h.must(err)
	if !u.LastUsed.Equal(h.clock.Now()) || u.Sessions != 1 {
		t.Errorf("user %+v", u)
	}
}

// A database that takes no writes shuts nobody out.
func TestSession_use_cannot_be_written(t *testing.T) {
	h := settled(t, govern.Config{})
	cookie, _ := h.signIn("root-kim", good)
	run := func(statement string) {
		h.must(h.db.Write(h.ctx, func(tx *sql.Tx) error { _, err := tx.Exec(statement); return err }))
	}
	run("CREATE TRIGGER full BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'no room'); END")
	for range 5 {
		h.clock.pass(time.Minute)
		h.wantIn(cookie, true)
	}
	h.reopen(govern.Config{})
	if !strings.Contains(h.log.String(), "no room") {
		t.Errorf("logged: %s", h.log)
	}
	run("DROP TRIGGER full")
	h.wantIn(cookie, true)
	h.untilUsed("root-kim", h.clock.Now())
}

func TestSession_the_oldest_goes(t *testing.T) {
	h := settled(t, govern.Config{SessionsMax: 3})
	h.add("lee", govern.Viewer)
	lees, _ := h.signIn("lee", good)
	var cookies []string
	for range 5 {
		cookie, _ := h.signIn("root-kim", good)
		h.wantIn(cookie, true)
		cookies = append(cookies, cookie)
	}
	for i, cookie := range cookies {
		h.wantIn(cookie, i >= 2)
	}
	h.wantIn(lees, true)
}

func TestSessions_are_listed_and_revoked(t *testing.T) {
	h := settled(t, govern.Config{})
	h.add("lee", govern.Viewer)
	one, s1 := h.signIn("lee", good)
	h.clock.pass(time.Minute)
	two, s2 := h.signIn("lee", good)
	kims, s3 := h.signIn("root-kim", good)
	for _, c := range []string{one, two, kims} {
		h.wantIn(c, true)
	}
	list, err := h.Sessions(h.ctx, "Lee")
	h.must(err)
	if len(list) != 2 || list[0] != s2 || list[1].ID != s1.ID {
		t.Errorf("listed %+v", list)
	}
	for _, id := range []string{s3.ID, "", "x", "999999"} {
		h.kind(maru.NotFound, h.Revoke(h.ctx, "lee", id))
	}
	h.must(h.Revoke(h.ctx, "lee", s1.ID))
	h.wantIn(one, false)
	h.wantIn(two, true)
	for range 2 { // the second time it is over already
		h.must(h.SignOut(h.ctx, two))
		h.wantIn(two, false)
	}
	h.must(h.SignOut(h.ctx, "nonsense"))
	h.wantIn(kims, true)
	if list, err := h.Sessions(h.ctx, "nobody"); len(list) != 0 || err != nil {
		t.Errorf("nobody's: %v, %v", list, err)
	}
}

// Whoever works on meta.db beside the server is heard within StaleMax.
func TestSession_revoked_in_the_database(t *testing.T) {
	h := settled(t, govern.Config{})
	cookie, _ := h.signIn("root-kim", good)
	h.wantIn(cookie, true)
	h.must(h.db.Write(h.ctx, func(tx *sql.Tx) error { _, err := tx.Exec("DELETE FROM session"); return err }))
	h.clock.pass(govern.StaleMax)
	h.wantIn(cookie, false)
}

// A session that is revoked while requests use it stays revoked for all.
func TestSession_revoked_under_use(t *testing.T) {
	h := settled(t, govern.Config{})
	for range 8 {
		cookie, s := h.signIn("root-kim", good)
		stop := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-stop:
					return
				default:
					h.clock.pass(time.Second) // past the cache, so that it reads while we delete
					_, _, _ = h.Resolve(h.ctx, cookie)
				}
			}
		}()
		h.must(h.Revoke(h.ctx, "root-kim", s.ID))
		h.wantIn(cookie, false)
		close(stop)
		<-ended
		h.wantIn(cookie, false)
	}
}

func TestSession_old_ones_are_swept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		db, err := meta.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		g, err := govern.Open(ctx, govern.Config{}, govern.Needs{DB: db})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if _, _, err := g.Setup(ctx, g.SetupToken(), "kim", good, ""); err != nil {
			t.Fatal(err)
		}
		rows := func() (n int) {
			err := db.Read(ctx, func(tx *sql.Tx) error { return tx.QueryRow("SELECT count(*) FROM session").Scan(&n) })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		time.Sleep(13 * day)
		if n := rows(); n != 1 {
			t.Errorf("after 13 days: %d sessions", n)
		}
		time.Sleep(day + 2*time.Hour)
		if n := rows(); n != 0 {
			t.Errorf("after 14 days: %d sessions", n)
		}
	})
}

// More sessions than the cache holds are all good, and it does not grow.
func TestSession_more_than_the_cache_holds(t *testing.T) {
	h := settled(t, govern.Config{})
	const n = govern.CacheMax + 500
	cookie := func(i int) string { return fmt.Sprintf("%043d", i) }
	h.must(h.db.Write(h.ctx, func(tx *sql.Tx) error {
		for i := range n {
			key := sha256.Sum256([]byte(cookie(i)))
			at := h.clock.Now().UnixMicro()
			if _, err := tx.Exec("INSERT INTO session(token, user, address, created_at, last_used_at) SELECT ?, id, '', ?, ? FROM user", key[:], at, at); err != nil {
				return err
			}
		}
		return nil
	}))
	for range 2 {
		for i := range n {
			h.wantIn(cookie(i), true)
		}
		if got := h.Cached(); got != govern.CacheMax {
			t.Errorf("%d are cached, want %d", got, govern.CacheMax)
		}
	}
	h.clock.pass(govern.StaleMax)
	h.wantIn(cookie(n-1), true)
	if got := h.Cached(); got != 1 {
		t.Errorf("%d are cached after their time, want the last one", got)
	}
}

func BenchmarkResolve(b *testing.B) {
	h := settled(b, govern.Config{})
	cookie, _ := h.signIn("root-kim", good)
	for _, c := range []struct {
		name string
		pass time.Duration
	}{{"known", 0}, {"asked_again", govern.StaleMax}} {
		b.Run(c.name, func(b *testing.B) {
			start := h.clock.Now()
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := h.Resolve(h.ctx, cookie); err != nil {
					b.Fatal(err)
				}
				// Not so far that it is written down: that is once a minute.
				if h.clock.pass(c.pass); h.clock.Now().Sub(start) > 50*time.Second {
					h.clock.pass(start.Sub(h.clock.Now()))
				}
			}
		})
	}
}
