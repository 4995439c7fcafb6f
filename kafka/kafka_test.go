package kafka_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/kafka"
)

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func cluster(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, string) {
	t.Helper()
	all := append([]kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(100 * time.Millisecond)}, opts...)
	c, err := kfake.NewCluster(all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, c.ListenAddrs()[0]
}

func client(t testing.TB, addr string, opts ...kgo.Opt) *kafka.Client {
	t.Helper()
	c, err := kafka.NewClient(addr, kafka.WithKgo(opts...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// batchOf makes records "from", "from+1", … of about 100 bytes.
func batchOf(from, n int) *kafka.Builder {
	var b kafka.Builder
	for i := from; i < from+n; i++ {
		b.Add(int64(1000+i), nil, fmt.Appendf(nil, "%d %080d", i, i))
	}
	return &b
}

// values reads a partition from its start to its end.
func values(t testing.TB, c *kafka.Client, topic string, partition int32) (out []string) {
	t.Helper()
	ctx := background(t)
	ends, err := c.Offsets(ctx, topic, -1)
	if err != nil {
		t.Fatal(err)
	}
	starts, err := c.Offsets(ctx, topic, -2)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.NewReader(ctx, kafka.ReaderConfig{Topic: topic, From: map[int32]int64{partition: starts[partition]}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Position(partition) < ends[partition] {
		chunks, err := r.Poll(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range chunks {
			it := kafka.NewIter(ch.Raw, ch.From)
			var rec kafka.Record
			for it.Next(&rec) {
				out = append(out, string(rec.Value))
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
			if it.NextOffset() != ch.NextOffset {
				t.Fatalf("iter ends at %d, chunk at %d", it.NextOffset(), ch.NextOffset)
			}
		}
	}
	return out
}
