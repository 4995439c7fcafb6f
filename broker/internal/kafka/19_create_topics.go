package kafka

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/broker/internal/commitlog"
)

// CreateTopics
//
//   - v4: -1 partitions and replicas mean the broker's default. v5: flexible;
//     the answer has what was made. v7: topic ids.
var createTopicsAPI = api{key: 19, min: 2, max: 7, handle: on(createTopics)}

func createTopics(ctx context.Context, k *call, req *kmsg.CreateTopicsRequest, resp *kmsg.CreateTopicsResponse) {
	s := k.s
	times := map[string]int{}
	for i := range req.Topics {
		times[req.Topics[i].Topic]++
	}
	commits := make([]*commitlog.Commit, 0, len(req.Topics))
	for i := range req.Topics {
		t := &req.Topics[i]
		if times[t.Topic] == 0 {
			continue // answered with its first mention
		}
		var rt kmsg.CreateTopicsResponseTopic
		var commit *commitlog.Commit
		if times[t.Topic] > 1 {
			rt = refuseTopic(t.Topic, coded(kerr.InvalidRequest, fmt.Errorf("topic %s is named %d times in one request", t.Topic, times[t.Topic])))
			times[t.Topic] = 0
		} else {
			rt, commit = s.createTopic(t, req.ValidateOnly)
		}
		resp.Topics = append(resp.Topics, rt)
		commits = append(commits, commit)
	}
	for i, commit := range commits {
		if err := commit.Wait(ctx); err != nil {
			resp.Topics[i] = refuseTopic(resp.Topics[i].Topic, err)
		}
	}
}

func refuseTopic(name string, err error) kmsg.CreateTopicsResponseTopic {
	rt := kmsg.NewCreateTopicsResponseTopic()
	rt.Topic, rt.ErrorCode, rt.ErrorMessage = name, codeOf(err), messageOf(err)
	rt.NumPartitions, rt.ReplicationFactor = -1, -1
	return rt
}

func (s *Server) createTopic(t *kmsg.CreateTopicsRequestTopic, validateOnly bool) (kmsg.CreateTopicsResponseTopic, *commitlog.Commit) {
	partitions, err := s.checkNewTopic(t)
	if err != nil {
		return refuseTopic(t.Topic, err), nil
	}
	raw := map[string]string{}
	for _, c := range t.Configs {
		if err := setConfig(raw, c.Name, c.Value); err != nil {
			return refuseTopic(t.Topic, err), nil
		}
	}
	rt := kmsg.NewCreateTopicsResponseTopic()
	var commit *commitlog.Commit
	if validateOnly {
		err = s.roomFor(int(partitions))
	} else {
		rt.TopicID, commit, err = s.makeTopic(t.Topic, partitions, s.topicConfig(raw))
	}
	if err != nil {
		return refuseTopic(t.Topic, err), nil
	}
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = t.Topic, partitions, 1
	for _, c := range s.topicConfigs(raw) {
		rc := kmsg.NewCreateTopicsResponseTopicConfig()
		rc.Name, rc.Value, rc.Source, rc.ReadOnly = c.name, &c.value, int8(c.source), c.readOnly
		rt.Configs = append(rt.Configs, rc)
	}
	return rt, commit
}

// checkNewTopic checks all but the configs, and gives the number of partitions.
func (s *Server) checkNewTopic(t *kmsg.CreateTopicsRequestTopic) (int32, error) {
	if err := maru.CheckTopicName(t.Topic); err != nil {
		return 0, coded(kerr.InvalidTopicException, err)
	}
	if _, ok := s.store.Topic(t.Topic); ok {
		return 0, coded(kerr.TopicAlreadyExists, fmt.Errorf("topic %s exists already", t.Topic))
	}
	if len(t.ReplicaAssignment) > 0 {
		return assignedPartitions(t)
	}
	if t.ReplicationFactor != -1 && t.ReplicationFactor != 1 {
		return 0, coded(kerr.InvalidReplicationFactor, fmt.Errorf("replication factor %d: this broker is alone, use 1 or -1 (the default)", t.ReplicationFactor))
	}
	if t.NumPartitions == -1 {
		return s.cfg.NumPartitions, nil
	}
	return t.NumPartitions, checkPartitions(t.NumPartitions)
}

func checkPartitions(n int32) error {
	if n < 1 || n > topicPartitionsMax {
		return coded(kerr.InvalidPartitions, fmt.Errorf("%d partitions: use 1 to %d, or -1 for the default", n, topicPartitionsMax))
	}
	return nil
}

func assignedPartitions(t *kmsg.CreateTopicsRequestTopic) (int32, error) {
	if t.NumPartitions != -1 || t.ReplicationFactor != -1 {
		return 0, coded(kerr.InvalidRequest, fmt.Errorf("partitions and replication factor must be -1 where replicas are assigned"))
	}
	seen := make([]bool, len(t.ReplicaAssignment))
	for _, a := range t.ReplicaAssignment {
		if a.Partition < 0 || int(a.Partition) >= len(seen) || seen[a.Partition] || !slices.Equal(a.Replicas, onlyNode) {
			return 0, coded(kerr.InvalidReplicaAssignment, fmt.Errorf("partition %d on brokers %v: assign partitions 0 to %d once each, to broker %d",
				a.Partition, a.Replicas, len(seen)-1, NodeID))
		}
		seen[a.Partition] = true
	}
	n := int32(len(seen))
	return n, checkPartitions(n)
}

// defaultPartitions as a config value.
func (s *Server) defaultPartitions() string { return strconv.Itoa(int(s.cfg.NumPartitions)) }
