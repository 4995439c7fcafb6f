//go:build !linux

package kafka

import (
	"os"
	"strconv"
	"sync"
	"time"
)

// machine does not know the boot here; owner.ended then answers for writers of
// this process only, and leases of killed processes run out by time.
func machine() (boot, space string) { return "", "" }

var ownStart = sync.OnceValue(func() string { return strconv.FormatInt(time.Now().UnixNano(), 36) })

func startOf(pid int) (string, bool) {
	if pid == os.Getpid() {
		return ownStart(), true
	}
	return "", true
}
