//go:build !linux

package sim

import "errors"

func mountMemory(string, int) error { return errors.New("this system has no tmpfs") }

func unmount(string) error { return nil }
