package broker

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"maru"
)

// TestMain is also the program of a broker in a process of its own, which
// serves until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		serveForever(dir, os.Getenv(helperAddr), Durability(os.Getenv(helperMode)))
		return
	}
	goleak.VerifyTestMain(m)
}

// journal collects log lines, so that a test can look for a reason.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) has(s string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.b.String(), s)
}

type running struct {
	*Broker
	log  *journal
	stop func()
}

// begin runs a broker on a free port until the test ends or stop is called.
func begin(t testing.TB, cfg Config) *running {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	log := &journal{}
	b, err := Open(t.Context(), cfg, Needs{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
			if err := b.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return &running{b, log, stop}
}

func (r *running) client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(r.Addr())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (r *running) admin(t testing.TB) *kadm.Client { return kadm.NewClient(r.client(t)) }

// topic makes a topic.
func (r *running) topic(t testing.TB, name string, partitions int32) {
	t.Helper()
	if _, err := r.admin(t).CreateTopic(t.Context(), partitions, 1, nil, name); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if cond() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("did not come about: %s", what)
}

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		cfg        Config
	}{
		{"no directory", "broker.dir", Config{}},
		{"every interface", "every interface", Config{Dir: "x", Addr: ":9092"}},
		{"wildcard", "other machines", Config{Dir: "x", Addr: "0.0.0.0:9092"}},
		{"another machine's", "SSH tunnel", Config{Dir: "x", Addr: "192.0.2.1:9092"}},
		{"a name", "other machines", Config{Dir: "x", Addr: "example.org:9092"}},
		{"no port", "host:port", Config{Dir: "x", Addr: "127.0.0.1"}},
		{"bad port", "0 to 65535", Config{Dir: "x", Addr: "127.0.0.1:99999"}},
		{"durability", "broker.durability", Config{Dir: "x", Durability: "sometimes"}},
		{"partitions", "broker.num_partitions is -3: use 1 to 10000", Config{Dir: "x", NumPartitions: -3}},
		{"segment", "broker.segment_bytes", Config{Dir: "x", SegmentBytes: 5}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), tc.want) || maru.KindOf(err) != maru.Invalid {
				t.Errorf("%v; want it to say %q", err, tc.want)
			}
		})
	}
	for _, addr := range []string{"", "127.0.0.1:0", "[::1]:9092", "localhost:9092", "127.8.8.8:1"} {
		if err := (Config{Dir: "x", Addr: addr}).Validate(); err != nil {
			t.Errorf("addr %q: %v", addr, err)
		}
	}
}

func TestPortInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, err = Open(t.Context(), Config{Dir: t.TempDir(), Addr: ln.Addr().String()}, Needs{})
	if maru.KindOf(err) != maru.Conflict {
		t.Fatalf("open: %v", err)
	}
	for _, want := range []string{ln.Addr().String(), "port is in use", "--kafka"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestLocalhostIsBoth(t *testing.T) {
	b := begin(t, Config{Addr: "localhost:0"})
	_, port, _ := net.SplitHostPort(b.Addr())
	if len(b.listeners) < 2 {
		t.Skip("this machine has no IPv6 loopback")
	}
	c := b.client(t, kgo.SeedBrokers("[::1]:"+port))
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The address told is the one dialled.
	brokers, err := kadm.NewClient(c).ListBrokers(t.Context())
	if err != nil || len(brokers) != 1 || brokers[0].Host != "::1" {
		t.Errorf("brokers %+v, %v", brokers, err)
	}
}

func TestAdvertise(t *testing.T) {
	b := begin(t, Config{Advertise: "localhost:1234"})
	brokers, err := b.admin(t).ListBrokers(t.Context())
	if err != nil || len(brokers) != 1 || brokers[0].Host != "localhost" || brokers[0].Port != 1234 {
		t.Errorf("brokers %+v, %v", brokers, err)
	}
}

func TestStats(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 3)
	c := b.client(t, kgo.DefaultProduceTopic("a"))
	if err := c.ProduceSync(t.Context(), kgo.StringRecord("x")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s := b.Stats()
	if s.Topics != 1 || s.Partitions != 3 || s.Connections == 0 || s.BytesIn == 0 || s.BytesOut == 0 || s.Requests["Produce"] != 1 || s.Storage.Segments == 0 {
		t.Errorf("stats %+v", s)
	}
}
