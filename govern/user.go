package govern

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"maru"
	"maru/govern/internal/password"
)

// The roles, each with the rights of those before it.
const (
	Viewer = "viewer" // looks and asks
	Editor = "editor" // changes the project and its topics
	Admin  = "admin"  // changes users
)

// User is somebody who may sign in. Name is also the ID of their principal;
// whoever is given a name that was removed is taken for the one before, so
// disable users rather than remove them where that matters.
type User struct {
	Name            string    `json:"name"`
	Role            string    `json:"role"`
	Disabled        bool      `json:"disabled"`
	Created         time.Time `json:"created"`
	PasswordChanged time.Time `json:"password_changed"`
	LastUsed        time.Time `json:"last_used,omitzero"` // of their sessions; zero when there is none
	Sessions        int       `json:"sessions"`           // that have not ended
}

// Change is what UpdateUser does; nil leaves as it is.
type Change struct {
	Role     *string `json:"role,omitempty"`
	Disabled *bool   `json:"disabled,omitempty"`
	Password *string `json:"password,omitempty"`
}

// account is a user as the table has it.
type account struct {
	id       int64
	name     string
	role     string
	disabled bool
	password string // PHC
}

// CheckName says whether somebody may be called name: letters, digits and
// . _ - @, a letter or digit first, at most NameMax. Case makes no difference.
func CheckName(name string) error {
	bad := func(format string, args ...any) error { return maru.Errorf(maru.Invalid, format, args...) }
	name = fold(name)
	switch {
	case name == "":
		return bad("the user's name is empty: use letters, digits and . _ - @")
	case len(name) > NameMax:
		return bad("user's name %.20q… is %d bytes long, at most %d are allowed", name, len(name), NameMax)
	case name == maru.Local.ID:
		return bad("user's name %q stands for whoever holds the data directory: choose another", name)
	}
	for i, r := range name {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || i > 0 && strings.ContainsRune("._-@", r) {
			continue
		}
		return bad("user's name %q: %q is not allowed there: start with a-z or 0-9, go on with those and . _ - @", name, r)
	}
	return nil
}

// fold makes one of the ways to write a name; phones put a space behind.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func checkRole(role string) error {
	if role == Viewer || role == Editor || role == Admin {
		return nil
	}
	return maru.Errorf(maru.Invalid, "role %.50q is not known: use %s, %s or %s", role, Viewer, Editor, Admin)
}

func unknownUser(name string) error {
	return maru.Errorf(maru.NotFound, "there is no user %.*q", NameMax, name)
}

// Users gives all users by name.
func (g *Govern) Users(ctx context.Context) ([]User, error) { return g.readUsers(ctx, "") }

// User gives one; maru.NotFound when there is none.
func (g *Govern) User(ctx context.Context, name string) (User, error) {
	name = fold(name)
	if name == "" {
		return User{}, unknownUser(name)
	}
	all, err := g.readUsers(ctx, name)
	if err == nil && len(all) == 0 {
		err = unknownUser(name)
	}
	if err != nil {
		return User{}, err
	}
	return all[0], nil
}

// readUsers gives all users, or the one that is named.
func (g *Govern) readUsers(ctx context.Context, name string) (out []User, err error) {
	created, used := g.oldest()
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT u.name, u.role, u.disabled, u.created_at, u.changed_at, coalesce(max(s.last_used_at), 0), count(s.id)
			FROM user u LEFT JOIN session s ON s.user = u.id AND s.created_at > ?2 AND s.last_used_at > ?3
			WHERE ?1 IN ('', u.name) GROUP BY u.id ORDER BY u.name`, name, created, used)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var u User
			var at, changed, last int64
			if err := rows.Scan(&u.Name, &u.Role, &u.Disabled, &at, &changed, &last, &u.Sessions); err != nil {
				return err
			}
			u.Created, u.PasswordChanged = time.UnixMicro(at), time.UnixMicro(changed)
			if last != 0 {
				u.LastUsed = time.UnixMicro(last)
			}
			out = append(out, u)
		}
		return rows.Err()
	})
	return out, err
}

// AddUser makes a user; maru.Conflict when there is one of that name. The
// first must be an admin, who can make the others.
func (g *Govern) AddUser(ctx context.Context, name, role, pw string) (User, error) {
	a, err := g.insertUser(ctx, name, role, pw, false)
	if err != nil {
		return User{}, err
	}
	return g.User(ctx, a.name)
}

// insertUser makes a user; only the first one if first.
func (g *Govern) insertUser(ctx context.Context, name, role, pw string, first bool) (a account, err error) {
	a = account{name: fold(name), role: role}
	if err := CheckName(a.name); err != nil {
		return a, err
	}
	if err := checkRole(role); err != nil {
		return a, err
	}
	if a.password, err = g.newPassword(ctx, a.name, pw); err != nil {
		return a, err
	}
	now := g.clock.Now().UnixMicro()
	err = g.db.Write(ctx, func(tx *sql.Tx) error {
		n, same := 0, 0
		if err := tx.QueryRow("SELECT count(*), count(*) FILTER (WHERE name = ?) FROM user", a.name).Scan(&n, &same); err != nil {
			return err
		}
		switch {
		case n > 0 && first:
			return errSetupDone
		case n == 0 && role != Admin:
			return maru.Errorf(maru.Invalid, "role %s: the first user must be an %s, who can make the others", role, Admin)
		case same > 0:
			return maru.Errorf(maru.Conflict, "there is a user %q already: choose another name", a.name)
		case n >= g.cfg.UsersMax:
			return maru.Errorf(maru.TooLarge, "there are %d users, the limit govern.users_max: remove one first", n)
		}
		res, err := tx.Exec("INSERT INTO user(name, role, password, created_at, changed_at) VALUES (?, ?, ?, ?, ?)", a.name, role, a.password, now, now)
		if err != nil {
			return err
		}
		a.id, err = res.LastInsertId()
		return err
	})
	if err == nil {
		g.setup.end()
		g.log.Info("user added", "user", a.name, "role", role)
	}
	return a, err
}

// newPassword checks pw and gives what is kept of it.
func (g *Govern) newPassword(ctx context.Context, name, pw string) (phc string, err error) {
	if err := password.Check(name, pw); err != nil {
		return "", err
	}
	return g.hasher.Hash(ctx, pw)
}

// UpdateUser changes a user. A new password, and being disabled, ends all of
// their sessions. It is maru.Conflict, and nothing has changed, when nobody
// would be left who is an admin and can sign in.
func (g *Govern) UpdateUser(ctx context.Context, name string, c Change) (User, error) {
	name = fold(name)
	if c.Role != nil {
		if err := checkRole(*c.Role); err != nil {
			return User{}, err
		}
	}
	var phc *string
	if c.Password != nil {
		// Before a hashing is spent on it.
		if _, err := g.User(ctx, name); err != nil {
			return User{}, err
		}
		s, err := g.newPassword(ctx, name, *c.Password)
		if err != nil {
			return User{}, err
		}
		phc = &s
	}
	err := g.changeUser(ctx, name, func(tx *sql.Tx, a account) error {
		_, err := tx.Exec(`UPDATE user SET role = coalesce(?1, role), disabled = coalesce(?2, disabled),
			changed_at = iif(?3 IS NULL, changed_at, ?4), password = coalesce(?3, password) WHERE id = ?5`,
			c.Role, c.Disabled, phc, g.clock.Now().UnixMicro(), a.id)
		if err == nil && (phc != nil || c.Disabled != nil && *c.Disabled) {
			_, err = tx.Exec("DELETE FROM session WHERE user = ?", a.id)
		}
		return err
	})
	if err != nil {
		return User{}, err
	}
	g.log.Info("user changed", "user", name, "role", c.Role != nil, "disabled", c.Disabled != nil, "password", phc != nil)
	return g.User(ctx, name)
}

// RemoveUser forgets a user and ends their sessions; never the last admin who
// can sign in, which is maru.Conflict.
func (g *Govern) RemoveUser(ctx context.Context, name string) error {
	name = fold(name)
	err := g.changeUser(ctx, name, func(tx *sql.Tx, a account) error {
		_, err := tx.Exec("DELETE FROM user WHERE id = ?", a.id)
		return err
	})
	if err == nil {
		g.log.Info("user removed", "user", name)
	}
	return err
}

// changeUser runs fn on the user name, and undoes it if no admin is left.
func (g *Govern) changeUser(ctx context.Context, name string, fn func(tx *sql.Tx, a account) error) error {
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		before, err := countAdmins(tx)
		if err != nil {
			return err
		}
		a, err := findAccount(tx, name)
		if err != nil {
			return err
		}
		if a.id == 0 {
			return unknownUser(name)
		}
		if err := fn(tx, a); err != nil {
			return err
		}
		after, err := countAdmins(tx)
		if err == nil && before > 0 && after == 0 {
			err = maru.Errorf(maru.Conflict, "%s is the last %s who can sign in: make somebody else an %s first", name, Admin, Admin)
		}
		return err
	})
	// Even after an error: whether it is on disk may be unknown.
	g.cache.forget()
	return err
}

func countAdmins(tx *sql.Tx) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM user WHERE role = ? AND disabled = 0", Admin).Scan(&n)
	return n, err
}

func (g *Govern) countUsers(ctx context.Context) (n int, err error) {
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM user").Scan(&n)
	})
	return n, err
}

// findAccount gives the account of name; its id is 0 when there is none.
func findAccount(tx *sql.Tx, name string) (a account, err error) {
	err = tx.QueryRow("SELECT id, name, role, disabled, password FROM user WHERE name = ?", name).Scan(&a.id, &a.name, &a.role, &a.disabled, &a.password)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, nil
	}
	return a, err
}
