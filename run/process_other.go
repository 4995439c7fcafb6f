//go:build !linux

package run

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

func selfPath() (string, error) { return os.Executable() }

// childAttr asks for nothing: the child ends when its stdin ends.
func childAttr() *syscall.SysProcAttr { return nil }

// limitProcess refuses what it cannot do, so that nobody believes in a limit
// that is not there.
func limitProcess(_ int, addressSpace uint64, nice int) error {
	if addressSpace > 0 || nice != 0 {
		return errors.New("limits of address space and priority are set on Linux only: leave them 0 on this system")
	}
	return nil
}

// identify knows no start times here, so no leftover is ever killed by its
// pid: it could be anybody's. Leftovers end with their stdin.
func identify(int) (processID, bool) { return processID{}, false }

func endSignal(st *os.ProcessState) (name string, own bool) {
	s, ok := strings.CutPrefix(st.String(), "signal: ")
	if !ok {
		return "", false
	}
	for _, crash := range []string{"segmentation", "abort", "bus error", "floating point", "illegal"} {
		own = own || strings.Contains(s, crash)
	}
	return s, own
}
