package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetFetch
//
//   - v2: null topics mean all. v6: flexible. v7: stable offsets only, which
//     ours always are. v8: several groups. v9: member epochs (KIP-848), which a
//     classic group does not look at. v10: topic ids.
//   - A group that is not known has offset -1 everywhere and no error.
var offsetFetchAPI = api{key: 9, min: 1, max: 10, handle: on(offsetFetch)}

func offsetFetch(_ context.Context, k *call, req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) {
	s := k.s
	if req.Version < 8 {
		s.offsetFetchOne(req, resp)
		return
	}
	for i := range req.Groups {
		g := &req.Groups[i]
		rg := kmsg.NewOffsetFetchResponseGroup()
		rg.Group = g.Group
		if g.Topics == nil {
			s.allOffsets(g.Group, &rg)
		}
		for j := range g.Topics {
			rg.Topics = append(rg.Topics, s.fetchOffsets(g.Group, &g.Topics[j], req.Version >= 10))
		}
		resp.Groups = append(resp.Groups, rg)
	}
}

func (s *Server) fetchOffsets(group string, t *kmsg.OffsetFetchRequestGroupTopic, byID bool) kmsg.OffsetFetchResponseGroupTopic {
	rt := kmsg.NewOffsetFetchResponseGroupTopic()
	rt.Topic, rt.TopicID = t.Topic, t.TopicID
	name, err := s.topicName(t.Topic, t.TopicID, byID)
	for _, p := range t.Partitions {
		rp := s.fetchOffset(group, name, p)
		rp.ErrorCode = codeOf(err)
		rt.Partitions = append(rt.Partitions, rp)
	}
	return rt
}

func (s *Server) fetchOffset(group, topic string, partition int32) kmsg.OffsetFetchResponseGroupTopicPartition {
	rp := kmsg.NewOffsetFetchResponseGroupTopicPartition()
	none := ""
	rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = partition, -1, -1, &none
	if o, ok := s.groups.Offset(group, topic, partition); ok {
		rp.Offset, rp.LeaderEpoch, rp.Metadata = o.Offset, o.LeaderEpoch, &o.Metadata
	}
	return rp
}

func (s *Server) allOffsets(group string, rg *kmsg.OffsetFetchResponseGroup) {
	for _, o := range s.groups.Offsets(group) {
		if n := len(rg.Topics); n == 0 || rg.Topics[n-1].Topic != o.Topic {
			rt := kmsg.NewOffsetFetchResponseGroupTopic()
			rt.Topic = o.Topic
			if t, ok := s.store.Topic(o.Topic); ok {
				rt.TopicID = t.ID
			}
			rg.Topics = append(rg.Topics, rt)
		}
		rt := &rg.Topics[len(rg.Topics)-1]
		rt.Partitions = append(rt.Partitions, s.fetchOffset(group, o.Topic, o.Partition))
	}
}

// offsetFetchOne is the form before v8, which says the same of one group.
func (s *Server) offsetFetchOne(req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) {
	rg := kmsg.NewOffsetFetchResponseGroup()
	if req.Topics == nil {
		s.allOffsets(req.Group, &rg)
	}
	for _, t := range req.Topics {
		gt := kmsg.NewOffsetFetchRequestGroupTopic()
		gt.Topic, gt.Partitions = t.Topic, t.Partitions
		rg.Topics = append(rg.Topics, s.fetchOffsets(req.Group, &gt, false))
	}
	for _, gt := range rg.Topics {
		rt := kmsg.NewOffsetFetchResponseTopic()
		rt.Topic = gt.Topic
		for _, p := range gt.Partitions {
			rp := kmsg.NewOffsetFetchResponseTopicPartition()
			rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata, rp.ErrorCode = p.Partition, p.Offset, p.LeaderEpoch, p.Metadata, p.ErrorCode
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
}
