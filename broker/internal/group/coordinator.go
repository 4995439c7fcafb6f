package group

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"maru"
	"maru/broker/internal/commitlog"
)

// KeptPrefix marks groups whose offsets never expire: the platform's own
// checkpoints are kept in them.
const KeptPrefix = "maru-"

// expireEvery is how often offsets are looked at for expiry.
const expireEvery = 10 * time.Minute

// Table is the small durable table that a Coordinator writes to.
type Table interface {
	Put(entries ...commitlog.Entry) *commitlog.Commit
	Each(prefix string, fn func(key string, value []byte) bool)
}

// Config of a Coordinator; the zero value works.
type Config struct {
	InitialDelay     time.Duration // how long an empty group waits for more members; 0
	SessionMin       time.Duration // 6 s
	SessionMax       time.Duration // 30 min
	OffsetsRetention time.Duration // after a group is empty; 7 days
	MembersMax       int           // of one group; 1000
	GroupsMax        int           // 10000
	Clock            maru.Clock
}

func (c Config) withDefaults() Config {
	c.SessionMin = cmp.Or(c.SessionMin, 6*time.Second)
	c.SessionMax = cmp.Or(c.SessionMax, 30*time.Minute)
	c.OffsetsRetention = cmp.Or(c.OffsetsRetention, 7*24*time.Hour)
	c.MembersMax = cmp.Or(c.MembersMax, 1000)
	c.GroupsMax = cmp.Or(c.GroupsMax, 10000)
	if c.Clock == nil {
		c.Clock = maru.SystemClock
	}
	return c
}

// Coordinator holds all groups of the broker.
type Coordinator struct {
	cfg   Config
	table Table

	mu     sync.Mutex // guards groups; taken before a group's own lock
	groups map[string]*group

	wakeAt atomic.Int64 // unix nanoseconds of the next look at deadlines
	poke   chan struct{}
}

// Open loads the groups that table holds.
func Open(cfg Config, table Table) (*Coordinator, error) {
	c := &Coordinator{cfg: cfg.withDefaults(), table: table, groups: map[string]*group{}, poke: make(chan struct{}, 1)}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Run ends sessions and rebalances whose time is up and expires offsets,
// until ctx ends.
func (c *Coordinator) Run(ctx context.Context) error {
	expireAt := c.cfg.Clock.Now().Add(expireEvery)
	for {
		now := c.cfg.Clock.Now()
		if !now.Before(expireAt) {
			c.Expire(now)
			expireAt = now.Add(expireEvery)
		}
		next := c.tick(now, expireAt)
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-c.poke:
			timer.Stop()
		}
	}
}

// tick handles every deadline up to now and gives the next one, at most limit.
func (c *Coordinator) tick(now, limit time.Time) time.Time {
	c.wakeAt.Store(limit.UnixNano())
	next := limit
	for _, g := range c.all() {
		g.mu.Lock()
		at := g.tick(now)
		g.mu.Unlock()
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	// A deadline set while we looked has poked us already if it was earlier
	// than limit, so lowering wakeAt now loses nothing.
	c.wakeAt.Store(next.UnixNano())
	return next
}

// wake makes Run look again when at is before its next look.
func (c *Coordinator) wake(at time.Time) {
	if at.UnixNano() < c.wakeAt.Load() {
		select {
		case c.poke <- struct{}{}:
		default:
		}
	}
}

func (c *Coordinator) all() []*group {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*group, 0, len(c.groups))
	for _, g := range c.groups {
		out = append(out, g)
	}
	return out
}

// find locks and returns the group, or nil. The caller unlocks it.
func (c *Coordinator) find(id string) *group {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groups[id]
	if g != nil {
		g.mu.Lock()
	}
	return g
}

// findOrMake locks and returns the group, making it when it is new.
func (c *Coordinator) findOrMake(id string) (*group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groups[id]
	if g == nil {
		if len(c.groups) >= c.cfg.GroupsMax {
			return nil, kerr.PolicyViolation
		}
		g = newGroup(c, id)
		c.groups[id] = g
	}
	g.mu.Lock()
	return g, nil
}

// Described is one group as the admin tools show it.
type Described struct {
	ID, State, ProtocolType, Protocol string
	Members                           []DescribedMember
}

// DescribedMember is one member of a Described group.
type DescribedMember struct {
	ID, ClientID, ClientHost string
	InstanceID               *string
	Metadata, Assignment     []byte
}

// List gives all groups by id, without members.
func (c *Coordinator) List() []Described {
	var out []Described
	for _, g := range c.all() {
		g.mu.Lock()
		out = append(out, Described{ID: g.id, State: g.state.String(), ProtocolType: g.protocolType})
		g.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Described) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Describe gives one group with its members; false when there is none.
func (c *Coordinator) Describe(id string) (Described, bool) {
	g := c.find(id)
	if g == nil {
		return Described{}, false
	}
	defer g.mu.Unlock()
	d := Described{ID: id, State: g.state.String(), ProtocolType: g.protocolType, Protocol: g.protocol}
	for _, m := range g.sorted() {
		d.Members = append(d.Members, DescribedMember{ID: m.id, ClientID: m.clientID, ClientHost: m.host,
			InstanceID: m.instance, Metadata: m.metadata(g.protocol), Assignment: m.assignment})
	}
	return d, true
}

// Delete removes an empty group and its offsets.
func (c *Coordinator) Delete(ctx context.Context, id string) error {
	c.mu.Lock()
	g := c.groups[id]
	if g == nil {
		c.mu.Unlock()
		return kerr.GroupIDNotFound
	}
	g.mu.Lock()
	if len(g.members) > 0 {
		g.mu.Unlock()
		c.mu.Unlock()
		return kerr.NonEmptyGroup
	}
	commit := c.drop(g)
	g.mu.Unlock()
	c.mu.Unlock()
	return commit.Wait(ctx)
}

// drop forgets g, in memory and in the table; c.mu and g.mu are held.
func (c *Coordinator) drop(g *group) *commitlog.Commit {
	entries := []commitlog.Entry{{Key: metaKey(g.id)}}
	for tp := range g.offsets {
		entries = append(entries, commitlog.Entry{Key: offsetKey(g.id, tp)})
	}
	g.state = dead
	g.offsets = map[topicPartition]*committed{}
	delete(c.groups, g.id)
	return c.table.Put(entries...)
}

// Counts gives the number of groups and of members.
func (c *Coordinator) Counts() (groups, members int) {
	for _, g := range c.all() {
		g.mu.Lock()
		groups++
		members += len(g.members)
		g.mu.Unlock()
	}
	return groups, members
}
