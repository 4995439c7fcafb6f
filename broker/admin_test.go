package broker

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCreateTopics(t *testing.T) {
	b := begin(t, Config{NumPartitions: 4, PartitionsMax: 40})
	adm := b.admin(t)
	word := func(s string) *string { return &s }
	for _, tc := range []struct {
		name       string
		topic      string
		partitions int32
		rf         int16
		configs    map[string]*string
		want       error
	}{
		{"defaults", "a", -1, -1, nil, nil},
		{"again", "a", 1, 1, nil, kerr.TopicAlreadyExists},
		{"configs", "b", 2, 1, map[string]*string{"retention.ms": word("1000"), "cleanup.policy": word("compact,delete")}, nil},
		{"replicas", "c", 1, 3, nil, kerr.InvalidReplicationFactor},
		{"no partitions", "c", 0, 1, nil, kerr.InvalidPartitions},
		{"too many", "c", 37, 1, nil, kerr.PolicyViolation},
		{"far too many", "c", 1_000_000, 1, nil, kerr.InvalidPartitions},
		{"bad name", "no/slash", 1, 1, nil, kerr.InvalidTopicException},
		{"two dots", "..", 1, 1, nil, kerr.InvalidTopicException},
		{"unknown config", "c", 1, 1, map[string]*string{"retention.years": word("1")}, kerr.InvalidConfig},
		{"bad number", "c", 1, 1, map[string]*string{"retention.ms": word("-2")}, kerr.InvalidConfig},
		{"bad word", "c", 1, 1, map[string]*string{"cleanup.policy": word("burn")}, kerr.InvalidConfig},
		{"not offered", "c", 1, 1, map[string]*string{"compression.type": word("zstd")}, kerr.InvalidConfig},
		{"null", "c", 1, 1, map[string]*string{"retention.ms": nil}, kerr.InvalidConfig},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := adm.CreateTopics(t.Context(), tc.partitions, tc.rf, tc.configs, tc.topic)
			got := r[tc.topic]
			if err != nil || !errors.Is(got.Err, tc.want) || tc.want == nil && got.Err != nil {
				t.Errorf("%v %v, want %v", got.Err, err, tc.want)
			}
			if tc.want != nil && got.ErrMessage == "" {
				t.Error("refused without a word")
			}
		})
	}
	topics, err := adm.ListTopics(t.Context())
	if err != nil || len(topics) != 2 || len(topics["a"].Partitions) != 4 || len(topics["b"].Partitions) != 2 || topics["a"].ID == topics["b"].ID {
		t.Errorf("topics %v %v", topics, err)
	}
}

func TestAutoCreate(t *testing.T) {
	b := begin(t, Config{NumPartitions: 3})
	c := b.client(t, kgo.AllowAutoTopicCreation())
	produce(t, b.client(t, kgo.DefaultProduceTopic("made"), kgo.AllowAutoTopicCreation()), []string{"x"})
	topics, err := kadm.NewClient(c).ListTopics(t.Context(), "made")
	if err != nil || len(topics["made"].Partitions) != 3 {
		t.Errorf("%+v %v", topics, err)
	}
	req := kmsg.NewPtrMetadataRequest()
	bad := kmsg.NewMetadataRequestTopic()
	name := "not/allowed"
	bad.Topic = &name
	req.Topics, req.AllowAutoTopicCreation = append(req.Topics, bad), true
	resp, err := req.RequestWith(t.Context(), c)
	if err != nil || resp.Topics[0].ErrorCode != kerr.InvalidTopicException.Code {
		t.Errorf("%+v %v", resp, err)
	}
}

func TestTopicLife(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	adm, ctx := b.admin(t), t.Context()
	if r, err := adm.UpdatePartitions(ctx, 3, "a"); err != nil || r.Error() != nil {
		t.Errorf("grow: %v %v", r, err)
	}
	if r, err := adm.UpdatePartitions(ctx, 2, "a"); err != nil || !errors.Is(r["a"].Err, kerr.InvalidPartitions) {
		t.Errorf("shrink: %v %v", r, err)
	}
	topics, err := adm.ListTopics(ctx)
	if err != nil || len(topics["a"].Partitions) != 3 {
		t.Errorf("%v %v", topics, err)
	}
	c := b.client(t)
	page := kmsg.NewPtrDescribeTopicPartitionsRequest()
	page.ResponsePartitionLimit = 2
	first, err := page.RequestWith(ctx, c)
	if err != nil || len(first.Topics[0].Partitions) != 2 || first.NextCursor == nil {
		t.Fatalf("first page %+v %v", first, err)
	}
	cur := kmsg.NewDescribeTopicPartitionsRequestCursor()
	cur.Topic, cur.Partition = first.NextCursor.Topic, first.NextCursor.Partition
	page.Cursor = &cur
	second, err := page.RequestWith(ctx, c)
	if err != nil || len(second.Topics[0].Partitions) != 1 || second.Topics[0].Partitions[0].Partition != 2 || second.NextCursor != nil {
		t.Errorf("second page %+v %v", second, err)
	}
	if r, err := adm.DeleteTopics(ctx, "a", "missing"); err != nil || r["a"].Err != nil || !errors.Is(r["missing"].Err, kerr.UnknownTopicOrPartition) {
		t.Errorf("delete: %v %v", r, err)
	}
	if topics, err = b.admin(t).ListTopics(ctx); err != nil || len(topics) != 0 {
		t.Errorf("after delete: %v %v", topics, err)
	}
}

func TestConfigs(t *testing.T) {
	b := begin(t, Config{RetentionMs: 5000})
	b.topic(t, "a", 1)
	adm, ctx := b.admin(t), t.Context()
	show := func() map[string]kadm.Config {
		t.Helper()
		r, err := adm.DescribeTopicConfigs(ctx, "a")
		if err != nil || r[0].Err != nil {
			t.Fatal(r, err)
		}
		out := map[string]kadm.Config{}
		for _, c := range r[0].Configs {
			out[c.Key] = c
		}
		return out
	}
	alter := func(op kadm.IncrementalOp, name, value string) error {
		r, err := adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: op, Name: name, Value: &value}}, "a")
		if err != nil {
			return err
		}
		return r[0].Err
	}
	check := func(name, value string, source kmsg.ConfigSource, synonyms int) {
		t.Helper()
		c := show()[name]
		if c.Value == nil || *c.Value != value || c.Source != source || len(c.Synonyms) != synonyms {
			t.Errorf("%s: %+v, want %s from %s with %d synonyms", name, c, value, source, synonyms)
		}
	}
	if n := len(show()); n < 30 {
		t.Errorf("only %d configs are shown", n)
	}
	check("retention.ms", "5000", kmsg.ConfigSourceStaticBrokerConfig, 2)
	check("segment.bytes", "1073741824", kmsg.ConfigSourceDefaultConfig, 1)
	if err := alter(kadm.SetConfig, "retention.ms", "777"); err != nil {
		t.Error(err)
	}
	check("retention.ms", "777", kmsg.ConfigSourceDynamicTopicConfig, 3)
	if err := alter(kadm.AppendConfig, "cleanup.policy", "compact"); err != nil {
		t.Error(err)
	}
	check("cleanup.policy", "delete,compact", kmsg.ConfigSourceDynamicTopicConfig, 2)
	if err := alter(kadm.SubtractConfig, "cleanup.policy", "delete"); err != nil {
		t.Error(err)
	}
	check("cleanup.policy", "compact", kmsg.ConfigSourceDynamicTopicConfig, 2)
	if err := alter(kadm.DeleteConfig, "retention.ms", ""); err != nil {
		t.Error(err)
	}
	check("retention.ms", "5000", kmsg.ConfigSourceStaticBrokerConfig, 2)
	for _, bad := range [][2]string{{"retention.ms", "soon"}, {"no.such", "1"}, {"min.insync.replicas", "2"}} {
		if err := alter(kadm.SetConfig, bad[0], bad[1]); !errors.Is(err, kerr.InvalidConfig) {
			t.Errorf("%s=%s: %v", bad[0], bad[1], err)
		}
	}
	if err := alter(kadm.AppendConfig, "retention.ms", "1"); !errors.Is(err, kerr.InvalidConfig) {
		t.Errorf("append to a number: %v", err)
	}
	r, err := adm.DescribeBrokerConfigs(ctx, 1)
	if err != nil || r[0].Err != nil || len(r[0].Configs) < 40 {
		t.Errorf("broker configs %+v %v", r, err)
	}
}

func TestTransactionsAreRefused(t *testing.T) {
	b := begin(t, Config{})
	c := b.client(t)
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.CoordinatorType, find.CoordinatorKeys, find.CoordinatorKey = 1, []string{"tx"}, "tx"
	resp, err := find.RequestWith(t.Context(), c)
	if err == nil && (len(resp.Coordinators) != 1 || resp.Coordinators[0].ErrorMessage == nil || !strings.Contains(*resp.Coordinators[0].ErrorMessage, "no transactions")) {
		t.Errorf("%+v", resp)
	}
	init := kmsg.NewPtrInitProducerIDRequest()
	id := "tx"
	init.TransactionalID = &id
	if got, err := c.Broker(1).Request(t.Context(), init); err != nil || got.(*kmsg.InitProducerIDResponse).ErrorCode != kerr.InvalidRequest.Code {
		t.Errorf("%+v %v", got, err)
	}
	if !b.log.has("leave out transactional.id") {
		t.Error("the log does not say what to do")
	}
}

func TestLogDirs(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 2)
	b.topic(t, "b", 1)
	produce(t, b.client(t, kgo.DefaultProduceTopic("b")), []string{"x", "y"})
	adm := b.admin(t)
	all, err := adm.DescribeAllLogDirs(t.Context(), nil)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	for _, dirs := range all {
		dirs.Each(func(d kadm.DescribedLogDir) {
			size := d.Topics["b"][0].Size
			if d.Err != nil || !filepath.IsAbs(d.Dir) || len(d.Topics["a"]) != 2 || d.Topics["a"][1].Size != 0 || size < 60 || size != d.Size() {
				t.Errorf("%+v", d)
			}
		})
	}
	req := kmsg.NewPtrDescribeLogDirsRequest()
	req.Topics = []kmsg.DescribeLogDirsRequestTopic{{Topic: "a", Partitions: []int32{1, 1, 7}}, {Topic: "missing", Partitions: []int32{0}}}
	got, err := b.client(t).Broker(1).Request(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	dir := got.(*kmsg.DescribeLogDirsResponse).Dirs[0]
	if len(dir.Topics) != 1 || len(dir.Topics[0].Partitions) != 1 || dir.TotalBytes <= dir.UsableBytes || dir.UsableBytes <= 0 {
		t.Errorf("%+v", dir)
	}
}

// Under durability os a topic with flush.messages=1 waits for the disk, others
// do not; flush.ms syncs beside the appends.
func TestFlushOfTopics(t *testing.T) {
	b := begin(t, Config{Durability: OS})
	adm := b.admin(t)
	word := func(s string) *string { return &s }
	for topic, configs := range map[string]map[string]*string{"plain": nil, "each": {"flush.messages": word("1")}, "third": {"flush.messages": word("3")}, "aged": {"flush.ms": word("1")}} {
		if _, err := adm.CreateTopic(t.Context(), 1, 1, configs, topic); err != nil {
			t.Fatal(err)
		}
	}
	syncs := func(topic string) int64 {
		t.Helper()
		before := b.Stats().Storage.Fsyncs
		c := b.client(t, kgo.DefaultProduceTopic(topic))
		for _, v := range []string{"x", "y", "z"} {
			produce(t, c, []string{v})
		}
		return b.Stats().Storage.Fsyncs - before
	}
	// A producer id may be taken from the log's next block, but not synced.
	if n := syncs("plain"); n != 0 {
		t.Errorf("a plain topic: %d syncs", n)
	}
	if n := syncs("each"); n != 3 {
		t.Errorf("flush.messages=1: %d syncs of 3 records", n)
	}
	if n := syncs("third"); n != 1 {
		t.Errorf("flush.messages=3: %d syncs of 3 records", n)
	}
	before := b.Stats().Storage.Fsyncs
	syncs("aged")
	eventually(t, "flush.ms syncs", func() bool { return b.Stats().Storage.Fsyncs > before })
}
