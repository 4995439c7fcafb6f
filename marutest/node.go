package marutest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// How long a node may take. They are far above what it needs: a machine that
// is busy with other tests must not fail one.
const (
	readyWithin  = 30 * time.Second
	stopWithin   = 30 * time.Second
	orphanWithin = 10 * time.Second
)

// The processes of a node, for Kill.
const (
	Server   = "server"
	Worker   = "worker"
	Streamer = "streamer"
)

// Options of a node. The zero value is a node without a project.
type Options struct {
	Project string   // its folder, used in place; see CopyProject
	Data    string   // data directory; "" is a new one
	Env     []string // added to the environment of every process
	Args    []string // more for maru serve
}

// Node is a server and its children, of one data directory.
type Node struct {
	Dir, Data   string   // project and data directory
	HTTP, Kafka string   // addresses; they stay the same through restarts
	Env         []string // of the next start

	t     testing.TB
	args  []string
	state string // where the user's own state would be
	proc  *Process
}

// Start starts a node and waits until it is ready. When the test is over it
// is stopped, and the test fails if a process of it is left.
func Start(t testing.TB, o Options) *Node {
	t.Helper()
	n := Prepare(t, o)
	n.Restart()
	return n
}

// Prepare makes a node that does not run yet.
func Prepare(t testing.TB, o Options) *Node {
	t.Helper()
	n := &Node{Dir: o.Project, Data: o.Data, HTTP: freeAddr(t), Kafka: freeAddr(t), Env: o.Env, t: t, args: o.Args, state: t.TempDir()}
	if n.Data == "" {
		n.Data = filepath.Join(t.TempDir(), "data")
	}
	t.Cleanup(n.end)
	return n
}

// freeAddr is a loopback address whose port is free and stays so while the node
// is dead: outgoing connections take theirs from a higher range.
func freeAddr(t testing.TB) string {
	t.Helper()
	const low, high, tries = 10_000, 32_000, 100
	for range tries {
		addr := fmt.Sprintf("127.0.0.1:%d", low+rand.IntN(high-low))
		if l, err := net.Listen("tcp", addr); err == nil {
			if err := l.Close(); err == nil {
				return addr
			}
		}
	}
	t.Fatalf("no free port after %d tries", tries)
	return ""
}

// Restart starts the node, after its end or the first time, and waits until
// it is ready.
func (n *Node) Restart() {
	n.t.Helper()
	n.Begin()
	n.WaitReady()
}

// Begin starts the node without waiting for anything.
func (n *Node) Begin() {
	n.t.Helper()
	if n.proc != nil && !n.proc.Ended() {
		n.t.Fatal("the node runs already")
	}
	args := []string{"serve", "--data", n.Data, "--http", n.HTTP, "--kafka", n.Kafka}
	if n.Dir != "" {
		args = append(args, "--project", n.Dir)
	}
	n.proc = Launch(n.t, Server, "", n.environ(), append(args, n.args...)...)
}

func (n *Node) environ() []string {
	return append([]string{"XDG_STATE_HOME=" + n.state, "MARU_DATA=" + n.Data}, n.Env...)
}

// WaitReady waits until the server says where it is and that it is well.
func (n *Node) WaitReady() {
	n.t.Helper()
	Until(n.t, readyWithin, "the node is ready", func() error {
		if n.proc.Ended() {
			n.t.Fatalf("the server has ended:\n%s", n.proc.Log())
		}
		return n.Ready()
	})
}

// Ready is nil when the server that was started last announces itself and is
// healthy.
func (n *Node) Ready() error {
	text, err := os.ReadFile(filepath.Join(n.Data, "run", "server.json"))
	if err != nil {
		return err
	}
	var info struct {
		HTTP, Kafka string
		PID         int
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return err
	}
	if info.PID != n.proc.PID {
		return fmt.Errorf("server.json is of process %d, not %d", info.PID, n.proc.PID)
	}
	resp, err := http.Get("http://" + info.HTTP + "/healthz")
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/healthz: %s", resp.Status)
	}
	n.HTTP, n.Kafka = info.HTTP, info.Kafka
	return nil
}

// Server is the server's process.
func (n *Node) Server() *Process { return n.proc }

// PIDs of the node's processes of one sort, in order.
func (n *Node) PIDs(which string) []int {
	var out []int
	for pid, args := range processes(n.Data) {
		verb := which
		if which == Server {
			verb = "serve"
		}
		if len(args) > 1 && args[1] == verb {
			out = append(out, pid)
		}
	}
	slices.Sort(out)
	return out
}

// Kill kills, as kill -9 does, the server or every process of another sort,
// and gives their pids. The supervisor brings back all but the server.
func (n *Node) Kill(which string) []int {
	n.t.Helper()
	if which == Server {
		n.proc.Kill()
		return []int{n.proc.PID}
	}
	pids := n.PIDs(which)
	for _, pid := range pids {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill() // it may have ended by itself
		}
	}
	return pids
}

// Stop ends the node as Ctrl-C does.
func (n *Node) Stop() {
	n.t.Helper()
	code, err := n.proc.Interrupt(stopWithin)
	if err != nil || code != 0 {
		n.t.Errorf("the server stopped with exit code %d, %v", code, err)
	}
}

// end stops what runs and looks for what was left behind.
func (n *Node) end() {
	if n.proc != nil && !n.proc.Ended() {
		if _, err := n.proc.Interrupt(stopWithin); err != nil {
			n.t.Errorf("stop: %v", err)
			n.proc.Kill()
		}
	}
	if err := Poll(orphanWithin, n.orphans); err != nil {
		n.t.Errorf("orphans: %v", err)
	}
}

// orphans is an error while processes name the data directory.
func (n *Node) orphans() error {
	if left := processes(n.Data); len(left) > 0 {
		return fmt.Errorf("%d processes still name %s: %v", len(left), n.Data, left)
	}
	return nil
}

// Launch starts another verb beside the node, as its user would.
func (n *Node) Launch(name string, args ...string) *Process {
	n.t.Helper()
	return Launch(n.t, name, n.Dir, n.environ(), args...)
}

// Maru runs another verb to its end, as the node's user would.
func (n *Node) Maru(args ...string) Result {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	return Run(n.t, ctx, n.Dir, n.environ(), args...)
}
