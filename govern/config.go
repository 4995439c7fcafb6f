package govern

import (
	"cmp"
	"time"

	"maru"
)

// What a zero in Config means.
const (
	SessionIdleDefault = 14 * 24 * time.Hour
	SessionAgeDefault  = 90 * 24 * time.Hour
	SessionsMaxDefault = 50
	UsersMaxDefault    = 10_000
	HashQueueDefault   = 32
)

// Limits that no Config changes.
const (
	NameMax   = 100             // of a user's name, in bytes
	UsedEvery = time.Minute     // how exactly it is known when a session was last used
	StaleMax  = time.Second     // how long a change made by somebody else in meta.db may go unseen
	WaitMax   = time.Minute     // the longest wait after wrong passwords
	hashings  = 2               // at a time, 19 MiB each
	cacheMax  = 4096            // sessions that are known without asking the database
	usedMax   = cacheMax        // sessions whose last use is not written yet
	sweepGap  = time.Hour       // between two looks for sessions that are too old
	lastWrite = 5 * time.Second // for what is written when a Govern closes
)

// Config of a Govern. The zero value works.
type Config struct {
	SessionIdle time.Duration // govern.session_idle: a session unused for so long has ended; 14 days
	SessionAge  time.Duration // govern.session_age: and any session after so long; 90 days
	SessionsMax int           // govern.sessions_max: of one user; a further one ends the oldest; 50
	UsersMax    int           // govern.users_max: 10,000
	HashQueue   int           // govern.hash_queue: passwords that wait to be checked; 32
}

func (c Config) withDefaults() Config {
	c.SessionIdle = cmp.Or(c.SessionIdle, SessionIdleDefault)
	c.SessionAge = cmp.Or(c.SessionAge, SessionAgeDefault)
	c.SessionsMax = cmp.Or(c.SessionsMax, SessionsMaxDefault)
	c.UsersMax = cmp.Or(c.UsersMax, UsersMaxDefault)
	c.HashQueue = cmp.Or(c.HashQueue, HashQueueDefault)
	return c
}

// Validate names the key that cannot be used, and what it may be.
func (c Config) Validate() error {
	c = c.withDefaults()
	for _, v := range [...]struct {
		key           string
		have, low, up int64
		unit          string
	}{
		// Twice UsedEvery: below it a session would end while it is in use.
		{"session_idle", int64(c.SessionIdle / time.Second), int64(2 * UsedEvery / time.Second), 366 * 86400, " seconds"},
		{"session_age", int64(c.SessionAge / time.Second), int64(2 * UsedEvery / time.Second), 3660 * 86400, " seconds"},
		{"sessions_max", int64(c.SessionsMax), 1, 1000, ""},
		{"users_max", int64(c.UsersMax), 1, 100_000, ""},
		{"hash_queue", int64(c.HashQueue), 1, 1000, ""},
	} {
		if v.have < v.low || v.have > v.up {
			return maru.Errorf(maru.Invalid, "govern.%s: %d%s is out of range: %d to %d", v.key, v.have, v.unit, v.low, v.up)
		}
	}
	return nil
}
