package run

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// crashEnv names the point at which this process kills itself, and how many
// times it is passed before: "after_commit" or "after_commit:7". For tests
// that show that nothing is lost; unset, CrashPoint does nothing.
const crashEnv = "MARU_CRASH_AT"

var crash = sync.OnceValue(func() *crashPlan {
	name, count, _ := strings.Cut(os.Getenv(crashEnv), ":")
	n, err := strconv.Atoi(count)
	if err != nil {
		n = 1
	}
	return &crashPlan{name: name, left: n}
})

type crashPlan struct {
	name string
	mu   sync.Mutex // guards left
	left int
}

// CrashPoint kills the process, as kill -9 would, when it is the point that
// the environment names.
func CrashPoint(name string) {
	c := crash()
	if c.name == "" || c.name != name {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left > 0 {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(syscall.SIGKILL)
		select {} // the signal comes before anything else happens
	}
}
