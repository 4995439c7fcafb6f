package run

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Memory is what this machine or container has, in bytes.
type Memory struct {
	Total     uint64 `json:"total"`     // what the machine has
	Limit     uint64 `json:"limit"`     // what we may use: Total, or less by a cgroup
	Available uint64 `json:"available"` // what can be had now without swapping; Limit when not known
}

// parseMeminfo reads MemTotal and MemAvailable of /proc/meminfo (proc_meminfo(5)), in bytes.
func parseMeminfo(b []byte) (total, available uint64) {
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		f := strings.Fields(sc.Text())
		if len(f) < 2 {
			continue
		}
		kib, _ := strconv.ParseUint(f[1], 10, 54)
		switch f[0] {
		case "MemTotal:":
			total = kib << 10
		case "MemAvailable:":
			available = kib << 10
		}
	}
	return total, available
}

// cgroupPaths finds in the text of /proc/self/cgroup the group of cgroup v2
// and that of v1's memory controller; "" where there is none (cgroups(7)).
func cgroupPaths(text string) (v2, v1 string) {
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "":
			v2 = f[2]
		default:
			for c := range strings.SplitSeq(f[1], ",") {
				if c == "memory" {
					v1 = f[2]
				}
			}
		}
	}
	return v2, v1
}

// limitOf reads a cgroup limit; "max", absurdly large and unreadable are none.
func limitOf(text string, total uint64) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil || n == 0 || n > total {
		return total
	}
	return n
}

// inactiveFile finds in a cgroup's memory.stat the page cache not in active
// use, in bytes; v1 counts the groups below only in the "total_" line.
func inactiveFile(stat []byte) (n uint64) {
	for line := range strings.Lines(string(stat)) {
		f := strings.Fields(line)
		if len(f) == 2 && (f[0] == "inactive_file" || f[0] == "total_inactive_file") {
			v, _ := strconv.ParseUint(f[1], 10, 64)
			n = max(n, v)
		}
	}
	return n
}

// OwnMemory is what this process and its children have in RAM, in bytes; the
// children are those whose PIDFile is in dir and who still run. Pages of files,
// the program's among them, do not count: the processes share them, and the
// kernel drops them before it refuses memory.
func OwnMemory(dir string) (uint64, error) {
	sum, err := privateBytes(os.Getpid())
	if err != nil {
		return 0, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		id, ok := readPIDFile(f)
		if !ok || !alive(id) {
			continue
		}
		if n, err := privateBytes(id.pid); err == nil { // or it has ended since
			sum += n
		}
	}
	return sum, nil
}

// parseStatm gives the resident pages of /proc/PID/statm that are not of files
// (proc_pid_statm(5)).
func parseStatm(text string) (pages uint64, err error) {
	var size, resident, shared uint64
	if _, err := fmt.Sscan(text, &size, &resident, &shared); err != nil {
		return 0, fmt.Errorf("read statm: %w", err)
	}
	return resident - min(shared, resident), nil
}
