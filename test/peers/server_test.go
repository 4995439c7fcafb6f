//go:build peer

package peers

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/broker"
)

// clientLimit bounds one run of a client; the Java ones take seconds to start.
const clientLimit = 3 * time.Minute

// server is our broker, over a directory that outlives it.
type server struct {
	*broker.Broker
	stop func()
}

func serve(t *testing.T, cfg broker.Config) *server {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	b, err := broker.Open(t.Context(), cfg, broker.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(stop)
	return &server{b, stop}
}

func (s *server) admin(t *testing.T) *kadm.Client {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return kadm.NewClient(c)
}

func (s *server) topic(t *testing.T, name string, partitions int32) {
	t.Helper()
	if _, err := s.admin(t).CreateTopic(t.Context(), partitions, 1, nil, name); err != nil {
		t.Fatal(err)
	}
}

// do runs a program to its end and gives its standard output's lines.
func do(t *testing.T, stdin []string, name string, args ...string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if len(stdin) > 0 {
		c.Stdin = strings.NewReader(strings.Join(stdin, "\n") + "\n")
	}
	if err := c.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	text := strings.TrimSuffix(out.String(), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// cache is where clients.sh puts what it fetches.
func cache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("PEERS_CACHE"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".cache", "peers")
}

// needFile skips where a client is not installed.
func needFile(t *testing.T, glob string) {
	t.Helper()
	if found, err := filepath.Glob(filepath.Join(cache(t), glob)); err != nil || len(found) == 0 {
		t.Skipf("%s is not installed: test/peers/clients.sh install", glob)
	}
}

func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: test/peers/clients.sh install", name)
	}
}

// waitForMembers polls until the group is complete and stable.
func waitForMembers(t *testing.T, s *server, group string, n int) {
	t.Helper()
	adm := s.admin(t)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		d, err := adm.DescribeGroups(t.Context(), group)
		if g := d[group]; err == nil && g.State == "Stable" && len(g.Members) == n {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Fatalf("group %s has never had %d members", group, n)
}
