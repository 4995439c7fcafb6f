package broker

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const helperDir, helperAddr, helperMode = "MARU_TEST_BROKER", "MARU_TEST_BROKER_ADDR", "MARU_TEST_BROKER_MODE"

func serveForever(dir, addr string, mode Durability) {
	ctx := context.Background()
	b, err := Open(ctx, Config{Dir: dir, Addr: addr, Durability: mode, WALBytes: 64 << 10, SegmentBytes: 1 << 20}, Needs{})
	if err == nil {
		fmt.Println("ready", b.Addr())
		err = b.Run(ctx)
	}
	fmt.Println("ended", err)
	os.Exit(1)
}

// mortal is a broker in a process of its own that is started again whenever
// it has died.
type mortal struct {
	dir, addr string
	mode      Durability
	crashAt   string // of the next start only
	deaths    atomic.Int32
	cmd       atomic.Pointer[exec.Cmd]
	done      chan struct{}
}

func startMortal(t *testing.T, mode Durability, crashAt string) *mortal {
	t.Helper()
	m := &mortal{dir: t.TempDir(), addr: "127.0.0.1:0", mode: mode, crashAt: crashAt, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan error, 1)
	go func() {
		defer close(m.done)
		for ctx.Err() == nil {
			err := m.serveOnce(ctx, ready)
			if err != nil {
				select {
				case ready <- err:
				default:
				}
				return
			}
			m.deaths.Add(1)
		}
	}()
	t.Cleanup(func() { cancel(); <-m.done })
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	return m
}

// serveOnce runs one process to its end.
func (m *mortal) serveOnce(ctx context.Context, ready chan<- error) error {
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), helperDir+"="+m.dir, helperAddr+"="+m.addr, helperMode+"="+string(m.mode), "MARU_CRASH_AT="+m.crashAt)
	m.crashAt = ""
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	m.cmd.Store(c)
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if ok {
		if strings.HasSuffix(m.addr, ":0") { // only before anybody reads it
			m.addr = addr
		}
		select {
		case ready <- nil:
		default:
		}
	}
	_ = c.Wait()
	if !ok && ctx.Err() == nil {
		return fmt.Errorf("the broker did not start: %q %v", line, err)
	}
	return nil
}

// TestKill: an idempotent producer and a committing group go through deaths of
// the broker, at named points and at any time; each record is there once, in
// order, and no commit that was acknowledged is lost. The producer repeats
// what was not answered, so the broker must still know its last five batches.
func TestKill(t *testing.T) {
	for _, mode := range []Durability{Fsync, OS} {
		for _, at := range []string{"broker.after_append_before_ack:7", "broker.after_offset_commit_before_ack:3", "broker.after_segment_before_wal:9",
			"broker.after_wal_before_high_watermark:4", "at any time"} {
			t.Run(fmt.Sprintf("%s/%s", mode, at), func(t *testing.T) { killRun(t, mode, at) })
		}
	}
}

const killRecords = 800

func killRun(t *testing.T, mode Durability, at string) {
	point := at
	if at == "at any time" {
		point = ""
	}
	m := startMortal(t, mode, point)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	c, err := kgo.NewClient(kgo.SeedBrokers(m.addr), kgo.DefaultProduceTopic("k"), kgo.AllowAutoTopicCreation(),
		kgo.MaxBufferedRecords(40), kgo.MetadataMinAge(50*time.Millisecond), kgo.ProducerBatchMaxBytes(1<<10), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range killRecords {
		value := fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 100))
		c.Produce(ctx, &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("record %d: %v", i, err)
			}
		})
		if i%100 == 99 {
			commitEventually(ctx, t, c, int64(i))
		}
		if at == "at any time" && i%400 == 200 {
			_ = m.cmd.Load().Process.Kill()
		}
	}
	if err := c.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if m.deaths.Load() == 0 {
		t.Errorf("the broker never died at %s", at)
	}
	wantEachOnce(ctx, t, c, m.addr)
	got, err := kadm.NewClient(c).FetchOffsets(ctx, "maru-kill")
	if o, ok := got.Lookup("k", 0); err != nil || !ok || o.At != killRecords-1 {
		t.Errorf("the last commit was %d, the group has %+v %v", killRecords-1, o, err)
	}
}

// commitEventually commits at, however often the broker dies meanwhile.
func commitEventually(ctx context.Context, t *testing.T, c *kgo.Client, at int64) {
	t.Helper()
	var os kadm.Offsets
	os.AddOffset("k", 0, at, -1)
	for {
		_, err := kadm.NewClient(c).CommitOffsets(ctx, "maru-kill", os)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("commit %d: %v", at, err)
		}
	}
}

func wantEachOnce(ctx context.Context, t *testing.T, c *kgo.Client, addr string) {
	t.Helper()
	r, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"k": {0: kgo.NewOffset().AtStart()}}))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for next := 0; next < killRecords; {
		f := r.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			t.Fatalf("after record %d: %v", next, err)
		}
		f.EachRecord(func(rec *kgo.Record) {
			number, _, _ := strings.Cut(string(rec.Value), " ")
			if number != strconv.Itoa(next) || rec.Offset != int64(next) {
				t.Fatalf("offset %d holds record %s, want %d", rec.Offset, number, next)
			}
			next++
		})
	}
	ends, err := kadm.NewClient(c).ListEndOffsets(ctx, "k")
	if o, _ := ends.Lookup("k", 0); err != nil || o.Offset != killRecords {
		t.Fatalf("the log ends with %d, %d records were sent: %v", o.Offset, killRecords, err)
	}
}
