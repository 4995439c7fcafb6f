// Package examples holds the example projects, and carries the one of the
// first steps in the binary.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed api-log/.gitignore api-log/collectors api-log/dashboards api-log/maru.yaml api-log/seeds api-log/streams api-log/topics
var files embed.FS

// APILog is the folder api-log.
func APILog() fs.FS {
	sub, err := fs.Sub(files, "api-log")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}
