package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// DeleteTopics: v4: flexible. v5: error messages. v6: by name or by id.
var deleteTopicsAPI = api{key: 20, min: 1, max: 6, handle: on(deleteTopics)}

func deleteTopics(ctx context.Context, k *call, req *kmsg.DeleteTopicsRequest, resp *kmsg.DeleteTopicsResponse) {
	s := k.s
	want := req.Topics
	for i := range req.TopicNames {
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic = &req.TopicNames[i]
		want = append(want, t)
	}
	var commits []*commitlog.Commit
	for _, w := range want {
		rt := kmsg.NewDeleteTopicsResponseTopic()
		rt.Topic, rt.TopicID = w.Topic, w.TopicID
		commit, err := s.deleteTopic(&rt)
		rt.ErrorCode, rt.ErrorMessage = codeOf(err), messageOf(err)
		resp.Topics, commits = append(resp.Topics, rt), append(commits, commit)
	}
	for i, commit := range commits {
		if err := commit.Wait(ctx); err != nil {
			resp.Topics[i].ErrorCode, resp.Topics[i].ErrorMessage = codeOf(err), messageOf(err)
		}
	}
}

func (s *Server) deleteTopic(rt *kmsg.DeleteTopicsResponseTopic) (*commitlog.Commit, error) {
	var t commitlog.Topic
	var ok bool
	if rt.Topic != nil {
		if t, ok = s.store.Topic(*rt.Topic); !ok {
			return nil, coded(kerr.UnknownTopicOrPartition, fmt.Errorf("there is no topic %q", *rt.Topic))
		}
	} else if t, ok = s.store.TopicByID(rt.TopicID); !ok {
		return nil, coded(kerr.UnknownTopicID, fmt.Errorf("there is no topic with id %x", rt.TopicID))
	}
	rt.Topic, rt.TopicID = &t.Name, t.ID
	commit, err := s.store.DeleteTopic(t.Name)
	if err != nil {
		return nil, err
	}
	// A topic made later under the same name must not begin at old offsets.
	if forgotten := s.groups.ForgetTopic(t.Name); forgotten != nil {
		commit = forgotten // handed to the same log later, so durable later
	}
	return commit, nil
}
