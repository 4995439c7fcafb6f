package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the tree of built pages. "index.html" is the page of every path
// that is no file; names below "assets/" carry a hash of their content, so
// they never change. Next to a file F that shrinks there are F.br and F.gz.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant of ours
	}
	return sub
}

// Built is false when the binary was made without the pages.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}
