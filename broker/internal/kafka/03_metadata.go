package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/broker/internal/commitlog"
)

// Metadata
//
//   - v0: an empty list means all topics; v1+: null does. v4: the client says
//     whether missing topics may be made. v9: flexible. v10: topic ids.
//   - v12: asking by id. v13: an error for the whole answer.
var metadataAPI = api{key: 3, min: 0, max: 13, handle: on(metadata)}

// What a client may do, as bits of ACL operations (KIP-430). There are no
// rights yet, so it is everything there is.
const (
	topicOperations   = 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<11
	clusterOperations = 1<<5 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12
	groupOperations   = 1<<3 | 1<<6 | 1<<8
)

func metadata(ctx context.Context, k *call, req *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) {
	s := k.s
	b := kmsg.NewMetadataResponseBroker()
	b.NodeID = NodeID
	b.Host, b.Port = s.address(k.c)
	resp.Brokers = append(resp.Brokers, b)
	resp.ClusterID = &s.clusterID
	resp.ControllerID = NodeID
	if req.IncludeClusterAuthorizedOperations {
		resp.AuthorizedOperations = clusterOperations
	}
	if req.Topics == nil || req.Version == 0 && len(req.Topics) == 0 {
		for _, t := range s.store.Topics() {
			resp.Topics = append(resp.Topics, describeTopic(t))
		}
	} else {
		s.namedTopics(ctx, req, resp)
	}
	if req.IncludeTopicAuthorizedOperations {
		for i := range resp.Topics {
			resp.Topics[i].AuthorizedOperations = topicOperations
		}
	}
}

func (s *Server) namedTopics(ctx context.Context, req *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) {
	seen := map[string]bool{}
	var made []*commitlog.Commit
	create := s.cfg.AutoCreate && (req.AllowAutoTopicCreation || req.Version < 4)
	for _, want := range req.Topics {
		if want.Topic == nil || want.TopicID != [16]byte{} {
			resp.Topics = append(resp.Topics, s.topicByID(want.TopicID))
			continue
		}
		name := *want.Topic
		if seen[name] {
			continue
		}
		seen[name] = true
		t, ok := s.store.Topic(name)
		var err error
		if !ok {
			err = kerr.UnknownTopicOrPartition
			if maru.CheckTopicName(name) != nil {
				err = kerr.InvalidTopicException
			} else if create {
				var commit *commitlog.Commit
				t, commit, err = s.autoCreate(name)
				made = append(made, commit)
			}
		}
		if err != nil {
			resp.Topics = append(resp.Topics, failedTopic(&name, [16]byte{}, err))
			continue
		}
		resp.Topics = append(resp.Topics, describeTopic(t))
	}
	for _, commit := range made {
		if err := commit.Wait(ctx); err != nil {
			s.cfg.Log.Error("a topic made on demand did not reach the disk", "err", err)
		}
	}
}

func (s *Server) autoCreate(name string) (commitlog.Topic, *commitlog.Commit, error) {
	_, commit, err := s.makeTopic(name, s.cfg.NumPartitions, s.topicConfig(nil))
	if err != nil && maru.KindOf(err) != maru.Conflict { // somebody else may just have made it
		s.cfg.Log.Warn("a topic was not made on demand", "topic", name, "err", err)
		return commitlog.Topic{}, nil, err
	}
	t, ok := s.store.Topic(name)
	if !ok {
		return t, nil, coded(kerr.UnknownTopicOrPartition, fmt.Errorf("topic %s was deleted while it was being made", name))
	}
	return t, commit, nil
}

func (s *Server) topicByID(id [16]byte) kmsg.MetadataResponseTopic {
	if t, ok := s.store.TopicByID(id); ok {
		return describeTopic(t)
	}
	return failedTopic(nil, id, kerr.UnknownTopicID)
}

func failedTopic(name *string, id [16]byte, err error) kmsg.MetadataResponseTopic {
	rt := kmsg.NewMetadataResponseTopic()
	rt.Topic, rt.TopicID, rt.ErrorCode = name, id, codeOf(err)
	return rt
}

func describeTopic(t commitlog.Topic) kmsg.MetadataResponseTopic {
	rt := kmsg.NewMetadataResponseTopic()
	rt.Topic, rt.TopicID, rt.IsInternal = &t.Name, t.ID, isInternal(t.Name)
	for p := range t.Partitions {
		rp := kmsg.NewMetadataResponseTopicPartition()
		rp.Partition, rp.Leader, rp.LeaderEpoch = p, NodeID, 0
		rp.Replicas, rp.ISR = onlyNode, onlyNode
		rt.Partitions = append(rt.Partitions, rp)
	}
	return rt
}

// isInternal marks what consumers by pattern leave out: Kafka's two own
// topics, if somebody has copied them here. Any other name is a user's.
func isInternal(topic string) bool {
	return topic == "__consumer_offsets" || topic == "__transaction_state"
}

// onlyNode is every list of replicas. It is never written to.
var onlyNode = []int32{NodeID}
