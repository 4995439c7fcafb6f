package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteRecords: v2: flexible. Offset -1 means all there is.
var deleteRecordsAPI = api{key: 21, min: 0, max: 2, handle: on(deleteRecords)}

func deleteRecords(ctx context.Context, k *call, req *kmsg.DeleteRecordsRequest, resp *kmsg.DeleteRecordsResponse) {
	s := k.s
	for _, t := range req.Topics {
		rt := kmsg.NewDeleteRecordsResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			rp := kmsg.NewDeleteRecordsResponseTopicPartition()
			rp.Partition, rp.LowWatermark = p.Partition, -1
			low, err := s.deleteBefore(ctx, t.Topic, p.Partition, p.Offset)
			if rp.ErrorCode = codeOf(err); err == nil {
				rp.LowWatermark = low
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
}

func (s *Server) deleteBefore(ctx context.Context, topic string, partition int32, offset int64) (int64, error) {
	log, ok := s.store.Partition(topic, partition)
	if !ok {
		return 0, kerr.UnknownTopicOrPartition
	}
	hw := log.HighWatermark()
	if offset == -1 {
		offset = hw
	}
	if offset < 0 || offset > hw {
		return 0, kerr.OffsetOutOfRange
	}
	commit, err := log.DeleteBefore(offset)
	if err != nil {
		return 0, err
	}
	if err := commit.Wait(ctx); err != nil {
		return 0, err
	}
	return log.LogStart(), nil
}
