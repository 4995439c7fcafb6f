package govern_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/govern"
)

func ptr[T any](v T) *T { return &v }

func TestCheckName(t *testing.T) {
	for _, ok := range []string{"kim", "Kim.Min-Su_2@example.com", "7", strings.Repeat("a", 100), " kim "} {
		if err := govern.CheckName(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", " ", ".", "..", "-kim", "@", "kim su", "kim/su", "<b>kim</b>", "김민수", "kim\x00", "kim\nlee", "local", "Local", strings.Repeat("a", 101), "\xff"} {
		if err := govern.CheckName(bad); maru.KindOf(err) != maru.Invalid || err == nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestUsers(t *testing.T) {
	h := settled(t, govern.Config{})
	u, err := h.AddUser(h.ctx, "Lee", govern.Editor, good)
	h.must(err)
	now := h.clock.Now()
	want := govern.User{Name: "lee", Role: govern.Editor, Created: now, PasswordChanged: now}
	if d := cmp.Diff(want, u); d != "" {
		t.Error(d)
	}
	_, err = h.AddUser(h.ctx, "LEE", govern.Viewer, good)
	h.kind(maru.Conflict, err)
	for _, c := range []struct{ name, role, pw string }{
		{"a b", govern.Viewer, good}, {"park", "owner", good}, {"park", "", good}, {"park", govern.Viewer, "short"}, {"parkparkpark", govern.Viewer, "ParkParkPark"},
	} {
		_, err := h.AddUser(h.ctx, c.name, c.role, c.pw)
		h.kind(maru.Invalid, err)
	}
	h.signIn("lee", good)
	all, err := h.Users(h.ctx)
	h.must(err)
	want.Sessions, want.LastUsed = 1, now
	root := govern.User{Name: "root-kim", Role: govern.Admin, Created: now, PasswordChanged: now}
	if d := cmp.Diff([]govern.User{want, root}, all); d != "" {
		t.Error(d)
	}
	for _, name := range []string{"", "nobody"} {
		_, err = h.User(h.ctx, name)
		h.kind(maru.NotFound, err)
		_, err = h.UpdateUser(h.ctx, name, govern.Change{Password: ptr(other)})
		h.kind(maru.NotFound, err)
		_, err = h.UpdateUser(h.ctx, name, govern.Change{Role: ptr(govern.Admin)})
		h.kind(maru.NotFound, err)
		h.kind(maru.NotFound, h.RemoveUser(h.ctx, name))
	}
}

func TestUsers_are_bounded(t *testing.T) {
	h := settled(t, govern.Config{UsersMax: 2})
	h.add("lee", govern.Viewer)
	_, err := h.AddUser(h.ctx, "park", govern.Viewer, good)
	h.kind(maru.TooLarge, err)
	h.must(h.RemoveUser(h.ctx, "lee"))
	h.add("park", govern.Viewer)
}

func TestUpdateUser(t *testing.T) {
	h := settled(t, govern.Config{})
	h.add("lee", govern.Viewer)
	role := func(cookie string) string {
		p, _, err := h.Resolve(h.ctx, cookie)
		h.must(err)
		return p.Roles[0]
	}
	cookie, _ := h.signIn("lee", good)
	if role(cookie) != govern.Viewer {
		t.Error("she is a viewer")
	}
	// A role is another at once, in the same session.
	_, err := h.UpdateUser(h.ctx, "Lee", govern.Change{Role: ptr(govern.Editor)})
	h.must(err)
	if role(cookie) != govern.Editor {
		t.Error("she is an editor now")
	}
	_, err = h.UpdateUser(h.ctx, "lee", govern.Change{Role: ptr("owner")})
	h.kind(maru.Invalid, err)
	_, err = h.UpdateUser(h.ctx, "lee", govern.Change{Password: ptr("short")})
	h.kind(maru.Invalid, err)
	h.wantIn(cookie, true)

	h.clock.pass(1)
	h.clock.pass(999)
	u, err := h.UpdateUser(h.ctx, "lee", govern.Change{Password: ptr(other)})
	h.must(err)
	if !u.PasswordChanged.After(u.Created) || u.Role != govern.Editor || u.Sessions != 0 {
		t.Errorf("%+v", u)
	}
	h.wantIn(cookie, false)
	_, _, err = h.SignIn(h.ctx, "lee", good, "")
	h.kind(maru.Unauthenticated, err)

	cookie, _ = h.signIn("lee", other)
	_, err = h.UpdateUser(h.ctx, "lee", govern.Change{Disabled: ptr(true)})
	h.must(err)
	h.wantIn(cookie, false)
	_, err = h.UpdateUser(h.ctx, "lee", govern.Change{Disabled: ptr(false)})
	h.must(err)
	h.wantIn(cookie, false)
	cookie, _ = h.signIn("lee", other)
	h.must(h.RemoveUser(h.ctx, "lee"))
	h.wantIn(cookie, false)
	// Another of that name does not get her sessions.
	h.add("lee", govern.Viewer)
	h.wantIn(cookie, false)
}

func TestLastAdmin(t *testing.T) {
	h := settled(t, govern.Config{})
	h.add("lee", govern.Viewer)
	h.add("off", govern.Admin)
	_, err := h.UpdateUser(h.ctx, "off", govern.Change{Disabled: ptr(true)})
	h.must(err)
	cookie, _ := h.signIn("root-kim", good)
	_, err = h.UpdateUser(h.ctx, "root-kim", govern.Change{Role: ptr(govern.Editor)})
	h.kind(maru.Conflict, err)
	_, err = h.UpdateUser(h.ctx, "root-kim", govern.Change{Disabled: ptr(true), Password: ptr(other)})
	h.kind(maru.Conflict, err)
	h.kind(maru.Conflict, h.RemoveUser(h.ctx, "root-kim"))
	h.wantIn(cookie, true) // nothing has changed
	h.signIn("root-kim", good)

	_, err = h.UpdateUser(h.ctx, "lee", govern.Change{Role: ptr(govern.Admin)})
	h.must(err)
	errs := make(chan error, 2)
	for _, name := range []string{"lee", "root-kim"} {
		go func() { errs <- h.RemoveUser(h.ctx, name) }()
	}
	if one, two := <-errs, <-errs; (one == nil) == (two == nil) {
		t.Errorf("two admins remove each other: %v; %v", one, two)
	}
}
