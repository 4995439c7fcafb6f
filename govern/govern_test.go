package govern_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"maru"
	"maru/govern"
	"maru/meta"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The password of everybody in these tests, and the second one.
const (
	good  = "four wet horses"
	other = "nine dry camels"
)

type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// house is a Govern with its database and its clock.
type house struct {
	*govern.Govern
	t     testing.TB
	ctx   context.Context
	db    *meta.DB
	clock *clock
	log   *bytes.Buffer
}

func open(t testing.TB, cfg govern.Config) *house {
	t.Helper()
	h := &house{t: t, ctx: context.Background(), clock: &clock{now: time.Unix(1_800_000_000, 0)}, log: &bytes.Buffer{}}
	var err error
	if h.db, err = meta.Open(h.ctx, filepath.Join(t.TempDir(), "meta.db")); err != nil {
		t.Fatal(err)
	}
	h.reopen(cfg)
	t.Cleanup(func() {
		for _, end := range []func() error{h.Govern.Close, h.db.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return h
}

// reopen is a new start of the server.
func (h *house) reopen(cfg govern.Config) {
	h.t.Helper()
	if h.Govern != nil {
		h.must(h.Govern.Close())
	}
	g, err := govern.Open(h.ctx, cfg, govern.Needs{DB: h.db, Clock: h.clock, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	h.must(err)
	h.Govern = g
}

// settled opens one with the admin "root-kim".
func settled(t testing.TB, cfg govern.Config) *house {
	t.Helper()
	h := open(t, cfg)
	h.add("root-kim", govern.Admin)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) kind(want maru.Kind, err error) {
	h.t.Helper()
	if err == nil || maru.KindOf(err) != want {
		h.t.Errorf("%v, want kind %v", err, want)
	}
}

func (h *house) add(name, role string) {
	h.t.Helper()
	_, err := h.AddUser(h.ctx, name, role, good)
	h.must(err)
}

func (h *house) signIn(name, pw string) (cookie string, s govern.Session) {
	h.t.Helper()
	cookie, s, err := h.SignIn(h.ctx, name, pw, "127.0.0.1:5000")
	h.must(err)
	return cookie, s
}

// in says whether the cookie still opens the door.
func (h *house) in(cookie string) bool {
	h.t.Helper()
	_, _, err := h.Resolve(h.ctx, cookie)
	if err != nil {
		h.kind(maru.Unauthenticated, err)
	}
	return err == nil
}

func (h *house) wantIn(cookie string, want bool) {
	h.t.Helper()
	if h.in(cookie) != want {
		h.t.Errorf("the session is good: %v, want %v", !want, want)
	}
}

func TestSetup(t *testing.T) {
	h := open(t, govern.Config{})
	token := h.SetupToken()
	if !h.SetupNeeded() || len(token) != 43 {
		t.Fatalf("token %q", token)
	}
	for _, wrong := range []string{"", token[:42], token + "A", strings.Repeat("A", 43)} {
		_, _, err := h.Setup(h.ctx, wrong, "kim", good, "")
		h.kind(maru.Unauthenticated, err)
	}
	_, _, err := h.Setup(h.ctx, token, "kim", "short", "")
	h.kind(maru.Invalid, err)
	_, _, err = h.Setup(h.ctx, token, "local", good, "")
	h.kind(maru.Invalid, err)

	before := token
	h.reopen(govern.Config{})
	if token = h.SetupToken(); token == before {
		t.Error("a new start has the token of the one before")
	}
	cookie, s, err := h.Setup(h.ctx, token, "Kim@Example.com ", good, "[::1]:99")
	h.must(err)
	p, s2, err := h.Resolve(h.ctx, cookie)
	h.must(err)
	if p.ID != "kim@example.com" || p.Kind != "user" || len(p.Roles) != 1 || p.Roles[0] != govern.Admin {
		t.Errorf("principal %+v", p)
	}
	if s != s2 || s.User != p.ID || s.Address != "::1" || s.ID == "" {
		t.Errorf("given %+v, resolved %+v", s, s2)
	}
	if h.SetupNeeded() || h.SetupToken() != "" {
		t.Error("setup goes on")
	}
	for _, again := range []string{token, ""} {
		_, _, err = h.Setup(h.ctx, again, "lee", good, "")
		h.kind(maru.Conflict, err)
	}
	h.reopen(govern.Config{})
	if h.SetupNeeded() {
		t.Error("setup again after a restart")
	}
	h.wantIn(cookie, true)
}

func TestSetup_two_at_once_make_one_user(t *testing.T) {
	h := open(t, govern.Config{})
	token := h.SetupToken()
	errs := make(chan error, 4)
	for i := range cap(errs) {
		go func() {
			_, _, err := h.Setup(h.ctx, token, "kim"+string(rune('a'+i)), good, "")
			errs <- err
		}()
	}
	made := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			made++
		} else {
			h.kind(maru.Conflict, err)
		}
	}
	if users, err := h.Users(h.ctx); made != 1 || len(users) != 1 || err != nil {
		t.Errorf("%d were made, %d users, %v", made, len(users), err)
	}
}

func TestSetup_ends_with_any_first_user(t *testing.T) {
	h := open(t, govern.Config{})
	_, err := h.AddUser(h.ctx, "lee", govern.Viewer, good)
	h.kind(maru.Invalid, err)
	if !h.SetupNeeded() {
		t.Error("a user who was not made has ended it")
	}
	token := h.SetupToken()
	h.add("kim", govern.Admin)
	_, _, err = h.Setup(h.ctx, token, "lee", good, "")
	h.kind(maru.Conflict, err)
}

// What is kept on disk and what is logged opens no door.
func TestSecretsAreNotKept(t *testing.T) {
	h := open(t, govern.Config{})
	token := h.SetupToken()
	cookie, _, err := h.Setup(h.ctx, token, "kim", good, "")
	h.must(err)
	h.must(h.ChangePassword(h.ctx, govern.Session{User: "kim"}, good, other))
	_, _, err = h.SignIn(h.ctx, "kim", good, "")
	h.kind(maru.Unauthenticated, err)
	h.must(h.Govern.Close())
	files, err := filepath.Glob(filepath.Join(filepath.Dir(h.db.Path()), "*"))
	h.must(err)
	kept := h.log.Bytes()
	for _, f := range files {
		b, err := os.ReadFile(f)
		h.must(err)
		kept = append(kept, b...)
	}
	if !bytes.Contains(kept, []byte("$argon2id$")) {
		t.Error("the files that were looked at hold no password at all")
	}
	for _, secret := range []string{token, cookie, good, other} {
		if bytes.Contains(kept, []byte(secret)) {
			t.Errorf("%q is kept or logged", secret)
		}
	}
}

func TestConfig(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		cfg govern.Config
		key string
	}{
		{govern.Config{SessionIdle: time.Second}, "session_idle"},
		{govern.Config{SessionAge: -time.Hour}, "session_age"},
		{govern.Config{SessionsMax: -1}, "sessions_max"},
		{govern.Config{UsersMax: 1 << 30}, "users_max"},
		{govern.Config{HashQueue: -1}, "hash_queue"},
	} {
		_, err := govern.Open(ctx, c.cfg, govern.Needs{})
		if maru.KindOf(err) != maru.Invalid || err == nil || !strings.Contains(err.Error(), "govern."+c.key) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
	if _, err := govern.Open(ctx, govern.Config{}, govern.Needs{}); maru.KindOf(err) != maru.Invalid {
		t.Errorf("without a database: %v", err)
	}
}
