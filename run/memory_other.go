//go:build !linux

package run

import (
	"errors"
	"fmt"
)

// MachineMemory is not known on this system.
func MachineMemory() (Memory, error) {
	return Memory{}, fmt.Errorf("ask for the machine's memory: %w", errors.ErrUnsupported)
}

// AddressSpaceLeft is not known on this system.
func AddressSpaceLeft() (left uint64, ok bool) { return 0, false }

// privateBytes is not known on this system.
func privateBytes(pid int) (uint64, error) {
	return 0, fmt.Errorf("ask for the memory of process %d: %w", pid, errors.ErrUnsupported)
}
