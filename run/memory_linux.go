package run

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cgroupDepthMax bounds the walk from our own group up to the root.
const cgroupDepthMax = 32

// MachineMemory asks the kernel, and the cgroups (v1 and v2) that we are in.
func MachineMemory() (Memory, error) { return memoryUnder("/") }

// AddressSpaceLeft is how many bytes of address space this process may still
// take; ok is false where there is no limit (RLIMIT_AS).
func AddressSpaceLeft() (left uint64, ok bool) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &lim); err != nil || lim.Cur == unix.RLIM_INFINITY {
		return 0, false
	}
	b, err := os.ReadFile("/proc/self/statm") // the first number is the size in pages
	if err != nil {
		return 0, false
	}
	size, _, _ := strings.Cut(string(b), " ")
	pages, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		return 0, false
	}
	used := pages * uint64(os.Getpagesize())
	return lim.Cur - min(used, lim.Cur), true
}

// privateBytes is what a process has in RAM that is not of a file.
func privateBytes(pid int) (uint64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("ask for the memory of process %d: %w", pid, err)
	}
	pages, err := parseStatm(string(b))
	return pages * uint64(os.Getpagesize()), err
}

// memoryUnder asks the files below root, which is / outside tests.
func memoryUnder(root string) (Memory, error) {
	b, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return Memory{}, fmt.Errorf("ask for the machine's memory: %w", err)
	}
	var m Memory
	m.Total, m.Available = parseMeminfo(b)
	m.Limit = m.Total
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err == nil {
		v2, v1 := cgroupPaths(string(groups))
		m.climb(filepath.Join(root, "sys/fs/cgroup"), v2, "memory.max", "memory.current")
		m.climb(filepath.Join(root, "sys/fs/cgroup/memory"), v1, "memory.limit_in_bytes", "memory.usage_in_bytes")
	}
	if m.Available == 0 {
		m.Available = m.Limit
	}
	return m, nil
}

// climb narrows m by the limits of group and of every group above it. In a
// container the path may be that of the host: what is not there is skipped.
func (m *Memory) climb(mount, group, limitFile, usageFile string) {
	if group == "" {
		return
	}
	group = path.Clean("/" + group)
	for range cgroupDepthMax {
		if b, err := os.ReadFile(filepath.Join(mount, group, limitFile)); err == nil {
			if limit := limitOf(string(b), m.Total); limit < m.Total {
				m.Limit = min(m.Limit, limit)
				m.Available = min(m.Available, headroom(filepath.Join(mount, group, usageFile), limit))
			}
		}
		if group == "/" {
			return
		}
		group = path.Dir(group)
	}
}

// headroom is what a group may still take. Page cache that nobody touched
// lately counts as free: the kernel drops it before it refuses.
func headroom(usageFile string, limit uint64) uint64 {
	b, err := os.ReadFile(usageFile)
	if err != nil {
		return limit
	}
	used := limitOf(string(b), limit)
	stat, _ := os.ReadFile(filepath.Join(filepath.Dir(usageFile), "memory.stat"))
	return limit - used + min(used, inactiveFile(stat))
}
