// Package project reads a folder of plain files that describes a whole
// platform: what is collected, which topics there are, which SQL never ends.
//
//	In:    a folder: maru.yaml, collectors/*.yaml, topics/*.yaml, streams/*.sql, seeds/*.csv, dashboards/*.yaml
//	Out:   a Project of plain data, and every Problem with file, line and column
//	Keeps: dashboards/*.yaml, as they are edited; a Watcher keeps the last good version of each file
//	Speaks: YAML and SQL with a YAML header
//	Swap:  git: the folder is the interface
//
// Folder = kind, file name = name. The nearest ancestor folder that has a
// kind's name decides, so a team may have sales/streams/x.sql.
package project
