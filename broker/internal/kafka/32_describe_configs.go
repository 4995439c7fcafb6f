package kafka

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeConfigs: v1: source and synonyms. v3: types and documentation. v4: flexible.
var describeConfigsAPI = api{key: 32, min: 1, max: 4, handle: on(describeConfigs)}

func describeConfigs(_ context.Context, k *call, req *kmsg.DescribeConfigsRequest, resp *kmsg.DescribeConfigsResponse) {
	s := k.s
	for _, r := range req.Resources {
		rr := kmsg.NewDescribeConfigsResponseResource()
		rr.ResourceType, rr.ResourceName = r.ResourceType, r.ResourceName
		configs, err := s.configsOf(r.ResourceType, r.ResourceName)
		rr.ErrorCode, rr.ErrorMessage = codeOf(err), messageOf(err)
		for _, c := range configs {
			if r.ConfigNames == nil || slices.Contains(r.ConfigNames, c.name) {
				rr.Configs = append(rr.Configs, c.describe(req))
			}
		}
		resp.Resources = append(resp.Resources, rr)
	}
}

func (s *Server) configsOf(kind kmsg.ConfigResourceType, name string) ([]setting, error) {
	switch kind {
	case kmsg.ConfigResourceTypeTopic:
		t, ok := s.store.Topic(name)
		if !ok {
			return nil, coded(kerr.UnknownTopicOrPartition, fmt.Errorf("there is no topic %q", name))
		}
		return s.topicConfigs(t.Config.Raw), nil
	case kmsg.ConfigResourceTypeBroker:
		if name != "" && name != strconv.Itoa(NodeID) {
			return nil, coded(kerr.InvalidRequest, fmt.Errorf("there is no broker %q, only %d", name, NodeID))
		}
		return s.brokerConfigs(), nil
	}
	return nil, coded(kerr.InvalidRequest, fmt.Errorf("configs of resource type %s are not kept: ask for a topic or a broker", kind))
}

func (c setting) describe(req *kmsg.DescribeConfigsRequest) kmsg.DescribeConfigsResponseResourceConfig {
	rc := kmsg.NewDescribeConfigsResponseResourceConfig()
	rc.Name, rc.Value, rc.ReadOnly, rc.Source, rc.ConfigType = c.name, &c.value, c.readOnly, c.source, c.kind
	rc.IsDefault = c.source == kmsg.ConfigSourceDefaultConfig
	if req.IncludeDocumentation {
		rc.Documentation = &c.doc
	}
	if !req.IncludeSynonyms {
		return rc
	}
	for _, y := range c.synonyms {
		ry := kmsg.NewDescribeConfigsResponseResourceConfigConfigSynonym()
		ry.Name, ry.Value, ry.Source = y.name, &y.value, y.source
		rc.ConfigSynonyms = append(rc.ConfigSynonyms, ry)
	}
	return rc
}
