package room

import (
	"os"
	"strconv"
	"strings"
)

// residentBytes is how much of this process is in RAM: the second field of
// /proc/self/statm (proc_pid_statm(5)).
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
