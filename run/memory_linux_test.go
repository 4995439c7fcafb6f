package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMemoryOfAContainer(t *testing.T) {
	const mib = 1 << 20
	meminfo := "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    4194304 kB\n"
	for name, tc := range map[string]struct {
		files            map[string]string
		limit, available uint64
	}{
		"no cgroup": {nil, 8192 * mib, 4096 * mib},
		"v2, the parent is the narrow one": {map[string]string{
			"proc/self/cgroup":                   "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max":       "max\n",
			"sys/fs/cgroup/a/memory.max":         "1073741824\n",
			"sys/fs/cgroup/a/memory.current":     "1063256064\n", // 1014 MiB
			"sys/fs/cgroup/a/memory.stat":        "anon 1\ninactive_file 104857600\n",
			"sys/fs/cgroup/unrelated/memory.max": "1\n",
		}, 1024 * mib, 110 * mib},
		"v1, path of the host": {map[string]string{
			"proc/self/cgroup":                           "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1073741824",
		}, 2048 * mib, 1024 * mib},
		"v1 without a limit": {map[string]string{
			"proc/self/cgroup":                           "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
		}, 8192 * mib, 4096 * mib},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "proc/meminfo", meminfo)
			for path, text := range tc.files {
				write(t, root, path, text)
			}
			m, err := memoryUnder(root)
			want := Memory{Total: 8192 * mib, Limit: tc.limit, Available: tc.available}
			if err != nil || m != want {
				t.Errorf("got %+v, %v, want %+v", m, err, want)
			}
		})
	}
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	full := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddressSpaceLeft(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &was); err != nil || was.Cur != unix.RLIM_INFINITY {
		t.Skip("somebody has set a limit already")
	}
	if left, ok := AddressSpaceLeft(); ok {
		t.Fatalf("%d bytes left where there is no limit", left)
	}
	const limit = 1 << 44 // far more than a test has reserved
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Setrlimit(unix.RLIMIT_AS, &was) }()
	left, ok := AddressSpaceLeft()
	if !ok || left == 0 || left >= limit {
		t.Fatalf("left %d of %d, limited: %v", left, uint64(limit), ok)
	}
}

// TestOwnMemory: a child that runs counts, and one whose pid is somebody
// else's now does not.
func TestOwnMemory(t *testing.T) {
	dir := t.TempDir()
	alone, err := OwnMemory(dir)
	if err != nil || alone < 1<<20 {
		t.Fatalf("alone %d bytes, %v", alone, err)
	}
	cmd := exec.Command("tail", "-c", "1G") // keeps what it is given
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	const more = 64 << 20
	if _, err := in.Write(make([]byte, more)); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "old.pid", fmt.Sprintf("%d 1 boot\n", cmd.Process.Pid))
	if n, err := OwnMemory(dir); err != nil || n > alone+more/2 {
		t.Errorf("with somebody else's pid %d bytes, alone %d, %v", n, alone, err)
	}
	if err := writePIDFile(filepath.Join(dir, "child.pid"), cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if n, err := OwnMemory(dir); err != nil || n < alone/2+more*9/10 {
		t.Errorf("with a child of %d bytes %d, alone %d, %v", more, n, alone, err)
	}
}
