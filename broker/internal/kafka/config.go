package kafka

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/broker/internal/commitlog"
)

// configDef is one config of a topic: its name, Kafka's default, the broker
// config that it falls back to, and what it may be.
type configDef struct {
	name, def, synonym string
	kind               kmsg.ConfigType
	min, max           int64    // of numbers
	oneOf              []string // of strings and of each item of a list
	refuse             string   // why nothing but def is taken; empty = it may change
	doc                string
}

const (
	i32Max = 1<<31 - 1
	i64Max = 1<<63 - 1
	noted  = " Kept and shown; has no effect on this broker."
)

// topicDefs are all topic configs of Kafka 4, by name.
var topicDefs = []configDef{
	{name: "cleanup.policy", def: "delete", synonym: "log.cleanup.policy", kind: kmsg.ConfigTypeList, oneOf: []string{"delete", "compact"},
		doc: "delete: old segments go by retention. compact: nothing is deleted, and nothing is compacted yet."},
	{name: "compression.gzip.level", def: "-1", synonym: "compression.gzip.level", kind: kmsg.ConfigTypeInt, min: -1, max: 9, doc: "Level for gzip." + noted},
	{name: "compression.lz4.level", def: "9", synonym: "compression.lz4.level", kind: kmsg.ConfigTypeInt, min: 1, max: 17, doc: "Level for lz4." + noted},
	{name: "compression.type", def: "producer", synonym: "compression.type", kind: kmsg.ConfigTypeString,
		refuse: "batches are kept as the producer compressed them", doc: "Batches are kept as the producer compressed them."},
	{name: "compression.zstd.level", def: "3", synonym: "compression.zstd.level", kind: kmsg.ConfigTypeInt, min: -131072, max: 22, doc: "Level for zstd." + noted},
	{name: "delete.retention.ms", def: "86400000", synonym: "log.cleaner.delete.retention.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "How long compaction keeps tombstones." + noted},
	{name: "file.delete.delay.ms", def: "60000", synonym: "log.segment.delete.delay.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "How long a deleted file stays." + noted},
	{name: flushMessages, def: "9223372036854775807", synonym: "log.flush.interval.messages", kind: kmsg.ConfigTypeLong, min: 1, max: i64Max, doc: "Under durability os: acks=all waits for the disk when so many messages are not on it; 1 = always. Under durability fsync it always does."},
	{name: flushMs, def: "9223372036854775807", synonym: "log.flush.interval.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "Under durability os: what is older is synced, looked at each second."},
	{name: "follower.replication.throttled.replicas", kind: kmsg.ConfigTypeList, doc: "Replicas to slow down." + noted},
	{name: "index.interval.bytes", def: "4096", synonym: "log.index.interval.bytes", kind: kmsg.ConfigTypeInt, max: i32Max, doc: "Distance of index entries." + noted},
	{name: "leader.replication.throttled.replicas", kind: kmsg.ConfigTypeList, doc: "Replicas to slow down." + noted},
	{name: "local.retention.bytes", def: "-2", synonym: "log.local.retention.bytes", kind: kmsg.ConfigTypeLong, min: -2, max: i64Max, doc: "Retention before the remote tier." + noted},
	{name: "local.retention.ms", def: "-2", synonym: "log.local.retention.ms", kind: kmsg.ConfigTypeLong, min: -2, max: i64Max, doc: "Retention before the remote tier." + noted},
	{name: "max.compaction.lag.ms", def: "9223372036854775807", synonym: "log.cleaner.max.compaction.lag.ms", kind: kmsg.ConfigTypeLong, min: 1, max: i64Max, doc: "Latest time of compaction." + noted},
	{name: maxMessageBytes, def: "1048588", synonym: "message.max.bytes", kind: kmsg.ConfigTypeInt, max: i32Max, doc: "The largest record batch, as it is sent."},
	{name: "message.timestamp.after.max.ms", def: "3600000", synonym: "log.message.timestamp.after.max.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "How far in the future a timestamp may lie." + noted},
	{name: "message.timestamp.before.max.ms", def: "9223372036854775807", synonym: "log.message.timestamp.before.max.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "How far in the past a timestamp may lie." + noted},
	{name: timestampType, def: "CreateTime", synonym: "log.message.timestamp.type", kind: kmsg.ConfigTypeString, oneOf: []string{"CreateTime", "LogAppendTime"}, doc: "Whose clock a record's timestamp is: the producer's or the broker's."},
	{name: "min.cleanable.dirty.ratio", def: "0.5", synonym: "log.cleaner.min.cleanable.ratio", kind: kmsg.ConfigTypeDouble, max: 1, doc: "When compaction begins." + noted},
	{name: "min.compaction.lag.ms", def: "0", synonym: "log.cleaner.min.compaction.lag.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "Earliest time of compaction." + noted},
	{name: "min.insync.replicas", def: "1", synonym: "min.insync.replicas", kind: kmsg.ConfigTypeInt, min: 1, max: 1, doc: "Replicas that an acks=all write needs: there is one."},
	{name: "preallocate", def: "false", synonym: "log.preallocate", kind: kmsg.ConfigTypeBoolean, doc: "Reserve a segment's space." + noted},
	{name: "remote.log.copy.disable", def: "false", synonym: "remote.log.copy.disable", kind: kmsg.ConfigTypeBoolean, doc: "Stop copying to the remote tier." + noted},
	{name: "remote.log.delete.on.disable", def: "false", synonym: "remote.log.delete.on.disable", kind: kmsg.ConfigTypeBoolean, doc: "Delete from the remote tier." + noted},
	{name: "remote.storage.enable", def: "false", synonym: "remote.storage.enable", kind: kmsg.ConfigTypeBoolean, refuse: "there is no remote tier", doc: "There is no remote tier."},
	{name: retentionBytes, def: "-1", synonym: "log.retention.bytes", kind: kmsg.ConfigTypeLong, min: -1, max: i64Max, doc: "How many bytes of a partition are kept; -1 = no limit."},
	{name: retentionMs, def: "604800000", synonym: "log.retention.ms", kind: kmsg.ConfigTypeLong, min: -1, max: i64Max, doc: "How long records are kept; -1 = for good."},
	{name: segmentBytes, def: "1073741824", synonym: "log.segment.bytes", kind: kmsg.ConfigTypeInt, min: 1 << 20, max: i32Max, doc: "Size of a segment file; retention removes whole ones."},
	{name: "segment.index.bytes", def: "10485760", synonym: "log.index.size.max.bytes", kind: kmsg.ConfigTypeInt, min: 4, max: i32Max, doc: "Size of an index file." + noted},
	{name: "segment.jitter.ms", def: "0", synonym: "log.roll.jitter.ms", kind: kmsg.ConfigTypeLong, max: i64Max, doc: "Spread of segment rolls." + noted},
	{name: segmentMs, def: "604800000", synonym: "log.roll.ms", kind: kmsg.ConfigTypeLong, min: 1, max: i64Max, doc: "Age at which a segment is closed."},
	{name: "unclean.leader.election.enable", def: "false", synonym: "unclean.leader.election.enable", kind: kmsg.ConfigTypeBoolean, doc: "Elections of replicas that are behind." + noted},
}

// The configs that the log goes by.
const (
	maxMessageBytes = "max.message.bytes"
	retentionBytes  = "retention.bytes"
	retentionMs     = "retention.ms"
	segmentBytes    = "segment.bytes"
	segmentMs       = "segment.ms"
	flushMessages   = "flush.messages"
	flushMs         = "flush.ms"
	timestampType   = "message.timestamp.type"
	cleanupPolicy   = "cleanup.policy"
)

var topicConfigByName = func() map[string]*configDef {
	m := map[string]*configDef{}
	for i := range topicDefs {
		m[topicDefs[i].name] = &topicDefs[i]
	}
	return m
}()

func unknownConfig(name string) error {
	return coded(kerr.InvalidConfig, fmt.Errorf("topic config %q is not known", name))
}

func badConfig(d *configDef, value, want string) error {
	return coded(kerr.InvalidConfig, fmt.Errorf("topic config %s=%.100q: %s", d.name, value, want))
}

// setConfig checks a value and puts it into raw; null takes it out.
func setConfig(raw map[string]string, name string, value *string) error {
	d := topicConfigByName[name]
	if d == nil {
		return unknownConfig(name)
	}
	if value == nil {
		return badConfig(d, "", "a value is needed")
	}
	v := strings.TrimSpace(*value)
	if err := d.check(v); err != nil {
		return err
	}
	raw[name] = v
	return nil
}

func (d *configDef) check(v string) error {
	if d.refuse != "" && v != d.def {
		return badConfig(d, v, d.refuse+", so it can only be "+d.def)
	}
	switch d.kind {
	case kmsg.ConfigTypeInt, kmsg.ConfigTypeLong:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < d.min || n > d.max {
			return badConfig(d, v, fmt.Sprintf("use a whole number from %d to %d", d.min, d.max))
		}
	case kmsg.ConfigTypeDouble:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f >= float64(d.min) && f <= float64(d.max)) {
			return badConfig(d, v, fmt.Sprintf("use a number from %d to %d", d.min, d.max))
		}
	case kmsg.ConfigTypeBoolean:
		if l := strings.ToLower(v); l != "true" && l != "false" {
			return badConfig(d, v, "use true or false")
		}
	case kmsg.ConfigTypeList, kmsg.ConfigTypeString:
		return d.checkOneOf(v)
	}
	return nil
}

func (d *configDef) checkOneOf(v string) error {
	if d.oneOf == nil {
		return nil
	}
	items := []string{v}
	if d.kind == kmsg.ConfigTypeList {
		items = splitList(v)
	}
	for _, item := range items {
		if !slices.Contains(d.oneOf, item) {
			return badConfig(d, v, "use "+strings.Join(d.oneOf, " or "))
		}
	}
	if len(items) == 0 {
		return badConfig(d, v, "use "+strings.Join(d.oneOf, " or "))
	}
	return nil
}

// current is what raw says about d, or Kafka's default.
func current(raw map[string]string, d *configDef) string {
	if v, ok := raw[d.name]; ok {
		return v
	}
	return d.def
}

// topicConfig is what the log goes by when a topic sets raw. Values in raw
// have been checked.
func (s *Server) topicConfig(raw map[string]string) commitlog.TopicConfig {
	c := commitlog.TopicConfig{Raw: raw}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(s.value(raw, topicConfigByName[name]), 10, 64)
		if err != nil { // both raw and the defaults have been checked
			panic("kafka: config " + name + ": " + err.Error())
		}
		return n
	}
	c.RetentionMs, c.RetentionBytes = number(retentionMs), number(retentionBytes)
	c.SegmentBytes, c.SegmentMs = number(segmentBytes), number(segmentMs)
	c.MaxMessageBytes = int(number(maxMessageBytes))
	c.FlushMessages, c.FlushMs = boundedOrNever(number(flushMessages)), boundedOrNever(number(flushMs))
	if !slices.Contains(splitList(s.value(raw, topicConfigByName[cleanupPolicy])), "delete") {
		// What compaction would keep must not go by age; until there is
		// compaction, all of it stays.
		c.RetentionMs, c.RetentionBytes = -1, -1
	}
	return c
}

// boundedOrNever is 0 for Kafka's way to say never.
func boundedOrNever(n int64) int64 {
	if n == i64Max {
		return 0
	}
	return max(n, 1)
}

// value is a config of a topic: its own, or the broker's default.
func (s *Server) value(raw map[string]string, d *configDef) string {
	if v, ok := raw[d.name]; ok {
		return v
	}
	return s.fallback(d)
}

func (s *Server) fallback(d *configDef) string {
	n := int64(0)
	switch d.name {
	case retentionMs:
		n = s.cfg.Defaults.RetentionMs
	case retentionBytes:
		n = s.cfg.Defaults.RetentionBytes
	case segmentBytes:
		n = s.cfg.Defaults.SegmentBytes
	case segmentMs:
		n = s.cfg.Defaults.SegmentMs
	case maxMessageBytes:
		n = int64(s.cfg.Defaults.MaxMessageBytes)
	}
	if n == 0 {
		return d.def
	}
	return strconv.FormatInt(n, 10)
}

// setting is a config with its value, as it is shown.
type setting struct {
	name, value, doc string
	kind             kmsg.ConfigType
	source           kmsg.ConfigSource
	readOnly         bool
	synonyms         []setting
}

// topicConfigs shows all configs of a topic that sets raw.
func (s *Server) topicConfigs(raw map[string]string) []setting {
	out := make([]setting, 0, len(topicDefs))
	for i := range topicDefs {
		d := &topicDefs[i]
		var chain []setting
		if v, ok := raw[d.name]; ok {
			chain = append(chain, setting{name: d.name, value: v, source: kmsg.ConfigSourceDynamicTopicConfig})
		}
		if d.synonym != "" {
			if v := s.fallback(d); v != d.def {
				chain = append(chain, setting{name: d.synonym, value: v, source: kmsg.ConfigSourceStaticBrokerConfig})
			}
			chain = append(chain, setting{name: d.synonym, value: d.def, source: kmsg.ConfigSourceDefaultConfig})
		}
		top := setting{name: d.name, value: d.def, source: kmsg.ConfigSourceDefaultConfig}
		if len(chain) > 0 {
			top = chain[0]
		}
		out = append(out, setting{name: d.name, value: top.value, source: top.source, kind: d.kind, doc: d.doc, synonyms: chain})
	}
	return out
}

// brokerConfigs shows the broker's configs: the defaults of its topics and
// what Config.Facts adds. All stand in the configuration file.
func (s *Server) brokerConfigs() []setting {
	var out []setting
	seen := map[string]bool{}
	add := func(name, value, def string, kind kmsg.ConfigType, doc string) {
		if name == "" || seen[name] {
			return
		}
		seen[name] = true
		one := setting{name: name, value: value, kind: kind, doc: doc, readOnly: true, source: kmsg.ConfigSourceDefaultConfig}
		if value != def {
			one.source = kmsg.ConfigSourceStaticBrokerConfig
			one.synonyms = append(one.synonyms, setting{name: name, value: value, source: one.source})
		}
		one.synonyms = append(one.synonyms, setting{name: name, value: def, source: kmsg.ConfigSourceDefaultConfig})
		out = append(out, one)
	}
	for _, f := range s.facts() {
		add(f.Name, f.Value, f.Default, kmsg.ConfigTypeString, f.Doc)
	}
	for i := range topicDefs {
		d := &topicDefs[i]
		add(d.synonym, s.fallback(d), d.def, d.kind, d.doc)
	}
	slices.SortFunc(out, func(a, b setting) int { return strings.Compare(a.name, b.name) })
	return out
}

// Fact is a broker config that is told and cannot be changed here.
type Fact struct{ Name, Value, Default, Doc string }

func (s *Server) facts() []Fact {
	number := func(n int) string { return strconv.Itoa(n) }
	facts := []Fact{
		{"auto.create.topics.enable", strconv.FormatBool(s.cfg.AutoCreate), "true", "Make a topic that a client asks for by name."},
		{"broker.id", number(NodeID), "-1", "This broker's id."},
		{"connections.max.idle.ms", number(int(idleMax.Milliseconds())), "600000", "A silent connection is closed after this time."},
		{"default.replication.factor", "1", "1", "There is one broker."},
		{"max.connections", number(s.cfg.ConnectionsMax), "2147483647", "Open connections at the same time."},
		{"node.id", number(NodeID), "-1", "This broker's id."},
		{"num.partitions", s.defaultPartitions(), "1", "Partitions of a topic made without a number."},
		{"process.roles", "broker,controller", "", "One process does both."},
		{"socket.request.max.bytes", number(s.cfg.RequestMax), "104857600", "The largest request."},
	}
	return append(facts, s.cfg.Facts...)
}
