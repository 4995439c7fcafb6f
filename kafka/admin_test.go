package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
	"maru/kafka"
)

// TestTopics: a topic is made, changed and deleted, and says what it has.
func TestTopics(t *testing.T) {
	_, addr := cluster(t)
	c, ctx := client(t, addr), background(t)
	if err := c.CreateTopic(ctx, "orders", 2, map[string]string{"retention.ms": "60000"}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, c.CreateTopic(ctx, "orders", 2, nil), maru.Conflict, "orders")
	wantKind(t, c.CreateTopic(ctx, "no/slash", 1, nil), maru.Invalid, "no/slash")
	if err := c.SetConfigs(ctx, "orders", map[string]string{"retention.bytes": "1000"}); err != nil {
		t.Fatal(err)
	}
	configs, err := c.Configs(ctx, []string{"retention.ms", "retention.bytes"}, "orders")
	if d := cmp.Diff(map[string]map[string]string{"orders": {"retention.ms": "60000", "retention.bytes": "1000"}}, configs); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if none, err := c.Configs(ctx, []string{"retention.ms"}); err != nil || len(none) != 0 {
		t.Errorf("of no topic: %v %v", none, err)
	}
	if err := c.AddPartitions(ctx, "orders", 3); err != nil {
		t.Fatal(err)
	}
	if err := c.AddPartitions(ctx, "orders", 1); err == nil {
		t.Error("the number of partitions fell")
	}
	for i, r := range []kafka.NewRecord{{Topic: "orders", Partition: 1, Value: []byte("a")}, {Topic: "orders", Partition: 1, Key: []byte("k"), Headers: []kafka.Header{{Key: "h", Value: []byte("v")}}}} {
		if p, at, err := c.Produce(ctx, r); err != nil || p != 1 || at != int64(i) {
			t.Fatalf("record %d is at %d of partition %d: %v", i, at, p, err)
		}
	}
	all, err := c.Overview(ctx)
	if err != nil {
		t.Fatal(err)
	}
	parts := all["orders"]
	if len(all) != 1 || len(parts) != 3 || parts[1].ID != 1 || parts[1].Start != 0 || parts[1].End != 2 || parts[0].End != 0 {
		t.Errorf("overview %+v", all)
	}
	if err := c.CreateTopic(ctx, "stays", 1, nil); err != nil {
		t.Fatal(err)
	}
	if all, err = c.Overview(ctx); err != nil || len(all) != 2 {
		t.Fatalf("overview %+v, %v", all, err)
	}
	// c still holds what it heard of orders.
	if err := c.DeleteTopic(ctx, "orders"); err != nil {
		t.Fatal(err)
	}
	if all, err = c.Overview(ctx); err != nil || len(all) != 1 || len(all["stays"]) != 1 {
		t.Errorf("overview just after a topic was deleted: %+v, %v", all, err)
	}
	wantKind(t, c.DeleteTopic(ctx, "orders"), maru.NotFound, "orders")
	wantKind(t, c.AddPartitions(ctx, "orders", 3), maru.NotFound, "orders")
}

// TestRead gives the records of a range one by one, with what they carry.
func TestRead(t *testing.T) {
	_, addr := cluster(t)
	c, ctx := client(t, addr), background(t)
	if err := c.CreateTopic(ctx, "lines", 1, nil); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"a", "bb", "ccc", "dddd"} {
		if _, _, err := c.Produce(ctx, kafka.NewRecord{Topic: "lines", Partition: 0, Key: []byte("k"), Value: []byte(v), Headers: []kafka.Header{{Key: "h", Value: []byte(v)}}}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(from, to, bytes int64, stopAt string) (out []string) {
		t.Helper()
		err := c.Read(ctx, "lines", 0, from, to, bytes, func(m kafka.Message) bool {
			if string(m.Key) != "k" || len(m.Headers) != 1 || string(m.Headers[0].Value) != string(m.Value) || m.At.IsZero() {
				t.Errorf("%+v", m)
			}
			out = append(out, string(m.Value))
			return string(m.Value) != stopAt
		})
		if err != nil {
			t.Errorf("%d to %d: %v", from, to, err)
		}
		return out
	}
	for _, c := range []struct {
		name            string
		from, to, bytes int64
		stopAt          string
		want            []string
	}{
		{"a range", 1, 3, 1 << 20, "", []string{"bb", "ccc"}},
		{"beyond the end", 2, 100, 1 << 20, "", []string{"ccc", "dddd"}},
		{"nothing", 3, 3, 1 << 20, "", nil},
		{"until it is told to end", 0, 4, 1 << 20, "bb", []string{"a", "bb"}},
		{"until the bytes are used up", 0, 4, 4, "", []string{"a", "bb"}},
	} {
		if d := cmp.Diff(c.want, read(c.from, c.to, c.bytes, c.stopAt)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Read(ended, "lines", 0, 0, 4, 1<<20, func(kafka.Message) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left: %v", err)
	}
}

// TestGroups: how far a group is, and moving it while nobody is in it.
func TestGroups(t *testing.T) {
	_, addr := cluster(t)
	c, ctx := client(t, addr), background(t)
	if err := c.CreateTopic(ctx, "orders", 2, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, _, err := c.Produce(ctx, kafka.NewRecord{Topic: "orders", Partition: 0, Value: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if none, err := c.Groups(ctx); err != nil || len(none) != 0 {
		t.Errorf("no groups: %v %v", none, err)
	}
	_, err := c.Groups(ctx, "billing")
	wantKind(t, err, maru.NotFound, "billing")
	if err := c.SetOffsets(ctx, "billing", map[string]map[int32]int64{"orders": {0: 1, 1: 0}}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Groups(ctx)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %+v", err, all)
	}
	g := all[0]
	if g.ID != "billing" || g.State != "Empty" || g.Lag() != 2 || len(g.Members) != 0 || len(g.Offsets) != 2 || g.Offsets[0].Committed != 1 || g.Offsets[0].End != 3 {
		t.Errorf("%+v", g)
	}
	member, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumerGroup("billing"), kgo.ConsumeTopics("orders"), kgo.DisableAutoCommit())
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	eventually(t, "somebody reads", func() bool {
		poll, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		member.PollFetches(poll)
		one, err := c.Groups(ctx, "billing")
		return err == nil && len(one) == 1 && len(one[0].Members) == 1 && len(one[0].Members[0].Assigned["orders"]) == 2
	})
	wantKind(t, c.SetOffsets(ctx, "billing", map[string]map[int32]int64{"orders": {0: 0}}), maru.Conflict, "members")
}
