//go:build linux

package kafka

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

var errNoSendfile = errors.New("sendfile cannot serve these two files")

// sendfile moves up to n bytes at pos of f into nc, inside the kernel. The
// offset is given with the call: TCPConn.ReadFrom would use the file's own
// position, which all readers of f share.
func sendfile(nc net.Conn, f *os.File, pos int64, n int) (int, error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0, errNoSendfile
	}
	dst, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	src, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var sent int
	var sendErr, dstErr error
	err = src.Control(func(in uintptr) {
		dstErr = dst.Write(func(out uintptr) bool {
			sent, sendErr = unix.Sendfile(int(out), int(in), &pos, n)
			for sendErr == unix.EINTR {
				sent, sendErr = unix.Sendfile(int(out), int(in), &pos, n)
			}
			return sendErr != unix.EAGAIN
		})
	})
	sent = max(sent, 0)
	switch {
	case err != nil:
		return sent, err
	case dstErr != nil:
		return sent, dstErr
	case sendErr == unix.EINVAL || sendErr == unix.ENOSYS:
		return 0, errNoSendfile
	case sendErr != nil:
		return sent, os.NewSyscallError("sendfile", sendErr)
	}
	return sent, nil
}
