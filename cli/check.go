package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"maru/project"
)

func checkVerb() *verb {
	return &verb{
		name: "check", synopsis: "[DIR]", short: "look for mistakes in a project", args: [2]int{0, 1},
		long: `Reads the project in DIR (default: this folder or the nearest one above that has a
maru.yaml) as a server would, and prints every problem as file:line:column. Fails
when there is a problem. The SQL of the streams is planned: by the server on this
machine that serves the project, else here, without one, where the columns of the
topics are declared.`,
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
	SQLChecked bool              `json:"sql_checked"`           // every stream has been planned
	NotPlanned []string          `json:"not_planned,omitempty"` // streams over topics without declared columns
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
		planned, err := c.planProblems(ctx, p, &r)
		if err != nil {
			return err
		}
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
			if len(r.NotPlanned) > 0 {
				c.note("not planned, as no server here serves %s and their topics declare no columns: %s", dir, strings.Join(r.NotPlanned, ", "))
			}
		}
	}
	if len(problems) > 0 {
		return errFailed
	}
	return nil
}

// planProblems is what is wrong with the SQL of the streams.
func (c *call) planProblems(ctx context.Context, p *project.Project, r *checked) ([]project.Problem, error) {
	if planned, ok := c.servedProblems(ctx, p); ok {
		r.SQLChecked = true
		return planned, nil
	}
	planned, skipped, err := plannedProblems(ctx, p)
	if err != nil && ctx.Err() == nil { // what else is wrong shall be shown
		c.note("the SQL of the streams was not planned: %v", err)
		return nil, nil
	}
	r.NotPlanned, r.SQLChecked = skipped, err == nil && len(skipped) == 0
	return planned, err
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
