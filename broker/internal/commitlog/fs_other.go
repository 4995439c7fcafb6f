//go:build !linux

package commitlog

import (
	"os"
	"runtime"
)

// syncDir does nothing where a directory cannot be synced.
func syncDir(d *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return d.Sync()
}

func syncData(f *os.File) error      { return f.Sync() }
func allocate(*os.File, int64) error { return nil }
func bootID() string                 { return "" }
