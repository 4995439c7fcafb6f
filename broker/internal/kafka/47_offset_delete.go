package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetDelete (KIP-496).
var offsetDeleteAPI = api{key: 47, min: 0, max: 0, handle: on(offsetDelete)}

func offsetDelete(ctx context.Context, k *call, req *kmsg.OffsetDeleteRequest, resp *kmsg.OffsetDeleteResponse) {
	s := k.s
	if !s.groups.Exists(req.Group) {
		resp.ErrorCode = kerr.GroupIDNotFound.Code
		return
	}
	for _, t := range req.Topics {
		rt := kmsg.NewOffsetDeleteResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			rp := kmsg.NewOffsetDeleteResponseTopicPartition()
			rp.Partition = p.Partition
			rp.ErrorCode = codeOf(s.groups.DeleteOffset(ctx, req.Group, t.Topic, p.Partition))
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
}
