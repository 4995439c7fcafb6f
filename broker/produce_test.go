package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// consume reads n values from a topic's start, in the order of each partition.
func consume(t testing.TB, c *kgo.Client, n int) []string {
	t.Helper()
	var got []string
	for len(got) < n {
		fs := c.PollFetches(t.Context())
		if err := fs.Err(); err != nil {
			t.Fatalf("after %d of %d: %v", len(got), n, err)
		}
		fs.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	return got
}

func values(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%d-%s", prefix, i, strings.Repeat("v", i%200))
	}
	return out
}

func produce(t testing.TB, c *kgo.Client, vs []string) {
	t.Helper()
	rs := make([]*kgo.Record, len(vs))
	for i, v := range vs {
		rs[i] = kgo.StringRecord(v)
	}
	if err := c.ProduceSync(t.Context(), rs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestProduce(t *testing.T) {
	b := begin(t, Config{})
	type way struct {
		name string
		opts []kgo.Opt
	}
	plain := kgo.DisableIdempotentWrite()
	ways := []way{
		{"idempotent", nil},
		{"acks all", []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks()), plain}},
		{"acks 1", []kgo.Opt{kgo.RequiredAcks(kgo.LeaderAck()), plain}},
		{"acks 0", []kgo.Opt{kgo.RequiredAcks(kgo.NoAck()), plain}},
	}
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()} {
		ways = append(ways, way{name, []kgo.Opt{kgo.ProducerBatchCompression(codec)}})
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			topic := strings.ReplaceAll(w.name, " ", "-")
			b.topic(t, topic, 1)
			want := values(topic, 3000)
			produce(t, b.client(t, append(w.opts, kgo.DefaultProduceTopic(topic), kgo.ProducerBatchMaxBytes(16<<10))...), want)
			got := consume(t, b.client(t, kgo.ConsumeTopics(topic)), len(want))
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestProduceRefusals(t *testing.T) {
	b := begin(t, Config{MaxMessageBytes: 10_000, NoAutoCreate: true})
	b.topic(t, "a", 1)
	send := func(topic string, size int, opts ...kgo.Opt) error {
		opts = append(opts, kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.UnknownTopicRetries(0))
		return b.client(t, opts...).ProduceSync(t.Context(), kgo.StringRecord(strings.Repeat("x", size))).FirstErr()
	}
	if err := send("a", 20_000); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := send("a", 5_000); err != nil {
		t.Errorf("not too large: %v", err)
	}
	if err := send("missing", 1); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("missing topic: %v", err)
	}
	err := func() error {
		c := b.client(t, kgo.TransactionalID("tx"), kgo.DefaultProduceTopic("a"))
		if err := c.BeginTransaction(); err != nil {
			return err
		}
		return c.ProduceSync(t.Context(), kgo.StringRecord("x")).FirstErr()
	}()
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("transaction: %v, want a refusal", err)
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	want := values("r", 500)
	var addr string
	func() {
		b := begin(t, Config{Dir: dir})
		addr = b.Addr()
		b.topic(t, "a", 1)
		produce(t, b.client(t, kgo.DefaultProduceTopic("a")), want[:250])
		c := b.client(t, kgo.ConsumeTopics("a"), kgo.ConsumerGroup("g"))
		if got := consume(t, c, 250); len(got) != 250 {
			t.Fatalf("consumed %d", len(got))
		}
		if err := c.CommitUncommittedOffsets(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Close()
		b.stop()
	}()
	b := begin(t, Config{Dir: dir, Addr: addr})
	produce(t, b.client(t, kgo.DefaultProduceTopic("a")), want[250:])
	if d := cmp.Diff(want, consume(t, b.client(t, kgo.ConsumeTopics("a")), 500)); d != "" {
		t.Error(d)
	}
	got := consume(t, b.client(t, kgo.ConsumeTopics("a"), kgo.ConsumerGroup("g")), 250)
	if d := cmp.Diff(want[250:], got); d != "" {
		t.Errorf("the group does not go on where it was: %s", d)
	}
}

// A producer and a group that live through a restart of the broker lose and
// repeat nothing.
func TestRestartUnderClients(t *testing.T) {
	dir := t.TempDir()
	b := begin(t, Config{Dir: dir})
	addr := b.Addr()
	b.topic(t, "a", 2)
	p := b.client(t, kgo.DefaultProduceTopic("a"), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	c := b.client(t, kgo.ConsumeTopics("a"), kgo.ConsumerGroup("g"))
	for round := range 3 {
		want := values(fmt.Sprint(round), 400)
		produce(t, p, want)
		got := map[string]int{}
		for _, v := range consume(t, c, len(want)) {
			got[v]++
		}
		for _, v := range want {
			if got[v] != 1 {
				t.Fatalf("round %d: %q came %d times", round, v, got[v])
			}
		}
		b.stop()
		b = begin(t, Config{Dir: dir, Addr: addr})
	}
}
