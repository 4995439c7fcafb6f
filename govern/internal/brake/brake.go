package brake

import (
	"fmt"
	"sync"
	"time"

	"maru"
)

// Limits of a Brake.
const (
	AccountFree = 5           // wrong tries for one account before the first wait
	AddressFree = 20          // and from one address, which people may share
	WaitFirst   = time.Second // doubled with each wrong try beyond
	ForgetEvery = time.Minute // one wrong try is forgotten in each
	KeysMax     = 10_000      // accounts, and addresses, that are remembered
)

// Brake counts tries by account and by address. The zero value is not ready:
// use New.
type Brake struct {
	waitMax time.Duration

	mu                  sync.Mutex // guards what follows
	accounts, addresses tally
}

// New makes a Brake that lets nobody wait longer than waitMax.
func New(waitMax time.Duration) *Brake {
	return &Brake{waitMax: waitMax,
		accounts:  tally{free: AccountFree, tries: map[string]*tries{}},
		addresses: tally{free: AddressFree, tries: map[string]*tries{}}}
}

// TooSoon is the error of a try that has to wait.
type TooSoon struct{ Wait time.Duration }

func (e *TooSoon) Error() string {
	return fmt.Sprintf("too many wrong passwords: try again in %d s", int(e.RetryAfter()/time.Second))
}

// RetryAfter is the wait in whole seconds, for the header of that name.
func (e *TooSoon) RetryAfter() time.Duration {
	return max(time.Second, (e.Wait + time.Second - 1).Truncate(time.Second))
}

// Try begins a try; maru.Unavailable around a *TooSoon when it has to wait. It
// counts as wrong from now on, so that tries at the same time cannot slip
// through, until Right or Undo is called. An empty address is not counted.
func (b *Brake) Try(account, address string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := max(b.accounts.wait(account, now, b.waitMax), b.addresses.wait(address, now, b.waitMax))
	if wait > 0 {
		return &maru.Error{Kind: maru.Unavailable, Err: &TooSoon{wait}}
	}
	b.accounts.count(account, now, b.waitMax)
	b.addresses.count(address, now, b.waitMax)
	return nil
}

// Right says that the try's password was right: the account's wrong tries are
// forgotten. The address's are not, or one good account would open the others.
func (b *Brake) Right(account, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.accounts.tries, account)
	b.addresses.uncount(address)
}

// Undo says that nothing was learned about the password.
func (b *Brake) Undo(account, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts.uncount(account)
	b.addresses.uncount(address)
}

// Len is how many accounts and addresses are remembered.
func (b *Brake) Len() (accounts, addresses int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.accounts.tries), len(b.addresses.tries)
}

// tally holds the wrong tries of each key.
type tally struct {
	free  int
	tries map[string]*tries
}

type tries struct {
	n     int
	since time.Time // n is as of then
	until time.Time // no try before
}

// wait is how long key has to wait.
func (t *tally) wait(key string, now time.Time, most time.Duration) time.Duration {
	w := t.tries[key]
	if w == nil {
		return 0
	}
	if w.until.Sub(now) > most { // the clock was set back
		w.until = now.Add(most)
	}
	return max(0, w.until.Sub(now))
}

// count adds a wrong try. While key waits it makes none, so n cannot grow
// faster than one a WaitMax for long.
func (t *tally) count(key string, now time.Time, most time.Duration) {
	if key == "" {
		return
	}
	w := t.tries[key]
	if w == nil {
		t.makeRoom(now)
		w = &tries{since: now}
		t.tries[key] = w
	}
	w.forget(now)
	w.n++
	w.until = now
	if over := w.n - t.free; over > 0 {
		w.until = now.Add(min(most, WaitFirst<<min(over-1, 30)))
	}
}

func (t *tally) uncount(key string) {
	w := t.tries[key]
	if w == nil {
		return
	}
	w.until = time.Time{}
	if w.n--; w.n <= 0 {
		delete(t.tries, key)
	}
}

// forget takes off one try for each ForgetEvery that has passed.
func (w *tries) forget(now time.Time) {
	passed := now.Sub(w.since)
	if passed < 0 { // the clock was set back
		w.since = now
		return
	}
	steps := passed / ForgetEvery
	w.n -= int(min(steps, time.Duration(w.n)))
	w.since = w.since.Add(steps * ForgetEvery)
}

// makeRoom lets go of what is over; if that is nothing, of the one with the
// fewest wrong tries, which has least to lose.
func (t *tally) makeRoom(now time.Time) {
	if len(t.tries) < KeysMax {
		return
	}
	least, fewest := "", 0
	for key, w := range t.tries {
		if w.forget(now); w.n <= 0 {
			delete(t.tries, key)
		} else if least == "" || w.n < fewest {
			least, fewest = key, w.n
		}
	}
	if len(t.tries) >= KeysMax {
		delete(t.tries, least)
	}
}
