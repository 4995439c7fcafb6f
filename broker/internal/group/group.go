package group

import (
	"slices"
	"sync"
	"time"

	"maru/broker/internal/commitlog"
)

type state uint8

const (
	empty      state = iota // no members
	preparing               // members are asked to join again
	completing              // all have joined, the leader assigns
	stable
	dead // deleted: whoever still holds it looks it up again
)

func (s state) String() string {
	return [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}[s]
}

// Protocol is one assignor that a member offers, with its subscription.
type Protocol struct {
	Name     string
	Metadata []byte
}

// group is one consumer group. All fields but id are guarded by mu.
type group struct {
	c  *Coordinator
	id string

	mu           sync.Mutex
	state        state
	since        time.Time // when state was entered
	protocolType string
	protocol     string // chosen for this generation
	generation   int32
	leader       string
	members      map[string]*member
	static       map[string]string    // instance id → member id
	pending      map[string]time.Time // ids given out by KIP-394, with their end
	joinBy       time.Time            // end of preparing; zero otherwise
	holdUntil    time.Time            // an empty group waits until then for more members
	syncBy       time.Time            // end of completing; zero otherwise
	offsets      map[topicPartition]*committed
	saved        *commitlog.Commit // the last write of the metadata
}

type member struct {
	id           string
	instance     *string
	clientID     string
	host         string
	session      time.Duration
	rebalance    time.Duration
	protocolType string
	protocols    []Protocol
	assignment   []byte
	joining      chan JoinResult // set while its JoinGroup waits
	skipsAssign  bool            // it knows JoinGroup v9
	syncing      chan SyncResult // set while its SyncGroup waits
	synced       bool            // has asked for this generation's assignment
	deadline     time.Time       // end of its session; not looked at while it waits
}

func newGroup(c *Coordinator, id string) *group {
	return &group{c: c, id: id, since: c.cfg.Clock.Now(), members: map[string]*member{}, static: map[string]string{},
		pending: map[string]time.Time{}, offsets: map[topicPartition]*committed{}}
}

func (m *member) waits() bool { return m.joining != nil || m.syncing != nil }

// metadata is what m sent for protocol.
func (m *member) metadata(protocol string) []byte {
	for _, p := range m.protocols {
		if p.Name == protocol {
			return p.Metadata
		}
	}
	return nil
}

func (g *group) enter(s state, now time.Time) {
	g.state, g.since = s, now
	if s != preparing {
		g.joinBy, g.holdUntil = time.Time{}, time.Time{}
	}
	if s != completing {
		g.syncBy = time.Time{}
	}
}

// sorted gives the members by id, so that answers are the same every time.
func (g *group) sorted() []*member {
	out := make([]*member, 0, len(g.members))
	for _, m := range g.members {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *member) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return out
}

// touch starts m's session anew.
func (g *group) touch(m *member, now time.Time) {
	m.deadline = now.Add(m.session)
	g.c.wake(m.deadline)
}

// tick handles what is due and gives the next deadline, zero when none.
func (g *group) tick(now time.Time) time.Time {
	for id, at := range g.pending {
		if !now.Before(at) {
			delete(g.pending, id)
		}
	}
	for _, m := range g.sorted() {
		if !m.waits() && !m.deadline.IsZero() && !now.Before(m.deadline) {
			g.remove(m, now)
		}
	}
	if !now.Before(g.holdUntil) {
		g.holdUntil = time.Time{}
	}
	switch {
	case g.state == preparing:
		g.tryComplete(now)
	case g.state == completing && !now.Before(g.syncBy):
		g.dropUnsynced(now)
	}
	return g.next()
}

func (g *group) next() time.Time {
	var next time.Time
	earlier := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, at := range g.pending {
		earlier(at)
	}
	for _, m := range g.members {
		if !m.waits() {
			earlier(m.deadline)
		}
	}
	earlier(g.joinBy)
	earlier(g.holdUntil)
	earlier(g.syncBy)
	return next
}

// dropUnsynced removes the members that joined a generation and never asked
// for its assignment.
func (g *group) dropUnsynced(now time.Time) {
	g.syncBy = now.Add(g.rebalanceTimeout())
	for _, m := range g.sorted() {
		if !m.synced {
			g.remove(m, now)
		}
	}
}

// rebalanceTimeout is the longest that any member asks for.
func (g *group) rebalanceTimeout() time.Duration {
	var d time.Duration
	for _, m := range g.members {
		d = max(d, m.rebalance)
	}
	return d
}
