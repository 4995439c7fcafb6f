package kafka

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// CreatePartitions: v2: flexible.
var createPartitionsAPI = api{key: 37, min: 0, max: 3, handle: on(createPartitions)}

func createPartitions(ctx context.Context, k *call, req *kmsg.CreatePartitionsRequest, resp *kmsg.CreatePartitionsResponse) {
	s := k.s
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.NewCreatePartitionsResponseTopic()
		rt.Topic = t.Topic
		err := s.checkPartitionsRequest(t)
		if err == nil && !req.ValidateOnly {
			var commit *commitlog.Commit
			if commit, err = s.store.CreatePartitions(t.Topic, t.Count); err == nil {
				err = commit.Wait(ctx)
			}
		}
		rt.ErrorCode, rt.ErrorMessage = codeOf(err), messageOf(err)
		resp.Topics = append(resp.Topics, rt)
	}
}

func (s *Server) checkPartitionsRequest(t *kmsg.CreatePartitionsRequestTopic) error {
	have, ok := s.store.Topic(t.Topic)
	if !ok {
		return coded(kerr.UnknownTopicOrPartition, fmt.Errorf("there is no topic %q", t.Topic))
	}
	if t.Count <= have.Partitions || t.Count > topicPartitionsMax {
		return coded(kerr.InvalidPartitions, fmt.Errorf("topic %s has %d partitions, and %d were asked for: it can only grow, to %d at most",
			t.Topic, have.Partitions, t.Count, topicPartitionsMax))
	}
	for _, a := range t.Assignment {
		if !slices.Equal(a.Replicas, onlyNode) {
			return coded(kerr.InvalidReplicaAssignment, fmt.Errorf("replicas %v: the only broker is %d", a.Replicas, NodeID))
		}
	}
	if t.Assignment != nil && len(t.Assignment) != int(t.Count-have.Partitions) {
		return coded(kerr.InvalidReplicaAssignment, fmt.Errorf("%d assignments for %d new partitions", len(t.Assignment), t.Count-have.Partitions))
	}
	return s.roomFor(int(t.Count - have.Partitions))
}
