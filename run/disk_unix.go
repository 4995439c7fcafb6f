//go:build linux || darwin || freebsd

package run

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// DiskFree says how many bytes the file system of path has left for this user,
// and how many it has in all.
func DiskFree(path string) (free, total uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, 0, fmt.Errorf("ask for the space on the disk of %s: %w", path, err)
	}
	block := uint64(st.Bsize)
	return uint64(max(0, int64(st.Bavail))) * block, uint64(st.Blocks) * block, nil
}
