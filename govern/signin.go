package govern

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"maru"
	"maru/govern/internal/password"
)

// addressMax bounds what is kept of an address that is no IP.
const addressMax = 100

// errWrong says nothing about which of the two was wrong.
var errWrong = maru.Errorf(maru.Unauthenticated, "name or password is wrong, or the user is disabled: try again, or ask an admin for a new password")

// SignIn begins a session for whoever knows the password, from address, an IP
// with or without port. The cookie is a token of 256 bits that was never given
// out before; only its hash is kept. A wrong name, a wrong password and a
// disabled user are the same maru.Unauthenticated after the same time. After
// some of those a try has to wait: maru.Unavailable, with an error in its
// chain that has RetryAfter() time.Duration.
func (g *Govern) SignIn(ctx context.Context, name, pw, address string) (cookie string, s Session, err error) {
	name = fold(name)
	who, where := accountKey(name), addressKey(address)
	if err := g.brake.Try(who, where, g.clock.Now()); err != nil {
		return "", Session{}, err
	}
	a, err := g.verify(ctx, name, pw)
	if err != nil {
		g.settle(who, where, err)
		return "", Session{}, err
	}
	// Before the session is written: the password was right even if that fails.
	g.brake.Right(who, where)
	return g.newSession(ctx, a, address)
}

// settle lets a try count only if the password was wrong.
func (g *Govern) settle(who, where string, err error) {
	if !errors.Is(err, errWrong) {
		g.brake.Undo(who, where)
	}
}

// verify gives the account whose name and password these are, else errWrong.
// It hashes once, whatever the name.
func (g *Govern) verify(ctx context.Context, name, pw string) (a account, err error) {
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		a, err = findAccount(tx, name)
		return err
	})
	if err != nil {
		return account{}, err
	}
	if utf8.RuneCountInString(pw) > password.LengthMax {
		pw, a = "", account{} // nobody's, and not worth reading to its end
	}
	ok, err := g.hasher.Verify(ctx, a.password, pw)
	if err == nil && (!ok || a.disabled) {
		err = errWrong
	}
	if err != nil {
		return account{}, err
	}
	return a, nil
}

// ChangePassword replaces the password of the user whose session s is, as
// Resolve gave it, and ends all of their other sessions: User and ID of s are
// looked at. A wrong old password is maru.Invalid, because the session itself
// is good; it counts like one at the door.
func (g *Govern) ChangePassword(ctx context.Context, s Session, old, pw string) error {
	if err := password.Check(s.User, pw); err != nil {
		return err
	}
	if old == pw {
		return maru.Errorf(maru.Invalid, "the new password is the present one: choose another")
	}
	who := accountKey(s.User)
	if err := g.brake.Try(who, "", g.clock.Now()); err != nil {
		return err
	}
	a, err := g.verify(ctx, s.User, old)
	if err != nil {
		g.settle(who, "", err)
		if errors.Is(err, errWrong) {
			err = maru.Errorf(maru.Invalid, "the present password is wrong: type it again, or ask an admin for a new one")
		}
		return err
	}
	g.brake.Right(who, "")
	phc, err := g.hasher.Hash(ctx, pw)
	if err != nil {
		return err
	}
	err = g.db.Write(ctx, func(tx *sql.Tx) error {
		// As verify saw it: somebody else may have set another meanwhile.
		res, err := tx.Exec("UPDATE user SET password = ?, changed_at = ? WHERE id = ? AND password = ? AND disabled = 0",
			phc, g.clock.Now().UnixMicro(), a.id, a.password)
		if err := mustChange(res, err, maru.Errorf(maru.Conflict, "the password was changed by somebody else just now: sign in again")); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM session WHERE user = ? AND id <> ?", a.id, s.ID)
		return err
	})
	g.cache.forget()
	if err == nil {
		g.log.Info("password changed", "user", a.name)
	}
	return err
}

// mustChange is otherwise when the statement changed no row.
func mustChange(res sql.Result, err, otherwise error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = otherwise
	}
	return err
}

// accountKey stands for a name at the brake. A hash, because what is typed
// there may be a password, and of any length.
func accountKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	return string(sum[:16])
}

// addressKey stands for an address at the brake: an IPv4 address, or the /64
// of an IPv6 one, which a single customer has.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(cleanAddress(address))
	if err != nil {
		return cleanAddress(address)
	}
	if ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// cleanAddress is address without a port.
func cleanAddress(address string) string {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		return ap.Addr().Unmap().String()
	}
	if ip, err := netip.ParseAddr(address); err == nil {
		return ip.Unmap().String()
	}
	return strings.ToValidUTF8(address[:min(len(address), addressMax)], "")
}
