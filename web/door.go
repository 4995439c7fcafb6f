package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"maru"
	"maru/web/internal/api"
)

// cookieName is that of a browser's session. Loopback has no TLS, without
// which browsers take no __Host- name.
const cookieName = "maru"

// asker is who sent a request, beyond its principal.
type asker struct {
	cookie  string // "" for a program with the token
	address string
}

type askerKey struct{}

func askerOf(ctx context.Context) asker {
	a, _ := ctx.Value(askerKey{}).(asker)
	return a
}

// principalOf is who asks; the guard let nobody else in.
func principalOf(ctx context.Context) maru.Principal {
	who, _ := maru.PrincipalOf(ctx)
	return who
}

// principal finds who asks: the bearer of the token, or whose session the
// cookie is. A request with both is that of the bearer.
func (s *Server) principal(r *http.Request) (maru.Principal, error) {
	if len(r.Header.Values("Authorization")) > 0 {
		return s.bearer(r)
	}
	cookie := cookieOf(r)
	if cookie == "" || s.needs.Sessions == nil {
		return maru.Principal{}, maru.Errorf(maru.Unauthenticated,
			"nobody is signed in: sign in, or send the header Authorization: Bearer TOKEN; the token is in keys/token of the data directory")
	}
	return s.needs.Sessions.Resolve(r.Context(), cookie)
}

// bearer compares only digests, in constant time: neither content nor length
// of the token shows in the time.
func (s *Server) bearer(r *http.Request) (maru.Principal, error) {
	given := r.Header.Values("Authorization")
	scheme, token, _ := strings.Cut(given[0], " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	right := subtle.ConstantTimeCompare(sum[:], s.tokenSum[:]) == 1
	if len(given) != 1 || !strings.EqualFold(scheme, "Bearer") || !right {
		return maru.Principal{}, maru.Errorf(maru.Unauthenticated, "the token is not that of this server's data directory")
	}
	return maru.Local, nil
}

// cookieOf is "" unless there is exactly one: a second one was put beside ours
// by somebody else.
func cookieOf(r *http.Request) string {
	all := r.CookiesNamed(cookieName)
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// known gives a request's context who asks. Endpoints that are open take
// nobody too.
func (s *Server) known(r *http.Request, want api.Role) (context.Context, error) {
	ctx := context.WithValue(r.Context(), askerKey{}, asker{cookie: cookieOf(r), address: r.RemoteAddr})
	who, err := s.principal(r)
	if err != nil {
		if want == api.Open {
			return ctx, nil
		}
		return nil, err
	}
	if !want.Allows(who) {
		return nil, maru.Errorf(maru.Denied, "%s has the role %s, and this needs %s: ask an admin for it", who.ID, strings.Join(who.Roles, ", "), want)
	}
	return maru.WithPrincipal(ctx, who), nil
}

// sessionCookie is what a browser keeps; one that is over when it shall forget.
func sessionCookie(value string, expires time.Time) string {
	c := http.Cookie{Name: cookieName, Value: value, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c.String()
}
