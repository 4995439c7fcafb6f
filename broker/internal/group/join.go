package group

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// rebalanceMin keeps a client that asks for no time at all from making the
// group spin.
const rebalanceMin = time.Second

// JoinRequest is JoinGroup without its wire form. The Coordinator keeps the
// slices it is given.
type JoinRequest struct {
	Group, MemberID      string
	InstanceID           *string
	ClientID, ClientHost string
	Session, Rebalance   time.Duration
	ProtocolType         string
	Protocols            []Protocol
	NeedsMemberID        bool // the client can be sent away to come back with an id (KIP-394)
	SkipsAssignment      bool // a leader can be told to keep the assignment (KIP-814)
}

// JoinMember is a member as its leader sees it.
type JoinMember struct {
	ID         string
	InstanceID *string
	Metadata   []byte
}

// JoinResult answers a JoinRequest. MemberID is set also with an error.
type JoinResult struct {
	Err                            error
	Generation                     int32
	ProtocolType, Protocol, Leader string
	MemberID                       string
	SkipAssignment                 bool
	Members                        []JoinMember // only for the leader
}

func refuse(memberID string, err error) JoinResult {
	return JoinResult{Err: err, Generation: -1, MemberID: memberID}
}

// Join waits until the group's next generation is complete or ctx ends.
func (c *Coordinator) Join(ctx context.Context, r JoinRequest) JoinResult {
	if err := c.checkJoin(r); err != nil {
		return refuse(r.MemberID, err)
	}
	g, err := c.findForJoin(r)
	if err != nil {
		return refuse(r.MemberID, err)
	}
	now := c.cfg.Clock.Now()
	m, answer := g.join(r, now)
	if m == nil {
		commit := g.saved
		g.mu.Unlock()
		if answer.Err == nil && commit.Wait(ctx) != nil {
			return refuse(r.MemberID, kerr.CoordinatorNotAvailable)
		}
		return answer
	}
	waiting := make(chan JoinResult, 1)
	m.joining, m.skipsAssign = waiting, r.SkipsAssignment
	g.tryComplete(now)
	g.mu.Unlock()
	select {
	case answer = <-waiting:
		return answer
	case <-ctx.Done():
		g.gaveUp(m, waiting)
		return refuse(m.id, kerr.RebalanceInProgress)
	}
}

// gaveUp notes that nobody waits for m's answer any more: its session runs again.
func (g *group) gaveUp(m *member, waiting chan JoinResult) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m.joining == waiting {
		m.joining = nil
		g.touch(m, g.c.cfg.Clock.Now())
	}
}

func (c *Coordinator) checkJoin(r JoinRequest) error {
	switch {
	case r.Group == "":
		return kerr.InvalidGroupID
	case r.Session < c.cfg.SessionMin || r.Session > c.cfg.SessionMax:
		return kerr.InvalidSessionTimeout
	case r.ProtocolType == "" || len(r.Protocols) == 0:
		return kerr.InconsistentGroupProtocol
	}
	return nil
}

func (c *Coordinator) findForJoin(r JoinRequest) (*group, error) {
	if r.MemberID == "" {
		return c.findOrMake(r.Group)
	}
	if g := c.find(r.Group); g != nil {
		return g, nil
	}
	return nil, kerr.UnknownMemberID
}

// join admits r. It returns the member that now has to wait, or the answer.
func (g *group) join(r JoinRequest, now time.Time) (*member, JoinResult) {
	if !g.supports(r) {
		return nil, refuse(r.MemberID, kerr.InconsistentGroupProtocol)
	}
	if r.MemberID == "" {
		return g.joinNew(r, now)
	}
	return g.joinKnown(r, now)
}

// supports says whether all members, r's included, have a protocol in common.
func (g *group) supports(r JoinRequest) bool {
	others := 0
	for _, m := range g.members {
		if m.id == r.MemberID || r.InstanceID != nil && m.instance != nil && *m.instance == *r.InstanceID {
			continue
		}
		if m.protocolType != r.ProtocolType {
			return false
		}
		others++
	}
	if others == 0 {
		return true
	}
	for _, p := range r.Protocols {
		if g.offer(p.Name) >= others {
			return true
		}
	}
	return false
}

// offer counts the members that offer the protocol.
func (g *group) offer(protocol string) int {
	n := 0
	for _, m := range g.members {
		for _, p := range m.protocols {
			if p.Name == protocol {
				n++
				break
			}
		}
	}
	return n
}

func (g *group) joinNew(r JoinRequest, now time.Time) (*member, JoinResult) {
	if r.InstanceID != nil {
		if old := g.members[g.static[*r.InstanceID]]; old != nil {
			return g.replaceStatic(old, r, now)
		}
	}
	if len(g.members)+len(g.pending) >= g.c.cfg.MembersMax {
		return nil, refuse("", kerr.GroupMaxSizeReached)
	}
	id := newMemberID(r)
	if r.InstanceID == nil && r.NeedsMemberID {
		g.pending[id] = now.Add(r.Session)
		g.c.wake(g.pending[id])
		return nil, refuse(id, kerr.MemberIDRequired)
	}
	return g.add(id, r, now), JoinResult{}
}

func newMemberID(r JoinRequest) string {
	name := r.ClientID
	if r.InstanceID != nil {
		name = *r.InstanceID
	}
	return name + "-" + rand.Text()
}

func (g *group) add(id string, r JoinRequest, now time.Time) *member {
	m := &member{id: id}
	m.update(r)
	g.members[id] = m
	if m.instance != nil {
		g.static[*m.instance] = id
	}
	if g.leader == "" {
		g.leader = id
	}
	g.protocolType = r.ProtocolType
	g.prepare(now)
	return m
}

func (m *member) update(r JoinRequest) {
	m.instance, m.clientID, m.host = r.InstanceID, r.ClientID, r.ClientHost
	m.session, m.rebalance = r.Session, max(r.Rebalance, rebalanceMin)
	m.protocolType, m.protocols = r.ProtocolType, r.Protocols
}

func (m *member) sameProtocols(ps []Protocol) bool {
	if len(ps) != len(m.protocols) {
		return false
	}
	for i, p := range ps {
		if p.Name != m.protocols[i].Name || string(p.Metadata) != string(m.protocols[i].Metadata) {
			return false
		}
	}
	return true
}

// replaceStatic gives a restarted static member (KIP-345) the place of its
// former self. A stable group whose protocol stays goes on without a rebalance.
func (g *group) replaceStatic(old *member, r JoinRequest, now time.Time) (*member, JoinResult) {
	id := newMemberID(r)
	old.answerJoin(refuse(old.id, kerr.FencedInstanceID))
	old.answerSync(SyncResult{Err: kerr.FencedInstanceID})
	m := &member{id: id, assignment: old.assignment, synced: old.synced}
	m.update(r)
	delete(g.members, old.id)
	g.members[id] = m
	g.static[*r.InstanceID] = id
	formerLeader := g.leader
	if g.leader == old.id {
		g.leader = id
	}
	g.touch(m, now)
	if g.state == stable && g.choose() == g.protocol {
		g.save(now)
		answer := g.joined(m)
		if g.leader == id {
			answer.SkipAssignment = r.SkipsAssignment
			if !r.SkipsAssignment {
				// Under its old name the client does not take itself for the
				// leader and keeps the assignment that holds.
				answer.Leader, answer.Members = formerLeader, nil
			}
		}
		return nil, answer
	}
	g.prepare(now)
	return m, JoinResult{}
}

func (g *group) joinKnown(r JoinRequest, now time.Time) (*member, JoinResult) {
	if _, ok := g.pending[r.MemberID]; ok {
		delete(g.pending, r.MemberID)
		return g.add(r.MemberID, r, now), JoinResult{}
	}
	m, err := g.member(r.MemberID, r.InstanceID)
	if err != nil {
		return nil, refuse(r.MemberID, err)
	}
	same := m.sameProtocols(r.Protocols)
	// A repeated request on a new connection takes over from the one that waits.
	m.answerJoin(refuse(m.id, kerr.RebalanceInProgress))
	m.update(r)
	again := g.state == completing && same || g.state == stable && same && m.id != g.leader
	if again {
		g.touch(m, now)
		return nil, g.joined(m)
	}
	g.prepare(now)
	return m, JoinResult{}
}

// member finds a member by id, and fences one whose instance id has a newer owner.
func (g *group) member(id string, instance *string) (*member, error) {
	if instance != nil {
		owner, ok := g.static[*instance]
		switch {
		case !ok:
			return nil, kerr.UnknownMemberID
		case owner != id:
			return nil, kerr.FencedInstanceID
		}
	}
	if m := g.members[id]; m != nil {
		return m, nil
	}
	return nil, kerr.UnknownMemberID
}

func (m *member) answerJoin(r JoinResult) {
	if m.joining != nil {
		m.joining <- r
		m.joining = nil
	}
}

func (m *member) answerSync(r SyncResult) {
	if m.syncing != nil {
		m.syncing <- r
		m.syncing = nil
	}
}

// joined is the answer that tells m about the present generation.
func (g *group) joined(m *member) JoinResult {
	r := JoinResult{Generation: g.generation, ProtocolType: g.protocolType, Protocol: g.protocol, Leader: g.leader, MemberID: m.id}
	if m.id == g.leader {
		for _, o := range g.sorted() {
			r.Members = append(r.Members, JoinMember{ID: o.id, InstanceID: o.instance, Metadata: o.metadata(g.protocol)})
		}
	}
	return r
}
