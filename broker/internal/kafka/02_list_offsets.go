package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// ListOffsets
//
//   - v4: leader epochs. v6: flexible. v7: -3. v8: -4. v9: -5. v11: -6.
var listOffsetsAPI = api{key: 2, min: 1, max: 11, handle: on(listOffsets)}

// Timestamps that mean a place (KIP-734, KIP-405, KIP-1005, KIP-1023).
const (
	atLatest        = -1
	atEarliest      = -2
	atMaxTimestamp  = -3
	atEarliestLocal = -4
	atLastTiered    = -5
	atFirstPending  = -6
)

func listOffsets(_ context.Context, k *call, req *kmsg.ListOffsetsRequest, resp *kmsg.ListOffsetsResponse) {
	s := k.s
	for _, t := range req.Topics {
		rt := kmsg.NewListOffsetsResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			rp := kmsg.NewListOffsetsResponseTopicPartition()
			rp.Partition, rp.Offset, rp.Timestamp = p.Partition, -1, -1
			log, ok := s.store.Partition(t.Topic, p.Partition)
			err := checkEpoch(p.CurrentLeaderEpoch)
			if !ok {
				err = kerr.UnknownTopicOrPartition
			}
			if err == nil {
				err = offsetAt(log, p.Timestamp, &rp)
			}
			rp.ErrorCode = codeOf(err)
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
}

func offsetAt(log *commitlog.Partition, timestamp int64, rp *kmsg.ListOffsetsResponseTopicPartition) error {
	switch timestamp {
	case atLatest:
		rp.Offset, rp.LeaderEpoch = log.HighWatermark(), 0
	case atEarliest, atEarliestLocal:
		rp.Offset, rp.LeaderEpoch = log.LogStart(), 0
	case atMaxTimestamp:
		rp.Offset, rp.Timestamp = log.MaxTimestamp()
	case atLastTiered, atFirstPending: // nothing is ever moved to another tier
	default:
		if timestamp < 0 {
			return kerr.InvalidRequest
		}
		offset, ts, ok, err := log.OffsetFor(timestamp)
		if err != nil {
			return err
		}
		if ok {
			rp.Offset, rp.Timestamp, rp.LeaderEpoch = offset, ts, 0
		}
	}
	return nil
}
