package kafka

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// Fetch
//
//   - v4: batches of format 2. v7: sessions (KIP-227), which are refused with
//     session id 0: every fetch is a full one.
//   - v9: leader epochs. v12: flexible. v13: topic ids instead of names.
//   - v15-18: fields of replicas.
var fetchAPI = api{key: 1, min: 4, max: 18}

const (
	fetchBytesMax = 55 << 20 // of one answer, but for a first batch that is larger (KIP-74)
	fetchWaitMax  = 5 * time.Minute
	sessionFinal  = -1 // session epoch of a client that wants none
)

// fetchPart is one partition of a fetch.
type fetchPart struct {
	partition int32
	from      int64
	maxBytes  int
	log       *commitlog.Partition
	err       error
	slice     commitlog.Slice
}

// fetch is a Fetch on its way: parts[i] belong to req.Topics in order.
type fetch struct {
	req    *kmsg.FetchRequest
	parts  []fetchPart
	bytes  int
	failed bool
}

// finishFetch waits until there is enough to answer with, and answers.
func (s *Server) finishFetch(ctx context.Context, k *call, req *kmsg.FetchRequest) error {
	if err := checkSession(req); err != nil {
		resp := kmsg.NewPtrFetchResponse()
		resp.Version, resp.ErrorCode = req.Version, codeOf(err)
		return s.respond(k, resp)
	}
	f := s.resolve(req)
	f.read()
	if !f.enough() && req.MaxWaitMillis > 0 {
		longPoll(ctx, f)
	}
	return s.sendFetch(k, f)
}

func checkSession(req *kmsg.FetchRequest) error {
	switch {
	case req.SessionID != 0 && req.SessionEpoch != sessionFinal:
		return kerr.FetchSessionIDNotFound
	case req.SessionID == 0 && req.SessionEpoch > 0:
		return kerr.InvalidFetchSessionEpoch
	}
	return nil
}

func (s *Server) resolve(req *kmsg.FetchRequest) *fetch {
	f := &fetch{req: req}
	for i := range req.Topics {
		t := &req.Topics[i]
		name, unknown := t.Topic, error(kerr.UnknownTopicOrPartition)
		if req.Version >= 13 {
			found, ok := s.store.TopicByID(t.TopicID)
			if name = found.Name; !ok {
				unknown = kerr.UnknownTopicID
			}
		}
		for _, p := range t.Partitions {
			part := fetchPart{partition: p.Partition, from: p.FetchOffset, maxBytes: int(p.PartitionMaxBytes)}
			if log, ok := s.store.Partition(name, p.Partition); ok {
				part.log = log
				part.err = checkEpoch(p.CurrentLeaderEpoch)
			} else {
				part.err = unknown
			}
			f.parts = append(f.parts, part)
		}
	}
	return f
}

// checkEpoch fences a client that knows of a later leader than there is: our
// leader epoch is 0 for good.
func checkEpoch(epoch int32) error {
	if epoch > 0 {
		return kerr.UnknownLeaderEpoch
	}
	return nil
}

// read takes what is there, up to the limits. The first batch of an answer is
// sent whatever its size (KIP-74).
func (f *fetch) read() {
	left := min(max(int(f.req.MaxBytes), 0), fetchBytesMax)
	f.bytes, f.failed = 0, false
	for i := range f.parts {
		p := &f.parts[i]
		if p.log != nil && p.err == nil && (f.bytes == 0 || left > 0) {
			p.slice, p.err = p.log.Read(p.from, min(max(p.maxBytes, 0), left), f.bytes == 0)
		}
		f.failed = f.failed || p.err != nil
		f.bytes += p.slice.Len
		left = max(left-p.slice.Len, 0)
	}
}

func (f *fetch) enough() bool {
	return f.failed || f.bytes >= int(f.req.MinBytes) || len(f.parts) == 0
}

// grown says whether there may be more to read than the last read found.
func (f *fetch) grown() bool {
	for i := range f.parts {
		if p := &f.parts[i]; p.log != nil && (p.log.HighWatermark() > p.from || p.log.LogStart() > p.from) {
			return true
		}
	}
	return false
}

func (f *fetch) release() {
	for i := range f.parts {
		release(f.parts[i].slice)
		f.parts[i].slice = commitlog.Slice{}
	}
}

// longPoll waits for enough, for the client's patience, or for its end. One
// channel serves all partitions; looking again after the subscription means
// that no append between the two is missed.
func longPoll(ctx context.Context, f *fetch) {
	grew := make(chan struct{}, 1)
	for i := range f.parts {
		if f.parts[i].log != nil {
			defer f.parts[i].log.Notify(grew)()
		}
	}
	timer := time.NewTimer(min(time.Duration(f.req.MaxWaitMillis)*time.Millisecond, fetchWaitMax))
	defer timer.Stop()
	for {
		if f.grown() {
			f.release()
			f.read()
			if f.enough() {
				return
			}
		}
		select {
		case <-grew:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// sendFetch writes the answer by hand: kmsg would copy every batch.
func (s *Server) sendFetch(k *call, f *fetch) error {
	v, flexible := f.req.Version, f.req.Version >= 12
	w := &k.c.out
	defer f.release() // what has not become w's
	b := w.begin(k.correlation, flexible)
	b = append(b, 0, 0, 0, 0) // throttle
	if v >= 7 {
		b = append(b, 0, 0, 0, 0, 0, 0) // error, session id
	}
	b = appendLen(b, len(f.req.Topics), flexible)
	parts := f.parts
	for i := range f.req.Topics {
		t := &f.req.Topics[i]
		if v >= 13 {
			b = append(b, t.TopicID[:]...)
		} else {
			b = appendString(b, t.Topic, flexible)
		}
		b = appendLen(b, len(t.Partitions), flexible)
		for j := range t.Partitions {
			b = w.fetchPart(b, &parts[j], f.req)
		}
		parts = parts[len(t.Partitions):]
		b = appendTags(b, flexible)
	}
	return w.end(appendTags(b, flexible))
}

// fetchPart appends one partition. A small slice is read into b, a large one
// is noted in w.parts to follow it.
func (w *writer) fetchPart(b []byte, p *fetchPart, req *kmsg.FetchRequest) []byte {
	start := len(b)
	b = appendPartHead(b, p, req)
	b = appendLen(b, p.slice.Len, req.Version >= 12)
	switch {
	case p.slice.Len == 0:
	case p.slice.Bytes != nil && p.slice.Len < sendfileMin:
		b = append(b, p.slice.Bytes...)
	case p.slice.Len < sendfileMin:
		at := len(b)
		b = append(b, make([]byte, p.slice.Len)...)
		if n, err := p.slice.File.ReadAt(b[at:], p.slice.Pos); n < p.slice.Len {
			release(p.slice)
			p.slice, p.err = commitlog.Slice{}, coded(kerr.KafkaStorageError, err)
			return w.fetchPart(b[:start], p, req)
		}
	default:
		w.parts = append(w.parts, part{at: len(b), slice: p.slice})
		p.slice = commitlog.Slice{}
	}
	return appendTags(b, req.Version >= 12)
}

func appendPartHead(b []byte, p *fetchPart, req *kmsg.FetchRequest) []byte {
	hw, start := int64(-1), int64(-1)
	if p.log != nil {
		hw, start = p.log.HighWatermark(), p.log.LogStart()
	}
	b = binary.BigEndian.AppendUint32(b, uint32(p.partition))
	b = binary.BigEndian.AppendUint16(b, uint16(codeOf(p.err)))
	b = binary.BigEndian.AppendUint64(b, uint64(hw))
	b = binary.BigEndian.AppendUint64(b, uint64(hw)) // last stable offset: there are no transactions
	if req.Version >= 5 {
		b = binary.BigEndian.AppendUint64(b, uint64(start))
	}
	b = appendLen(b, 0, req.Version >= 12) // aborted transactions
	if req.Version >= 11 {
		b = append(b, 0xff, 0xff, 0xff, 0xff) // no preferred replica
	}
	return b
}

func appendLen(b []byte, n int, flexible bool) []byte {
	if flexible {
		return binary.AppendUvarint(b, uint64(n)+1)
	}
	return binary.BigEndian.AppendUint32(b, uint32(n))
}

func appendString(b []byte, s string, flexible bool) []byte {
	if flexible {
		b = binary.AppendUvarint(b, uint64(len(s))+1)
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	}
	return append(b, s...)
}

func appendTags(b []byte, flexible bool) []byte {
	if flexible {
		return append(b, 0)
	}
	return b
}
