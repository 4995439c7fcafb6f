package kafka

import (
	"context"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeTopicPartitions (KIP-966): topics by name in pages.
var describeTopicPartitionsAPI = api{key: 75, min: 0, max: 0, handle: on(describeTopicPartitions)}

// describePartitionsMax bounds one page.
const describePartitionsMax = 2000

func describeTopicPartitions(_ context.Context, k *call, req *kmsg.DescribeTopicPartitionsRequest, resp *kmsg.DescribeTopicPartitionsResponse) {
	s := k.s
	var names []string
	for _, t := range req.Topics {
		names = append(names, t.Topic)
	}
	if len(names) == 0 {
		for _, t := range s.store.Topics() {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	left := describePartitionsMax
	if n := int(req.ResponsePartitionLimit); n > 0 {
		left = min(left, n)
	}
	for _, name := range slices.Compact(names) {
		first := int32(0)
		if c := req.Cursor; c != nil {
			if strings.Compare(name, c.Topic) < 0 {
				continue
			}
			if name == c.Topic {
				first = max(c.Partition, 0)
			}
		}
		if left <= 0 {
			resp.NextCursor = nextCursor(name, first)
			return
		}
		rt, all := s.describePage(name, first, left)
		resp.Topics = append(resp.Topics, rt)
		left -= len(rt.Partitions)
		if !all {
			resp.NextCursor = nextCursor(name, first+int32(len(rt.Partitions)))
			return
		}
	}
}

func nextCursor(topic string, partition int32) *kmsg.DescribeTopicPartitionsResponseNextCursor {
	c := kmsg.NewDescribeTopicPartitionsResponseNextCursor()
	c.Topic, c.Partition = topic, partition
	return &c
}

func (s *Server) describePage(name string, first int32, n int) (rt kmsg.DescribeTopicPartitionsResponseTopic, all bool) {
	rt = kmsg.NewDescribeTopicPartitionsResponseTopic()
	rt.Topic = &name
	t, ok := s.store.Topic(name)
	if !ok {
		rt.ErrorCode = kerr.UnknownTopicOrPartition.Code
		return rt, true
	}
	rt.TopicID, rt.IsInternal, rt.AuthorizedOperations = t.ID, isInternal(t.Name), topicOperations
	for p := first; p < t.Partitions; p++ {
		if len(rt.Partitions) == n {
			return rt, false
		}
		rp := kmsg.NewDescribeTopicPartitionsResponseTopicPartition()
		rp.Partition, rp.LeaderID, rp.LeaderEpoch = p, NodeID, 0
		rp.Replicas, rp.ISR = onlyNode, onlyNode
		rt.Partitions = append(rt.Partitions, rp)
	}
	return rt, true
}
