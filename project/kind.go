package project

import (
	"path"
	"slices"
	"strings"

	"maru/spec"
)

// kind is what a folder's name says about the files in it.
type kind struct {
	folder string
	ext    string
}

var (
	collectorKind = kind{"collectors", ".yaml"}
	topicKind     = kind{"topics", ".yaml"}
	streamKind    = kind{"streams", ".sql"}
	seedKind      = kind{"seeds", ".csv"}
	dashboardKind = kind{"dashboards", ".yaml"}

	kinds = []kind{topicKind, streamKind, seedKind, collectorKind, dashboardKind}
)

// laterKinds are folders that the format names and this version does not read.
var laterKinds = []string{"connections", "models", "pipelines", "metrics", "notebooks", "alerts", "reports", "policies"}

// freeFolder holds what definitions call; nothing in it is a definition.
const freeFolder = "scripts"

func kindFolders() []string {
	var fs []string
	for _, k := range kinds {
		fs = append(fs, k.folder)
	}
	slices.Sort(fs)
	return fs
}

// placed is one file of the folder and what its place says.
type placed struct {
	file string // relative, with slashes
	kind kind
	name string
}

// nameKey tells names apart: topics, streams and seeds share one namespace
// because SQL sees them all; collectors and dashboards have their own.
func (p placed) nameKey() string {
	if p.kind == collectorKind || p.kind == dashboardKind {
		return p.kind.folder + "/" + p.name
	}
	return p.name
}

// place finds the kind of a file by its nearest ancestor folder that has a
// kind's name. A problem has a Message; what is no business of a project has
// neither kind nor problem.
func place(file string) (placed, Problem) {
	dir, base := path.Split(file)
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	if file == SettingsFile || isScratch(base) {
		return placed{}, Problem{}
	}
	folders := strings.Split(strings.Trim(dir, "/"), "/")
	for i := len(folders) - 1; i >= 0; i-- {
		f := folders[i]
		if f == freeFolder {
			return placed{}, Problem{}
		}
		if slices.Contains(laterKinds, f) && isDefinition(ext) {
			return placed{}, at1(file, "this version does not read "+f+"/", "the file is left out")
		}
		for _, k := range kinds {
			if k.folder == f {
				return placeIn(k, file, stem, ext)
			}
		}
	}
	return placed{}, stray(file, strings.Trim(dir, "/"), base, ext)
}

func placeIn(k kind, file, stem, ext string) (placed, Problem) {
	switch {
	case ext == k.ext:
		return placed{file: file, kind: k, name: stem}, Problem{}
	case ext == ".yml" && k.ext == ".yaml":
		return placed{}, at1(file, "a definition ends in .yaml", "rename it to "+stem+".yaml")
	case isDefinition(ext) || strings.EqualFold(ext, k.ext):
		return placed{}, at1(file, k.folder+"/ holds "+k.ext+" files, not "+ext, "")
	}
	return placed{}, Problem{}
}

// stray judges a file that no kind's folder holds.
func stray(file, dir, base, ext string) Problem {
	if dir == "" {
		if n := spec.Nearest(base, []string{SettingsFile}); n != "" {
			return at1(file, "the file is not read", "did you mean "+n+"?")
		}
		if ext == ".sql" {
			return at1(file, "the file is in no folder that says what it is", "move it to "+streamKind.folder+"/")
		}
		return Problem{}
	}
	if ext != ".sql" && ext != ".yaml" && ext != ".yml" {
		if ext != ".csv" || spec.Nearest(path.Base(dir), []string{seedKind.folder}) == "" {
			return Problem{}
		}
	}
	for _, f := range slices.Backward(strings.Split(dir, "/")) {
		if n := spec.Nearest(f, append(kindFolders(), laterKinds...)); n != "" {
			return at1(file, "folder "+f+"/ is not known", "did you mean "+n+"/?")
		}
	}
	top, _, _ := strings.Cut(dir, "/")
	return at1(file, "folder "+path.Base(dir)+"/ is not known",
		"use "+strings.Join(kindFolders(), ", ")+", or add ignore: ["+top+"] to "+SettingsFile)
}

func isDefinition(ext string) bool {
	return ext == ".sql" || ext == ".yaml" || ext == ".yml" || ext == ".csv"
}

// isScratch knows the files that editors leave beside the real one.
func isScratch(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "#") || strings.HasSuffix(base, "~")
}

func at1(file, message, hint string) Problem {
	return Problem{File: file, Line: 1, Column: 1, Message: message, Hint: hint}
}

func foldName(s string) string { return strings.ToLower(s) }

func checkGlob(g string) error {
	_, err := path.Match(g, "")
	return err
}
