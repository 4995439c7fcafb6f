package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Heartbeat: v3: static members. v4: flexible.
var heartbeatAPI = api{key: 12, min: 0, max: 4, handle: on((*Server).heartbeat)}

func (s *Server) heartbeat(_ context.Context, _ *call, req *kmsg.HeartbeatRequest, resp *kmsg.HeartbeatResponse) {
	resp.ErrorCode = codeOf(s.groups.Heartbeat(req.Group, req.MemberID, req.InstanceID, req.Generation))
}
