package kafka_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/kafka"
)

// flaky dials connections that break now and then while a response is read:
// the broker has acted, and nobody hears of it.
type flaky struct {
	mu   sync.Mutex
	rng  *rand.Rand
	rate float64 // of reads that break
}

func (f *flaky) strike() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.Float64() < f.rate
}

func (f *flaky) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &flakyConn{Conn: c, f: f}, nil
}

type flakyConn struct {
	net.Conn
	f *flaky
}

func (c *flakyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.f.strike() {
		_ = c.Conn.Close()
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
}

// source is a run of numbers; its position is the next one to send.
type source struct {
	rng  *rand.Rand
	size int
}

// landed is the number to go on with.
func landed(t *testing.T, w *kafka.Writer) (next int) {
	t.Helper()
	if pos, ok := w.Landed(0); ok {
		var err error
		if next, err = strconv.Atoi(string(pos)); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

// send sends at most batches batches from next on.
func (s *source) send(ctx context.Context, w *kafka.Writer, next, batches int) (acks []<-chan error) {
	var b kafka.Builder
	for sent := 0; next < s.size && sent < batches; sent++ {
		n := min(1+s.rng.IntN(4)*s.rng.IntN(20), s.size-next)
		b.Reset()
		for i := range n {
			b.Add(int64(next+i), nil, fmt.Appendf(nil, "%d", next+i))
		}
		next += n
		acks = append(acks, w.Send(ctx, 0, &b, []byte(strconv.Itoa(next))))
	}
	return acks
}

// killed opens a writer, sends from where the last one ended, and kills it at
// a random moment.
func (s *source) killed(ctx context.Context, t *testing.T, c *kafka.Client, cfg kafka.WriterConfig) {
	w, err := c.OpenWriter(ctx, cfg)
	if maru.KindOf(err) == maru.Unavailable { // the network again
		return
	}
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer w.Kill()
	acks := s.send(ctx, w, landed(t, w), s.rng.IntN(12))
	if s.rng.IntN(2) == 0 { // let some of it happen
		for _, ack := range acks[:s.rng.IntN(len(acks)+1)] {
			<-ack
		}
	}
}

// finish sends all the rest. A batch of a killed run may land after the
// opening: then it is told, and goes on behind it.
func (s *source) finish(ctx context.Context, t *testing.T, c *kafka.Client, cfg kafka.WriterConfig) {
	w, err := c.OpenWriter(ctx, cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	for landed(t, w) < s.size {
		var failed error
		for _, ack := range s.send(ctx, w, landed(t, w), s.size) {
			if err := <-ack; err != nil && failed == nil {
				failed = err
			}
		}
		if failed == nil {
			break
		}
		if maru.KindOf(failed) != maru.Unavailable {
			t.Fatalf("ack: %v", failed)
		}
		t.Logf("reopened: %v", failed)
		if err := w.Reopen(ctx); err != nil {
			t.Fatalf("reopen: %v", err)
		}
	}
	if err := w.Close(ctx); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func TestWriterCrash(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 4, uint64(time.Now().UnixNano())} {
		t.Run(fmt.Sprintf("seed %d: everything exactly once and in order", seed), func(t *testing.T) {
			fake, addr := cluster(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "crash"))
			faults := []*kerr.Error{kerr.NotLeaderForPartition, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend,
				kerr.OutOfOrderSequenceNumber, kerr.KafkaStorageError}
			crash(t, seed, addr, 25, func(rng *rand.Rand) {
				if rng.IntN(2) == 0 {
					fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "crash", Err: faults[rng.IntN(len(faults))], Count: 1 + rng.IntN(2)})
				}
				if rng.IntN(3) == 0 {
					fake.ShufflePartitionLeaders()
				}
			})
		})
	}
}

// crash kills writers of partition 0 of topic "crash" in the middle of their
// work, over connections that break, and checks what is in the log then.
func crash(t *testing.T, seed uint64, addr string, kills int, disturb func(*rand.Rand)) {
	rng := rand.New(rand.NewPCG(seed, 7))
	ctx := background(t)
	f := &flaky{rng: rand.New(rand.NewPCG(seed, 8)), rate: 0.02}
	src := &source{rng: rng, size: 120 * kills}
	quiet := client(t, addr)
	cfg := to("numbers", "crash")
	for range kills {
		c, err := kafka.NewClient(addr, kafka.WithKgo(kgo.Dialer(f.dial)))
		if err != nil {
			t.Fatal(err)
		}
		disturb(rng)
		src.killed(ctx, t, c, cfg)
		c.Close()
	}
	src.finish(ctx, t, quiet, cfg)
	wantNumbers(t, quiet, "crash", src.size)
}
