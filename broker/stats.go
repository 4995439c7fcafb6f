package broker

import "maru/broker/internal/commitlog"

// Storage is what the log on disk looks like and has done.
type Storage = commitlog.Stats

// Stats is what /metrics and doctor show. Counters count since Open.
type Stats struct {
	Connections        int
	ConnectionsOpened  uint64
	ConnectionsRefused uint64 // the limit was met
	FramesBroken       uint64 // connections closed because of what they sent
	BytesIn, BytesOut  uint64
	Requests           map[string]uint64 // by Kafka API
	Topics, Partitions int
	Groups, Members    int
	Storage            Storage
}

// Stats counts.
func (b *Broker) Stats() Stats {
	k := b.server.Stats()
	s := Stats{Connections: k.Connections, ConnectionsOpened: k.ConnectionsOpened, ConnectionsRefused: k.ConnectionsRefused,
		FramesBroken: k.FramesBroken, BytesIn: k.BytesIn, BytesOut: k.BytesOut, Requests: k.Requests, Storage: b.store.Stats()}
	for _, t := range b.store.Topics() {
		s.Topics++
		s.Partitions += int(t.Partitions)
	}
	s.Groups, s.Members = b.groups.Counts()
	return s
}
