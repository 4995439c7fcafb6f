//go:build !linux && !darwin && !freebsd

package run

import (
	"errors"
	"fmt"
)

// DiskFree is not known on this system.
func DiskFree(path string) (free, total uint64, err error) {
	return 0, 0, fmt.Errorf("ask for the space on the disk of %s: %w", path, errors.ErrUnsupported)
}
