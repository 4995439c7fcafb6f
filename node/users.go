package node

import (
	"context"
	"strings"

	"maru"
	"maru/govern"
	"maru/web"
	"maru/workspace"
)

// users is govern as web wants it.
type users struct {
	g    *govern.Govern
	desk *workspace.Workspace
}

// SetupNeeded says whether there is no user yet.
func (u *users) SetupNeeded() bool { return u.g.SetupNeeded() }

// Resolve says whose session a cookie is.
func (u *users) Resolve(ctx context.Context, cookie string) (maru.Principal, error) {
	who, _, err := u.g.Resolve(ctx, cookie)
	return who, err
}

func signed(cookie string, s govern.Session, err error) (web.Signed, error) {
	return web.Signed{Cookie: cookie, Who: maru.Principal{ID: s.User, Kind: "user", Roles: []string{s.Role}}, Expires: s.Expires}, err
}

// SignIn begins a session.
func (u *users) SignIn(ctx context.Context, in web.SignIn, address string) (web.Signed, error) {
	return signed(u.g.SignIn(ctx, in.Name, in.Password, address))
}

// Setup makes the first admin.
func (u *users) Setup(ctx context.Context, in web.Setup, address string) (web.Signed, error) {
	return signed(u.g.Setup(ctx, in.Token, in.Name, in.Password, address))
}

// SignOut ends a session.
func (u *users) SignOut(ctx context.Context, cookie string) error { return u.g.SignOut(ctx, cookie) }

// ChangePassword is that of the session's user.
func (u *users) ChangePassword(ctx context.Context, cookie string, in web.PasswordChange) error {
	_, s, err := u.g.Resolve(ctx, cookie)
	if err != nil {
		return err
	}
	return u.g.ChangePassword(ctx, s, in.Old, in.New)
}

// Users gives all by name.
func (u *users) Users(ctx context.Context) ([]web.User, error) {
	all, err := u.g.Users(ctx)
	out := make([]web.User, len(all))
	for i, one := range all {
		out[i] = webUser(one)
	}
	return out, err
}

func webUser(u govern.User) web.User {
	return web.User{Name: u.Name, Role: u.Role, Disabled: u.Disabled, Created: u.Created, LastSeen: u.LastUsed, Sessions: u.Sessions}
}

// AddUser makes one.
func (u *users) AddUser(ctx context.Context, in web.UserNew) (web.User, error) {
	one, err := u.g.AddUser(ctx, in.Name, in.Role, in.Password)
	return webUser(one), err
}

// ChangeUser changes what is given.
func (u *users) ChangeUser(ctx context.Context, name string, in web.UserChange) (web.User, error) {
	one, err := u.g.UpdateUser(ctx, name, govern.Change{Role: in.Role, Disabled: in.Disabled, Password: in.Password})
	return webUser(one), err
}

// RemoveUser forgets one, with what was kept of them: whoever gets the name
// next shall not find it.
func (u *users) RemoveUser(ctx context.Context, name string) error {
	if err := u.g.RemoveUser(ctx, name); err != nil {
		return err
	}
	return u.desk.Forget(ctx, strings.ToLower(strings.TrimSpace(name))) // as govern writes names
}
