package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"maru"
)

// sunPathMax is how long a unix socket's name may be everywhere, in bytes:
// macOS has room for 104 with the closing zero, Linux for 108.
const sunPathMax = 103

// probeWait bounds the question whether somebody listens on a socket.
const probeWait = time.Second

// ListenUnix listens on the unix socket path, mode 0600, of any length on
// Linux. A socket that nobody listens on any more is replaced; one that is in
// use is a maru.Conflict. Closing the listener removes the file.
func ListenUnix(path string) (net.Listener, error) {
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	name, release, err := socketName(path)
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{Control: socketMode}
	l, err := lc.Listen(context.Background(), "unix", name)
	if err != nil {
		release()
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	ul := l.(*net.UnixListener)
	// The short name means nothing once release was called.
	ul.SetUnlinkOnClose(false)
	release()
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", path, err), ul.Close())
	}
	return &unixListener{UnixListener: ul, path: path}, nil
}

type unixListener struct {
	*net.UnixListener
	path string
	once sync.Once
	err  error
}

// Addr is the socket's real path.
func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close removes the socket's file before it closes it: afterwards, the file
// could be that of a successor.
func (l *unixListener) Close() error {
	l.once.Do(func() {
		_ = os.Remove(l.path)
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// clearSocket removes what is left of a socket that nobody listens on.
func clearSocket(path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if st.Mode()&os.ModeSocket == 0 {
		return maru.Errorf(maru.Conflict, "%s is there and is not a socket: move it away", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeWait)
	defer cancel()
	if c, err := DialUnix(ctx, path); err == nil {
		_ = c.Close()
		return maru.Errorf(maru.Conflict, "somebody listens on %s already", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// DialUnix connects to the unix socket path, of any length on Linux.
func DialUnix(ctx context.Context, path string) (net.Conn, error) {
	name, release, err := socketName(path)
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", name)
	if err != nil {
		return nil, &maru.Error{Kind: dialKind(ctx), Err: fmt.Errorf("connect to %s: %w", path, err)}
	}
	return c, nil
}

func dialKind(ctx context.Context) maru.Kind {
	if err := ctx.Err(); err != nil {
		return maru.KindOf(err)
	}
	return maru.Unavailable
}
