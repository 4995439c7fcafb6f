package marutest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"maru/run"
)

// outputMax bounds how much of a process's output is read back.
const outputMax = 16 << 20

// logShown is how much of a log a failed test shows, in bytes.
const logShown = 6 << 10

// Process is one running program under test. Its output goes to a file.
type Process struct {
	Name string
	PID  int

	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when the process has ended and err is set
	err  error
}

// Launch starts the program with args; env is added to the test's own. The
// process is killed when the test is over, if it still runs then.
func Launch(t testing.TB, name, dir string, env []string, args ...string) *Process {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), name+"-*.log")
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{Name: name, log: out.Name(), done: make(chan struct{})}
	p.cmd = exec.Command(Binary(t), args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(cleanEnv(), env...)
	err = spawn(p.cmd, func(err error) { p.err = err; close(p.done) })
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	p.PID = p.cmd.Process.Pid
	t.Cleanup(func() {
		// Those that ended on the way are many, and rarely the ones to blame.
		show := t.Failed() && !p.Ended()
		p.Kill()
		if show {
			text := p.Log()
			t.Logf("--- end of the log of %s (process %d)\n%s", name, p.PID, text[max(0, len(text)-logShown):])
		}
	})
	return p
}

// cleanEnv is the environment without what would lead the program elsewhere.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "MARU_") {
			env = append(env, kv)
		}
	}
	return env
}

// spawn starts cmd on a thread that lives as long as the child: its death
// signal follows that thread (golang.org/issue/27505).
func spawn(cmd *exec.Cmd, ended func(error)) error {
	cmd.SysProcAttr = childAttr()
	began := make(chan error)
	run.Go("process "+filepath.Base(cmd.Path), func() {
		unlock := lockThread()
		defer unlock()
		if err := cmd.Start(); err != nil {
			began <- err
			return
		}
		began <- nil
		ended(cmd.Wait())
	})
	return <-began
}

// Log is all output so far.
func (p *Process) Log() string {
	f, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, outputMax))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Ended says whether the process is gone.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process as kill -9 does, and returns when it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it fails only when the process is gone
	<-p.done
}

// Interrupt sends what Ctrl-C sends and waits for the end. It gives the exit
// code.
func (p *Process) Interrupt(within time.Duration) (int, error) {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return -1, err
	}
	return p.Wait(within)
}

// Dump ends the process with a look at all its goroutines, for a test that
// found it stuck, and gives its log.
func (p *Process) Dump() string {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err == nil {
		_, _ = p.Wait(dumpWithin)
	}
	return p.Log()
}

// dumpWithin bounds the writing of a dump.
const dumpWithin = 5 * time.Second

// Wait waits for the process's end and gives its exit code, -1 when a signal
// ended it.
func (p *Process) Wait(within time.Duration) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return -1, fmt.Errorf("%s (process %d) still runs after %s", p.Name, p.PID, within)
	}
}

// Killed says whether SIGKILL ended the process.
func (p *Process) Killed() bool {
	if !p.Ended() {
		return false
	}
	st, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == syscall.SIGKILL
}

// Result of a command that ran to its end.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs the program to its end.
func Run(t testing.TB, ctx context.Context, dir string, env []string, args ...string) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, Binary(t), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(cleanEnv(), env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run maru %s: %v", strings.Join(args, " "), err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}
