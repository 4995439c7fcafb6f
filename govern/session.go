package govern

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"maru"
)

// Session is one sign-in of a user. It does not hold the token.
type Session struct {
	ID       string    `json:"id"` // what Revoke takes; worth nothing as a token
	User     string    `json:"user"`
	Role     string    `json:"role"`
	Address  string    `json:"address"` // where the sign-in came from
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used"` // to a minute
	Expires  time.Time `json:"expires"`   // at the latest; sooner when it is not used
}

// digest is what is kept of a token.
type digest [sha256.Size]byte

// cookieLen is that of newToken.
const cookieLen = 43

var errNoSession = maru.Errorf(maru.Unauthenticated, "you are not signed in, or the session has ended: sign in")

// newSession begins a session of a as verify or insertUser saw it.
func (g *Govern) newSession(ctx context.Context, a account, address string) (cookie string, s Session, err error) {
	cookie = newToken()
	key := digest(sha256.Sum256([]byte(cookie)))
	now := time.UnixMicro(g.clock.Now().UnixMicro())
	s = Session{User: a.name, Role: a.role, Address: cleanAddress(address), Created: now, LastUsed: now, Expires: now.Add(g.cfg.SessionAge)}
	err = g.db.Write(ctx, func(tx *sql.Tx) error {
		// The password may have been changed, or the user disabled, since.
		res, err := tx.Exec(`INSERT INTO session(token, user, address, created_at, last_used_at)
			SELECT ?1, id, ?2, ?3, ?3 FROM user WHERE id = ?4 AND password = ?5 AND disabled = 0`, key[:], s.Address, now.UnixMicro(), a.id, a.password)
		if err := mustChange(res, err, errWrong); err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		s.ID = strconv.FormatInt(id, 10)
		_, err = tx.Exec(`DELETE FROM session WHERE user = ?1 AND id NOT IN
			(SELECT id FROM session WHERE user = ?1 ORDER BY id DESC LIMIT ?2)`, a.id, g.cfg.SessionsMax)
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	g.cache.forget() // for the oldest, which may have had to go
	return cookie, s, nil
}

// Resolve says whose session a cookie's value belongs to. A session that was
// ended through this Govern is refused at once; one that was changed in
// meta.db otherwise, within StaleMax. maru.Unauthenticated when there is none.
// The principal is shared: its roles are not to be changed.
func (g *Govern) Resolve(ctx context.Context, cookie string) (maru.Principal, Session, error) {
	if len(cookie) != cookieLen {
		return maru.Principal{}, Session{}, errNoSession
	}
	now := g.clock.Now()
	key := digest(sha256.Sum256([]byte(cookie)))
	e, generation := g.cache.find(key, now)
	if e == nil {
		s, err := g.loadSession(ctx, key, now)
		if err != nil {
			return maru.Principal{}, Session{}, err
		}
		e = &entry{session: s, read: now, principal: maru.Principal{ID: s.User, Kind: "user", Roles: []string{s.Role}}}
		g.cache.keep(key, e, generation)
	}
	if now.Sub(e.session.LastUsed) >= UsedEvery {
		g.used.mark(e.session.ID, now)
	}
	return e.principal, e.session, nil
}

// sessionColumns are as scanSession wants them.
const sessionColumns = "SELECT s.id, u.name, u.role, s.address, s.created_at, s.last_used_at FROM session s JOIN user u ON u.id = s.user "

func (g *Govern) loadSession(ctx context.Context, key digest, now time.Time) (s Session, err error) {
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, sessionColumns+"WHERE s.token = ? AND u.disabled = 0", key[:])
		s, err = g.scanSession(row)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && !g.alive(s, now) {
		err = errNoSession
	}
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// alive says whether s is neither too old nor unused for too long.
func (g *Govern) alive(s Session, now time.Time) bool {
	return now.Before(s.Expires) && now.Sub(s.LastUsed) < g.cfg.SessionIdle
}

// oldest gives the bounds that alive draws, for SQL: sessions live that were
// made and used after these.
func (g *Govern) oldest() (created, used int64) {
	now := g.clock.Now()
	return now.Add(-g.cfg.SessionAge).UnixMicro(), now.Add(-g.cfg.SessionIdle).UnixMicro()
}

func (g *Govern) scanSession(row interface{ Scan(...any) error }) (s Session, err error) {
	var created, used int64
	if err := row.Scan(&s.ID, &s.User, &s.Role, &s.Address, &created, &used); err != nil {
		return Session{}, err
	}
	s.Created, s.LastUsed = time.UnixMicro(created), time.UnixMicro(used)
	s.Expires = s.Created.Add(g.cfg.SessionAge)
	return s, nil
}

// Sessions gives those of a user that have not ended, the newest sign-in
// first; none for a user that is not there.
func (g *Govern) Sessions(ctx context.Context, name string) (out []Session, err error) {
	created, used := g.oldest()
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, sessionColumns+"WHERE u.name = ? AND s.created_at > ? AND s.last_used_at > ? ORDER BY s.id DESC", fold(name), created, used)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			s, err := g.scanSession(rows)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	return out, err
}

// Revoke ends a session of a user by its ID; maru.NotFound when the user has
// none of that ID.
func (g *Govern) Revoke(ctx context.Context, name, id string) error {
	none := maru.Errorf(maru.NotFound, "user %.*q has no session %.20q: it may have ended already", NameMax, fold(name), id)
	return g.endSession(ctx, none, "DELETE FROM session WHERE id = ? AND user = (SELECT id FROM user WHERE name = ?)", id, fold(name))
}

// SignOut ends the session of a cookie's value. One that has ended already is
// no error.
func (g *Govern) SignOut(ctx context.Context, cookie string) error {
	if len(cookie) != cookieLen {
		return nil
	}
	key := sha256.Sum256([]byte(cookie))
	return g.endSession(ctx, nil, "DELETE FROM session WHERE token = ?", key[:])
}

func (g *Govern) endSession(ctx context.Context, none error, statement string, args ...any) error {
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec(statement, args...)
		return mustChange(res, err, none)
	})
	// Even after an error: whether it is on disk may be unknown.
	g.cache.forget()
	return err
}
