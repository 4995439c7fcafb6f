package run_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"maru"
	"maru/run"
)

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	release, err := run.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.LockDir(dir)
	want := fmt.Sprintf("another maru serve (pid %d, since ", os.Getpid())
	if maru.KindOf(err) != maru.Conflict || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second lock: %v", err)
	}
	release()
	release() // twice does no harm
	again, err := run.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
	if _, err := run.LockDir(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("locked a directory that is not there")
	}
}

// TestLockLeftBehind: the lock of a process that is no more is waited for: a
// child that it was about to start may hold it for a moment.
func TestLockLeftBehind(t *testing.T) {
	dir := t.TempDir()
	release, err := run.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	const nobody = 1<<31 - 2 // larger than any pid
	if err := os.WriteFile(filepath.Join(dir, "lock"), fmt.Appendf(nil, "pid %d, since then\n", nobody), 0o600); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, release)
	again, err := run.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestUnixSocketWithALongPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("only Linux can name a socket by an open directory")
		return
	}
	dir := t.TempDir()
	for len(dir) < 300 {
		dir = filepath.Join(dir, strings.Repeat("long", 10))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	checkSocket(t, filepath.Join(dir, "worker.sock"))
	if _, err := run.ListenUnix(filepath.Join(dir, strings.Repeat("x", 120))); err == nil || !strings.Contains(err.Error(), "bytes long") {
		t.Errorf("a long file name: %v", err)
	}
}

func TestUnixSocket(t *testing.T) { checkSocket(t, filepath.Join(t.TempDir(), "s")) }

func checkSocket(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	if _, err := run.DialUnix(ctx, path); maru.KindOf(err) != maru.Unavailable || !strings.Contains(err.Error(), path) {
		t.Errorf("nobody listens: %v", err)
	}
	l, err := run.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	if l.Addr().String() != path {
		t.Errorf("address %s", l.Addr())
	}
	if _, err := run.ListenUnix(path); maru.KindOf(err) != maru.Conflict {
		t.Errorf("second listener: %v", err)
	}
	// The second listener's probe waits in the queue before us.
	probe, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	c, err := run.DialUnix(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := c.Read(b); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file was left: %v", err)
	}
}

func TestStaleSocketIsReplacedAndFilesAreNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // what a killed process leaves
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := run.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run.ListenUnix(path); maru.KindOf(err) != maru.Conflict {
		t.Errorf("a plain file in the way: %v", err)
	}
	if b, err := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestDiskFree(t *testing.T) {
	free, total, err := run.DiskFree(t.TempDir())
	if err != nil || free == 0 || total < free {
		t.Errorf("%d of %d, %v", free, total, err)
	}
	if _, _, err := run.DiskFree(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("nowhere has room")
	}
}

func TestMachineMemory(t *testing.T) {
	m, err := run.MachineMemory()
	if err != nil || m.Total == 0 || m.Limit > m.Total || m.Available > m.Total {
		t.Errorf("%+v, %v", m, err)
	}
}
