package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"maru"
)

// Child is a child process of the same binary that serves HTTP on a unix
// socket by calling ServeChild. Set the fields, then Start; after its end it
// may be started again. A Child must not be copied.
type Child struct {
	Name         string
	Args         []string      // without the program's name
	Path         string        // the program; the running one when empty
	Env          []string      // KEY=value, added to the environment of this process
	Socket       string        // where the child listens; any length
	PIDFile      string        // remembers pid and start time, so that a leftover is found; none when empty
	AddressSpace uint64        // bytes of address space it may have (RLIMIT_AS, Linux); 0: no limit
	Nice         int           // added to its priority number; 0: as this process
	StartTimeout time.Duration // until it says that it is ready; 0: ChildStartTimeout
	KillAfter    time.Duration // between interrupt and kill; 0: ChildKillAfter
	Output       io.Writer     // gets its stdout and stderr; nil: stderr of this process

	once   sync.Once
	client *http.Client

	starting sync.Mutex // one Start at a time; taken before mu

	mu   sync.Mutex // guards life; never held while waiting
	life *life      // the last one; nil before the first
}

// The bounds of a Child that names none.
const (
	ChildStartTimeout = 10 * time.Second
	ChildKillAfter    = 2 * time.Second
)

// outputWait is how long, after a child's end, its output may be held open by
// a process it left behind.
const outputWait = time.Second

// childConnsIdle is how many idle connections to a child are kept.
const childConnsIdle = 16

// life is one process of a Child.
type life struct {
	pid     int
	started time.Time
	proc    *os.Process
	stdin   io.Closer // its end tells the child that the parent is gone
	tail    *tail
	ready   chan struct{} // closed at the ready line
	done    chan struct{} // closed when end is set

	mu    sync.Mutex // guards asked
	asked bool       // we told it to stop

	end End // set before done is closed
}

// Start ends what an earlier process of this child left, starts a new one and
// waits until it is ready. When that fails nothing is left running.
func (c *Child) Start(ctx context.Context) error {
	c.starting.Lock()
	defer c.starting.Unlock()
	if pid := c.PID(); pid != 0 {
		return maru.Errorf(maru.Conflict, "child %s runs already as process %d", c.Name, pid)
	}
	if err := endLeftover(ctx, c.PIDFile); err != nil {
		return fmt.Errorf("child %s: %w", c.Name, err)
	}
	l, err := c.spawn()
	if err != nil {
		return fmt.Errorf("start child %s: %w", c.Name, err)
	}
	c.mu.Lock()
	c.life = l
	c.mu.Unlock()
	if err := c.settle(l); err != nil {
		l.kill()
		<-l.done
		return fmt.Errorf("start child %s: %w", c.Name, err)
	}
	return c.awaitReady(ctx, l)
}

// settle does what must be done before the child is asked for anything.
func (c *Child) settle(l *life) error {
	if err := limitProcess(l.pid, c.AddressSpace, c.Nice); err != nil && !l.over() {
		return err
	}
	return writePIDFile(c.PIDFile, l.pid)
}

func (c *Child) awaitReady(ctx context.Context, l *life) error {
	limit := orDefault(c.StartTimeout, ChildStartTimeout)
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	var why error
	select {
	case <-l.ready:
		return nil
	case <-l.done:
		if err := l.end.Err(); err != nil {
			return fmt.Errorf("start child %s: %w", c.Name, err)
		}
		return maru.Errorf(maru.Internal, "start child %s: it ended before it was ready", c.Name)
	case <-ctx.Done():
		why = fmt.Errorf("start child %s: %w", c.Name, ctx.Err())
	case <-timeout.C:
		why = maru.Errorf(maru.Timeout, "start child %s: not ready after %s", c.Name, limit)
	}
	l.kill()
	<-l.done
	return why
}

// spawn starts the process and the goroutine that waits for its end.
func (c *Child) spawn() (*life, error) {
	l := &life{ready: make(chan struct{}), done: make(chan struct{}), tail: newTail(c.output())}
	cmd, err := c.command(l)
	if err != nil {
		return nil, err
	}
	began := make(chan error)
	Go("child "+c.Name, func() {
		// Pdeathsig follows the thread that forked, so that thread must live
		// as long as the child (golang.org/issue/27505).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			began <- err
			return
		}
		l.proc, l.pid, l.started = cmd.Process, cmd.Process.Pid, time.Now()
		began <- nil
		l.finish(cmd.Wait(), cmd.ProcessState)
		c.http().CloseIdleConnections()
		removePIDFile(c.PIDFile, l.pid)
		close(l.done)
	})
	return l, <-began
}

func (c *Child) command(l *life) (*exec.Cmd, error) {
	path := c.Path
	if path == "" {
		var err error
		if path, err = selfPath(); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(path, c.Args...)
	cmd.Args[0] = filepath.Base(os.Args[0])
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.SysProcAttr = childAttr()
	cmd.WaitDelay = outputWait
	cmd.Stdout = &readyLine{ready: l.ready, rest: l.tail}
	cmd.Stderr = l.tail
	stdin, err := cmd.StdinPipe()
	l.stdin = stdin
	return cmd, err
}

func (c *Child) output() io.Writer {
	if c.Output == nil {
		return os.Stderr
	}
	return c.Output
}

// Run is a Service's Run: it starts the child and stops it when ctx ends. The
// child's own end is an error, however friendly it was.
func (c *Child) Run(ctx context.Context) error {
	if err := c.Start(ctx); err != nil {
		return err
	}
	l := c.current()
	select {
	case <-l.done:
		if err := l.end.Err(); err != nil {
			return err
		}
		return maru.Errorf(maru.Unavailable, "child %s ended by itself", c.Name)
	case <-ctx.Done():
		l.stop(context.Background(), orDefault(c.KillAfter, ChildKillAfter))
		return nil
	}
}

// Stop asks the child to end: an interrupt, and when it is still there after
// KillAfter or when ctx ends, a kill. It returns when the process is gone.
func (c *Child) Stop(ctx context.Context) End {
	l := c.current()
	if l == nil {
		return End{Reason: EndStopped}
	}
	l.stop(ctx, orDefault(c.KillAfter, ChildKillAfter))
	return l.end
}

// Kill ends the child at once and returns when it is gone.
func (c *Child) Kill() End {
	l := c.current()
	if l == nil {
		return End{Reason: EndStopped}
	}
	l.kill()
	<-l.done
	return l.end
}

// Wait returns how the child ended, once it has; an error when ctx ends first
// or the child was never started.
func (c *Child) Wait(ctx context.Context) (End, error) {
	l := c.current()
	if l == nil {
		return End{}, maru.Errorf(maru.NotFound, "child %s has not been started", c.Name)
	}
	select {
	case <-l.done:
		return l.end, nil
	case <-ctx.Done():
		return End{}, ctx.Err()
	}
}

// Done is closed when the current process has ended; nil before the first start.
func (c *Child) Done() <-chan struct{} {
	if l := c.current(); l != nil {
		return l.done
	}
	return nil
}

// PID is the running process, 0 when there is none.
func (c *Child) PID() int {
	if l := c.current(); l != nil && !l.over() {
		return l.pid
	}
	return 0
}

// explainWait is how long Explain waits for the end of a child whose
// connection broke: the kernel closes its sockets before it can be waited for.
const explainWait = 500 * time.Millisecond

// Explain says what is behind err, the error of a request to the child: how
// the child ended if it did (out of memory, crash), else err itself.
func (c *Child) Explain(ctx context.Context, err error) error {
	l := c.current()
	if err == nil || l == nil || ctx.Err() != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, explainWait)
	defer cancel()
	select {
	case <-l.done:
	case <-ctx.Done():
		return err
	}
	if why := l.end.Err(); why != nil {
		return fmt.Errorf("%s: %w", c.Name, why)
	}
	return &maru.Error{Kind: maru.Unavailable, Err: fmt.Errorf("%s has stopped: %w", c.Name, err)}
}

// Client speaks HTTP to the child, whatever host a URL names. It outlives
// restarts of the child and sets no timeout: the request's context does.
func (c *Child) Client() *http.Client { return c.http() }

func (c *Child) http() *http.Client {
	c.once.Do(func() {
		c.client = &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return DialUnix(ctx, c.Socket)
			},
			MaxIdleConns: childConnsIdle, MaxIdleConnsPerHost: childConnsIdle,
			DisableCompression: true,
		}}
	})
	return c.client
}

func (c *Child) current() *life {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.life
}

func (l *life) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// stop walks the kill ladder.
func (l *life) stop(ctx context.Context, killAfter time.Duration) {
	l.ask()
	if err := l.proc.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		// Where there is no interrupt, the end of stdin says the same.
		_ = l.stdin.Close()
	}
	patience := time.NewTimer(killAfter)
	defer patience.Stop()
	select {
	case <-l.done:
		return
	case <-patience.C:
	case <-ctx.Done():
	}
	l.kill()
	<-l.done
}

func (l *life) kill() {
	l.ask()
	// It fails only when the process is gone, and then done tells.
	_ = l.proc.Kill()
}

func (l *life) ask() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = true
}

func (l *life) finish(err error, st *os.ProcessState) {
	l.mu.Lock()
	asked := l.asked
	l.mu.Unlock()
	_ = l.stdin.Close()
	l.end = classify(st, err, asked, l.tail)
	l.end.PID, l.end.Started, l.end.At = l.pid, l.started, time.Now()
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
