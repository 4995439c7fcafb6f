package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeCluster: v1: of brokers (1) or controllers (2). v2: fenced brokers.
var describeClusterAPI = api{key: 60, min: 0, max: 2, handle: on(describeCluster)}

const endpointBrokers = 1

func describeCluster(_ context.Context, k *call, req *kmsg.DescribeClusterRequest, resp *kmsg.DescribeClusterResponse) {
	s := k.s
	if req.Version >= 1 && req.EndpointType != endpointBrokers {
		err := coded(kerr.MismatchedEndpointType, fmt.Errorf("this listener is for brokers (endpoint type 1), not for type %d", req.EndpointType))
		resp.ErrorCode, resp.ErrorMessage = codeOf(err), messageOf(err)
		return
	}
	resp.EndpointType, resp.ClusterID, resp.ControllerID = endpointBrokers, s.clusterID, NodeID
	b := kmsg.NewDescribeClusterResponseBroker()
	b.NodeID = NodeID
	b.Host, b.Port = s.address(k.c)
	resp.Brokers = append(resp.Brokers, b)
	if req.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = clusterOperations
	}
}
