//go:build !linux

package kafka

import (
	"errors"
	"net"
	"os"
)

var errNoSendfile = errors.New("sendfile is used on Linux only")

func sendfile(net.Conn, *os.File, int64, int) (int, error) { return 0, errNoSendfile }
