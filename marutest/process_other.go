//go:build !linux

package marutest

import "syscall"

func childAttr() *syscall.SysProcAttr { return nil }

func lockThread() (unlock func()) { return func() {} }

// processes cannot be listed here, so no orphan is found.
func processes(string) map[int][]string { return nil }
