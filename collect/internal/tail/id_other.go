//go:build !linux

package tail

import (
	"os"
	"reflect"
	"time"
)

// identify has no birth time here; device and inode are read by name, since
// the field types of the system's stat differ.
func identify(_ *os.File, fi os.FileInfo) ID { return idOf(fi) }

func identifyPath(_ string, fi os.FileInfo) ID { return idOf(fi) }

func idOf(fi os.FileInfo) ID {
	v := reflect.Indirect(reflect.ValueOf(fi.Sys()))
	if v.Kind() != reflect.Struct {
		return ID{}
	}
	field := func(name string) uint64 {
		f := v.FieldByName(name)
		switch {
		case f.IsValid() && f.CanUint():
			return f.Uint()
		case f.IsValid() && f.CanInt():
			return uint64(f.Int())
		}
		return 0
	}
	return ID{Dev: field("Dev"), Ino: field("Ino")}
}

func touched(fi os.FileInfo) (at time.Time, links int) { return fi.ModTime(), 1 }
