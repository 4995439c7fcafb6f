package kafka

import (
	"os"
	"strconv"
	"strings"
)

// machine names this boot of this machine, and the process id namespace.
func machine() (boot, space string) {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ = os.Readlink("/proc/self/ns/pid")
	return strings.ReplaceAll(strings.TrimSpace(string(b)), "-", ""), strings.Trim(space, "pid:[]")
}

// startOf is when a process started, in clock ticks since boot; false when
// there is no such process, or only its remains that nobody waited for.
func startOf(pid int) (string, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	// The second field is the program's name in parentheses, which may hold
	// spaces and parentheses itself. Field 3 is the state, field 22 the start.
	s := string(b)
	f := strings.Fields(s[strings.LastIndexByte(s, ')')+1:])
	if len(f) < 20 || f[0] == "Z" || f[0] == "X" {
		return "", false
	}
	return f[19], true
}
