package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// LeaveGroup: v3: several members, by id or instance id. v4: flexible. v5: a reason.
var leaveGroupAPI = api{key: 13, min: 0, max: 5, handle: on(leaveGroup)}

func leaveGroup(_ context.Context, k *call, req *kmsg.LeaveGroupRequest, resp *kmsg.LeaveGroupResponse) {
	s := k.s
	if req.Version < 3 {
		resp.ErrorCode = codeOf(s.groups.Leave(req.Group, req.MemberID, nil))
		return
	}
	for _, m := range req.Members {
		rm := kmsg.NewLeaveGroupResponseMember()
		rm.MemberID, rm.InstanceID = m.MemberID, m.InstanceID
		rm.ErrorCode = codeOf(s.groups.Leave(req.Group, m.MemberID, m.InstanceID))
		resp.Members = append(resp.Members, rm)
	}
}
