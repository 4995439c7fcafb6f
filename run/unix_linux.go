package run

import (
	"fmt"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketName gives a name of path that fits into a socket address: path
// itself, or its directory by way of an open descriptor, which release closes.
func socketName(path string) (name string, release func(), err error) {
	if len(path) <= sunPathMax {
		return path, func() {}, nil
	}
	dir, base := filepath.Split(path)
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("open %s: %w", dir, err)
	}
	name = fmt.Sprintf("/proc/self/fd/%d/%s", fd, base)
	if len(name) > sunPathMax {
		_ = unix.Close(fd)
		return "", nil, fmt.Errorf("socket %s: its file name is %d bytes long: at most %d fit", path, len(base), sunPathMax-len(name)+len(base))
	}
	return name, func() { _ = unix.Close(fd) }, nil
}

// socketMode sets the mode before bind: the file never has another one.
func socketMode(_, _ string, c syscall.RawConn) error {
	var err error
	if cerr := c.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), 0o600) }); cerr != nil {
		return cerr
	}
	return err
}
