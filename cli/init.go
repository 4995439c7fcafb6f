package cli

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"maru/project"
)

func initVerb() *verb {
	return &verb{
		name: "init", synopsis: "DIR", short: "make a project that starts", args: [2]int{1, 1},
		long: `Writes a small project into DIR: settings, a collector with a sample log, a topic,
a stream and a seed. Files that are there already are left as they are; a folder
that is a project already is refused.`,
		examples: []example{{"maru init shop", ""}, {"maru init . --name shop", "into this folder"}},
		flags: func(fs *flag.FlagSet) {
			fs.String("name", "", "`name` of the project; else made from the folder's")
		},
		run: func(_ context.Context, c *call) error {
			dir := c.args[0]
			written, err := project.Init(dir, c.text("name"))
			if err != nil {
				return err
			}
			for _, f := range written {
				fmt.Fprintln(c.out, filepath.ToSlash(filepath.Join(dir, f)))
			}
			c.note("Start it with: maru serve --project %s", dir)
			return nil
		},
	}
}
