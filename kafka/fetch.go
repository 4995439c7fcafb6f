package kafka

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
)

// fetched is the answer of one leader, waiting for Poll.
type fetched struct {
	leader int32
	err    error // of the request as a whole
	parts  []answer
}

// answer is what one fetch says of one partition.
type answer struct {
	id       int32
	turn     int
	pos      int64 // asked for
	err      error
	raw      []byte
	next     int64
	hw       int64
	logStart int64
}

// request asks for parts. Session 0 with epoch -1 is a fetch without a
// session: its state would be one more thing to lose. Both the topic's name
// and its id are set; which is sent depends on the version (13 changed it).
func (r *Reader) request(parts []*part, maxBytes int32) (*kmsg.FetchRequest, []answer) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis = int32(r.cfg.MaxWait.Milliseconds())
	req.MinBytes = r.cfg.MinBytes
	req.MaxBytes = maxBytes
	if !r.cfg.ReadUncommitted {
		req.IsolationLevel = 1
	}
	req.SessionID, req.SessionEpoch = 0, -1
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = r.cfg.Topic, r.topicID
	each := r.cfg.PartitionMaxBytes
	if each <= 0 {
		each = max(maxBytes/int32(len(parts)), partitionMaxBytesMin)
	}
	asked := make([]answer, len(parts))
	for i, p := range parts {
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = p.id, p.pos, each
		t.Partitions = append(t.Partitions, rp)
		asked[i] = answer{id: p.id, turn: p.turn, pos: p.pos}
	}
	req.Topics = append(req.Topics, t)
	return req, asked
}

// fetch sends one request to one leader and leaves the answer for Poll.
func (r *Reader) fetch(ctx context.Context, leader int32, req *kmsg.FetchRequest, asked []answer) {
	f := fetched{leader: leader, parts: asked}
	kresp, err := r.cl.Broker(int(leader)).Request(ctx, req)
	if err == nil {
		resp := kresp.(*kmsg.FetchResponse)
		if err = kerr.ErrorForCode(resp.ErrorCode); err == nil {
			f.parts = r.answers(ctx, resp, asked)
		}
	}
	f.err = err
	r.mu.Lock()
	r.ready = append(r.ready, f)
	r.mu.Unlock()
	r.wake()
}

func (r *Reader) answers(ctx context.Context, resp *kmsg.FetchResponse, asked []answer) []answer {
	out := make([]answer, 0, len(asked))
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			p := &resp.Topics[i].Partitions[j]
			k := slices.IndexFunc(asked, func(a answer) bool { return a.id == p.Partition })
			if k >= 0 {
				a := asked[k]
				r.answer(ctx, p, &a)
				out = append(out, a)
			}
		}
	}
	return out
}

func (r *Reader) answer(ctx context.Context, p *kmsg.FetchResponseTopicPartition, a *answer) {
	if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
		a.err = err
		if err == kerr.OffsetOutOfRange {
			a.err = r.outOfRange(ctx, a)
		}
		return
	}
	a.hw, a.logStart = p.HighWatermark, p.LogStartOffset
	if !r.cfg.ReadUncommitted && p.LastStableOffset >= 0 {
		a.hw = min(a.hw, p.LastStableOffset)
	}
	whole, next, err := wholeBatches(p.RecordBatches)
	switch {
	case err != nil && len(whole) == 0:
		a.err = fail("kafka.Poll", err, "topic %s partition %d", r.cfg.Topic, a.id)
		return
	case len(whole) == 0 && len(p.RecordBatches) > 0:
		a.err = maru.Errorf(maru.TooLarge, "kafka.Poll: topic %s partition %d: the batch at offset %d is bigger than PartitionMaxBytes, and this broker cuts it: raise it",
			r.cfg.Topic, a.id, a.pos)
		return
	}
	if len(p.AbortedTransactions) > 0 {
		whole = dropAborted(whole, p.AbortedTransactions)
	}
	a.raw, a.next = whole, max(next, a.pos)
}

// outOfRange finds the ends of the partition, for an error that says what to do.
func (r *Reader) outOfRange(ctx context.Context, a *answer) error {
	e := &OutOfRange{Topic: r.cfg.Topic, Partition: a.id, Offset: a.pos}
	for _, end := range []struct {
		at  int64
		out *int64
	}{{-2, &e.Start}, {-1, &e.End}} {
		o, err := listOffset(ctx, r.cl, r.cfg.Topic, a.id, end.at)
		if err != nil {
			return err
		}
		*end.out = o
	}
	if e.Offset >= e.Start && e.Offset <= e.End {
		return kerr.OffsetNotAvailable // it moved between the two questions: ask again
	}
	return e
}

func listOffset(ctx context.Context, cl kmsg.Requestor, topic string, partition int32, at int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestOverhead)
	defer cancel()
	rp := kmsg.NewListOffsetsRequestTopicPartition()
	rp.Partition, rp.Timestamp = partition, at
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req := kmsg.NewPtrListOffsetsRequest()
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return 0, kerr.UnknownTopicOrPartition
	}
	p := &resp.Topics[0].Partitions[0]
	return p.Offset, kerr.ErrorForCode(p.ErrorCode)
}

// wholeBatches cuts off a last batch that is not whole and finds the offset
// after the others.
func wholeBatches(raw []byte) (whole []byte, next int64, err error) {
	n := 0
	for n < len(raw) {
		b, e := cutBatch(raw[n:])
		if e != nil || b == nil {
			err = e
			break
		}
		n += len(b)
		next = max(next, header(b).nextOffset())
	}
	return raw[:n:n], next, err
}

// dropAborted removes, in place, the batches of transactions that were
// aborted: from a producer's first offset on until its abort marker.
func dropAborted(raw []byte, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) []byte {
	aborted = slices.Clone(aborted)
	slices.SortFunc(aborted, func(a, b kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1))
	})
	open := map[int64]bool{}
	kept := raw[:0]
	for len(raw) > 0 {
		b, err := cutBatch(raw)
		if err != nil || b == nil {
			break
		}
		raw = raw[len(b):]
		h := header(b)
		for len(aborted) > 0 && aborted[0].FirstOffset < h.nextOffset() {
			open[aborted[0].ProducerID] = true
			aborted = aborted[1:]
		}
		switch {
		case h.attributes()&attrControl != 0:
			if abortMarker(b) {
				delete(open, h.producerID())
			}
		case h.attributes()&attrTxn != 0 && open[h.producerID()]:
			continue
		}
		kept = append(kept, b...)
	}
	return kept
}

// abortMarker reads the key of a control record: version, then type; 0 aborts.
func abortMarker(batch []byte) bool {
	n, i := varint(batch, BatchHeaderSize)
	if i < 0 || n < 0 {
		return false
	}
	_, i = varint(batch, i+1)
	_, i = varint(batch, i)
	key, i := lenBytes(batch, i)
	return i > 0 && len(key) >= 4 && key[2] == 0 && key[3] == 0
}
