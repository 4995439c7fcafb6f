package run

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"maru"
)

// A pid alone may belong to somebody else by now; with its start time and the
// boot it is of, it cannot.
type processID struct {
	pid   int
	start uint64 // clock ticks since boot
	boot  string
}

// How long a leftover may take to end by itself (its parent is gone, so it is
// about to), and how long after a kill.
const (
	leftoverWait = 2 * time.Second
	killedWait   = 5 * time.Second
	leftoverPoll = 5 * time.Millisecond
)

func writePIDFile(path string, pid int) error {
	if path == "" {
		return nil
	}
	// A child that is gone already has no start time, and needs no file.
	id, ok := identify(pid)
	if !ok {
		return nil
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, fmt.Appendf(nil, "%d %d %s\n", id.pid, id.start, id.boot), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// removePIDFile removes the file when it is of pid.
func removePIDFile(path string, pid int) {
	if id, ok := readPIDFile(path); ok && id.pid == pid {
		_ = os.Remove(path)
	}
}

func readPIDFile(path string) (processID, bool) {
	if path == "" {
		return processID{}, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return processID{}, false
	}
	var id processID
	n, _ := fmt.Sscanf(string(b), "%d %d %s", &id.pid, &id.start, &id.boot)
	return id, n == 3 && id.pid > 1
}

// endLeftover sees to it that the process recorded in path is gone: it waits
// a little, then kills. A process with the same pid that started at another
// time is somebody else's and is left alone.
func endLeftover(ctx context.Context, path string) error {
	id, ok := readPIDFile(path)
	if !ok || !alive(id) {
		return nil
	}
	slog.Info("waiting for the child of an earlier server", "pid", id.pid, "recorded", path)
	if gone(ctx, id, leftoverWait) {
		return nil
	}
	p, err := os.FindProcess(id.pid)
	if err != nil {
		return nil
	}
	defer p.Release()
	// FindProcess holds the process by a handle where it can; asked again now,
	// the pid cannot change hands between the question and the kill.
	if !alive(id) {
		return nil
	}
	if err := p.Kill(); err == nil && gone(ctx, id, killedWait) {
		return nil
	}
	return maru.Errorf(maru.Unavailable, "process %d of an earlier server (recorded in %s) does not end: stop it with kill -9 %d", id.pid, path, id.pid)
}

func gone(ctx context.Context, id processID, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for alive(id) {
		if Sleep(ctx, leftoverPoll) != nil {
			return !alive(id)
		}
	}
	return true
}

func alive(id processID) bool {
	now, ok := identify(id.pid)
	return ok && now == id
}
