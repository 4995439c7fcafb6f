package group

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"maru/broker/internal/commitlog"
)

// MetadataMax bounds the metadata of one committed offset, in bytes.
const MetadataMax = 4096

type topicPartition struct {
	topic     string
	partition int32
}

// Offset is a committed offset.
type Offset struct {
	Topic       string
	Partition   int32
	Offset      int64
	LeaderEpoch int32
	Metadata    string
	Committed   time.Time
}

// committed holds what readers see and the order of the commits under way:
// a commit is seen only when it is durable, and never undoes a later one.
type committed struct {
	now     *Offset // nil until the first commit is durable
	started uint64  // commits handed to the table
	applied uint64  // the newest that is durable
}

// CommitRequest is OffsetCommit without its wire form.
type CommitRequest struct {
	Group, MemberID string
	InstanceID      *string
	Generation      int32
	Offsets         []Offset
}

// Commit stores offsets, and returns when they are durable. The offsets'
// metadata is the caller's to bound (MetadataMax).
func (c *Coordinator) Commit(ctx context.Context, r CommitRequest) error {
	g, err := c.findForCommit(r)
	if err != nil {
		return err
	}
	if err := g.mayCommit(r); err != nil {
		g.mu.Unlock()
		return err
	}
	now := c.cfg.Clock.Now()
	entries := make([]commitlog.Entry, len(r.Offsets))
	turn := make([]uint64, len(r.Offsets))
	for i := range r.Offsets {
		o := &r.Offsets[i]
		o.Committed = now
		tp := topicPartition{o.Topic, o.Partition}
		entries[i] = commitlog.Entry{Key: offsetKey(r.Group, tp), Value: offsetValue(*o)}
		at := g.offsets[tp]
		if at == nil {
			at = &committed{}
			g.offsets[tp] = at
		}
		at.started++
		turn[i] = at.started
	}
	var commit *commitlog.Commit
	if len(entries) > 0 {
		commit = c.table.Put(entries...)
	}
	g.mu.Unlock()
	if err := commit.Wait(ctx); err != nil {
		return err
	}
	g.apply(r.Offsets, turn)
	return nil
}

func (g *group) apply(offsets []Offset, turn []uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, o := range offsets {
		at := g.offsets[topicPartition{o.Topic, o.Partition}]
		if at != nil && turn[i] > at.applied {
			at.now, at.applied = &o, turn[i]
		}
	}
}

func (c *Coordinator) findForCommit(r CommitRequest) (*group, error) {
	if r.Generation < 0 {
		return c.findOrMake(r.Group)
	}
	if g := c.find(r.Group); g != nil {
		return g, nil
	}
	return nil, kerr.IllegalGeneration
}

// mayCommit lets members of the present generation commit, and anyone when
// the group has no members.
func (g *group) mayCommit(r CommitRequest) error {
	if r.Generation < 0 && g.state == empty {
		return nil
	}
	if r.Generation < 0 && r.MemberID == "" && r.InstanceID == nil {
		return kerr.UnknownMemberID
	}
	m, err := g.member(r.MemberID, r.InstanceID)
	switch {
	case err != nil:
		return err
	case r.Generation != g.generation:
		return kerr.IllegalGeneration
	case g.state == completing:
		return kerr.RebalanceInProgress
	}
	g.touch(m, g.c.cfg.Clock.Now())
	return nil
}

// Offset is the committed offset of one partition.
func (c *Coordinator) Offset(group, topic string, partition int32) (Offset, bool) {
	g := c.find(group)
	if g == nil {
		return Offset{}, false
	}
	defer g.mu.Unlock()
	at := g.offsets[topicPartition{topic, partition}]
	if at == nil || at.now == nil {
		return Offset{}, false
	}
	return *at.now, true
}

// Offsets gives all committed offsets of a group, by topic and partition.
func (c *Coordinator) Offsets(group string) []Offset {
	g := c.find(group)
	if g == nil {
		return nil
	}
	defer g.mu.Unlock()
	var out []Offset
	for _, at := range g.offsets {
		if at.now != nil {
			out = append(out, *at.now)
		}
	}
	slices.SortFunc(out, func(a, b Offset) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

// DeleteOffset forgets one committed offset. A topic that a
// member subscribes to is refused.
func (c *Coordinator) DeleteOffset(ctx context.Context, group, topic string, partition int32) error {
	g := c.find(group)
	if g == nil {
		return kerr.GroupIDNotFound
	}
	if g.subscribed(topic) {
		g.mu.Unlock()
		return kerr.GroupSubscribedToTopic
	}
	tp := topicPartition{topic, partition}
	if g.offsets[tp] == nil {
		g.mu.Unlock()
		return nil
	}
	delete(g.offsets, tp)
	commit := c.table.Put(commitlog.Entry{Key: offsetKey(group, tp)})
	g.mu.Unlock()
	return commit.Wait(ctx)
}

// Exists says whether there is such a group.
func (c *Coordinator) Exists(group string) bool {
	g := c.find(group)
	if g != nil {
		g.mu.Unlock()
	}
	return g != nil
}

// ForgetTopic removes the offsets of a deleted topic from all groups.
func (c *Coordinator) ForgetTopic(topic string) *commitlog.Commit {
	var entries []commitlog.Entry
	for _, g := range c.all() {
		g.mu.Lock()
		for tp := range g.offsets {
			if tp.topic == topic {
				delete(g.offsets, tp)
				entries = append(entries, commitlog.Entry{Key: offsetKey(g.id, tp)})
			}
		}
		g.mu.Unlock()
	}
	if len(entries) == 0 {
		return nil
	}
	return c.table.Put(entries...)
}

// Expire forgets the offsets of groups that have been empty for longer than
// the retention, and groups that hold nothing any more.
func (c *Coordinator) Expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var entries []commitlog.Entry
	for _, g := range c.groups {
		g.mu.Lock()
		if g.state == empty && len(g.pending) == 0 && !strings.HasPrefix(g.id, KeptPrefix) {
			entries = append(entries, g.expire(now.Add(-c.cfg.OffsetsRetention))...)
		}
		g.mu.Unlock()
	}
	if len(entries) > 0 {
		c.table.Put(entries...)
	}
}

// expire forgets what is older than horizon; c.mu and g.mu are held.
func (g *group) expire(horizon time.Time) []commitlog.Entry {
	var entries []commitlog.Entry
	for tp, at := range g.offsets {
		old := at.now != nil && at.applied == at.started && at.now.Committed.Before(horizon)
		if old && (g.protocolType == "" || g.since.Before(horizon)) {
			delete(g.offsets, tp)
			entries = append(entries, commitlog.Entry{Key: offsetKey(g.id, tp)})
		}
	}
	if len(g.offsets) == 0 {
		g.state = dead
		delete(g.c.groups, g.id)
		entries = append(entries, commitlog.Entry{Key: metaKey(g.id)})
	}
	return entries
}
