package tail

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// identify asks for the birth time too, which stat does not give.
func identify(f *os.File, fi os.FileInfo) ID {
	id := idOf(fi)
	var sx unix.Statx_t
	if unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &sx) == nil && sx.Mask&unix.STATX_BTIME != 0 {
		id.Birth = sx.Btime.Sec*int64(time.Second) + int64(sx.Btime.Nsec)
	}
	return id
}

// identifyPath is identify for a path; symbolic links are followed.
func identifyPath(path string, fi os.FileInfo) ID {
	id := idOf(fi)
	var sx unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME, &sx) == nil && sx.Mask&unix.STATX_BTIME != 0 && sx.Ino == id.Ino {
		id.Birth = sx.Btime.Sec*int64(time.Second) + int64(sx.Btime.Nsec)
	}
	return id
}

func idOf(fi os.FileInfo) ID {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return ID{Dev: uint64(st.Dev), Ino: st.Ino} //nolint:unconvert // Dev is 32 bit on some
	}
	return ID{}
}

// touched is when the file was last written, renamed or unlinked, and how
// many names it has.
func touched(fi os.FileInfo) (at time.Time, links int) {
	at = fi.ModTime()
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return at, 1
	}
	if c := time.Unix(int64(st.Ctim.Sec), int64(st.Ctim.Nsec)); c.After(at) {
		at = c
	}
	return at, int(st.Nlink)
}
