package run

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// selfPath names the running program itself: after an upgrade on disk a child
// must still be of the version of its parent.
func selfPath() (string, error) { return "/proc/self/exe", nil }

// childAttr puts the child into a process group of its own, so that Ctrl-C in
// a terminal reaches only the parent, which stops its children in order; and
// has the kernel kill it when the thread that forked it ends.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitProcess bounds the address space of a process that has just started,
// and makes it nice.
func limitProcess(pid int, addressSpace uint64, nice int) error {
	if addressSpace > 0 {
		lim := unix.Rlimit{Cur: addressSpace, Max: addressSpace}
		if err := unix.Prlimit(pid, unix.RLIMIT_AS, &lim, nil); err != nil {
			return fmt.Errorf("limit the address space of process %d to %d bytes: %w", pid, addressSpace, err)
		}
	}
	if nice == 0 {
		return nil
	}
	// By process group: a priority set by pid would be that of one thread.
	if err := unix.Setpriority(unix.PRIO_PGRP, pid, nice); err != nil {
		return fmt.Errorf("make process %d nice by %d: %w", pid, nice, err)
	}
	return nil
}

var bootID = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
})

// identify reads field 22 of /proc/PID/stat, the start time in clock ticks
// since boot (proc_pid_stat(5)). A zombie counts as gone: where process 1 does
// not reap, it would be waited for without end.
func identify(pid int) (processID, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return processID{}, false
	}
	// The second field is the name in parentheses and may hold anything.
	i := bytes.LastIndexByte(b, ')')
	f := strings.Fields(string(b[i+1:]))
	const state, start = 0, 22 - 3
	if i < 0 || len(f) <= start || f[state] == "Z" || f[state] == "X" {
		return processID{}, false
	}
	ticks, err := strconv.ParseUint(f[start], 10, 64)
	return processID{pid: pid, start: ticks, boot: bootID()}, err == nil
}

// endSignal names the signal that ended a process, and says whether it is one
// that a program brings upon itself.
func endSignal(st *os.ProcessState) (name string, own bool) {
	ws, ok := st.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return "", false
	}
	switch ws.Signal() {
	case syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGSYS:
		own = true
	}
	return unix.SignalName(ws.Signal()), own
}
