package web

import (
	"context"
	"time"

	"maru"
	"maru/web/internal/api"
)

// Session is the answer of GET /api/session.
type Session struct {
	User  *SessionUser `json:"user,omitempty" doc:"Who is signed in; missing when nobody is"`
	Setup bool         `json:"setup" doc:"There is no user yet: the welcome link makes the first"`
}

// SessionUser is who is signed in.
type SessionUser struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

// SignIn is the body of POST /api/session.
type SignIn struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// Setup is the body of POST /api/setup.
type Setup struct {
	Token    string `json:"token" doc:"From the welcome link"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// PasswordChange is the body of POST /api/session/password.
type PasswordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// User is somebody who may sign in.
type User struct {
	Name     string    `json:"name"`
	Role     string    `json:"role" enum:"viewer,editor,admin"`
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen,omitzero"`
	Sessions int       `json:"sessions" doc:"That have not ended"`
}

// UserList is the answer of GET /api/users.
type UserList struct {
	Users []User `json:"users"`
}

// UserNew is the body of POST /api/users.
type UserNew struct {
	Name     string `json:"name"`
	Role     string `json:"role" enum:"viewer,editor,admin"`
	Password string `json:"password"`
}

// UserChange is the body of PATCH /api/users/{name}; what is missing stays.
type UserChange struct {
	Role     *string `json:"role,omitempty" enum:"viewer,editor,admin"`
	Password *string `json:"password,omitempty"`
	Disabled *bool   `json:"disabled,omitempty"`
}

// body is an answer that is JSON, in is a request that is.
type (
	body[T any] struct{ Body T }
	in[T any]   struct{ Body T }
	none        struct{}
	named       struct {
		Name string `path:"name"`
	}
	namedIn[T any] struct {
		Name string `path:"name"`
		Body T
	}
	signedOut struct {
		SetCookie string `header:"Set-Cookie"`
	}
	signedIn struct {
		SetCookie string `header:"Set-Cookie"`
		Body      Session
	}
)

func (s *Server) sessionEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "session", Role: role}
	}
	register(s, e, op("GET", "/api/session", "getSession", "Who is signed in", api.Open), func(ctx context.Context, _ *none) (*body[Session], error) {
		return &body[Session]{s.session(ctx)}, nil
	})
	register(s, e, op("POST", "/api/session", "signIn", "Sign in", api.Open), func(ctx context.Context, i *in[SignIn]) (*signedIn, error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		return welcome(ss.SignIn(ctx, i.Body, askerOf(ctx).address))
	})
	register(s, e, op("DELETE", "/api/session", "signOut", "Sign out", api.Open), func(ctx context.Context, _ *none) (*signedOut, error) {
		ss, err := s.sessions()
		if cookie := askerOf(ctx).cookie; err == nil && cookie != "" {
			err = ss.SignOut(ctx, cookie)
		}
		return &signedOut{sessionCookie("", time.Time{})}, err
	})
	register(s, e, op("POST", "/api/setup", "setup", "Make the first admin", api.Open), func(ctx context.Context, i *in[Setup]) (*signedIn, error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		return welcome(ss.Setup(ctx, i.Body, askerOf(ctx).address))
	})
	register(s, e, op("POST", "/api/session/password", "changePassword", "Change one's password", api.Viewer), func(ctx context.Context, i *in[PasswordChange]) (*none, error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		cookie := askerOf(ctx).cookie
		if cookie == "" {
			return nil, maru.Errorf(maru.Invalid, "the holder of the token has no password: sign in as the user whose password is to change")
		}
		return &none{}, ss.ChangePassword(ctx, cookie, i.Body)
	})
}

func (s *Server) sessions() (Sessions, error) {
	if s.needs.Sessions == nil {
		return nil, missing("the part that knows users")
	}
	return s.needs.Sessions, nil
}

// session is who asks.
func (s *Server) session(ctx context.Context) Session {
	out := Session{Setup: s.needs.Sessions != nil && s.needs.Sessions.SetupNeeded()}
	if who, ok := maru.PrincipalOf(ctx); ok {
		out.User = &SessionUser{Name: who.ID, Roles: orEmpty(who.Roles)}
	}
	return out
}

func welcome(signed Signed, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	return &signedIn{SetCookie: sessionCookie(signed.Cookie, signed.Expires),
		Body: Session{User: &SessionUser{Name: signed.Who.ID, Roles: orEmpty(signed.Who.Roles)}}}, nil
}

func (s *Server) userEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "users", Role: api.Admin}
	}
	register(s, e, op("GET", "/api/users", "listUsers", "Users"), func(ctx context.Context, _ *none) (*body[UserList], error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		all, err := ss.Users(ctx)
		return &body[UserList]{UserList{orEmpty(all)}}, err
	})
	register(s, e, op("POST", "/api/users", "createUser", "Add a user"), func(ctx context.Context, i *in[UserNew]) (*body[User], error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		u, err := ss.AddUser(ctx, i.Body)
		return &body[User]{u}, err
	})
	register(s, e, op("PATCH", "/api/users/{name}", "changeUser", "Change a user"), func(ctx context.Context, i *namedIn[UserChange]) (*body[User], error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		u, err := ss.ChangeUser(ctx, i.Name, i.Body)
		return &body[User]{u}, err
	})
	register(s, e, op("DELETE", "/api/users/{name}", "deleteUser", "Delete a user"), func(ctx context.Context, i *named) (*none, error) {
		ss, err := s.sessions()
		if err != nil {
			return nil, err
		}
		return &none{}, ss.RemoveUser(ctx, i.Name)
	})
}
