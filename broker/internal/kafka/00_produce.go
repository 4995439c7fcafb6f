package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
	"maru/run"
)

// Produce
//
//   - v0-2 are advertised and refused: librdkafka before 2.11.1 turns off gzip,
//     snappy and lz4 when the range does not begin at 0 (KAFKA-18659).
//   - v3: batches of format 2. v7: zstd. v8: messages with errors.
//   - v9: flexible. v13: topic ids instead of names.
var produceAPI = api{key: 0, min: 0, max: 13, serve: 3}

const produceZstd = 7 // first version that may carry zstd (KIP-110)

// produced is a Produce whose batches are in the log, or were refused.
type produced struct {
	acks    int16
	timeout time.Duration
	resp    *kmsg.ProduceResponse
	waits   []produceWait
	failed  error // the first refusal
}

type produceWait struct {
	topic, partition int // indexes in resp
	commit           *commitlog.Commit
}

// startProduce appends the batches, in the order of arrival on this
// connection. The records alias the request until the log has copied them.
func (s *Server) startProduce(k *call) error {
	flexible := k.version >= 9
	if err := s.skipHeaderTags(k, flexible); err != nil {
		return err
	}
	resp := kmsg.NewPtrProduceResponse()
	resp.Version = k.version
	p := &produced{resp: resp}
	cur := cursor{b: k.body}
	transactional := false
	if k.version >= 3 {
		_, transactional = cur.str(flexible)
	}
	p.acks = cur.int16()
	p.timeout = time.Duration(cur.int32()) * time.Millisecond
	var refuse error
	switch {
	case k.version < produceAPI.serve:
		refuse = kerr.UnsupportedVersion
	case transactional:
		refuse = errTransactions
	case p.acks < -1 || p.acks > 1:
		refuse = kerr.InvalidRequiredAcks
	}
	for range cur.array(flexible) {
		s.produceTopic(k.version, &cur, p, refuse)
		if cur.bad {
			break
		}
	}
	if cur.bad {
		return fmt.Errorf("Produce version %d cannot be read: %w", k.version, errShort)
	}
	k.produced = p
	k.release()
	return nil
}

func (s *Server) produceTopic(version int16, cur *cursor, p *produced, refuse error) {
	flexible := version >= 9
	rt := kmsg.NewProduceResponseTopic()
	var t commitlog.Topic
	var known bool
	if version >= 13 {
		copy(rt.TopicID[:], cur.span(16))
		t, known = s.store.TopicByID(rt.TopicID)
		if !known && refuse == nil {
			refuse = kerr.UnknownTopicID
		}
	} else {
		rt.Topic, _ = cur.str(flexible)
		t, known = s.store.Topic(rt.Topic)
		if !known && refuse == nil {
			refuse = kerr.UnknownTopicOrPartition
		}
	}
	n := cur.array(flexible)
	if n > producePartsMax {
		cur.bad = true
	}
	for range n {
		if cur.bad {
			return
		}
		rp := kmsg.NewProduceResponseTopicPartition()
		rp.Partition = cur.int32()
		records := cur.bytes(flexible)
		if flexible {
			cur.tags()
		}
		if cur.bad {
			return
		}
		commit := s.producePartition(version, t, records, &rp, p, refuse)
		rt.Partitions = append(rt.Partitions, rp)
		if commit != nil && p.acks == -1 {
			p.waits = append(p.waits, produceWait{len(p.resp.Topics), len(rt.Partitions) - 1, commit})
		}
	}
	if flexible {
		cur.tags()
	}
	p.resp.Topics = append(p.resp.Topics, rt)
}

func (s *Server) producePartition(version int16, t commitlog.Topic, records []byte, rp *kmsg.ProduceResponseTopicPartition, p *produced, err error) *commitlog.Commit {
	rp.LogStartOffset = -1
	var a commitlog.Appended
	if err == nil {
		a, err = s.append(version, t, rp.Partition, records)
	}
	if err != nil {
		rp.ErrorCode, rp.ErrorMessage, rp.BaseOffset, rp.LogAppendTime = codeOf(err), messageOf(err), -1, -1
		if p.failed == nil {
			p.failed = err
		}
		return nil
	}
	rp.BaseOffset, rp.LogAppendTime, rp.LogStartOffset = a.BaseOffset, a.AppendTimeMs, a.LogStartOffset
	return a.Commit
}

// append checks the size before anything else, so that what is too large is
// not read any further.
func (s *Server) append(version int16, t commitlog.Topic, partition int32, records []byte) (commitlog.Appended, error) {
	part, ok := s.store.Partition(t.Name, partition)
	if !ok {
		return commitlog.Appended{}, kerr.UnknownTopicOrPartition
	}
	if err := commitlog.CheckBatches(records, t.Config.MaxMessageBytes); err != nil {
		return commitlog.Appended{}, err
	}
	if version < produceZstd && usesZstd(records) {
		return commitlog.Appended{}, kerr.UnsupportedCompressionType
	}
	return part.Append(records)
}

// usesZstd looks at the first batch, which CheckBatches has found whole.
func usesZstd(records []byte) bool {
	const attributes, codecMask, zstd = 21, 7, 4
	return len(records) > attributes+1 && binary.BigEndian.Uint16(records[attributes:])&codecMask == zstd
}

// finishProduce answers when acks=all has what it asked for.
func (s *Server) finishProduce(ctx context.Context, k *call) error {
	p := k.produced
	if p.acks == 0 {
		if p.failed != nil {
			// There is no answer that could carry it; Kafka closes here too,
			// so that the client looks at its metadata again.
			return fmt.Errorf("a produce with acks=0 was refused: %w", p.failed)
		}
		return nil
	}
	if len(p.waits) > 0 {
		s.awaitDurable(ctx, p)
	}
	run.CrashPoint("broker.after_append_before_ack")
	return s.respond(k, p.resp)
}

func (s *Server) awaitDurable(ctx context.Context, p *produced) {
	ctx, cancel := context.WithTimeout(ctx, max(p.timeout, time.Second))
	defer cancel()
	for _, w := range p.waits {
		err := w.commit.Wait(ctx)
		if err == nil {
			continue
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = kerr.RequestTimedOut
		}
		rp := &p.resp.Topics[w.topic].Partitions[w.partition]
		rp.ErrorCode, rp.ErrorMessage, rp.BaseOffset = codeOf(err), messageOf(err), -1
	}
}
