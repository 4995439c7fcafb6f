package marutest

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// childAttr has the kernel end the child when the test's process is gone, also
// when that was killed for taking too long.
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// lockThread keeps the thread that a child was forked on.
func lockThread() (unlock func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}

// processes lists those whose command line names something, as pid →
// arguments. The test's own process does not count.
func processes(name string) map[int][]string {
	out := map[int][]string{}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return out
	}
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(line, []byte(name)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		var args []string
		for _, a := range bytes.Split(bytes.TrimRight(line, "\x00"), []byte{0}) {
			args = append(args, string(a))
		}
		out[pid] = args
	}
	return out
}
