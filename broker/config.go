package broker

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"maru"
	"maru/broker/internal/commitlog"
)

// DefaultAddr is where a broker listens that was told nothing else.
const DefaultAddr = "127.0.0.1:9092"

// Durability says what an acknowledged acks=all produce has reached.
type Durability = commitlog.Durability

// The two durabilities.
const (
	Fsync = commitlog.Fsync // the disk; the default
	OS    = commitlog.OS    // the page cache: survives kill -9, not a power cut
)

// Config of a Broker. The zero value works but for Dir, which must be given.
// A duration of -1 ms or a size of -1 means no limit where Kafka has it so.
type Config struct {
	Dir        string     // broker.dir
	Addr       string     // broker.addr: host:port, loopback only; port 0 takes a free one
	Advertise  string     // broker.advertise: host:port told to clients; empty = the address they dialled
	Durability Durability // broker.durability

	NumPartitions  int32 // broker.num_partitions: of topics made on demand or without a number; 1
	NoAutoCreate   bool  // broker.no_auto_create: a topic that is asked for by name is not made
	RetentionMs    int64 // broker.retention_ms: 7 days; -1 = no limit
	RetentionBytes int64 // broker.retention_bytes: of a partition; -1
	SegmentBytes   int64 // broker.segment_bytes: 1 GiB
	SegmentMs      int64 // broker.segment_ms: 7 days
	WALBytes       int64 // broker.wal_bytes: 64 MiB

	MaxMessageBytes int // broker.max_message_bytes: the largest batch, 1048588
	RequestMax      int // broker.request_max: socket.request.max.bytes, 100 MiB
	ConnectionsMax  int // broker.connections_max: 2000
	PartitionsMax   int // broker.partitions_max: of all topics together, 20000
	GroupsMax       int // broker.groups_max: 10000

	RebalanceDelay   time.Duration // broker.rebalance_delay: how long an empty group waits for more members; 0
	OffsetsRetention time.Duration // broker.offsets_retention: after a group is empty; 7 days
}

// withDefaults fills in what was left at zero.
func (c Config) withDefaults() Config {
	c.Addr = cmp.Or(c.Addr, DefaultAddr)
	c.Durability = cmp.Or(c.Durability, Fsync)
	c.NumPartitions = cmp.Or(c.NumPartitions, 1)
	c.RetentionMs = cmp.Or(c.RetentionMs, (7 * 24 * time.Hour).Milliseconds())
	c.RetentionBytes = cmp.Or(c.RetentionBytes, -1)
	c.SegmentBytes = cmp.Or(c.SegmentBytes, 1<<30)
	c.SegmentMs = cmp.Or(c.SegmentMs, (7 * 24 * time.Hour).Milliseconds())
	c.MaxMessageBytes = cmp.Or(c.MaxMessageBytes, 1048588)
	c.RequestMax = cmp.Or(c.RequestMax, 100<<20)
	c.ConnectionsMax = cmp.Or(c.ConnectionsMax, 2000)
	c.PartitionsMax = cmp.Or(c.PartitionsMax, 20000)
	c.GroupsMax = cmp.Or(c.GroupsMax, 10000)
	c.OffsetsRetention = cmp.Or(c.OffsetsRetention, 7*24*time.Hour)
	return c
}

// Validate names the key that is wrong and the range that is allowed.
func (c Config) Validate() error {
	c = c.withDefaults()
	if c.Dir == "" {
		return maru.Errorf(maru.Invalid, "broker.dir is empty: name the directory that keeps the topics")
	}
	if err := checkLoopback(c.Addr); err != nil {
		return err
	}
	if c.Advertise != "" {
		if _, err := splitAddr("broker.advertise", c.Advertise); err != nil {
			return err
		}
	}
	if c.Durability != Fsync && c.Durability != OS {
		return maru.Errorf(maru.Invalid, "broker.durability is %q: use %q or %q", c.Durability, Fsync, OS)
	}
	return c.checkRanges()
}

func (c Config) checkRanges() error {
	for _, r := range []struct {
		key             string
		value, low, top int64
	}{
		{"broker.num_partitions", int64(c.NumPartitions), 1, 10_000},
		{"broker.retention_ms", c.RetentionMs, -1, 1<<63 - 1},
		{"broker.retention_bytes", c.RetentionBytes, -1, 1<<63 - 1},
		{"broker.segment_bytes", c.SegmentBytes, 1 << 20, 1<<31 - 1},
		{"broker.segment_ms", c.SegmentMs, 1, 1<<63 - 1},
		{"broker.wal_bytes", c.WALBytes, 0, 1 << 30},
		{"broker.max_message_bytes", int64(c.MaxMessageBytes), 1 << 10, 1 << 30},
		{"broker.request_max", int64(c.RequestMax), 1 << 16, 1<<31 - 1},
		{"broker.connections_max", int64(c.ConnectionsMax), 1, 1 << 20},
		{"broker.partitions_max", int64(c.PartitionsMax), 1, 1 << 20},
		{"broker.groups_max", int64(c.GroupsMax), 1, 1 << 20},
		{"broker.rebalance_delay", int64(c.RebalanceDelay), 0, int64(time.Hour)},
		{"broker.offsets_retention", int64(c.OffsetsRetention), int64(time.Minute), 1<<63 - 1},
	} {
		if r.value < r.low || r.value > r.top {
			return maru.Errorf(maru.Invalid, "%s is %d: use %d to %d", r.key, r.value, r.low, r.top)
		}
	}
	return nil
}

func splitAddr(key, addr string) (host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", maru.Errorf(maru.Invalid, "%s is %q: use host:port, as in %s", key, addr, DefaultAddr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", maru.Errorf(maru.Invalid, "%s is %q: the port is a number from 0 to 65535, not %d or a word", key, addr, n)
	}
	return host, nil
}

// checkLoopback refuses an address that other machines can reach: there are
// no users yet, and whoever reaches the port may read and write every topic.
func checkLoopback(addr string) error {
	host, err := splitAddr("broker.addr", addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	where := fmt.Sprintf("host %q", host)
	if host == "" {
		where = "an empty host, which means every interface,"
	}
	return maru.Errorf(maru.Invalid, "broker.addr is %q: %s can be reached from other machines, and without users and encryption everybody there could read and write every topic; "+
		"use 127.0.0.1, [::1] or localhost, and an SSH tunnel from elsewhere", addr, where)
}
