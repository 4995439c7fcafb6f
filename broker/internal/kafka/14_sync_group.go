package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/group"
)

// SyncGroup: v3: static members. v4: flexible. v5: protocol type and name,
// which must be those of the generation.
var syncGroupAPI = api{key: 14, min: 0, max: 5, handle: on(syncGroup), waits: true}

func syncGroup(ctx context.Context, k *call, req *kmsg.SyncGroupRequest, resp *kmsg.SyncGroupResponse) {
	s := k.s
	r := group.SyncRequest{Group: req.Group, MemberID: req.MemberID, InstanceID: req.InstanceID, Generation: req.Generation,
		ProtocolType: req.ProtocolType, Protocol: req.Protocol, Assignments: make(map[string][]byte, len(req.GroupAssignment))}
	for _, a := range req.GroupAssignment {
		r.Assignments[a.MemberID] = append([]byte(nil), a.MemberAssignment...)
	}
	k.release() // what waits has been copied
	res := s.groups.Sync(ctx, r)
	resp.ErrorCode, resp.MemberAssignment = codeOf(res.Err), res.Assignment
	if res.Err == nil {
		resp.ProtocolType, resp.Protocol = &res.ProtocolType, &res.Protocol
	}
	if resp.MemberAssignment == nil {
		resp.MemberAssignment = []byte{} // null is not allowed
	}
}
