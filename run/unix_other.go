//go:build !linux

package run

import (
	"fmt"
	"syscall"
)

// socketName gives path itself when it fits into a socket address.
func socketName(path string) (name string, release func(), err error) {
	if len(path) > sunPathMax {
		return "", nil, fmt.Errorf("socket %s is %d bytes long and this system takes %d: use a data directory with a shorter path", path, len(path), sunPathMax)
	}
	return path, func() {}, nil
}

// socketMode leaves the mode to the chmod that follows bind.
func socketMode(_, _ string, _ syscall.RawConn) error { return nil }
