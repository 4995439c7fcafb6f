package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Bounds of the child's side.
const (
	headerTimeout = 10 * time.Second // for a request's header
	headerMax     = 1 << 20          // bytes of a request's header
	drainWait     = time.Second      // for requests under way, after their context has ended
	// orphanWait is how long a child without a parent may take to end in order.
	orphanWait = 2 * time.Second
)

// exitOrphan is the exit code of a child that had to be cut short.
const exitOrphan = 3

var errParentGone = errors.New("the parent process is gone")

// ServeChild is the main of a child process: it serves h on socket (0600) and
// says on stdout that it is ready. It returns nil after an interrupt, SIGTERM,
// the end of ctx, or the end of stdin, which means that the parent is gone;
// requests under way see their context end. If the process is still there
// orphanWait after its parent, it exits.
func ServeChild(ctx context.Context, socket string, h http.Handler) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	Go("parent watch", func() {
		// The parent writes nothing, so whatever ends this read is its end.
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel(errParentGone)
		time.AfterFunc(orphanWait, func() { os.Exit(exitOrphan) })
	})
	l, err := ListenUnix(socket)
	if err != nil {
		return err
	}
	return serveChild(ctx, l, h, os.Stdout)
}

func serveChild(ctx context.Context, l net.Listener, h http.Handler, out io.Writer) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    headerMax,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	g, ctx := NewGroup(ctx)
	g.Go("child http", func(context.Context) error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
		return nil
	})
	g.Go("child stop", func(ctx context.Context) error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWait)
		defer cancel()
		if srv.Shutdown(drain) != nil {
			return srv.Close()
		}
		return nil
	})
	if _, err := fmt.Fprintln(out, readyWord); err != nil {
		g.cancel(err)
		return errors.Join(fmt.Errorf("say that the child is ready: %w", err), g.Wait())
	}
	return g.Wait()
}
