package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/kafka"
)

// fill produces records "from" … in batches of ten, without a producer id.
func fill(t testing.TB, c *kafka.Client, topic string, partition int32, from, n int) {
	t.Helper()
	if err := produce(background(t), c, topic, partition, from, n); err != nil {
		t.Fatal(err)
	}
}

func produce(ctx context.Context, c *kafka.Client, topic string, partition int32, from, n int) error {
	meta, err := c.Topic(ctx, topic)
	for i := from; i < from+n && err == nil; i += 10 {
		var raw []byte
		if raw, err = batchOf(i, min(10, from+n-i)).AppendBatch(nil); err != nil {
			return err
		}
		req := kmsg.NewPtrProduceRequest()
		req.TimeoutMillis = 1000
		p := kmsg.NewProduceRequestTopicPartition()
		p.Partition, p.Records = partition, raw
		rt := kmsg.NewProduceRequestTopic()
		rt.Topic, rt.TopicID, rt.Partitions = topic, meta.ID, append(rt.Partitions, p)
		req.Topics = append(req.Topics, rt)
		var resp kmsg.Response
		if resp, err = c.Kgo().Broker(int(meta.Partitions[partition].Leader)).Request(ctx, req); err == nil {
			err = kerr.ErrorForCode(resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode)
		}
		if errors.Is(err, kerr.NotLeaderForPartition) { // the topic is new
			i -= 10
			meta, err = c.Topic(ctx, topic)
		}
	}
	return err
}

func reader(t testing.TB, c *kafka.Client, cfg kafka.ReaderConfig) *kafka.Reader {
	t.Helper()
	r, err := c.NewReader(background(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// until polls until n records came, and checks that each partition goes on
// without a hole.
func until(t testing.TB, r *kafka.Reader, n int) (count int) {
	t.Helper()
	ctx := background(t)
	next := map[int32]int64{}
	for count < n {
		chunks, err := r.Poll(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range chunks {
			if want, ok := next[ch.Partition]; ok && want != ch.From {
				t.Fatalf("partition %d goes on at %d, not %d", ch.Partition, ch.From, want)
			}
			next[ch.Partition] = ch.NextOffset
			it := kafka.NewIter(ch.Raw, ch.From)
			var rec kafka.Record
			for it.Next(&rec) {
				if !strings.HasPrefix(string(rec.Value), fmt.Sprintf("%d ", rec.Offset)) {
					t.Fatalf("offset %d holds %q", rec.Offset, rec.Value)
				}
				count++
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
		}
	}
	return count
}

// poll waits for chunks or an error.
func poll(t testing.TB, r *kafka.Reader) (chunks []kafka.Chunk, err error) {
	t.Helper()
	ctx := background(t)
	for len(chunks) == 0 && err == nil {
		chunks, err = r.Poll(ctx)
	}
	return chunks, err
}

func TestReader(t *testing.T) {
	t.Run("all partitions of all leaders, small rounds", func(t *testing.T) {
		_, addr := cluster(t, kfake.NumBrokers(3), kfake.SeedTopics(6, "many"))
		c := client(t, addr)
		from := map[int32]int64{}
		for p := range int32(6) {
			fill(t, c, "many", p, 0, 200)
			from[p] = 0
		}
		r := reader(t, c, kafka.ReaderConfig{Topic: "many", From: from, MaxBytes: 6000, PartitionMaxBytes: 3000, MaxWait: 100 * time.Millisecond})
		if n := until(t, r, 1200); n != 1200 {
			t.Fatal(n)
		}
		chunks, err := r.Poll(background(t))
		if len(chunks) != 0 || err != nil || !r.AtEnd(3) || r.Position(3) != 200 || len(r.Partitions()) != 6 {
			t.Fatal(chunks, err, r.AtEnd(3), r.Position(3))
		}
	})
	t.Run("nothing new is nothing after MaxWait", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "idle"))
		r := reader(t, client(t, addr), kafka.ReaderConfig{Topic: "idle", From: map[int32]int64{0: 0}, MaxWait: 50 * time.Millisecond})
		begin := time.Now()
		chunks, err := r.Poll(background(t))
		if took := time.Since(begin); len(chunks) != 0 || err != nil || took > 5*time.Second {
			t.Fatal(chunks, err, took)
		}
		deadline := time.Now().Add(5 * time.Second)
		for !r.AtEnd(0) && time.Now().Before(deadline) {
			if _, err := r.Poll(background(t)); err != nil {
				t.Fatal(err)
			}
		}
		if !r.AtEnd(0) {
			t.Fatal("an empty partition that was asked for is at its end")
		}
	})
	t.Run("new data wakes a waiting poll", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "wake"))
		c := client(t, addr)
		r := reader(t, c, kafka.ReaderConfig{Topic: "wake", From: map[int32]int64{0: 0}, MaxWait: 20 * time.Second})
		sent := make(chan error, 1)
		go func() { sent <- produce(t.Context(), c, "wake", 0, 0, 10) }()
		until(t, r, 10)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

func TestReaderGoesOn(t *testing.T) {
	t.Run("a leader that moves is followed", func(t *testing.T) {
		fake, addr := cluster(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "moves"))
		c := client(t, addr)
		fill(t, c, "moves", 0, 0, 100)
		r := reader(t, c, kafka.ReaderConfig{Topic: "moves", From: map[int32]int64{0: 0}, MaxBytes: 1500, PartitionMaxBytes: 1500, MaxWait: 50 * time.Millisecond})
		until(t, r, 10)
		if err := fake.MoveTopicPartition("moves", 0, 1-fake.LeaderFor("moves", 0)); err != nil {
			t.Fatal(err)
		}
		until(t, r, 100-int(r.Position(0)))
	})
	t.Run("lost connections cost nothing", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "flaky"))
		fill(t, client(t, addr), "flaky", 0, 0, 2000)
		f := &flaky{rng: rand.New(rand.NewPCG(4, 4)), rate: 0.05}
		r := reader(t, client(t, addr), kafka.ReaderConfig{Topic: "flaky", From: map[int32]int64{0: 0}})
		r.Close()
		fc := client(t, addr, kgo.Dialer(f.dial))
		var err error
		for range 20 {
			r, err = fc.NewReader(background(t), kafka.ReaderConfig{Topic: "flaky", From: map[int32]int64{0: 0}, MaxBytes: 20000, PartitionMaxBytes: 20000})
			if err == nil {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		until(t, r, 2000)
	})
}

func TestReaderPrefetch(t *testing.T) {
	t.Run("prefetch is one fetch ahead, and can be turned off", func(t *testing.T) {
		for _, off := range []bool{false, true} {
			fake, addr := cluster(t, kfake.SeedTopics(1, "ahead"))
			c := client(t, addr)
			fill(t, c, "ahead", 0, 0, 100)
			var fetches atomic.Int32
			fake.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
				fetches.Add(1)
				return nil, nil, false
			})
			r := reader(t, c, kafka.ReaderConfig{Topic: "ahead", From: map[int32]int64{0: 0}, MaxBytes: 1500, PartitionMaxBytes: 1500, NoPrefetch: off, MaxWait: 20 * time.Second})
			if _, err := poll(t, r); err != nil {
				t.Fatal(err)
			}
			want := int32(2)
			if off {
				want = 1
			}
			deadline := time.Now().Add(5 * time.Second)
			for fetches.Load() < want && time.Now().Before(deadline) {
				if _, err := c.Offsets(background(t), "ahead", -1); err != nil { // a round trip, in which more would be seen
					t.Fatal(err)
				}
			}
			for range 20 {
				_, _ = c.Offsets(background(t), "ahead", -1)
			}
			if n := fetches.Load(); n != want {
				t.Fatalf("off=%v: %d fetches after one poll", off, n)
			}
		}
	})
}

func TestReaderErrors(t *testing.T) {
	t.Run("an offset out of range names the range, and adding again goes on", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "oor"))
		c := client(t, addr)
		fill(t, c, "oor", 0, 0, 100)
		if err := fake.DeleteRecords("oor", 0, 40); err != nil {
			t.Fatal(err)
		}
		r := reader(t, c, kafka.ReaderConfig{Topic: "oor", From: map[int32]int64{0: 0}})
		for range 2 { // it stays until something is done
			_, err := poll(t, r)
			var oor *kafka.OutOfRange
			if !errors.As(err, &oor) || *oor != (kafka.OutOfRange{"oor", 0, 0, 40, 100}) {
				t.Fatal(err)
			}
		}
		r.Add(0, 40)
		until(t, r, 60)
		r.Add(0, 500)
		_, err := poll(t, r)
		var oor *kafka.OutOfRange
		if !errors.As(err, &oor) || !strings.Contains(err.Error(), "made anew") {
			t.Fatal(err)
		}
	})
	t.Run("a topic made anew is not read on", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "anew"))
		c := client(t, addr)
		fill(t, c, "anew", 0, 0, 10)
		r := reader(t, c, kafka.ReaderConfig{Topic: "anew", From: map[int32]int64{0: 0}, MaxWait: 50 * time.Millisecond})
		until(t, r, 10)
		if err := errors.Join(fake.DeleteTopic("anew"), fake.CreateTopic("anew", 1, nil)); err != nil {
			t.Fatal(err)
		}
		_, err := poll(t, r)
		wantKind(t, err, maru.Conflict)
	})
	t.Run("what is not there", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "one"))
		c := client(t, addr)
		if _, err := c.NewReader(background(t), kafka.ReaderConfig{Topic: "none", From: map[int32]int64{0: 0}}); maru.KindOf(err) != maru.NotFound {
			t.Fatal(err)
		}
		if _, err := c.NewReader(background(t), kafka.ReaderConfig{Topic: "one", From: map[int32]int64{1: 0}}); maru.KindOf(err) != maru.NotFound {
			t.Fatal(err)
		}
	})
	t.Run("poll ends with its context, and the last error is told", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "down"))
		c := client(t, addr)
		r := reader(t, c, kafka.ReaderConfig{Topic: "down", From: map[int32]int64{0: 0}, MaxWait: 50 * time.Millisecond})
		fake.Close()
		deadline := time.Now().Add(10 * time.Second)
		for r.LastError() == nil && time.Now().Before(deadline) {
			if _, err := r.Poll(background(t)); err != nil {
				t.Fatal(err)
			}
		}
		if maru.KindOf(r.LastError()) != maru.Unavailable {
			t.Fatal(r.LastError())
		}
		ctx, cancel := context.WithCancel(background(t))
		cancel()
		if _, err := r.Poll(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}

func TestReaderTransactions(t *testing.T) {
	_, addr := cluster(t, kfake.SeedTopics(1, "txn"))
	transactions(t, client(t, addr), addr)
}

// transactions writes two committed and two aborted ones to topic "txn".
func transactions(t *testing.T, c *kafka.Client, addr string) {
	ctx := background(t)
	p, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID("t"), kgo.DefaultProduceTopic("txn"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryAbort, kgo.TryCommit} {
		if err := p.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			if err := p.ProduceSync(ctx, kgo.StringRecord(fmt.Sprintf("%d.%d", i, j))).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.EndTransaction(ctx, commit); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(values(t, c, "txn", 0)); got != "[0.0 0.1 0.2 3.0 3.1 3.2]" {
		t.Fatal(got)
	}
}

func TestClient(t *testing.T) {
	_, addr := cluster(t)
	ctx := background(t)
	c := client(t, addr)
	t.Run("ensure makes, raises, and leaves alone", func(t *testing.T) {
		for _, step := range []struct{ ask, want int32 }{{2, 2}, {5, 5}, {3, 5}} {
			top, err := c.EnsureTopic(ctx, "ensured", step.ask, map[string]string{"retention.ms": "1000000"})
			if err != nil || len(top.Partitions) != int(step.want) || top.ID == [16]byte{} {
				t.Fatal(step, top, err)
			}
		}
		if _, err := c.EnsureTopic(ctx, "no/such name", 1, nil); maru.KindOf(err) != maru.Invalid {
			t.Fatal(err)
		}
		all, err := c.Topics(ctx)
		if err != nil || len(all) != 1 || all[0].Name != "ensured" {
			t.Fatal(all, err)
		}
		if _, err := c.Topic(ctx, "nothing"); maru.KindOf(err) != maru.NotFound {
			t.Fatal(err)
		}
	})
	t.Run("offsets by end, start and time", func(t *testing.T) {
		fill(t, c, "ensured", 1, 0, 100) // batches of ten, timestamps 1000 …
		for at, want := range map[int64]int64{-1: 100, -2: 0, 5000: 100} {
			if o, err := c.Offsets(ctx, "ensured", at); err != nil || o[1] != want || len(o) != 5 {
				t.Fatal(at, o, err)
			}
		}
		if o, err := c.Offsets(ctx, "ensured", 1055); err != nil || o[1] < 50 || o[1] > 55 {
			t.Fatal(o, err)
		}
		if _, err := c.Offsets(ctx, "ensured", -7); maru.KindOf(err) != maru.Invalid {
			t.Fatal(err)
		}
		if _, err := c.Offsets(ctx, "nothing", -1); maru.KindOf(err) != maru.NotFound {
			t.Fatal(err)
		}
	})
	t.Run("a simple commit is seen by lag tools", func(t *testing.T) {
		if err := c.CommitOffsets(ctx, "report", "ensured", map[int32]int64{1: 42}); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := kafka.NewClient(" "); maru.KindOf(err) != maru.Invalid {
		t.Fatal(err)
	}
}
