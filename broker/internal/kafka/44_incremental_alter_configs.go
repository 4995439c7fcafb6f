package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// IncrementalAlterConfigs: v1: flexible. Topics only: the broker's own
// configs come from its configuration, and change with a restart.
var incrementalAlterConfigsAPI = api{key: 44, min: 0, max: 1, handle: on(incrementalAlterConfigs)}

func incrementalAlterConfigs(ctx context.Context, k *call, req *kmsg.IncrementalAlterConfigsRequest, resp *kmsg.IncrementalAlterConfigsResponse) {
	s := k.s
	for i := range req.Resources {
		r := &req.Resources[i]
		rr := kmsg.NewIncrementalAlterConfigsResponseResource()
		rr.ResourceType, rr.ResourceName = r.ResourceType, r.ResourceName
		commit, err := s.alterConfigs(r, req.ValidateOnly)
		if err == nil {
			err = commit.Wait(ctx)
		}
		rr.ErrorCode, rr.ErrorMessage = codeOf(err), messageOf(err)
		resp.Resources = append(resp.Resources, rr)
	}
}

func (s *Server) alterConfigs(r *kmsg.IncrementalAlterConfigsRequestResource, validateOnly bool) (*commitlog.Commit, error) {
	if r.ResourceType != kmsg.ConfigResourceTypeTopic {
		return nil, coded(kerr.InvalidRequest, fmt.Errorf("configs of a %s cannot be changed over this protocol: the broker's stand in its configuration", r.ResourceType))
	}
	s.alter.Lock() // from reading the configs to writing them
	defer s.alter.Unlock()
	t, ok := s.store.Topic(r.ResourceName)
	if !ok {
		return nil, coded(kerr.UnknownTopicOrPartition, fmt.Errorf("there is no topic %q", r.ResourceName))
	}
	raw := maps.Clone(t.Config.Raw)
	if raw == nil {
		raw = map[string]string{}
	}
	seen := map[string]bool{}
	for _, c := range r.Configs {
		if seen[c.Name] {
			return nil, coded(kerr.InvalidRequest, fmt.Errorf("config %s is changed twice in one request", c.Name))
		}
		seen[c.Name] = true
		if err := alterConfig(raw, c); err != nil {
			return nil, err
		}
	}
	if validateOnly {
		return nil, nil
	}
	return s.store.SetTopicConfig(r.ResourceName, s.topicConfig(raw))
}

func alterConfig(raw map[string]string, c kmsg.IncrementalAlterConfigsRequestResourceConfig) error {
	switch c.Op {
	case kmsg.IncrementalAlterConfigOpSet:
		return setConfig(raw, c.Name, c.Value)
	case kmsg.IncrementalAlterConfigOpDelete:
		if topicConfigByName[c.Name] == nil {
			return unknownConfig(c.Name)
		}
		delete(raw, c.Name)
		return nil
	case kmsg.IncrementalAlterConfigOpAppend, kmsg.IncrementalAlterConfigOpSubtract:
		d := topicConfigByName[c.Name]
		if d == nil {
			return unknownConfig(c.Name)
		}
		if d.kind != kmsg.ConfigTypeList || c.Value == nil {
			return coded(kerr.InvalidConfig, fmt.Errorf("config %s is no list: set it", c.Name))
		}
		list := changeList(current(raw, d), *c.Value, c.Op == kmsg.IncrementalAlterConfigOpAppend)
		return setConfig(raw, c.Name, &list)
	}
	return coded(kerr.InvalidRequest, fmt.Errorf("operation %d on config %s is not known", c.Op, c.Name))
}

// changeList adds to or takes from a comma-separated list.
func changeList(list, change string, add bool) string {
	items := splitList(list)
	for _, v := range splitList(change) {
		at := slices.Index(items, v)
		switch {
		case add && at < 0:
			items = append(items, v)
		case !add && at >= 0:
			items = slices.Delete(items, at, at+1)
		}
	}
	return strings.Join(items, ",")
}

func splitList(s string) []string {
	var out []string
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
