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
