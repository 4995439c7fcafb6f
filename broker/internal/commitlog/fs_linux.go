package commitlog

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

func syncDir(d *os.File) error { return d.Sync() }

// syncData leaves out times: a log that only overwrites pays no journal commit.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		runtime.KeepAlive(f)
		if err != unix.EINTR {
			return err
		}
	}
}

// allocate keeps the size, so the end of the file stays the end of the log.
func allocate(f *os.File, upTo int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, upTo)
		runtime.KeepAlive(f)
		if err != unix.EINTR {
			return err
		}
	}
}

// bootID names this run of the machine: while it is the same, nothing written
// to the page cache has been forgotten. Empty when unknown.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
