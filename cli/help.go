package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

func helpVerb() *verb {
	return &verb{
		name: "help", synopsis: "[VERB]", short: "say how maru or one of its verbs is used", args: [2]int{0, 2},
		long:     "Without VERB it lists all verbs. Everything that a verb takes is in its help.",
		examples: []example{{"maru help sql", "how to ask with SQL"}, {"maru help topic create", "a verb of two words"}},
		run: func(_ context.Context, c *call) error {
			if len(c.args) == 0 {
				printOverview(c.out)
				return nil
			}
			if len(c.args) == 1 && printGroup(c.out, c.args[0]) {
				return nil
			}
			v, rest, err := findVerb(c.args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return c.wrong("maru %s has no further verbs", v.name)
			}
			v.printHelp(c.out)
			return nil
		},
	}
}

func printOverview(w io.Writer) {
	fmt.Fprint(w, `maru: data comes in, is kept in a log, and is asked with SQL while it comes.

Usage: maru VERB [ARGUMENTS] [FLAGS]

`)
	width := 0
	for _, v := range verbs() {
		if !v.hidden {
			width = max(width, len(v.name))
		}
	}
	for _, v := range verbs() {
		if !v.hidden {
			fmt.Fprintf(w, "  %-*s  %s\n", width, v.name, v.short)
		}
	}
	fmt.Fprint(w, `
Start here:
  maru init shop && maru serve --project shop
  maru help VERB

Exit codes: 0 done, 1 failed, 2 wrong use.
`)
}

// printGroup prints the verbs that begin with word, if they have two words.
func printGroup(w io.Writer, word string) bool {
	found := false
	for _, v := range verbs() {
		if a, _, two := strings.Cut(v.name, " "); two && a == word {
			if !found {
				fmt.Fprintf(w, "Usage: maru %s VERB [ARGUMENTS] [FLAGS]\n\n", word)
			}
			found = true
			fmt.Fprintf(w, "  %-16s  %s\n", v.name, v.short)
		}
	}
	if found {
		fmt.Fprintf(w, "\nRead on with: maru help %s VERB\n", word)
	}
	return found
}

func (v *verb) printHelp(w io.Writer) {
	line := strings.TrimRight("maru "+v.name+" "+v.synopsis, " ")
	fs := v.flagSet()
	if len(flagNames(fs)) > 0 {
		line += " [FLAGS]"
	}
	fmt.Fprintf(w, "maru %s: %s\n\nUsage: %s\n", v.name, v.short, line)
	if v.long != "" {
		fmt.Fprintf(w, "\n%s\n", v.long)
	}
	printFlags(w, fs)
	if len(v.examples) > 0 {
		fmt.Fprint(w, "\nExamples:\n")
		for _, e := range v.examples {
			fmt.Fprintf(w, "  %s\n", e.line)
			if e.says != "" {
				fmt.Fprintf(w, "      %s\n", e.says)
			}
		}
	}
	fmt.Fprint(w, "\nExit codes: 0 done, 1 failed, 2 wrong use.\n")
}

func printFlags(w io.Writer, fs *flag.FlagSet) {
	if len(flagNames(fs)) == 0 {
		return
	}
	fmt.Fprint(w, "\nFlags:\n")
	fs.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if o, ok := f.Value.(*choice); ok {
			value = strings.Join(o.words, "|")
		}
		name := "--" + f.Name
		if len(f.Name) == 1 {
			name = "-" + f.Name
		}
		if !isBool(f) {
			name += " " + strings.ReplaceAll(strings.ToUpper(value), " ", "-")
			if _, ok := f.Value.(*choice); ok {
				name = strings.TrimSuffix(name, strings.ToUpper(value)) + value
			}
		}
		fmt.Fprintf(w, "  %s\n      %s", name, usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "-1" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}
