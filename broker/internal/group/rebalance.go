package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// prepare asks all members to join again.
func (g *group) prepare(now time.Time) {
	if g.state == preparing {
		// A member with a longer time-out may have come.
		g.joinBy = maxTime(g.joinBy, g.since.Add(g.rebalanceTimeout()))
		g.c.wake(g.joinBy)
		return
	}
	wasEmpty := g.state == empty
	for _, m := range g.members {
		m.assignment, m.synced = nil, false
		if m.syncing != nil {
			m.answerSync(SyncResult{Err: kerr.RebalanceInProgress})
			g.touch(m, now)
		}
	}
	g.enter(preparing, now)
	g.joinBy = now.Add(g.rebalanceTimeout())
	if wasEmpty && g.c.cfg.InitialDelay > 0 {
		g.holdUntil = now.Add(g.c.cfg.InitialDelay)
		g.c.wake(g.holdUntil)
	}
	g.c.wake(g.joinBy)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tryComplete begins the next generation when all members have joined, or
// when the time to join is over.
func (g *group) tryComplete(now time.Time) {
	if g.state != preparing || now.Before(g.holdUntil) {
		return
	}
	if now.Before(g.joinBy) && (len(g.pending) > 0 || !g.allJoined()) {
		return
	}
	for _, m := range g.sorted() {
		if m.joining == nil && m.instance == nil {
			g.forget(m)
		}
	}
	if len(g.members) == 0 {
		g.becomeEmpty(now)
		return
	}
	if !g.electLeader() {
		// Only static members are left and none has come back: their sessions decide.
		g.joinBy = now.Add(g.rebalanceTimeout())
		return
	}
	g.complete(now)
}

func (g *group) allJoined() bool {
	for _, m := range g.members {
		if m.joining == nil {
			return false
		}
	}
	return true
}

// electLeader keeps the leader if it has joined, else takes one that has.
func (g *group) electLeader() bool {
	if m := g.members[g.leader]; m != nil && m.joining != nil {
		return true
	}
	for _, m := range g.sorted() {
		if m.joining != nil {
			g.leader = m.id
			return true
		}
	}
	return false
}

func (g *group) complete(now time.Time) {
	g.generation++
	g.protocol = g.choose()
	g.enter(completing, now)
	g.syncBy = now.Add(g.rebalanceTimeout())
	g.c.wake(g.syncBy)
	for _, m := range g.sorted() {
		m.synced, m.assignment = false, nil
		g.touch(m, now)
		m.answerJoin(g.joined(m))
	}
}

// choose takes the protocol that most members like best among those that all offer.
func (g *group) choose() string {
	votes := map[string]int{}
	best := ""
	for _, m := range g.sorted() {
		for _, p := range m.protocols {
			if g.offer(p.Name) == len(g.members) {
				votes[p.Name]++
				if best == "" || votes[p.Name] > votes[best] {
					best = p.Name
				}
				break
			}
		}
	}
	return best
}

// becomeEmpty ends the generation of a group that has lost all members.
func (g *group) becomeEmpty(now time.Time) {
	g.generation++
	g.leader, g.protocol = "", ""
	g.enter(empty, now)
	g.save(now)
}

// forget drops m from the group's books.
func (g *group) forget(m *member) {
	m.answerJoin(refuse(m.id, kerr.UnknownMemberID))
	m.answerSync(SyncResult{Err: kerr.UnknownMemberID})
	delete(g.members, m.id)
	if m.instance != nil && g.static[*m.instance] == m.id {
		delete(g.static, *m.instance)
	}
	if g.leader == m.id {
		g.leader = ""
	}
}

// remove takes m out, because it left or its session ended, and lets the
// others rebalance.
func (g *group) remove(m *member, now time.Time) {
	if g.members[m.id] != m {
		return
	}
	g.forget(m)
	switch {
	case g.state == preparing:
		g.tryComplete(now)
	case len(g.members) == 0:
		g.becomeEmpty(now)
	default:
		g.prepare(now)
	}
}
