package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"maru"
)

// lockName is the file in a data directory that its user holds locked.
const lockName = "lock"

// How long, and how often, the lock of a process that is gone is waited for.
const (
	lockLeftWait = 5 * time.Second
	lockLeftPoll = 10 * time.Millisecond
)

// errLocked is what a platform's tryLock gives when somebody holds the lock.
var errLocked = errors.New("locked")

// LockDir takes the data directory dir for this process until release or the
// process's end. When another process has it, the error is a maru.Conflict
// that names that process.
func LockDir(dir string) (release func(), err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, lockName)
	f, unlock, err := tryLock(path)
	// A process that is killed while it starts a child has left its lock to that
	// child until the child has become another program.
	for giveUp := time.Now().Add(lockLeftWait); errors.Is(err, errLocked) && holderGone(path) && time.Now().Before(giveUp); {
		time.Sleep(lockLeftPoll)
		f, unlock, err = tryLock(path)
	}
	if errors.Is(err, errLocked) {
		return nil, maru.Errorf(maru.Conflict, "another maru serve (%s) uses %s: stop it or give another --data", lockHolder(path), dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	text := fmt.Sprintf("pid %d, since %s\n", os.Getpid(), time.Now().Format(time.DateTime))
	if err := errors.Join(f.Truncate(0), writeAt0(f, text)); err != nil {
		unlock()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return unlock, nil
}

func writeAt0(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// lockHolder is what the holder wrote about itself. It may be between taking
// the lock and writing, so an empty file is no error.
func lockHolder(path string) string {
	b, err := os.ReadFile(path)
	line, _, _ := strings.Cut(string(b), "\n")
	if err != nil || line == "" {
		return "its pid is not known yet"
	}
	return line
}

// holderGone says whether the process that has written itself down as the
// lock's holder is no more. Nobody is written down while the lock is being
// taken or given back: that passes too.
func holderGone(path string) bool {
	var pid int
	if n, _ := fmt.Sscanf(lockHolder(path), "pid %d,", &pid); n != 1 {
		return true
	}
	_, there := identify(pid)
	return !there
}
