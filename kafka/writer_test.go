package kafka_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/kafka"
)

func open(t testing.TB, c *kafka.Client, cfg kafka.WriterConfig) *kafka.Writer {
	t.Helper()
	w, err := c.OpenWriter(background(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		_ = w.Close(ctx)
	})
	return w
}

func to(id, topic string) kafka.WriterConfig {
	return kafka.WriterConfig{ID: id, Targets: []kafka.Target{{Topic: topic, Partition: 0}}}
}

// put sends the numbers [from, from+n) in one batch, with from+n as position.
func put(t testing.TB, w *kafka.Writer, from, n int) error {
	t.Helper()
	var b kafka.Builder
	for i := from; i < from+n; i++ {
		b.Add(int64(i), nil, strconv.AppendInt(nil, int64(i), 10))
	}
	return <-w.Send(background(t), 0, &b, []byte(strconv.Itoa(from+n)))
}

func mustPut(t testing.TB, w *kafka.Writer, from, n int) {
	t.Helper()
	if err := put(t, w, from, n); err != nil {
		t.Fatal(err)
	}
}

// wantNumbers checks that a partition holds 0 … n-1, each once and in order.
func wantNumbers(t testing.TB, c *kafka.Client, topic string, n int) {
	t.Helper()
	got := values(t, c, topic, 0)
	for i, v := range got {
		if v != strconv.Itoa(i) {
			t.Fatalf("record %d is %q", i, v)
		}
	}
	if len(got) != n {
		t.Fatalf("%d records, want %d", len(got), n)
	}
}

func wantKind(t testing.TB, err error, kind maru.Kind, words ...string) {
	t.Helper()
	if err == nil || maru.KindOf(err) != kind {
		t.Fatalf("want %v, got %v: %v", kind, maru.KindOf(err), err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Fatalf("%q does not say %q", err, w)
		}
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestWriter(t *testing.T) {
	t.Run("the next run knows where the last one ended, target by target", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(2, "a"), kfake.SeedTopics(1, "rejected"))
		ctx := background(t)
		c := client(t, addr)
		cfg := kafka.WriterConfig{ID: "src", Targets: []kafka.Target{{"a", 0}, {"a", 1}, {"rejected", 0}}}
		for run := range 3 {
			w := open(t, c, cfg)
			for target, every := range []int{1, 0, 5} {
				want, has := fmt.Sprint(run*10-10+9), run > 0 && every > 0
				if target == 2 {
					want = fmt.Sprint(run*10 - 10 + 5)
				}
				if pos, ok := w.Landed(target); ok != has || ok && string(pos) != want {
					t.Fatalf("run %d target %d: %q %v", run, target, pos, ok)
				}
			}
			for i := range 10 {
				if err := <-w.Send(ctx, 0, batchOf(run*100+i*10, 10), fmt.Append(nil, run*10+i)); err != nil {
					t.Fatal(err)
				}
				if i%5 == 0 {
					if err := <-w.Send(ctx, 2, batchOf(run*100+i, 1), fmt.Append(nil, run*10+i)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Close(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if got := values(t, c, "a", 0); len(got) != 300 {
			t.Fatalf("%d records", len(got))
		}
	})
	t.Run("the builder and the position are free after Send", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "reuse"))
		c := client(t, addr)
		w := open(t, c, to("reuse", "reuse"))
		var b kafka.Builder
		position := make([]byte, 8)
		var acks []<-chan error
		for i := range 200 {
			b.Reset()
			b.Add(1, nil, []byte(strconv.Itoa(i)))
			acks = append(acks, w.Send(background(t), 0, &b, strconv.AppendInt(position[:0], int64(i), 10)))
		}
		for _, ack := range acks {
			if err := <-ack; err != nil {
				t.Fatal(err)
			}
		}
		if pos, ok := w.Landed(0); !ok || string(pos) != "199" {
			t.Fatalf("%q", pos)
		}
		wantNumbers(t, c, "reuse", 200)
	})
}

func TestWriterHeaders(t *testing.T) {
	t.Run("the last record says whose, which run and which position", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "heads"))
		c := client(t, addr)
		w := open(t, c, to("heads", "heads"))
		mustPut(t, w, 0, 3)
		r := reader(t, c, kafka.ReaderConfig{Topic: "heads", From: map[int32]int64{0: 0}})
		chunks, err := poll(t, r)
		if err != nil || len(chunks) != 1 {
			t.Fatal(chunks, err)
		}
		got := walk(kafka.NewIter(chunks[0].Raw, 0))
		want := []kafka.Header{{kafka.HeaderWriter, []byte("heads")}, {kafka.HeaderGeneration, []byte(w.Generation())}, {kafka.HeaderPosition, []byte("3")}}
		if len(got) != 3 || len(got[0].Headers) != 0 || fmt.Sprint(got[2].Headers) != fmt.Sprint(want) || !strings.HasPrefix(w.Generation(), "1-") {
			t.Fatalf("%+v, generation %s", got, w.Generation())
		}
	})
}

func TestWriterCheckpoint(t *testing.T) {
	t.Run("the checkpoint outlives the records", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "gone"))
		c := client(t, addr)
		w := open(t, c, to("gone", "gone"))
		mustPut(t, w, 0, 10)
		if err := w.Flush(background(t)); err != nil {
			t.Fatal(err)
		}
		w.Kill()
		if err := fake.DeleteRecords("gone", 0, 10); err != nil {
			t.Fatal(err)
		}
		w = open(t, c, to("gone", "gone"))
		if pos, ok := w.Landed(0); !ok || string(pos) != "10" {
			t.Fatalf("%q %v", pos, ok)
		}
		mustPut(t, w, 10, 1)
	})
	t.Run("without a commit the log alone tells", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "scan"))
		c := client(t, addr)
		w := open(t, c, to("scan", "scan"))
		mustPut(t, w, 0, 10)
		fill(t, c, "scan", 0, 0, 500) // somebody else's
		w.Kill()
		evict(t, c, "maru-scan")
		if rs, err := kadm.NewClient(c.Kgo()).DeleteGroup(background(t), "maru-scan"); err != nil || rs.Err != nil {
			t.Fatal(err, rs.Err)
		}
		read := int64(0)
		cfg := to("scan", "scan")
		cfg.Progress = func(_ int, done, total int64) { read = done*1000 + total }
		w = open(t, c, cfg)
		if pos, ok := w.Landed(0); !ok || string(pos) != "10" || read != 510510 {
			t.Fatalf("%q %v, progress %d", pos, ok, read)
		}
	})
	t.Run("a topic made anew begins anew", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "again"))
		c := client(t, addr)
		w := open(t, c, to("again", "again"))
		mustPut(t, w, 0, 10)
		if err := w.Close(background(t)); err != nil {
			t.Fatal(err)
		}
		if err := fake.DeleteTopic("again"); err != nil {
			t.Fatal(err)
		}
		if err := fake.CreateTopic("again", 1, nil); err != nil {
			t.Fatal(err)
		}
		w = open(t, c, to("again", "again"))
		if pos, ok := w.Landed(0); ok {
			t.Fatalf("%q", pos)
		}
		mustPut(t, w, 0, 5)
		wantNumbers(t, c, "again", 5)
	})
}

func TestWriterRefuses(t *testing.T) {
	_, addr := cluster(t, kfake.SeedTopics(1, "r"))
	c := client(t, addr)
	ctx := background(t)
	if _, err := c.EnsureTopic(ctx, "small", 1, map[string]string{"max.message.bytes": "5000"}); err != nil {
		t.Fatal(err)
	}
	t.Run("a batch bigger than the topic takes, and all after it until Reopen", func(t *testing.T) {
		w := open(t, c, to("big", "small"))
		mustPut(t, w, 0, 10)
		wantKind(t, <-w.Send(ctx, 0, batchOf(0, 100), nil), maru.TooLarge, "max.message.bytes = 5000")
		wantKind(t, put(t, w, 10, 1), maru.TooLarge)
		wantKind(t, w.Flush(ctx), maru.TooLarge)
		if err := w.Reopen(ctx); err != nil {
			t.Fatal(err)
		}
		mustPut(t, w, 10, 1)
		wantNumbers(t, c, "small", 11)
	})
	t.Run("a position bigger than a checkpoint takes", func(t *testing.T) {
		w := open(t, c, to("pos", "r"))
		var b kafka.Builder
		b.Add(1, nil, nil)
		if err := <-w.Send(ctx, 0, &b, make([]byte, kafka.PositionMax)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		wantKind(t, <-w.Send(ctx, 0, &b, make([]byte, kafka.PositionMax+1)), maru.TooLarge, "2900")
	})
	t.Run("an empty batch, a target that is not there, a closed writer", func(t *testing.T) {
		w := open(t, c, to("empty", "r"))
		wantKind(t, <-w.Send(ctx, 0, &kafka.Builder{}, nil), maru.Invalid)
		wantKind(t, <-w.Send(ctx, 1, batchOf(0, 1), nil), maru.Invalid)
		if err := w.Reopen(ctx); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(ctx); err != nil {
			t.Fatal(err)
		}
		wantKind(t, put(t, w, 0, 1), maru.Canceled)
	})
	t.Run("a config that cannot be", func(t *testing.T) {
		for _, cfg := range []kafka.WriterConfig{{}, {ID: "x"}, {ID: "x", Targets: []kafka.Target{{"r", 0}, {"r", 0}}}, {ID: strings.Repeat("x", 201), Targets: []kafka.Target{{"r", 0}}}} {
			_, err := c.OpenWriter(ctx, cfg)
			wantKind(t, err, maru.Invalid)
		}
		_, err := c.OpenWriter(ctx, to("x", "nothing"))
		wantKind(t, err, maru.NotFound)
		_, err = c.OpenWriter(ctx, kafka.WriterConfig{ID: "x", Targets: []kafka.Target{{"r", 7}}})
		wantKind(t, err, maru.NotFound, "no partition 7")
	})
}

func TestWriterGivesUp(t *testing.T) {
	ctx := background(t)
	t.Run("a batch whose context ends is given up", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "slow"))
		c := client(t, addr)
		w := open(t, c, to("slow", "slow"))
		h := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "slow", Err: kerr.NotEnoughReplicas, Count: -1})
		cctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		var b kafka.Builder
		b.Add(1, nil, []byte("0"))
		wantKind(t, <-w.Send(cctx, 0, &b, []byte("1")), maru.Timeout, "may have landed")
		h.Remove()
		if err := w.Reopen(ctx); err != nil {
			t.Fatal(err)
		}
		next := landed(t, w)
		mustPut(t, w, next, 2-next)
		wantNumbers(t, c, "slow", 2)
	})
}

func TestWriterSequences(t *testing.T) {
	t.Run("a sequence that the broker does not expect", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "seq"))
		c := client(t, addr)
		w := open(t, c, to("seq", "seq"))
		mustPut(t, w, 0, 10)
		w.SetSequence(0, 77)
		mustPut(t, w, 10, 10)
		mustPut(t, w, 20, 10)
		wantNumbers(t, c, "seq", 30)
		w.Kill()
		w = open(t, c, to("seq", "seq"))
		if pos, _ := w.Landed(0); string(pos) != "30" {
			t.Fatalf("%q", pos)
		}
		mustPut(t, w, 30, 1)
		wantNumbers(t, c, "seq", 31)
	})
	// A broker takes any sequence from a producer that it does not know.
	t.Run("the very first batch is rejected, and those behind it are not taken before it", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "first"))
		c := client(t, addr)
		mustPut(t, open(t, c, to("other", "first")), 0, 10)
		w := open(t, c, to("first", "first"))
		fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "first", Err: kerr.NotLeaderForPartition})
		var acks []<-chan error
		for i := range kafka.InFlightMax {
			var b kafka.Builder
			b.Add(1, nil, []byte(strconv.Itoa(10+i)))
			acks = append(acks, w.Send(background(t), 0, &b, []byte(strconv.Itoa(10+i))))
		}
		for _, ack := range acks {
			if err := <-ack; err != nil {
				t.Fatal(err)
			}
		}
		wantNumbers(t, c, "first", 10+kafka.InFlightMax)
	})
	for _, e := range []*kerr.Error{kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch, kerr.RequestTimedOut,
		kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition} {
		t.Run(e.Message+" in the middle of a stream", func(t *testing.T) {
			fake, addr := cluster(t, kfake.SeedTopics(1, "mid"))
			c := client(t, addr)
			w := open(t, c, to("mid", "mid"))
			var acks []<-chan error
			for i := range 100 {
				if i%25 == 10 {
					fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "mid", Err: e})
				}
				var b kafka.Builder
				b.Add(1, nil, []byte(strconv.Itoa(i)))
				acks = append(acks, w.Send(background(t), 0, &b, []byte(strconv.Itoa(i))))
			}
			for _, ack := range acks {
				if err := <-ack; err != nil {
					t.Fatal(err)
				}
			}
			wantNumbers(t, c, "mid", 100)
		})
	}
}

func TestWriterLease(t *testing.T) {
	t.Run("a second writer is refused and told who has the lease", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "two"))
		c := client(t, addr)
		w := open(t, c, to("two", "two"))
		_, err := c.OpenWriter(background(t), to("two", "two"))
		wantKind(t, err, maru.Conflict, fmt.Sprintf("process %d", os.Getpid()), "stop that one first", "maru-two")
		mustPut(t, w, 0, 1)
		if err := w.Close(background(t)); err != nil {
			t.Fatal(err)
		}
		open(t, c, to("two", "two"))
	})
	t.Run("many at once: one wins", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "race"))
		c := client(t, addr)
		type opened struct {
			w   *kafka.Writer
			err error
		}
		results := make(chan opened)
		for range 4 {
			go func() {
				w, err := c.OpenWriter(t.Context(), to("race", "race"))
				results <- opened{w, err}
			}()
		}
		var won []*kafka.Writer
		for range 4 {
			if r := <-results; r.err == nil {
				won = append(won, r.w)
			} else {
				wantKind(t, r.err, maru.Conflict)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d writers opened", len(won))
		}
		mustPut(t, won[0], 0, 1)
		if err := won[0].Close(background(t)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWriterTakesOver(t *testing.T) {
	t.Run("after a kill the next one does not wait for the session", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "kill"))
		c := client(t, addr)
		w := open(t, c, to("kill", "kill"))
		mustPut(t, w, 0, 10)
		w.Kill()
		begin := time.Now()
		w = open(t, c, to("kill", "kill"))
		if took := time.Since(begin); took > kafka.LeaseSession/2 {
			t.Fatalf("took %v", took)
		}
		if pos, ok := w.Landed(0); !ok || string(pos) != "10" {
			t.Fatalf("%q %v", pos, ok)
		}
	})
	t.Run("a writer that was taken for dead can do no harm", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "fence"))
		c := client(t, addr)
		old := open(t, c, to("fence", "fence"))
		mustPut(t, old, 0, 10)
		old.Forget()
		w := open(t, c, to("fence", "fence"))
		mustPut(t, w, 10, 10)
		mustPut(t, w, 20, 10)
		if err := put(t, old, 10, 10); err == nil {
			t.Fatal("the old writer landed a batch")
		}
		if err := old.Flush(background(t)); err == nil {
			t.Fatal("the old writer committed")
		}
		mustPut(t, w, 30, 10)
		wantNumbers(t, c, "fence", 40)
	})
}

func TestWriterLeaseLost(t *testing.T) {
	t.Run("a lease that ran out is taken again, and the log read again", func(t *testing.T) {
		_, addr := cluster(t, kfake.SeedTopics(1, "lost"))
		c := client(t, addr)
		cfg := to("lost", "lost")
		cfg.Session = 400 * time.Millisecond
		w := open(t, c, cfg)
		mustPut(t, w, 0, 10)
		evict(t, c, "maru-lost")
		n := 10
		eventually(t, "the lease is taken again", func() bool {
			mustPut(t, w, n, 1)
			n++
			ds, err := kadm.NewClient(c.Kgo()).DescribeGroups(background(t), "maru-lost")
			return err == nil && len(ds["maru-lost"].Members) == 1
		})
		mustPut(t, w, n, 1)
		if err := w.Flush(background(t)); err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, c, "lost", n+1)
	})
	t.Run("nothing is sent while the lease is in doubt", func(t *testing.T) {
		fake, addr := cluster(t, kfake.SeedTopics(1, "doubt"))
		c := client(t, addr)
		cfg := to("doubt", "doubt")
		cfg.Session = 300 * time.Millisecond
		w := open(t, c, cfg)
		mustPut(t, w, 0, 1)
		h := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat, kmsg.JoinGroup, kmsg.DescribeGroups}, TopLevel: true, Group: "maru-doubt", Err: kerr.CoordinatorNotAvailable, Count: -1},
			kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat, kmsg.JoinGroup, kmsg.DescribeGroups}, Group: "maru-doubt", Err: kerr.CoordinatorNotAvailable, Count: -1})
		eventually(t, "the lease is in doubt", func() bool { return !w.LeaseValid() })
		var b kafka.Builder
		b.Add(1, nil, []byte("1"))
		ack := w.Send(background(t), 0, &b, []byte("2"))
		select {
		case err := <-ack:
			t.Fatalf("sent without a lease: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		if n := len(values(t, c, "doubt", 0)); n != 1 {
			t.Fatalf("%d records", n)
		}
		h.Remove()
		if err := <-ack; err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, c, "doubt", 2)
	})
}

// evict takes all members out of a group.
func evict(t testing.TB, c *kafka.Client, group string) {
	t.Helper()
	ctx := background(t)
	ds, err := kadm.NewClient(c.Kgo()).DescribeGroups(ctx, group)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ds[group].Members {
		req := kmsg.NewPtrLeaveGroupRequest()
		req.Group = group
		req.Members = append(req.Members, kmsg.LeaveGroupRequestMember{MemberID: m.MemberID})
		if _, err := req.RequestWith(ctx, c.Kgo()); err != nil {
			t.Fatal(err)
		}
	}
}
