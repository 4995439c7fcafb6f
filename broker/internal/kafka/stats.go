package kafka

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const keysMax = 128 // API keys are counted in an array

type counters struct {
	opened, refused, broken atomic.Uint64
	bytesIn, bytesOut       atomic.Uint64
	requests                [keysMax]atomic.Uint64
}

// Stats is what has happened since the start.
type Stats struct {
	Connections                                         int // open now
	ConnectionsOpened, ConnectionsRefused, FramesBroken uint64
	BytesIn, BytesOut                                   uint64
	Requests                                            map[string]uint64 // by API name
}

// Stats counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	open := len(s.conns)
	s.mu.Unlock()
	st := Stats{Connections: open, ConnectionsOpened: s.counts.opened.Load(), ConnectionsRefused: s.counts.refused.Load(),
		FramesBroken: s.counts.broken.Load(), BytesIn: s.counts.bytesIn.Load(), BytesOut: s.counts.bytesOut.Load(),
		Requests: map[string]uint64{}}
	for i := range apis {
		if n := s.counts.requests[apis[i].key].Load(); n > 0 {
			st.Requests[kmsg.NameForKey(apis[i].key)] = n
		}
	}
	return st
}
