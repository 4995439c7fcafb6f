package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// InitProducerId
//
//   - v2: flexible. v3: an idempotent producer may ask again with its old id
//     (KIP-360); like Kafka we give it a new one.
//   - A transactional id is refused.
var initProducerIDAPI = api{key: 22, min: 0, max: 5, handle: on(initProducerID)}

func initProducerID(_ context.Context, k *call, req *kmsg.InitProducerIDRequest, resp *kmsg.InitProducerIDResponse) {
	s := k.s
	resp.ProducerID, resp.ProducerEpoch = -1, -1
	if req.TransactionalID != nil {
		// This answer has no room for words, so they go to the log.
		s.cfg.Log.Warn("transactional producer refused: "+errTransactions.Error(), "client", k.c.remote, "transactional_id", *req.TransactionalID)
		resp.ErrorCode = codeOf(errTransactions)
		return
	}
	id, err := s.store.NextProducerID()
	if resp.ErrorCode = codeOf(err); err == nil {
		resp.ProducerID, resp.ProducerEpoch = id, 0
	}
}
