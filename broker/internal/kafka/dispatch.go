package kafka

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// api is one row of the support matrix. Versions are advertised as min-max;
// below serve the answer is UNSUPPORTED_VERSION (notes in each file say why).
type api struct {
	key             int16
	min, max, serve int16
	handle          handler
	waits           bool // for other clients: it ends with its own
}

// handler answers a decoded request.
type handler func(context.Context, *call, kmsg.Request) kmsg.Response

// apis is what this broker serves, by key. Produce and Fetch have their own
// ways through start and finish, because their bytes are not copied.
var apis = []api{
	produceAPI, fetchAPI, listOffsetsAPI, metadataAPI,
	offsetCommitAPI, offsetFetchAPI, findCoordinatorAPI,
	joinGroupAPI, heartbeatAPI, leaveGroupAPI, syncGroupAPI, describeGroupsAPI, listGroupsAPI,
	apiVersionsAPI, createTopicsAPI, deleteTopicsAPI, deleteRecordsAPI,
	initProducerIDAPI, offsetForLeaderEpochAPI,
	describeConfigsAPI, describeLogDirsAPI, createPartitionsAPI, deleteGroupsAPI, incrementalAlterConfigsAPI, offsetDeleteAPI,
	describeClusterAPI, describeTopicPartitionsAPI,
}

// on makes a typed handler fit the table. resp comes with its defaults and
// its version set.
func on[Q kmsg.Request, R kmsg.Response](f func(ctx context.Context, k *call, q Q, r R)) handler {
	return func(ctx context.Context, k *call, q kmsg.Request) kmsg.Response {
		r := q.ResponseKind()
		if d, ok := r.(interface{ Default() }); ok {
			d.Default()
		}
		r.SetVersion(q.GetVersion())
		f(ctx, k, q.(Q), r.(R))
		return r
	}
}

// call is one request in flight.
type call struct {
	c           *conn
	s           *Server
	frame       []byte
	weight      int64 // its share of bigFrames
	api         *api
	version     int16
	correlation int32
	clientID    string
	body        []byte
	req         kmsg.Request // decoded, for all but Produce
	produced    *produced    // what start has appended
}

func (k *call) name() string {
	if k.api == nil {
		return ""
	}
	return kmsg.NameForKey(k.api.key)
}

// release gives the frame back; nothing may alias it any more.
func (k *call) release() {
	if k.frame != nil {
		k.s.frames.give(k.frame)
		k.frame, k.body = nil, nil
	}
	if k.weight > 0 {
		k.s.bigFrames.Release(k.weight)
		k.weight = 0
	}
}

// admitFrame refuses by key and length, before a byte of the body is kept.
func (s *Server) admitFrame(key int16, size int64) error {
	if s.apis[key] == nil {
		return unknownKey(key)
	}
	if key != produceAPI.key && size > smallFrameMax {
		return fmt.Errorf("a %s request of %d bytes is beyond the limit of %d", kmsg.NameForKey(key), size, smallFrameMax)
	}
	return nil
}

func unknownKey(key int16) error {
	name := kmsg.NameForKey(key)
	if name == "" || name == "Unknown" {
		name = "no Kafka API"
	}
	return fmt.Errorf("API key %d (%s) is not served: a client must ask ApiVersions first; docs/compat/kafka.md lists what is", key, name)
}

// start decodes a request and does what must be done in the order of arrival:
// the append of a Produce. Its error ends the connection.
func (s *Server) start(k *call) error {
	if err := s.header(k); err != nil {
		return err
	}
	s.counts.requests[k.api.key].Add(1)
	if k.api.key == apiVersionsAPI.key && k.version > k.api.max {
		return nil // answered in version 0
	}
	if k.version < k.api.min || k.version > k.api.max {
		return fmt.Errorf("%s version %d is not served, only %d to %d", k.name(), k.version, k.api.min, k.api.max)
	}
	if k.api.key == produceAPI.key {
		return s.startProduce(k)
	}
	req := kmsg.RequestForKey(k.api.key)
	req.SetVersion(k.version)
	if err := s.skipHeaderTags(k, req.IsFlexible()); err != nil {
		return err
	}
	err := shapes[k.api.key].check(k.body, k.version, req.IsFlexible())
	if err == nil {
		err = req.ReadFrom(k.body)
	}
	if err != nil {
		return fmt.Errorf("%s version %d cannot be read: %w", k.name(), k.version, err)
	}
	k.req = req
	return nil
}

// header reads the request header up to the client id (versions 1 and 2).
func (s *Server) header(k *call) error {
	if len(k.frame) < frameMin {
		return errShort
	}
	key := int16(binary.BigEndian.Uint16(k.frame))
	k.api = s.apis[key]
	if k.api == nil {
		return unknownKey(key)
	}
	cur := cursor{b: k.frame[2:]}
	k.version = cur.int16()
	k.correlation = cur.int32()
	k.clientID, _ = cur.str(false)
	if cur.bad {
		return fmt.Errorf("%s request header: %w", k.name(), errShort)
	}
	k.body = cur.b
	return nil
}

func (s *Server) skipHeaderTags(k *call, flexible bool) error {
	if !flexible {
		return nil
	}
	cur := cursor{b: k.body}
	cur.tags()
	if cur.bad {
		return fmt.Errorf("%s request header: %w", k.name(), errShort)
	}
	k.body = cur.b
	return nil
}

// finish waits for what the answer needs and writes it. Its error ends the
// connection. What waits for other clients ends with poll, the rest with base.
func (s *Server) finish(base, poll context.Context, k *call) error {
	switch {
	case k.produced != nil:
		return s.finishProduce(base, k)
	case k.api.key == apiVersionsAPI.key && k.req == nil:
		return s.respond(k, s.unknownApiVersions())
	case k.api.key == fetchAPI.key:
		return s.finishFetch(poll, k, k.req.(*kmsg.FetchRequest))
	}
	ctx := base
	if k.api.waits {
		ctx = poll
	}
	return s.respond(k, k.api.handle(ctx, k, k.req))
}

// respond writes an answer that kmsg encodes.
func (s *Server) respond(k *call, r kmsg.Response) error {
	out := k.c.out.begin(k.correlation, r.IsFlexible() && k.api.key != apiVersionsAPI.key)
	return k.c.out.end(r.AppendTo(out))
}
