package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones of projects on machines without them

	"maru"
	"maru/spec"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUse    = 2
)

// Main runs one command line, without the program's name, and gives the exit
// code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C asks for an end in order; a second one does not wait.
	defer context.AfterFunc(ctx, stop)()
	err := dispatch(ctx, args, stdio{in: stdin, out: stdout, err: stderr})
	return exitCode(err, stderr)
}

// useError is a wrong use: exit code 2, and where to read on.
type useError struct {
	verb    string // empty: the program as a whole
	message string
}

func (e *useError) Error() string { return e.message }

// errFailed is an error that has been shown already.
var errFailed = errors.New("failed")

func exitCode(err error, stderr io.Writer) int {
	var use *useError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // the reader had enough
		return exitDone
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.As(err, &use):
		help := "maru help"
		if use.verb != "" {
			help += " " + use.verb
		}
		fmt.Fprintf(stderr, "maru: %s\nRead on with: %s\n", use.message, help)
		return exitUse
	case maru.KindOf(err) == maru.Canceled:
		fmt.Fprintln(stderr, "maru: stopped")
		return exitFailed
	}
	fmt.Fprintf(stderr, "maru: %v\n", err)
	return exitFailed
}

// stdio are the three streams of a call.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func dispatch(ctx context.Context, args []string, std stdio) error {
	if len(args) == 0 {
		printOverview(std.err)
		return &useError{message: "say what to do"}
	}
	switch args[0] {
	case "-h", "--help":
		printOverview(std.out)
		return nil
	case "-v", "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	v, rest, err := findVerb(args)
	if err != nil {
		return err
	}
	c, err := v.parse(rest, std)
	if errors.Is(err, errHelp) {
		v.printHelp(std.out)
		return nil
	}
	if err != nil {
		return err
	}
	return v.run(ctx, c)
}

// findVerb takes the verb, of one word or two, off args.
func findVerb(args []string) (*verb, []string, error) {
	all := verbs()
	var first, second []string
	for _, v := range all {
		a, b, two := strings.Cut(v.name, " ")
		switch {
		case two && a == args[0] && len(args) > 1 && b == args[1]:
			return v, args[2:], nil
		case !two && a == args[0]:
			return v, args[1:], nil
		}
		if two && a == args[0] {
			second = append(second, b)
		}
		if !v.hidden {
			first = append(first, a)
		}
	}
	if len(second) > 0 {
		return nil, nil, unknownSecond(args, second)
	}
	message := fmt.Sprintf("%q is no verb", args[0])
	if n := spec.Nearest(args[0], first); n != "" {
		message += ": did you mean " + n + "?"
	}
	return nil, nil, &useError{message: message}
}

func unknownSecond(args, known []string) error {
	list := strings.Join(known, ", ")
	if len(args) == 1 || strings.HasPrefix(args[1], "-") {
		return &useError{verb: args[0], message: fmt.Sprintf("maru %s wants one of %s", args[0], list)}
	}
	message := fmt.Sprintf("%q is nothing that maru %s does: use %s", args[1], args[0], list)
	if n := spec.Nearest(args[1], known); n != "" {
		message = fmt.Sprintf("%q is nothing that maru %s does: did you mean %s?", args[1], args[0], n)
	}
	return &useError{verb: args[0], message: message}
}
