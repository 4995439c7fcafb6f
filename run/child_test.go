//go:build linux

package run_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"maru"
	"maru/run"
)

func start(t *testing.T, c *run.Child) {
	t.Helper()
	t.Cleanup(func() {
		c.Kill()
		c.Client().CloseIdleConnections()
	})
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestChildServesAndStops(t *testing.T) {
	ctx := context.Background()
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	start(t, c)
	got, err := get(ctx, c, "/pid")
	if err != nil || got != fmt.Sprint(c.PID()) {
		t.Errorf("answer %q, %v; pid %d", got, err, c.PID())
	}
	if st, err := os.Stat(c.Socket); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", st.Mode(), err)
	}
	if err := c.Start(ctx); maru.KindOf(err) != maru.Conflict {
		t.Errorf("second start: %v", err)
	}
	began := time.Now()
	if end := c.Stop(ctx); end.Reason != run.EndStopped || end.Code != 0 || end.Err() != nil {
		t.Errorf("end: %+v", end)
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("an obedient child took %s to stop", took)
	}
	for _, f := range []string{c.Socket, c.PIDFile} {
		if _, err := os.Stat(f); !os.IsNotExist(err) {
			t.Errorf("%s was left: %v", f, err)
		}
	}
	if c.PID() != 0 {
		t.Errorf("pid %d after the end", c.PID())
	}
}

func TestChildStopEndsRequests(t *testing.T) {
	ctx := context.Background()
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	start(t, c)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://child/wait", nil)
	resp, err := c.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if end := c.Stop(ctx); end.Code != 0 {
		t.Errorf("end: %+v", end)
	}
	if b, err := io.ReadAll(resp.Body); string(b) != "told to stop" || err != nil {
		t.Errorf("the request under way got %q, %v", b, err)
	}
}

func TestChildEnds(t *testing.T) {
	for _, tc := range []struct {
		path   string
		reason run.EndReason
		kind   maru.Kind
		says   string
	}{
		{"/exit?code=7", run.EndExit, maru.Internal, "exit code 7 (last words: I have had enough)"},
		{"/exit?code=0", run.EndDone, maru.Unavailable, "has stopped"},
		{"/panic", run.EndCrash, maru.Internal, "panic: a bug"},
	} {
		t.Run(tc.path, func(t *testing.T) {
			ctx := context.Background()
			c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
			start(t, c)
			// A logged error is no cause of death.
			if _, err := get(ctx, c, "/log"); err != nil {
				t.Fatal(err)
			}
			_, err := get(ctx, c, tc.path)
			err = c.Explain(ctx, err)
			if maru.KindOf(err) != tc.kind || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("got %v (%v)", err, maru.KindOf(err))
			}
			end, err := c.Wait(ctx)
			if err != nil || end.Reason != tc.reason {
				t.Errorf("got %v, %v", end.Reason, err)
			}
			if !strings.Contains(end.Stderr, "out of memory") || !strings.Contains(end.Stderr, "something on stdout") {
				t.Errorf("the output is not kept: %q", end.Stderr)
			}
		})
	}
}

func TestChildKilledFromOutside(t *testing.T) {
	ctx := context.Background()
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	start(t, c)
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	end, err := c.Wait(ctx)
	if err != nil || end.Reason != run.EndSignal || end.Signal != "SIGKILL" || maru.KindOf(end.Err()) != maru.Unavailable {
		t.Errorf("got %+v, %v", end, err)
	}
}

func TestChildMeetsItsMemoryLimit(t *testing.T) {
	ctx := context.Background()
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	c.AddressSpace = 3 << 30 // an idle Go program has reserved about 1.2 GB; the race detector wants more
	if raceEnabled {
		t.Log("the race detector reserves terabytes of address space: limit not set")
		return
	}
	start(t, c)
	_, err := get(ctx, c, "/hoard")
	err = c.Explain(ctx, err)
	if maru.KindOf(err) != maru.OutOfMemory || !strings.Contains(err.Error(), "larger limit") {
		t.Errorf("got %v (%v)", err, maru.KindOf(err))
	}
	if end, _ := c.Wait(ctx); end.Reason != run.EndOutOfMemory || len(end.Stderr) > run.TailMax {
		t.Errorf("got %v, %d bytes of output", end.Reason, len(end.Stderr))
	}
}

func TestChildThatIgnoresInterruptIsKilled(t *testing.T) {
	c := newChild("stubborn", filepath.Join(t.TempDir(), "w.sock"))
	c.KillAfter = 50 * time.Millisecond
	start(t, c)
	if end := c.Stop(context.Background()); end.Reason != run.EndStopped || end.Signal != "SIGKILL" {
		t.Errorf("got %+v", end)
	}
}

func TestChildThatIsNeverReady(t *testing.T) {
	c := newChild("silent", filepath.Join(t.TempDir(), "w.sock"))
	c.StartTimeout = 50 * time.Millisecond
	if err := c.Start(context.Background()); maru.KindOf(err) != maru.Timeout {
		t.Errorf("got %v", err)
	}
	if c.PID() != 0 {
		t.Error("it was left running")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c.StartTimeout = 0
	if err := c.Start(ctx); maru.KindOf(err) != maru.Canceled || c.PID() != 0 {
		t.Errorf("got %v, pid %d", err, c.PID())
	}
}

func TestChildThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	c := newChild("child", filepath.Join(dir, "w.sock"))
	c.Path = filepath.Join(dir, "nothing")
	if err := c.Start(context.Background()); err == nil || c.PID() != 0 {
		t.Errorf("got %v", err)
	}
	c = newChild("no such role", filepath.Join(dir, "w.sock"))
	if err := c.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "unknown role") {
		t.Errorf("got %v, want the child's last words", err)
	}
}

func TestChildIsBackAfterACrash(t *testing.T) {
	ctx := context.Background()
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	s := run.NewSupervisor(run.SupervisorConfig{})
	if _, err := s.Add(run.Service{Name: "worker", Run: c.Run, PID: c.PID, Ready: func() bool { return c.PID() != 0 }}); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	until(t, "first start", func() bool { _, err := get(ctx, c, "/pid"); return err == nil })
	first := c.PID()
	began := time.Now()
	if err := syscall.Kill(first, syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	until(t, "an answer of the next process", func() bool {
		pid, err := get(ctx, c, "/pid")
		return err == nil && pid != fmt.Sprint(first)
	})
	took := time.Since(began)
	t.Logf("back after %s", took)
	if took > 500*time.Millisecond && !raceEnabled {
		t.Errorf("it took %s, want < 500ms", took)
	}
	st := s.Status()[0]
	if st.Restarts != 1 || st.PID == first || !strings.Contains(st.LastError, "crashed") {
		t.Errorf("status: %+v", st)
	}
}

// The test starts a process that starts a child, and kills that process in
// the way that leaves it no time for anything.
func TestNoOrphanAfterParentIsKilled(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "w.sock")
	parent, pid := startParent(t, socket)
	if processGone(pid) {
		t.Fatalf("the child %d is not there", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	until(t, "the end of the orphan", func() bool { return processGone(pid) })
}

// A child that the kernel does not kill ends by the end of its stdin.
func TestChildEndsWithItsStdin(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "w.sock")
	cmd := exec.Command(os.Args[0], socket)
	cmd.Env = append(os.Environ(), roleVar+"=child")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func startParent(t *testing.T, socket string) (parent *exec.Cmd, child int) {
	t.Helper()
	parent = exec.Command(os.Args[0], socket)
	parent.Env = append(os.Environ(), roleVar+"=parent")
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parent.Process.Kill() })
	if _, err := fmt.Fscan(stdout, &child); err != nil {
		t.Fatal(err)
	}
	return parent, child
}

func TestLeftoverIsEndedBeforeANewStart(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "w.sock")
	_, old := startParent(t, socket) // still alive, as if Pdeathsig had not worked
	c := newChild("child", socket)
	start(t, c)
	if !processGone(old) {
		t.Errorf("process %d is still there", old)
	}
	if c.PID() == old {
		t.Error("not a new process")
	}
}

func TestForeignProcessOfTheSamePIDIsLeftAlone(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	bystander := newChild("child", filepath.Join(dir, "other.sock"))
	start(t, bystander)
	c := newChild("child", filepath.Join(dir, "w.sock"))
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another start time": fmt.Sprintf("%d 1 %s", bystander.PID(), boot),
		"another boot":       strings.Replace(readFile(t, bystander.PIDFile), strings.TrimSpace(string(boot)), "earlier", 1),
		"torn":               fmt.Sprintf("%d", bystander.PID()),
		"empty":              "",
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(c.PIDFile, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			c.Kill()
			if bystander.PID() == 0 {
				t.Fatal("somebody else's process was killed")
			}
		})
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestChildIsNice(t *testing.T) {
	c := newChild("child", filepath.Join(t.TempDir(), "w.sock"))
	c.Nice = 10
	start(t, c)
	// The system call gives 20 minus the nice value, so that it is never negative.
	got, err := syscall.Getpriority(syscall.PRIO_PROCESS, c.PID())
	if err != nil || got != 20-10 {
		t.Errorf("priority %d, %v", got, err)
	}
}
