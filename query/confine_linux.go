package query

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confinedEnv tells the second start of a worker that it is confined.
const confinedEnv = "MARU_WORKER_CONFINED"

// What a worker cannot do once it is confined (landlock(7)): change files, and
// use TCP. Which files it may read differs from statement to statement and is
// DuckDB's to hold.
const (
	writeAccess = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	socketAccess = unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE
	spillAccess  = writeAccess
)

// confine takes from this process the right to write anywhere but below spill,
// to make anything but a socket in socketDir, and to speak TCP. A process that
// has threads can only do this to one of them, so it does it to the one that
// starts the program anew; it returns nil in the second life, and an error
// where the kernel cannot do it.
func confine(socketDir, spill string) error {
	if os.Getenv(confinedEnv) != "" {
		return nil
	}
	runtime.LockOSThread()
	if err := restrict(socketDir, spill); err != nil {
		// No rights were lost: only the last step takes them, and it cannot
		// half succeed.
		runtime.UnlockOSThread()
		return err
	}
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), confinedEnv+"=1"))
}

func restrict(socketDir, spill string) error {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: writeAccess}
	size := unsafe.Sizeof(attr.Handled_access_fs)
	spillRights := uint64(spillAccess)
	if abi >= 3 { // 6.2
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		spillRights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 4 { // 6.7
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: create the rules: %w", errno)
	}
	defer unix.Close(int(fd))
	if err := allow(int(fd), socketDir, socketAccess); err != nil {
		return err
	}
	if err := allow(int(fd), spill, spillRights); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("landlock: give up new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}

// allow lets what lies below dir be used in the given ways.
func allow(rules int, dir string, access uint64) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("landlock: open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: a rule for %s: %w", dir, errno)
	}
	return nil
}
