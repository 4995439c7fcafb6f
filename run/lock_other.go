//go:build !unix || solaris || aix

package run

import (
	"errors"
	"os"
	"sync"
)

// tryLock creates path and holds it by its being there. A process that is
// killed leaves the file behind: the message names it, and it is removed by hand.
func tryLock(path string) (*os.File, func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, nil, errLocked
	}
	if err != nil {
		return nil, nil, err
	}
	return f, sync.OnceFunc(func() {
		_ = f.Close()
		_ = os.Remove(path)
	}), nil
}
