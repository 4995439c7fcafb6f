package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// FindCoordinator
//
//   - min 0: kept for librdkafka's feature map. v1: transactions, which are
//     refused here already, because this answer can say why. v3: flexible.
//     v4: several keys. v6: share groups, which are refused too.
var findCoordinatorAPI = api{key: 10, min: 0, max: 6, handle: on(findCoordinator)}

const (
	coordinatesGroup       = 0
	coordinatesTransaction = 1
)

var errTransactions = coded(kerr.InvalidRequest, fmt.Errorf("this broker offers no transactions: leave out transactional.id (an idempotent producer needs none), or point the client at Apache Kafka"))

func findCoordinator(_ context.Context, k *call, req *kmsg.FindCoordinatorRequest, resp *kmsg.FindCoordinatorResponse) {
	s := k.s
	var err error
	switch req.CoordinatorType {
	case coordinatesGroup:
	case coordinatesTransaction:
		err = errTransactions
	default:
		err = coded(kerr.InvalidRequest, fmt.Errorf("coordinator type %d is not offered: only 0, consumer groups", req.CoordinatorType))
	}
	host, port := s.address(k.c)
	id := int32(NodeID)
	if err != nil {
		host, port, id = "", -1, -1
	}
	if req.Version < 4 {
		resp.ErrorCode, resp.ErrorMessage = codeOf(err), messageOf(err)
		resp.NodeID, resp.Host, resp.Port = id, host, port
		return
	}
	for _, key := range req.CoordinatorKeys {
		rc := kmsg.NewFindCoordinatorResponseCoordinator()
		rc.Key, rc.NodeID, rc.Host, rc.Port = key, id, host, port
		rc.ErrorCode, rc.ErrorMessage = codeOf(err), messageOf(err)
		resp.Coordinators = append(resp.Coordinators, rc)
	}
}
