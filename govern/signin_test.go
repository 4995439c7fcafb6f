package govern_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"maru"
	"maru/govern"
	"maru/govern/internal/brake"
)

func TestSignIn(t *testing.T) {
	h := settled(t, govern.Config{})
	h.add("lee", govern.Viewer)
	first, s := h.signIn(" LEE", good)
	if s.User != "lee" || s.Role != govern.Viewer || s.Address != "127.0.0.1" || !s.Created.Equal(h.clock.Now()) {
		t.Errorf("session %+v", s)
	}
	if again, _ := h.signIn("lee", good); again == first {
		t.Error("two sign-ins have one token")
	}
	h.wantIn(first, true)
	for _, forged := range []string{"", "x", first[:42], first + "x", strings.Repeat("A", 43), strings.ToLower(first)} {
		h.wantIn(forged, false)
	}
}

// Nothing tells a wrong name from a wrong password or a disabled user.
func TestSignIn_says_not_what_was_wrong(t *testing.T) {
	h := settled(t, govern.Config{})
	h.add("lee", govern.Viewer)
	h.add("off", govern.Viewer)
	yes := true
	_, err := h.UpdateUser(h.ctx, "off", govern.Change{Disabled: &yes})
	h.must(err)
	var texts []string
	fastest := map[string]time.Duration{}
	for round := range 3 {
		for _, c := range []struct{ name, pw string }{
			{"lee", "wrong password"}, {"nobody", good}, {"off", good}, {"not a name!", good}, {"", ""},
			{"root-kim", strings.Repeat("long", 1000)},
		} {
			began := time.Now()
			_, _, err := h.SignIn(h.ctx, c.name, c.pw, fmt.Sprint("10.0.0.", round))
			took := time.Since(began)
			h.kind(maru.Unauthenticated, err)
			texts = append(texts, err.Error())
			if f, ok := fastest[c.name]; !ok || took < f {
				fastest[c.name] = took
			}
		}
	}
	slices.Sort(texts)
	if texts = slices.Compact(texts); len(texts) != 1 {
		t.Errorf("different words: %q", texts)
	}
	// One that skipped the hashing would take a hundredth.
	for name, took := range fastest {
		if took < fastest["lee"]/2 {
			t.Errorf("%q takes %v, a wrong password %v", name, took, fastest["lee"])
		}
	}
}

func retryAfter(err error) time.Duration {
	var soon interface{ RetryAfter() time.Duration }
	if !errors.As(err, &soon) {
		return 0
	}
	return soon.RetryAfter()
}

func TestSignIn_has_to_wait_after_wrong_passwords(t *testing.T) {
	for _, name := range []string{"lee", "nobody"} {
		t.Run(name, func(t *testing.T) {
			h := settled(t, govern.Config{})
			h.add("lee", govern.Viewer)
			for range brake.AccountFree + 1 {
				_, _, err := h.SignIn(h.ctx, name, "wrong password", "10.0.0.1")
				h.kind(maru.Unauthenticated, err)
			}
			// Even the right one, or waiting would be pointless.
			_, _, err := h.SignIn(h.ctx, name, good, "10.0.0.2")
			h.kind(maru.Unavailable, err)
			if retryAfter(err) != time.Second || !strings.Contains(err.Error(), "try again in 1 s") {
				t.Errorf("%v, after %v", err, retryAfter(err))
			}
			h.signIn("root-kim", good) // others do not wait
			h.clock.pass(time.Second)
			_, _, err = h.SignIn(h.ctx, name, "wrong password", "10.0.0.1")
			h.kind(maru.Unauthenticated, err)
			_, _, err = h.SignIn(h.ctx, name, good, "10.0.0.1")
			if retryAfter(err) != 2*time.Second {
				t.Errorf("the second wait: %v", err)
			}
			h.clock.pass(2 * time.Second)
			if name != "lee" {
				return
			}
			h.signIn("lee", good)
			_, _, err = h.SignIn(h.ctx, name, "wrong password", "10.0.0.1")
			h.kind(maru.Unauthenticated, err)
			h.signIn("lee", good) // forgiven
		})
	}
}

// One customer's network is one address, however it is written.
func TestSignIn_has_to_wait_by_address(t *testing.T) {
	h := settled(t, govern.Config{})
	for i := range brake.AddressFree + 1 {
		_, _, err := h.SignIn(h.ctx, fmt.Sprint("name", i), good, fmt.Sprintf("[2001:db8:0:7::%x]:%d", i+1, 1000+i))
		h.kind(maru.Unauthenticated, err)
	}
	_, _, err := h.SignIn(h.ctx, "root-kim", good, "2001:db8:0:7:ffff::1")
	h.kind(maru.Unavailable, err)
	_, _, err = h.SignIn(h.ctx, "root-kim", good, "2001:db8:0:8::1")
	h.must(err)
	_, s, err := h.SignIn(h.ctx, "root-kim", good, strings.Repeat("@한", 100))
	h.must(err)
	if len(s.Address) > 100 || !strings.HasPrefix(s.Address, "@한") {
		t.Errorf("kept as %q", s.Address)
	}
}

// Tries at the same time cannot slip through before the first has failed.
func TestSignIn_many_tries_at_once(t *testing.T) {
	h := settled(t, govern.Config{HashQueue: 100})
	errs := make(chan error, 50)
	for range cap(errs) {
		go func() {
			_, _, err := h.SignIn(h.ctx, "root-kim", "wrong password", "10.0.0.1")
			errs <- err
		}()
	}
	tried := 0
	for range cap(errs) {
		if maru.KindOf(<-errs) == maru.Unauthenticated {
			tried++
		}
	}
	if tried != brake.AccountFree+1 {
		t.Errorf("%d of %d were tried, want %d", tried, cap(errs), brake.AccountFree+1)
	}
}

func TestSignIn_too_many_people_at_once(t *testing.T) {
	h := settled(t, govern.Config{HashQueue: 1})
	errs := make(chan error, 18) // fewer than one address may get wrong
	for i := range cap(errs) {
		go func() {
			_, _, err := h.SignIn(h.ctx, fmt.Sprint("name", i), good, "10.0.0.1")
			errs <- err
		}()
	}
	refused := 0
	for range cap(errs) {
		if err := <-errs; maru.KindOf(err) == maru.Unavailable && retryAfter(err) == 0 {
			refused++
		} else {
			h.kind(maru.Unauthenticated, err)
		}
	}
	if refused == 0 {
		t.Error("nobody was refused")
	}
	// Those have not counted: their names may be tried as often as any.
	for range brake.AccountFree {
		_, _, err := h.SignIn(h.ctx, "name0", good, "10.0.0.2")
		h.kind(maru.Unauthenticated, err)
	}
}

func TestChangePassword(t *testing.T) {
	h := settled(t, govern.Config{})
	mine, s := h.signIn("root-kim", good)
	elsewhere, _ := h.signIn("root-kim", good)
	h.kind(maru.Invalid, h.ChangePassword(h.ctx, s, "wrong password", other))
	h.kind(maru.Invalid, h.ChangePassword(h.ctx, s, good, "short"))
	h.kind(maru.Invalid, h.ChangePassword(h.ctx, s, good, good))
	h.kind(maru.Invalid, h.ChangePassword(h.ctx, s, good, "root-kim12345"))
	h.wantIn(elsewhere, true)
	h.must(h.ChangePassword(h.ctx, s, good, other))
	h.wantIn(mine, true)
	h.wantIn(elsewhere, false)
	_, _, err := h.SignIn(h.ctx, "root-kim", good, "")
	h.kind(maru.Unauthenticated, err)
	h.signIn("root-kim", other)
	for range brake.AccountFree + 1 {
		h.kind(maru.Invalid, h.ChangePassword(h.ctx, s, "wrong password", good))
	}
	h.kind(maru.Unavailable, h.ChangePassword(h.ctx, s, other, good))
}

// A sign-in with the old password, begun before the change and done after it,
// leaves no session.
func TestChangePassword_races_a_sign_in(t *testing.T) {
	h := settled(t, govern.Config{})
	_, s := h.signIn("root-kim", good)
	pw, next := good, other
	for range 3 {
		cookies := make(chan string, 4)
		for range cap(cookies) {
			go func() {
				cookie, _, _ := h.SignIn(h.ctx, "root-kim", pw, "") // either way
				cookies <- cookie
			}()
		}
		err := h.ChangePassword(h.ctx, s, pw, next)
		for range cap(cookies) {
			if cookie := <-cookies; err == nil && cookie != "" {
				h.wantIn(cookie, false)
			}
		}
		if err == nil {
			pw, next = next, pw
		} else if maru.KindOf(err) != maru.Unavailable {
			t.Error(err)
		}
		h.clock.pass(time.Hour)
	}
}
