package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"sync/atomic"

	"golang.org/x/text/unicode/norm"

	"maru"
)

// Hasher hashes passwords, so many at a time: each takes 19 MiB and some
// 30 ms, and anybody may ask for one.
type Hasher struct {
	places  chan struct{}
	waiting atomic.Int64
	queue   int64
	nobody  string // what a password is checked against that belongs to nobody
}

// NewHasher makes one that hashes atOnce at a time, while at most queue wait.
func NewHasher(atOnce, queue int) *Hasher {
	h := fresh()
	h.key = random(keyBytes) // no password is known to have this hash
	return &Hasher{places: make(chan struct{}, atOnce), queue: int64(queue), nobody: h.String()}
}

// Hash gives the PHC string to keep of pw; maru.Unavailable when too many wait.
func (h *Hasher) Hash(ctx context.Context, pw string) (phc string, err error) {
	err = h.take(ctx, func() {
		f := fresh()
		f.key = f.derive(canonical(pw))
		phc = f.String()
	})
	return phc, err
}

// Verify says whether phc was made of pw. An empty phc, for nobody, takes as
// long as any and is never right.
func (h *Hasher) Verify(ctx context.Context, phc, pw string) (ok bool, err error) {
	somebody := phc != ""
	if !somebody {
		phc = h.nobody
	}
	f, err := parse(phc)
	if err != nil {
		return false, err
	}
	err = h.take(ctx, func() {
		ok = subtle.ConstantTimeCompare(f.derive(canonical(pw)), f.key) == 1
	})
	return ok && somebody, err
}

// take runs fn when there is a place for it.
func (h *Hasher) take(ctx context.Context, fn func()) error {
	if h.waiting.Add(1) > h.queue+int64(cap(h.places)) {
		h.waiting.Add(-1)
		return maru.Errorf(maru.Unavailable, "too many people are signing in right now: try again in a few seconds")
	}
	defer h.waiting.Add(-1)
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.places }()
	// Both may have been ready.
	if err := ctx.Err(); err != nil {
		return err
	}
	fn()
	return nil
}

// canonical makes one byte string of the same letters however a keyboard
// composed them: Hangul comes as syllables or as their parts (RFC 8265, 4.2.2).
func canonical(pw string) []byte { return norm.NFC.Bytes([]byte(pw)) }

func fresh() hashed {
	return hashed{memoryKiB: memoryKiB, passes: passes, lanes: lanes, salt: random(saltBytes), key: make([]byte, keyBytes)}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}
