package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/group"
	"maru/run"
)

// OffsetCommit
//
//   - v2-4: a retention time, which Kafka ignores since 2.1 and so do we.
//   - v6: leader epochs. v7: static members. v8: flexible. v10: topic ids.
var offsetCommitAPI = api{key: 8, min: 2, max: 10, handle: on(offsetCommit)}

func offsetCommit(ctx context.Context, k *call, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) {
	s := k.s
	r := group.CommitRequest{Group: req.Group, MemberID: req.MemberID, InstanceID: req.InstanceID, Generation: req.Generation}
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.NewOffsetCommitResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		name, unknown := s.topicName(t.Topic, t.TopicID, req.Version >= 10)
		for _, p := range t.Partitions {
			rp := kmsg.NewOffsetCommitResponseTopicPartition()
			rp.Partition = p.Partition
			o, err := s.offsetOf(name, unknown, p)
			rp.ErrorCode = codeOf(err)
			if err == nil {
				r.Offsets = append(r.Offsets, o)
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	if err := s.groups.Commit(ctx, r); err != nil {
		failCommit(resp, err)
	}
	run.CrashPoint("broker.after_offset_commit_before_ack")
}

func (s *Server) offsetOf(topic string, unknown error, p kmsg.OffsetCommitRequestTopicPartition) (group.Offset, error) {
	o := group.Offset{Topic: topic, Partition: p.Partition, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch}
	if p.Metadata != nil {
		o.Metadata = *p.Metadata
	}
	if unknown != nil {
		return o, unknown
	}
	if _, ok := s.store.Partition(topic, p.Partition); !ok {
		return o, kerr.UnknownTopicOrPartition
	}
	if len(o.Metadata) > group.MetadataMax {
		return o, kerr.OffsetMetadataTooLarge
	}
	return o, nil
}

// failCommit gives the group's refusal to every partition that had none.
func failCommit(resp *kmsg.OffsetCommitResponse, err error) {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if p := &resp.Topics[i].Partitions[j]; p.ErrorCode == 0 {
				p.ErrorCode = codeOf(err)
			}
		}
	}
}

// topicName resolves a topic given by id; one given by name is itself.
func (s *Server) topicName(name string, id [16]byte, byID bool) (string, error) {
	if !byID {
		return name, nil
	}
	if t, ok := s.store.TopicByID(id); ok {
		return t.Name, nil
	}
	return "", kerr.UnknownTopicID
}
