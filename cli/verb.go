package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"maru/spec"
)

// verb is one thing that maru does.
type verb struct {
	name     string // "sql" or "topic list"
	synopsis string // what follows the name, without flags: "TOPIC"
	short    string // one line for the overview
	long     string // what a user must know, in full lines
	examples []example
	args     [2]int // how few and how many arguments; -1: no bound
	flags    func(*flag.FlagSet)
	hidden   bool
	raw      bool // flags are the business of run
	run      func(ctx context.Context, c *call) error
}

type example struct{ line, says string }

// call is one use of a verb.
type call struct {
	stdio
	verb  *verb
	args  []string
	flags *flag.FlagSet
}

func (c *call) text(name string) string { return c.flags.Lookup(name).Value.String() }

func (c *call) bool(name string) bool {
	v, _ := strconv.ParseBool(c.text(name))
	return v
}

func (c *call) int(name string) int64 {
	v, _ := strconv.ParseInt(c.text(name), 10, 64) // the flag has parsed it
	return v
}

func (c *call) float(name string) float64 {
	v, _ := strconv.ParseFloat(c.text(name), 64)
	return v
}

// isSet says whether the flag stands on the command line.
func (c *call) isSet(name string) bool {
	found := false
	c.flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func (c *call) wrong(format string, args ...any) error {
	return &useError{verb: c.verb.name, message: fmt.Sprintf(format, args...)}
}

// note says something on stderr.
func (c *call) note(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

var errHelp = errors.New("help is wanted")

func (v *verb) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	if v.flags != nil {
		v.flags(fs)
	}
	return fs
}

// parse reads flags wherever they stand; after -- all is argument.
func (v *verb) parse(args []string, std stdio) (*call, error) {
	c := &call{stdio: std, verb: v, flags: v.flagSet()}
	if v.raw {
		c.args = args
		return c, nil
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			c.args = append(c.args, args[i+1:]...)
			i = len(args)
		case a == "-h" || a == "--help" || a == "-help":
			return nil, errHelp
		case len(a) > 1 && a[0] == '-' && !isNumber(a):
			used, err := c.setFlag(a, args[i+1:])
			if err != nil {
				return nil, err
			}
			i += used
		default:
			c.args = append(c.args, a)
		}
	}
	return c, c.countArgs()
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func (c *call) setFlag(a string, rest []string) (used int, err error) {
	name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
	f := c.flags.Lookup(name)
	if f == nil {
		message := fmt.Sprintf("maru %s has no flag --%s", c.verb.name, name)
		if n := spec.Nearest(name, flagNames(c.flags)); n != "" {
			message += ": did you mean --" + n + "?"
		}
		return 0, &useError{verb: c.verb.name, message: message}
	}
	if !hasValue {
		switch {
		case isBool(f):
			value = "true"
		case len(rest) == 0:
			return 0, c.wrong("--%s wants a value", name)
		default:
			value, used = rest[0], 1
		}
	}
	if err := c.flags.Set(name, value); err != nil {
		return 0, c.wrong("--%s %q: %s", name, value, plainFlagError(err))
	}
	return used, nil
}

func plainFlagError(err error) string {
	switch s := err.Error(); s {
	case "parse error":
		return "that is no value of its kind"
	case "value out of range":
		return "that is out of range"
	default:
		return s
	}
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func flagNames(fs *flag.FlagSet) []string {
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

func (c *call) countArgs() error {
	least, most := c.verb.args[0], c.verb.args[1]
	switch {
	case len(c.args) < least:
		return c.wrong("maru %s wants %s", c.verb.name, c.verb.synopsis)
	case most >= 0 && len(c.args) > most && most == 0:
		return c.wrong("maru %s takes no arguments, here is %q", c.verb.name, c.args[0])
	case most >= 0 && len(c.args) > most:
		return c.wrong("maru %s wants %s only, %q is one too many", c.verb.name, c.verb.synopsis, c.args[most])
	}
	return nil
}

// listFlag may be given more than once.
type listFlag []string

func (l *listFlag) String() string { return strings.Join(*l, ",") }

func (l *listFlag) Set(s string) error {
	const most = 100
	if len(*l) >= most {
		return fmt.Errorf("at most %d are allowed", most)
	}
	*l = append(*l, s)
	return nil
}

func (c *call) list(name string) []string { return *c.flags.Lookup(name).Value.(*listFlag) }

// durationFlag is a length of time with days and weeks.
type durationFlag time.Duration

func (d *durationFlag) String() string { return time.Duration(*d).String() }

func (d *durationFlag) Set(s string) error {
	v, err := spec.ParseDuration(s)
	*d = durationFlag(v)
	return err
}

// choice is a flag with few values.
type choice struct {
	value string
	words []string
}

func (o *choice) String() string { return o.value }

func (o *choice) Set(s string) error {
	for _, w := range o.words {
		if w == s {
			o.value = s
			return nil
		}
	}
	if n := spec.Nearest(s, o.words); n != "" {
		return fmt.Errorf("did you mean %s?", n)
	}
	return fmt.Errorf("use %s", strings.Join(o.words, ", "))
}

func choose(fs *flag.FlagSet, name, initial, usage string, words ...string) {
	fs.Var(&choice{initial, words}, name, usage)
}
