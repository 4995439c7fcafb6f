//go:build duckdb_arrow

package query

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cpuOf is the processor time that a process has used, in ticks of 10 ms:
// fields 14 and 15 of /proc/PID/stat. 0 where there is no such file.
func cpuOf(pid int) (ticks int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	const user, system = 14 - 3, 15 - 3
	if len(f) <= system {
		return 0
	}
	u, _ := strconv.Atoi(f[user])
	s, _ := strconv.Atoi(f[system])
	return u + s
}

// untilBusy waits until a process has worked for a while.
func untilBusy(t testing.TB, pid int) {
	t.Helper()
	was := cpuOf(pid)
	until(t, "the statement's work", 20*time.Second, func() bool { return cpuOf(pid) >= was+10 })
}

// statusOf reads a line of /proc/PID/status, in MiB; 0 where there is none.
func statusOf(pid int, key string) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			var kib int
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib >> 10
			}
		}
	}
	return 0
}

// only is the worker of a bench that has one.
func only(t testing.TB, b *bench) int {
	t.Helper()
	until(t, "a warm worker", 20*time.Second, func() bool { return len(b.Workers()) == 1 })
	return b.Workers()[0].PID
}
