package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"

	"maru/project"
)

func checkVerb() *verb {
	return &verb{
		name: "check", synopsis: "[DIR]", short: "look for mistakes in a project", args: [2]int{0, 1},
		long: `Reads the project in DIR (default: this folder or the nearest one above that has a
maru.yaml) as a server would, and prints every problem as file:line:column. Fails
when there is a problem. It needs no server; when one on this machine serves the
project, what that says about the SQL of the streams is told, too.`,
		examples: []example{{"maru check", ""}, {"maru check shop --json", "for a program to read"}},
		flags: func(fs *flag.FlagSet) {
			fs.Bool("json", false, "print one JSON object")
		},
		run: runCheck,
	}
}

// checked is the answer of maru check --json.
type checked struct {
	Dir        string            `json:"dir"`
	Name       string            `json:"name"`
	Collectors int               `json:"collectors"`
	Topics     int               `json:"topics"`
	Streams    int               `json:"streams"`
	Seeds      int               `json:"seeds"`
	SQLChecked bool              `json:"sql_checked"` // a server has planned the streams
	Problems   []project.Problem `json:"problems"`
}

func runCheck(ctx context.Context, c *call) error {
	dir := projectDir()
	if len(c.args) == 1 {
		dir = c.args[0]
	}
	if dir == "" {
		dir = "."
	}
	p, problems := project.Load(dir)
	r := checked{Dir: dir}
	if p != nil {
		var planned []project.Problem
		planned, r.SQLChecked = c.servedProblems(ctx, p)
		problems = append(problems, planned...)
		r.Dir, r.Name = p.Dir, p.Name
		r.Collectors, r.Topics, r.Streams, r.Seeds = len(p.Collectors), len(p.Topics), len(p.Streams), len(p.Seeds)
	}
	r.Problems = append([]project.Problem{}, problems...)
	if c.bool("json") {
		if err := printJSON(c.out, r); err != nil {
			return err
		}
	} else {
		for _, pr := range problems {
			if p != nil { // paths that an editor can open from here
				pr.File = filepath.ToSlash(filepath.Join(dir, pr.File))
			}
			fmt.Fprintln(c.out, pr.Error())
		}
		if p != nil {
			c.note("%s: %s, %s, %s, %s, %s", p.Name, count(r.Collectors, "collector"), count(r.Topics, "topic"), count(r.Streams, "stream"),
				count(r.Seeds, "seed"), count(len(problems), "problem"))
			if !r.SQLChecked && r.Streams > 0 {
				c.note("the SQL of streams was not planned: no server here serves %s", dir)
			}
		}
	}
	if len(problems) > 0 {
		return errFailed
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func printJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
