package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/group"
)

// JoinGroup
//
//   - min 0: librdkafka before 2.11 needs it. v1: rebalance timeout. v4: a new
//     member comes back with its id (KIP-394). v5: static members (KIP-345).
//   - v6: flexible. v8: a reason. v9: the leader may skip assignment (KIP-814).
var joinGroupAPI = api{key: 11, min: 0, max: 9, handle: on(joinGroup), waits: true}

// protocolsMax bounds the assignors of one member.
const protocolsMax = 100

func joinGroup(ctx context.Context, k *call, req *kmsg.JoinGroupRequest, resp *kmsg.JoinGroupResponse) {
	s := k.s
	r := group.JoinRequest{Group: req.Group, MemberID: req.MemberID, InstanceID: req.InstanceID,
		ClientID: k.clientID, ClientHost: k.c.host(),
		Session: time.Duration(req.SessionTimeoutMillis) * time.Millisecond, Rebalance: time.Duration(req.RebalanceTimeoutMillis) * time.Millisecond,
		ProtocolType: req.ProtocolType, NeedsMemberID: req.Version >= 4, SkipsAssignment: req.Version >= 9}
	if req.Version < 1 {
		r.Rebalance = r.Session
	}
	var j group.JoinResult
	if len(req.Protocols) > protocolsMax {
		j = group.JoinResult{Err: kerr.InconsistentGroupProtocol, Generation: -1, MemberID: req.MemberID}
	} else {
		for _, p := range req.Protocols {
			r.Protocols = append(r.Protocols, group.Protocol{Name: p.Name, Metadata: append([]byte(nil), p.Metadata...)})
		}
		k.release() // a join waits long, and all it needs is copied
		j = s.groups.Join(ctx, r)
	}
	resp.ErrorCode, resp.Generation, resp.LeaderID, resp.MemberID, resp.SkipAssignment = codeOf(j.Err), j.Generation, j.Leader, j.MemberID, j.SkipAssignment
	resp.Protocol = &j.Protocol // null is not allowed before v7
	if j.Err == nil {
		resp.ProtocolType = &j.ProtocolType
	} else if req.Version >= 7 {
		resp.Protocol = nil
	}
	for _, m := range j.Members {
		rm := kmsg.NewJoinGroupResponseMember()
		rm.MemberID, rm.InstanceID, rm.ProtocolMetadata = m.ID, m.InstanceID, m.Metadata
		resp.Members = append(resp.Members, rm)
	}
}
