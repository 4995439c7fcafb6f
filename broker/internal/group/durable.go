package group

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/broker/internal/commitlog"
)

// Keys in the storage's table: a prefix of ours, then the bytes of Kafka's own
// OffsetCommitKey v1 and GroupMetadataKey v2 (docs/format/offsets.md).
const keyPrefix = "group/"

const (
	offsetKeyVersion   = 1
	metaKeyVersion     = 2
	offsetValueVersion = 3
	metaValueVersion   = 3
)

func offsetKey(group string, tp topicPartition) string {
	k := kmsg.OffsetCommitKey{Version: offsetKeyVersion, Group: group, Topic: tp.topic, Partition: tp.partition}
	return string(k.AppendTo([]byte(keyPrefix)))
}

func metaKey(group string) string {
	k := kmsg.GroupMetadataKey{Version: metaKeyVersion, Group: group}
	return string(k.AppendTo([]byte(keyPrefix)))
}

func offsetValue(o Offset) []byte {
	v := kmsg.NewOffsetCommitValue()
	v.Version, v.Offset, v.LeaderEpoch = offsetValueVersion, o.Offset, o.LeaderEpoch
	v.Metadata, v.CommitTimestamp = o.Metadata, o.Committed.UnixMilli()
	return v.AppendTo(nil)
}

// save writes the group's metadata; whoever answers a client waits for g.saved.
func (g *group) save(now time.Time) {
	v := kmsg.NewGroupMetadataValue()
	v.Version, v.ProtocolType, v.Generation = metaValueVersion, g.protocolType, g.generation
	v.CurrentStateTimestamp = now.UnixMilli()
	if g.state == stable {
		v.Protocol, v.Leader = &g.protocol, &g.leader
		for _, m := range g.sorted() {
			w := kmsg.NewGroupMetadataValueMember()
			w.MemberID, w.InstanceID, w.ClientID, w.ClientHost = m.id, m.instance, m.clientID, m.host
			w.RebalanceTimeoutMillis, w.SessionTimeoutMillis = int32(m.rebalance.Milliseconds()), int32(m.session.Milliseconds())
			w.Subscription, w.Assignment = m.metadata(g.protocol), m.assignment
			v.Members = append(v.Members, w)
		}
	}
	g.saved = g.c.table.Put(commitlog.Entry{Key: metaKey(g.id), Value: v.AppendTo(nil)})
}

// load reads all groups back. A member that was there goes on with the same
// generation if it is heard of within its session.
func (c *Coordinator) load() error {
	now := c.cfg.Clock.Now()
	var bad error
	c.table.Each(keyPrefix, func(key string, value []byte) bool {
		bad = c.loadEntry([]byte(strings.TrimPrefix(key, keyPrefix)), value, now)
		return bad == nil
	})
	return bad
}

func (c *Coordinator) loadEntry(key, value []byte, now time.Time) error {
	if len(key) < 2 {
		return maru.Errorf(maru.Corrupt, "group table: a key of %d bytes is too short", len(key))
	}
	switch version := binary.BigEndian.Uint16(key); version {
	case offsetKeyVersion:
		return c.loadOffset(key, value)
	case metaKeyVersion:
		return c.loadMeta(key, value, now)
	default:
		return maru.Errorf(maru.Corrupt, "group table: key version %d is not known; was it written by a newer maru?", version)
	}
}

func (c *Coordinator) loadOffset(key, value []byte) error {
	k, v := kmsg.NewOffsetCommitKey(), kmsg.NewOffsetCommitValue()
	if err := k.ReadFrom(key); err != nil {
		return corrupt("offset key", err)
	}
	if err := readValue(&v, value, offsetValueVersion); err != nil {
		return corrupt("offset of group "+k.Group, err)
	}
	o := Offset{Topic: k.Topic, Partition: k.Partition, Offset: v.Offset, LeaderEpoch: v.LeaderEpoch,
		Metadata: v.Metadata, Committed: time.UnixMilli(v.CommitTimestamp)}
	c.loaded(k.Group).offsets[topicPartition{k.Topic, k.Partition}] = &committed{now: &o}
	return nil
}

func (c *Coordinator) loadMeta(key, value []byte, now time.Time) error {
	k, v := kmsg.NewGroupMetadataKey(), kmsg.NewGroupMetadataValue()
	if err := k.ReadFrom(key); err != nil {
		return corrupt("metadata key", err)
	}
	if err := readValue(&v, value, metaValueVersion); err != nil {
		return corrupt("metadata of group "+k.Group, err)
	}
	g := c.loaded(k.Group)
	g.protocolType, g.generation, g.since = v.ProtocolType, v.Generation, time.UnixMilli(v.CurrentStateTimestamp)
	if len(v.Members) == 0 || v.Protocol == nil || v.Leader == nil {
		return nil
	}
	g.state, g.protocol, g.leader = stable, *v.Protocol, *v.Leader
	for _, w := range v.Members {
		m := &member{id: w.MemberID, instance: w.InstanceID, clientID: w.ClientID, host: w.ClientHost,
			session: time.Duration(w.SessionTimeoutMillis) * time.Millisecond, rebalance: time.Duration(w.RebalanceTimeoutMillis) * time.Millisecond,
			protocolType: v.ProtocolType, protocols: []Protocol{{Name: *v.Protocol, Metadata: clone(w.Subscription)}},
			assignment: clone(w.Assignment), synced: true}
		m.deadline = now.Add(m.session)
		g.members[m.id] = m
		if m.instance != nil {
			g.static[*m.instance] = m.id
		}
	}
	return nil
}

// readValue decodes only the version that we write.
func readValue(v interface{ ReadFrom([]byte) error }, b []byte, version uint16) error {
	if len(b) < 2 || binary.BigEndian.Uint16(b) != version {
		return fmt.Errorf("a value of %d bytes is not of version %d; was it written by a newer maru?", len(b), version)
	}
	return v.ReadFrom(b)
}

// clone because the table lends its bytes only for the call.
func clone(b []byte) []byte { return append([]byte(nil), b...) }

func (c *Coordinator) loaded(id string) *group {
	g := c.groups[id]
	if g == nil {
		g = newGroup(c, id)
		c.groups[id] = g
	}
	return g
}

func corrupt(what string, err error) error {
	return &maru.Error{Op: "group.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s: %w", what, err)}
}

// subscribed says whether a member reads topic. A subscription that is not a
// consumer's (Connect, a foreign protocol) counts as reading nothing.
func (g *group) subscribed(topic string) bool {
	for _, m := range g.members {
		for _, p := range m.protocols {
			sub := kmsg.NewConsumerMemberMetadata()
			if g.protocolType != "consumer" || sub.ReadFrom(p.Metadata) != nil {
				continue
			}
			for _, t := range sub.Topics {
				if t == topic {
					return true
				}
			}
		}
	}
	return false
}
