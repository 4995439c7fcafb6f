package kafka

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"maru"
	"maru/broker/internal/commitlog"
	"maru/broker/internal/group"
	"maru/run"
)

// NodeID is this broker's id; it is the only broker of its cluster.
const NodeID = 1

// Limits of the wire. Those that users may want to change are in Config.
const (
	frameMin           = 8                // key, version, correlation id
	smallFrameMax      = 8 << 20          // body of anything but Produce
	bigFrame           = 1 << 20          // frames from here on share bigFramesBytes
	bigFramesBytes     = 512 << 20        // request bytes of all connections together
	inFlightMax        = 128              // requests of one connection, read and not yet answered
	idleMax            = 10 * time.Minute // a silent connection is closed
	frameTimeout       = 60 * time.Second // from the first byte of a frame to its last
	stopGrace          = 2 * time.Second  // for answers under way when the server stops
	producePartsMax    = 100_000          // partitions in one Produce request
	clusterIDKey       = "cluster.id"     // in the storage's table
	topicPartitionsMax = 10_000           // partitions of one topic
)

// Config of a Server; the zero value works but for Default.
type Config struct {
	Dir            string // of the log, as DescribeLogDirs tells it
	Advertise      string // host:port told to clients; empty = the address they dialled
	NumPartitions  int32  // of topics made without a number; 1
	AutoCreate     bool
	Defaults       Topics        // configs of a topic that sets none
	RequestMax     int           // socket.request.max.bytes, 100 MiB
	ConnectionsMax int           // 2000
	PartitionsMax  int           // of all topics together, 20000
	WriteTimeout   time.Duration // a client that takes no byte for so long is let go, 30 s
	Facts          []Fact        // further broker configs, to be shown
	Clock          maru.Clock
	Log            *slog.Logger
}

func (c Config) withDefaults() Config {
	c.NumPartitions = cmp.Or(c.NumPartitions, 1)
	c.RequestMax = cmp.Or(c.RequestMax, 100<<20)
	c.ConnectionsMax = cmp.Or(c.ConnectionsMax, 2000)
	c.PartitionsMax = cmp.Or(c.PartitionsMax, 20000)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 30*time.Second)
	if c.Clock == nil {
		c.Clock = maru.SystemClock
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Topics is what a topic goes by that sets nothing itself.
type Topics struct {
	RetentionMs, RetentionBytes, SegmentBytes, SegmentMs int64
	MaxMessageBytes                                      int
}

// Server answers Kafka clients.
type Server struct {
	cfg       Config
	store     *commitlog.Store
	groups    *group.Coordinator
	clusterID string
	table     []api          // what ApiVersions tells
	apis      map[int16]*api // the same by key
	bigFrames *semaphore.Weighted
	frames    framePool
	counts    counters

	alter sync.Mutex // serializes changes of topic configs; from reading the old ones to writing the new

	mu      sync.Mutex // guards what follows
	conns   map[*conn]struct{}
	cancels []context.CancelFunc // end what the connections of each Serve wait for
	shut    bool
	wg      sync.WaitGroup

	lastRefusal atomic.Int64 // so that a flood of connections is not a flood of log lines
}

// New prepares a server over store and groups.
func New(cfg Config, store *commitlog.Store, groups *group.Coordinator) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, store: store, groups: groups, conns: map[*conn]struct{}{},
		bigFrames: semaphore.NewWeighted(bigFramesBytes)}
	s.table, s.apis = apis, map[int16]*api{}
	for i := range apis {
		s.apis[apis[i].key] = &apis[i]
	}
	id, err := clusterID(store)
	s.clusterID = id
	return s, err
}

// clusterID is made once and kept.
func clusterID(store *commitlog.Store) (string, error) {
	if b, ok := store.Get(clusterIDKey); ok {
		return string(b), nil
	}
	var b [16]byte
	// crypto/rand.Read never returns an error; it ends the process instead.
	_, _ = rand.Read(b[:])
	id := base64.RawURLEncoding.EncodeToString(b[:])
	return id, store.Put(commitlog.Entry{Key: clusterIDKey, Value: []byte(id)}).Wait(context.Background())
}

// Serve accepts connections from ln until ctx ends or ln fails. They live on
// until Close.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.mu.Lock()
	s.cancels = append(s.cancels, cancel)
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	for wait := time.Duration(0); ; {
		c, err := ln.Accept()
		switch {
		case err == nil:
			wait = 0
			s.admit(base, c)
			continue
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		}
		// Out of file descriptors, most likely: it passes when clients go.
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		s.cfg.Log.Warn("accept failed, trying again", "addr", ln.Addr().String(), "err", err, "after", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

func (s *Server) admit(base context.Context, nc net.Conn) {
	s.mu.Lock()
	full := len(s.conns) >= s.cfg.ConnectionsMax
	if s.shut || full {
		s.mu.Unlock()
		_ = nc.Close()
		if full {
			s.refused(nc)
		}
		return
	}
	c := newConn(s, nc)
	poll, unpoll := context.WithCancel(base)
	c.unpoll = unpoll
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	s.counts.opened.Add(1)
	run.Go("broker.conn", func() {
		defer s.gone(c)
		defer unpoll()
		c.serve(base, poll)
	})
}

func (s *Server) refused(nc net.Conn) {
	s.counts.refused.Add(1)
	now := s.cfg.Clock.Now().Unix()
	if last := s.lastRefusal.Load(); now-last >= 1 && s.lastRefusal.CompareAndSwap(last, now) {
		s.cfg.Log.Warn(fmt.Sprintf("connection refused: %d are open, the limit is broker.connections_max=%d",
			s.cfg.ConnectionsMax, s.cfg.ConnectionsMax), "client", nc.RemoteAddr().String())
	}
}

func (s *Server) gone(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.wg.Done()
}

// Close lets answers under way end within a short grace and closes every
// connection.
func (s *Server) Close() error {
	s.mu.Lock()
	s.shut = true
	for c := range s.conns {
		c.stop()
	}
	s.mu.Unlock()
	hard := time.AfterFunc(stopGrace, s.kill)
	s.wg.Wait()
	hard.Stop()
	s.kill()
	return nil
}

// kill ends everything that still waits or is connected.
func (s *Server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.cancels {
		cancel()
	}
	for c := range s.conns {
		_ = c.nc.Close()
	}
}

// address is where clients of c are told to find this broker.
func (s *Server) address(c *conn) (host string, port int32) {
	addr := s.cfg.Advertise
	if addr == "" {
		addr = c.local
	}
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return addr, 0
	}
	n, err := strconv.ParseInt(p, 10, 32)
	if err != nil {
		return host, 0
	}
	return host, int32(n)
}

// makeTopic creates a topic under the limits of this server.
func (s *Server) makeTopic(name string, partitions int32, c commitlog.TopicConfig) ([16]byte, *commitlog.Commit, error) {
	if err := s.roomFor(int(partitions)); err != nil {
		return [16]byte{}, nil, err
	}
	var id [16]byte
	_, _ = rand.Read(id[:])
	// The marks of a random UUID (RFC 9562), which no reserved id carries.
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	commit, err := s.store.CreateTopic(name, id, partitions, c)
	return id, commit, err
}

func (s *Server) roomFor(partitions int) error {
	have := 0
	for _, t := range s.store.Topics() {
		have += int(t.Partitions)
	}
	if have+partitions > s.cfg.PartitionsMax {
		return maru.Errorf(maru.TooLarge, "%d partitions more than the %d there are would pass the limit broker.partitions_max=%d: delete topics or raise it",
			partitions, have, s.cfg.PartitionsMax)
	}
	return nil
}
