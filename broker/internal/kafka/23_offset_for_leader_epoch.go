package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetForLeaderEpoch: v3: replica id. v4: flexible. The only epoch is 0,
// and it ends where the log does.
var offsetForLeaderEpochAPI = api{key: 23, min: 2, max: 4, handle: on(offsetForLeaderEpoch)}

func offsetForLeaderEpoch(_ context.Context, k *call, req *kmsg.OffsetForLeaderEpochRequest, resp *kmsg.OffsetForLeaderEpochResponse) {
	s := k.s
	for _, t := range req.Topics {
		rt := kmsg.NewOffsetForLeaderEpochResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			rp := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			rp.Partition, rp.LeaderEpoch, rp.EndOffset = p.Partition, -1, -1
			log, ok := s.store.Partition(t.Topic, p.Partition)
			err := checkEpoch(p.CurrentLeaderEpoch)
			if !ok {
				err = kerr.UnknownTopicOrPartition
			}
			if rp.ErrorCode = codeOf(err); err == nil && p.LeaderEpoch == 0 {
				rp.LeaderEpoch, rp.EndOffset = 0, log.HighWatermark()
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
}
