package govern

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"

	"maru"
)

// setup holds the token with which the first user is made. It is in memory
// only: a server that starts again makes another.
type setup struct {
	mu    sync.Mutex // guards token
	token string     // "" when there are users
}

func (s *setup) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = newToken()
}

func (s *setup) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

func (s *setup) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// SetupNeeded says whether there is no user yet.
func (g *Govern) SetupNeeded() bool { return g.setup.current() != "" }

// SetupToken is what Setup asks for: 256 bits as 43 letters that a link may
// hold. It is empty once there is a user.
func (g *Govern) SetupToken() string { return g.setup.current() }

// Setup makes the first user, an admin, and signs them in from address. It is
// maru.Conflict once there is a user, maru.Unauthenticated for another token.
func (g *Govern) Setup(ctx context.Context, token, name, pw, address string) (cookie string, s Session, err error) {
	want := g.setup.current()
	if want == "" {
		return "", Session{}, errSetupDone
	}
	have, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(have[:], wanted[:]) != 1 {
		return "", Session{}, maru.Errorf(maru.Unauthenticated, "this link is not the one of this start of maru: open the newest that it printed or logged")
	}
	u, err := g.insertUser(ctx, name, Admin, pw, true)
	if err != nil {
		return "", Session{}, err
	}
	return g.newSession(ctx, u, address)
}

var errSetupDone = maru.Errorf(maru.Conflict, "the first user has been made already: sign in, or ask an admin for an account")

// newToken gives 256 random bits as text.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
