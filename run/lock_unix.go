//go:build unix && !solaris && !aix

package run

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// tryLock locks path for the open file, so the kernel lets go of it however
// the process ends. The file stays: removing it would let two processes lock
// two files of the same name.
func tryLock(path string) (*os.File, func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil, errLocked
		}
		return nil, nil, err
	}
	return f, sync.OnceFunc(func() {
		_ = f.Truncate(0)
		_ = f.Close()
	}), nil
}
