package group

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"

	"maru/broker/internal/commitlog"
)

// SyncRequest is SyncGroup without its wire form.
type SyncRequest struct {
	Group, MemberID        string
	InstanceID             *string
	Generation             int32
	ProtocolType, Protocol *string           // v5+: must be those of the group
	Assignments            map[string][]byte // from the leader; kept
}

// SyncResult answers a SyncRequest.
type SyncResult struct {
	Err                    error
	ProtocolType, Protocol string
	Assignment             []byte
	saved                  *commitlog.Commit
}

// Sync waits for the leader's assignment, and until it is durable.
func (c *Coordinator) Sync(ctx context.Context, r SyncRequest) SyncResult {
	if r.Group == "" {
		return SyncResult{Err: kerr.InvalidGroupID}
	}
	g := c.find(r.Group)
	if g == nil {
		return SyncResult{Err: kerr.UnknownMemberID}
	}
	m, answer := g.sync(r)
	var waiting chan SyncResult
	if m != nil {
		waiting = make(chan SyncResult, 1)
		m.syncing = waiting
		if m.id == g.leader {
			g.assign(r.Assignments)
		}
	}
	g.mu.Unlock()
	if waiting != nil {
		select {
		case answer = <-waiting:
		case <-ctx.Done():
			g.mu.Lock()
			if m.syncing == waiting {
				m.syncing = nil
				g.touch(m, c.cfg.Clock.Now())
			}
			g.mu.Unlock()
			return SyncResult{Err: kerr.RebalanceInProgress}
		}
	}
	if answer.Err == nil && answer.saved.Wait(ctx) != nil {
		return SyncResult{Err: kerr.CoordinatorNotAvailable}
	}
	return answer
}

// sync checks r. It returns the member that now has to wait, or the answer.
func (g *group) sync(r SyncRequest) (*member, SyncResult) {
	m, err := g.member(r.MemberID, r.InstanceID)
	switch {
	case err != nil:
		return nil, SyncResult{Err: err}
	case r.Generation != g.generation:
		return nil, SyncResult{Err: kerr.IllegalGeneration}
	case r.ProtocolType != nil && *r.ProtocolType != g.protocolType, r.Protocol != nil && *r.Protocol != g.protocol:
		return nil, SyncResult{Err: kerr.InconsistentGroupProtocol}
	}
	g.touch(m, g.c.cfg.Clock.Now())
	switch g.state {
	case completing:
		m.synced = true
		m.answerSync(SyncResult{Err: kerr.RebalanceInProgress}) // a repeat takes over
		return m, SyncResult{}
	case stable:
		return nil, g.assigned(m)
	}
	return nil, SyncResult{Err: kerr.RebalanceInProgress}
}

// assign takes the leader's assignment and answers everyone who waits.
func (g *group) assign(assignments map[string][]byte) {
	now := g.c.cfg.Clock.Now()
	g.enter(stable, now)
	for id, m := range g.members {
		m.assignment = assignments[id]
	}
	g.save(now)
	for _, m := range g.members {
		if m.syncing != nil {
			g.touch(m, now)
			m.answerSync(g.assigned(m))
		}
	}
}

func (g *group) assigned(m *member) SyncResult {
	return SyncResult{ProtocolType: g.protocolType, Protocol: g.protocol, Assignment: m.assignment, saved: g.saved}
}

// Heartbeat keeps a member's session and tells it of a rebalance.
func (c *Coordinator) Heartbeat(group, memberID string, instance *string, generation int32) error {
	if group == "" {
		return kerr.InvalidGroupID
	}
	g := c.find(group)
	if g == nil {
		return kerr.UnknownMemberID
	}
	defer g.mu.Unlock()
	m, err := g.member(memberID, instance)
	if err != nil {
		return err
	}
	if generation != g.generation {
		return kerr.IllegalGeneration
	}
	g.touch(m, c.cfg.Clock.Now())
	if g.state == preparing {
		return kerr.RebalanceInProgress
	}
	return nil
}

// Leave removes a member, by its id or, when that is empty, by its instance id.
func (c *Coordinator) Leave(group, memberID string, instance *string) error {
	if group == "" {
		return kerr.InvalidGroupID
	}
	g := c.find(group)
	if g == nil {
		return kerr.UnknownMemberID
	}
	defer g.mu.Unlock()
	now := c.cfg.Clock.Now()
	if _, ok := g.pending[memberID]; ok {
		delete(g.pending, memberID)
		g.tryComplete(now)
		return nil
	}
	if memberID == "" && instance != nil {
		memberID = g.static[*instance]
	}
	m, err := g.member(memberID, instance)
	if err != nil {
		return err
	}
	g.remove(m, now)
	return nil
}
