package cli

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// unnamed is the version of a build that was given none.
const unnamed = "dev"

// Version is set by the build: -ldflags "-X maru/cli.Version=1.2.3".
var Version = unnamed

// fullVersion adds the commit to a build that was given no version, where it
// is known.
func fullVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || Version != unnamed {
		return Version
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = "+" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-modified"
		}
	}
	if revision == "" {
		return Version
	}
	return Version + revision + dirty
}

func versionVerb() *verb {
	return &verb{
		name: "version", short: "say which maru this is",
		examples: []example{{"maru version --json", ""}},
		flags:    func(fs *flag.FlagSet) { fs.Bool("json", false, "print one JSON object") },
		run: func(_ context.Context, c *call) error {
			if c.bool("json") {
				return printJSON(c.out, map[string]string{"version": fullVersion(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			_, err := fmt.Fprintf(c.out, "maru %s (%s %s/%s)\n", fullVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
