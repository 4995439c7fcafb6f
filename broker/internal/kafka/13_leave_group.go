package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// LeaveGroup: v3: several members, by id or instance id. v4: flexible. v5: a reason.
var leaveGroupAPI = api{key: 13, min: 0, max: 5, handle: on((*Server).leaveGroup)}

func (s *Server) leaveGroup(_ context.Context, _ *call, req *kmsg.LeaveGroupRequest, resp *kmsg.LeaveGroupResponse) {
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
