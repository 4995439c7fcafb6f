package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Heartbeat: v3: static members. v4: flexible.
var heartbeatAPI = api{key: 12, min: 0, max: 4, handle: on(heartbeat)}

func heartbeat(_ context.Context, k *call, req *kmsg.HeartbeatRequest, resp *kmsg.HeartbeatResponse) {
	s := k.s
	resp.ErrorCode = codeOf(s.groups.Heartbeat(req.Group, req.MemberID, req.InstanceID, req.Generation))
}
