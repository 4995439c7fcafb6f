//go:build peer

// The same behaviour against a real broker: go test -tags peer, with
// MARU_KAFKA naming its address (127.0.0.1:9192 when not set).
package kafka_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
	"maru/kafka"
)

func peer() string {
	if a := os.Getenv("MARU_KAFKA"); a != "" {
		return a
	}
	return "127.0.0.1:9192"
}

// fresh makes a topic for one test, and forgets the group of its writer.
func fresh(t testing.TB, c *kafka.Client, topic, source string, partitions int32) {
	t.Helper()
	ctx := background(t)
	adm := kadm.NewClient(c.Kgo())
	_, _ = adm.DeleteTopic(ctx, topic)
	eventually(t, "there is a coordinator", func() bool {
		_, err := adm.DescribeGroups(ctx, "maru-"+source)
		return err == nil
	})
	evict(t, c, "maru-"+source)
	_, _ = adm.DeleteGroup(ctx, "maru-"+source)
	eventually(t, "the topic is gone", func() bool {
		_, err := c.Topic(ctx, topic)
		return maru.KindOf(err) == maru.NotFound
	})
	// The tests' timestamps are of 1970: retention would remove them at once.
	if _, err := c.EnsureTopic(ctx, topic, partitions, map[string]string{"retention.ms": "-1"}); err != nil {
		t.Fatal(err)
	}
}

func TestPeerCrash(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, uint64(time.Now().UnixNano())} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			fresh(t, client(t, peer()), "crash", "numbers", 1)
			crash(t, seed, peer(), 20, func(*rand.Rand) {})
		})
	}
}

func TestPeerWriter(t *testing.T) {
	c := client(t, peer())
	ctx := background(t)
	t.Run("lease, kill, fence", func(t *testing.T) {
		fresh(t, c, "lease", "lease", 1)
		w := open(t, c, to("lease", "lease"))
		_, err := c.OpenWriter(ctx, to("lease", "lease"))
		wantKind(t, err, maru.Conflict, fmt.Sprintf("process %d", os.Getpid()))
		mustPut(t, w, 0, 10)
		w.Kill()
		begin := time.Now()
		w = open(t, c, to("lease", "lease"))
		t.Logf("after a kill a writer opens in %v", time.Since(begin))
		mustPut(t, w, 10, 10)
		mustPut(t, w, 20, 10)
		w.Forget()
		next := open(t, c, to("lease", "lease"))
		mustPut(t, next, 30, 10)
		mustPut(t, next, 40, 10)
		if err := put(t, w, 30, 10); err == nil {
			t.Fatal("the old writer landed a batch")
		}
		if err := w.Flush(ctx); err == nil {
			t.Fatal("the old writer committed")
		}
		wantNumbers(t, c, "lease", 50)
	})
	t.Run("a lease that was taken away", func(t *testing.T) {
		fresh(t, c, "evicted", "evicted", 1)
		w := open(t, c, to("evicted", "evicted"))
		mustPut(t, w, 0, 10)
		evict(t, c, "maru-evicted")
		n := 10
		eventually(t, "the lease is taken again", func() bool {
			mustPut(t, w, n, 1)
			n++
			ds, err := kadm.NewClient(c.Kgo()).DescribeGroups(ctx, "maru-evicted")
			return err == nil && len(ds["maru-evicted"].Members) == 1
		})
		mustPut(t, w, n, 1)
		if err := w.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, c, "evicted", n+1)
	})
	t.Run("a sequence that the broker does not expect", func(t *testing.T) {
		fresh(t, c, "sequence", "sequence", 1)
		w := open(t, c, to("sequence", "sequence"))
		mustPut(t, w, 0, 10)
		w.SetSequence(0, 77)
		mustPut(t, w, 10, 10)
		wantNumbers(t, c, "sequence", 20)
	})
	t.Run("too large", func(t *testing.T) {
		fresh(t, c, "large", "large", 1)
		w := open(t, c, to("large", "large"))
		var b kafka.Builder
		b.Add(1, nil, make([]byte, 1100000))
		wantKind(t, <-w.Send(ctx, 0, &b, nil), maru.TooLarge, "1048588")
	})
}

func TestPeerReader(t *testing.T) {
	c := client(t, peer())
	ctx := background(t)
	fresh(t, c, "read", "read", 3)
	from := map[int32]int64{}
	for p := range int32(3) {
		fill(t, c, "read", p, 0, 500)
		from[p] = 0
	}
	r := reader(t, c, kafka.ReaderConfig{Topic: "read", From: from, MaxBytes: 9000, PartitionMaxBytes: 3000})
	if n := until(t, r, 1500); n != 1500 {
		t.Fatal(n)
	}
	r.Add(0, 501)
	_, err := poll(t, r)
	var oor *kafka.OutOfRange
	if !errors.As(err, &oor) || *oor != (kafka.OutOfRange{"read", 0, 501, 0, 500}) {
		t.Fatal(err)
	}
	if o, err := c.Offsets(ctx, "read", 1055); err != nil || o[1] < 50 || o[1] > 55 {
		t.Fatal(o, err)
	}
	for _, codec := range []kgo.CompressionCodec{kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		fresh(t, c, "packed", "packed", 1)
		cl, err := kgo.NewClient(kgo.SeedBrokers(peer()), kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic("packed"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			cl.Produce(ctx, kgo.StringRecord(strconv.Itoa(i)), nil)
		}
		if err := cl.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		cl.Close()
		wantNumbers(t, c, "packed", 100)
	}
}

func TestPeerTransactions(t *testing.T) {
	c := client(t, peer())
	fresh(t, c, "txn", "txn", 1)
	transactions(t, c, peer())
}

// TestPeerSpeed reports, it does not judge.
func TestPeerSpeed(t *testing.T) {
	c := client(t, peer())
	ctx := background(t)
	fresh(t, c, "speed", "speed", 1)
	w := open(t, c, to("speed", "speed"))
	value := bytes.Repeat([]byte("x"), 250)
	const batches, each = 300, 3500
	begin := time.Now()
	var acks []<-chan error
	var b kafka.Builder
	for i := range batches {
		b.Reset()
		for range each {
			b.Add(int64(i), nil, value)
		}
		acks = append(acks, w.Send(ctx, 0, &b, []byte(strconv.Itoa(i))))
	}
	for _, ack := range acks {
		if err := <-ack; err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(begin)
	t.Logf("writer: %.0f MB/s, %.0f records/s", float64(batches*each*250)/1e6/took.Seconds(), batches*each/took.Seconds())
	begin = time.Now()
	r := reader(t, c, kafka.ReaderConfig{Topic: "speed", From: map[int32]int64{0: 0}})
	n, bytes := 0, 0
	for n < batches*each {
		chunks, err := r.Poll(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range chunks {
			it := kafka.NewIter(ch.Raw, ch.From)
			var rec kafka.Record
			for it.Next(&rec) {
				n++
				bytes += len(rec.Value)
			}
		}
	}
	took = time.Since(begin)
	t.Logf("reader: %.0f MB/s, %.0f records/s", float64(bytes)/1e6/took.Seconds(), float64(n)/took.Seconds())
}
