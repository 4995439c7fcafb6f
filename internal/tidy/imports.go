package tidy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of the module whose rules these are.
const Module = "maru"

// The rooms of the house, by the first element of a package's path.
var (
	parts = []string{"collect", "broker", "stream", "lake", "store", "query", "govern", "schedule", "resource", "alert", "dashboard", "workspace", "web"}
	doors = []string{"duck", "meta", "blob", "run", "kafka", "jsonrow"}
)

// mayImport draws the directions:
//
//	cmd → cli → project, node → parts → doors → spec → maru
//
// A room also imports itself. "run" is a door that other doors may use.
var mayImport = map[string][]string{
	"maru":     {},
	"door":     {"maru", "run"},
	"run":      {"maru"},
	"spec":     {"maru"},
	"part":     {"maru", "spec", "door", "run"},
	"project":  {"maru", "spec", "door", "run"},
	"node":     {"maru", "spec", "door", "run", "part", "project"},
	"gen":      {"maru", "run"},
	"examples": {},
	"tidy":     {},
	"cli":      {"maru", "spec", "door", "run", "part", "project", "node", "gen", "examples"},
	"cmd":      {"cli"},
	// What only tests use may use everything.
	"test": {"maru", "spec", "door", "run", "part", "project", "node", "gen", "cli", "test"},
}

// testsMayImport is what _test.go files may import beyond their package's own.
var testsMayImport = []string{"gen", "test", "run", "maru", "spec"}

type engine struct {
	prefix string // of import paths
	dirs   []string
}

func (e engine) admits(f *File) bool {
	return slices.ContainsFunc(e.dirs, func(dir string) bool {
		return dir == "_test" && f.Test || f.Dir == dir || strings.HasPrefix(f.Dir, dir+"/")
	})
}

// engines have one door each. The value lists the directories (and all below)
// that may import the engine; "_test" stands for every _test.go file.
var engines = []engine{
	{"github.com/duckdb/", []string{"duck"}},
	{"modernc.org/sqlite", []string{"meta"}},
	{"github.com/mattn/go-sqlite3", nil},
	{"github.com/cockroachdb/pebble", []string{"store"}},
	{"github.com/twmb/franz-go/pkg/kmsg", []string{"broker", "kafka", "test"}},
	{"github.com/twmb/franz-go/pkg/kgo", []string{"kafka", "cli", "test", "marutest", "_test"}},
	{"github.com/twmb/franz-go/pkg/kadm", []string{"kafka", "cli", "test", "marutest", "_test"}},
	{"github.com/twmb/franz-go/pkg/kfake", []string{"test", "marutest", "_test"}},
	{"github.com/thejerf/suture", []string{"run", "_test"}},
	{"github.com/aws/", []string{"blob"}},
	{"k8s.io/", []string{"resource/internal/kube"}},
	// Not engines, but not for this house either: see STYLE.md.
	{"github.com/stretchr/testify", nil},
	{"golang.org/x/sync/errgroup", []string{"run"}}, // run.Group names its goroutines
}

// room gives the first element of a package's directory, and its kind; ""
// when the directory has no place in the layout.
func room(dir string) (name, kind string) {
	name, below, _ := strings.Cut(dir, "/")
	switch {
	case dir == ".":
		return "maru", "maru"
	case name == "internal" && (below == "gen" || below == "tidy"):
		return dir, below
	case name == "run":
		return name, "run"
	case slices.Contains(parts, name):
		return name, "part"
	case slices.Contains(doors, name):
		return name, "door"
	case slices.Contains([]string{"spec", "project", "node", "cli", "cmd", "examples"}, name):
		return name, name
	case slices.Contains([]string{"test", "marutest"}, name):
		return name, "test"
	}
	return dir, ""
}

// Layout finds packages that have no place in the layout.
func Layout(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if _, kind := room(f.Dir); kind == "" {
			out = append(out, Finding{Rule: "layout", Where: f.Path,
				Text: fmt.Sprintf("package %s has no place in the layout: put it into a part, or give it a place in internal/tidy/imports.go", f.Dir)})
		}
	}
	return out
}

// Directions finds imports against the directions.
func Directions(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		for _, spec := range f.AST.Imports {
			to, ok := inModule(spec.Path.Value)
			if !ok {
				continue
			}
			if why := forbidden(f, to); why != "" {
				out = append(out, Finding{Rule: "directions", Where: f.Path, Line: t.line(spec.Pos()), Text: why})
			}
		}
	}
	return out
}

// inModule gives the directory of an import path of this module.
func inModule(quoted string) (dir string, ok bool) {
	p, err := strconv.Unquote(quoted)
	if err != nil {
		return "", false
	}
	if p == Module {
		return ".", true
	}
	return strings.CutPrefix(p, Module+"/")
}

func forbidden(f *File, to string) (why string) {
	fromName, fromKind := room(f.Dir)
	toName, toKind := room(to)
	switch {
	case fromName == toName, fromKind == "":
		return ""
	case slices.Contains(mayImport[fromKind], toKind):
		return ""
	case f.Test && slices.Contains(testsMayImport, toKind):
		return ""
	case fromKind == "part" && toKind == "part":
		return fmt.Sprintf("part %s imports part %s: say what is needed in needs.go and let node plug it in, or use the open protocol", fromName, toName)
	}
	return fmt.Sprintf("%s (%s) must not import %s (%s)", fromName, fromKind, toName, toKind)
}

// Engines finds imports of an engine outside its door.
func Engines(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		for _, spec := range f.AST.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			for _, e := range engines {
				if !strings.HasPrefix(p, e.prefix) || e.admits(f) {
					continue
				}
				out = append(out, Finding{Rule: "engines", Where: f.Path, Line: t.line(spec.Pos()),
					Text: fmt.Sprintf("%s may be imported by %s only", p, doorsOf(e.dirs))})
			}
		}
	}
	return out
}

func doorsOf(dirs []string) string {
	if len(dirs) == 0 {
		return "nobody"
	}
	return strings.ReplaceAll(strings.Join(dirs, ", "), "_test", "tests")
}
