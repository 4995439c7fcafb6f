package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
)

const (
	leaseSession  = 10 * time.Second
	leaseProtocol = "maru-lease"
	leaseHeld     = "holds" // user data of a member that has the lease and rejoins
	joinTriesMax  = 10
)

// errLeaseLost says that the group knows this member no longer: another
// writer may have come and gone meanwhile.
var errLeaseLost = errors.New("the lease has run out")

// lease is the right to write for one source: membership, alone, in a
// consumer group. The group's generation fences the commits of an old holder.
type lease struct {
	cl      *kgo.Client
	clock   maru.Clock
	group   string
	source  string
	session time.Duration
	self    owner
	targets []Target

	mu         sync.Mutex // guards all below
	member     string
	generation int32
	held       bool
	confirmed  time.Time // when a heartbeat that the broker took was sent
}

// valid says whether nobody else can have the lease now.
func (l *lease) valid() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held && l.clock.Now().Sub(l.confirmed) < l.session
}

// identity is what a commit carries to be fenced by.
func (l *lease) identity() (member string, generation int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.member, l.generation
}

// hold makes an acquired lease count; drop takes it back.
func (l *lease) hold() { l.set(true) }
func (l *lease) drop() { l.set(false) }

func (l *lease) set(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
}

// acquire joins the group as its only member. A member whose process is dead
// is removed; one that may be alive is given its session time to show it; a
// living one is a Conflict. The lease counts from hold on.
func (l *lease) acquire(ctx context.Context) error {
	giveUp := time.Now().Add(l.session + l.session/2)
	for {
		others, err := l.others(ctx)
		if err != nil {
			return err
		}
		var unsure *kmsg.DescribeGroupsResponseGroupMember
		for i := range others {
			m := &others[i]
			o, ok := parseOwner(m.ClientID)
			ended, known := o.ended(l.self)
			switch {
			case ok && known && ended:
				if err := l.remove(ctx, m.MemberID); err != nil {
					return err
				}
			case ok && known || time.Now().After(giveUp):
				return l.conflict(m.ClientID, m.ClientHost)
			default:
				unsure = m
			}
		}
		if unsure == nil {
			return l.join(ctx)
		}
		if err := pause(ctx, l.session/20); err != nil {
			return err
		}
	}
}

func (l *lease) conflict(clientID, clientHost string) error {
	who := fmt.Sprintf("client %s at %s", clientID, strings.TrimPrefix(clientHost, "/"))
	if o, ok := parseOwner(clientID); ok {
		who = fmt.Sprintf("process %d on host %s (client address %s)", o.pid, o.host, strings.TrimPrefix(clientHost, "/"))
	}
	return maru.Errorf(maru.Conflict, "source %s is being written by %s: stop that one first, or give this source another name (group %s)",
		l.source, who, l.group)
}

// others describes who is in the group.
func (l *lease) others(ctx context.Context) ([]kmsg.DescribeGroupsResponseGroupMember, error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{l.group}
	resp, err := req.RequestWith(ctx, l.cl)
	if err != nil {
		return nil, err
	}
	for i := range resp.Groups {
		if g := &resp.Groups[i]; g.Group == l.group {
			if err := kerr.ErrorForCode(g.ErrorCode); err != nil && err != kerr.GroupIDNotFound {
				return nil, err
			}
			return g.Members, nil
		}
	}
	return nil, nil
}

// remove takes a member out of the group, as a leaving member itself does.
func (l *lease) remove(ctx context.Context, member string) error {
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID = l.group, member
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID, m.Reason = member, kmsg.StringPtr("its writer has ended")
	req.Members = append(req.Members, m)
	resp, err := req.RequestWith(ctx, l.cl)
	if err != nil {
		return err
	}
	err = kerr.ErrorForCode(resp.ErrorCode)
	if err == nil && len(resp.Members) > 0 {
		err = kerr.ErrorForCode(resp.Members[0].ErrorCode)
	}
	if errors.Is(err, kerr.UnknownMemberID) {
		return nil
	}
	return err
}

// leave gives the lease back.
func (l *lease) leave(ctx context.Context) error {
	l.drop()
	member, _ := l.identity()
	if member == "" {
		return nil
	}
	return l.remove(ctx, member)
}

// join goes through the group's two steps. When several join at once the
// group's leader decides: who holds the lease keeps it, else it takes it.
func (l *lease) join(ctx context.Context) error {
	for range joinTriesMax {
		l.mu.Lock()
		member, held := l.member, l.held
		l.mu.Unlock()
		sent := l.clock.Now()
		j, err := l.joinGroup(ctx, member, held)
		if err == nil {
			err = kerr.ErrorForCode(j.ErrorCode)
		}
		mine := false
		if err == nil {
			member = j.MemberID
			mine, err = l.sync(ctx, j)
		}
		switch {
		case errors.Is(err, kerr.MemberIDRequired):
			l.become(j.MemberID, -1, sent)
		case errors.Is(err, kerr.UnknownMemberID) && held:
			return errLeaseLost
		case errors.Is(err, kerr.UnknownMemberID):
			l.become("", -1, sent)
		case errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.IllegalGeneration):
			l.become(member, -1, sent)
		case err != nil:
			return err
		case !mine:
			return l.beaten(ctx, member)
		default:
			l.become(j.MemberID, j.Generation, sent)
			return nil
		}
	}
	return maru.Errorf(maru.Unavailable, "group %s could not be joined in %d tries: others keep joining it", l.group, joinTriesMax)
}

func (l *lease) become(member string, generation int32, confirmed time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.member, l.generation, l.confirmed = member, generation, confirmed
}

// beaten leaves the group to whom it was given.
func (l *lease) beaten(ctx context.Context, member string) error {
	others, _ := l.others(ctx)
	if err := l.remove(ctx, member); err != nil {
		return err
	}
	l.become("", -1, time.Time{})
	for i := range others {
		if others[i].MemberID != member {
			return l.conflict(others[i].ClientID, others[i].ClientHost)
		}
	}
	return l.conflict("unknown", "unknown")
}

// joinGroup speaks the consumer protocol, so that every Kafka tool shows the
// group, its one member and its lag.
func (l *lease) joinGroup(ctx context.Context, member string, held bool) (*kmsg.JoinGroupResponse, error) {
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version = 1
	for _, t := range l.targets {
		if !slices.Contains(meta.Topics, t.Topic) {
			meta.Topics = append(meta.Topics, t.Topic)
		}
	}
	if held {
		meta.UserData = []byte(leaseHeld)
	}
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.ProtocolType = l.group, member, "consumer"
	req.SessionTimeoutMillis = int32(l.session.Milliseconds())
	req.RebalanceTimeoutMillis = int32(l.session.Milliseconds())
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name, p.Metadata = leaseProtocol, meta.AppendTo(nil)
	req.Protocols = append(req.Protocols, p)
	return req.RequestWith(ctx, l.cl)
}

func (l *lease) sync(ctx context.Context, j *kmsg.JoinGroupResponse) (mine bool, err error) {
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.MemberID, req.Generation = l.group, j.MemberID, j.Generation
	req.ProtocolType, req.Protocol = kmsg.StringPtr("consumer"), kmsg.StringPtr(leaseProtocol)
	if j.LeaderID == j.MemberID {
		winner := j.MemberID
		for i := range j.Members {
			var m kmsg.ConsumerMemberMetadata
			if m.ReadFrom(j.Members[i].ProtocolMetadata) == nil && string(m.UserData) == leaseHeld {
				winner = j.Members[i].MemberID
			}
		}
		for i := range j.Members {
			a := kmsg.NewSyncGroupRequestGroupAssignment()
			a.MemberID = j.Members[i].MemberID
			a.MemberAssignment = l.assignment(a.MemberID == winner)
			req.GroupAssignment = append(req.GroupAssignment, a)
		}
	}
	resp, err := req.RequestWith(ctx, l.cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return false, err
	}
	var a kmsg.ConsumerMemberAssignment
	if err := a.ReadFrom(resp.MemberAssignment); err != nil {
		return false, fmt.Errorf("read the assignment of group %s: %w", l.group, err)
	}
	return len(a.Topics) > 0, nil
}

func (l *lease) assignment(winner bool) []byte {
	a := kmsg.NewConsumerMemberAssignment()
	a.Version = 1
	if winner {
		for _, t := range l.targets {
			i := slices.IndexFunc(a.Topics, func(at kmsg.ConsumerMemberAssignmentTopic) bool { return at.Topic == t.Topic })
			if i < 0 {
				i = len(a.Topics)
				a.Topics = append(a.Topics, kmsg.ConsumerMemberAssignmentTopic{Topic: t.Topic})
			}
			a.Topics[i].Partitions = append(a.Topics[i].Partitions, t.Partition)
		}
	}
	return a.AppendTo(nil)
}

// beat confirms the lease; errLeaseLost when it must be acquired anew.
func (l *lease) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.session)
	defer cancel()
	sent := l.clock.Now()
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group = l.group
	req.MemberID, req.Generation = l.identity()
	resp, err := req.RequestWith(ctx, l.cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	switch {
	case err == nil:
		l.become(req.MemberID, req.Generation, sent)
		return nil
	case errors.Is(err, kerr.RebalanceInProgress):
		return l.join(ctx)
	case errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.FencedInstanceID):
		return errLeaseLost
	}
	return err
}
