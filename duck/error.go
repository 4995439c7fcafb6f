package duck

import (
	"errors"
	"regexp"
	"strings"

	bind "github.com/duckdb/duckdb-go-bindings"

	"maru"
)

// Error is what DuckDB said. Line and Column (from 1) are where in the
// statement, 0 when it did not say.
type Error struct {
	Kind         maru.Kind
	Class        string // DuckDB's own word: "Binder", "Parser", "Out of Memory"
	Message      string // without class and without the marked line
	Line, Column int
	Fatal        bool // the instance is unusable from now on
}

func (e *Error) Error() string {
	if e.Class == "" {
		return e.Message
	}
	return e.Class + " Error: " + e.Message
}

// kinds maps DuckDB's error classes; a class that is not here is Internal.
var kinds = map[string]maru.Kind{
	"Binder": maru.Invalid, "Parser": maru.Invalid, "Catalog": maru.Invalid, "Conversion": maru.Invalid,
	"Invalid Input": maru.Invalid, "Out of Range": maru.Invalid, "Mismatch Type": maru.Invalid, "Divide by Zero": maru.Invalid,
	"Invalid type": maru.Invalid, "Decimal": maru.Invalid, "Expression": maru.Invalid, "Syntax": maru.Invalid, "Settings": maru.Invalid,
	"Not implemented": maru.Invalid, "Invalid": maru.Invalid, "Parameter Not Resolved": maru.Invalid, "Parameter Not Allowed": maru.Invalid,
	"Constraint": maru.Invalid, "Dependency": maru.Conflict, "TransactionContext": maru.Conflict, "Permission": maru.Denied,
	"Out of Memory": maru.OutOfMemory, "INTERRUPT": maru.Canceled, "Interrupt": maru.Canceled, "IO": maru.NotFound,
	"Serialization": maru.Corrupt, "FATAL": maru.Internal, "INTERNAL": maru.Internal, "Missing Extension": maru.Invalid,
}

var (
	prefixRE = regexp.MustCompile(`^([A-Za-z][A-Za-z ]*?) Error: `)
	lineRE   = regexp.MustCompile(`(?m)^LINE (\d+): (.*)$`)
)

// newError reads the class from the message: DuckDB puts it first. The typed
// class decides whether the instance is lost, never text: messages echo the user's SQL.
func newError(t bind.ErrorType, msg string) error {
	e := &Error{Message: msg, Fatal: t == bind.ErrorTypeFatal || t == bind.ErrorTypeInternal}
	if m := prefixRE.FindStringSubmatch(msg); m != nil {
		e.Class = m[1]
		e.Message = msg[len(m[0]):]
	}
	e.Kind = kinds[e.Class]
	if t == bind.ErrorTypeOutOfMemory {
		e.Kind = maru.OutOfMemory
	}
	e.place()
	return &maru.Error{Kind: e.Kind, Err: e}
}

// place takes "LINE 1: SELECT x …\n   ^" off the message and keeps its position.
func (e *Error) place() {
	loc := lineRE.FindStringSubmatchIndex(e.Message)
	if loc == nil {
		return
	}
	head, text := e.Message[:loc[0]], e.Message[loc[4]:loc[5]]
	for _, c := range e.Message[loc[2]:loc[3]] {
		e.Line = e.Line*10 + int(c-'0')
	}
	caret := ""
	if rest := e.Message[loc[1]:]; strings.HasPrefix(rest, "\n") {
		caret, _, _ = strings.Cut(rest[1:], "\n")
	}
	// The caret stands under the text, whose "LINE n: " it counts too; a long
	// line is shown from "..." on, then only the line is certain.
	lead := loc[4] - loc[0]
	if at := strings.IndexByte(caret, '^'); at >= lead && !strings.HasPrefix(text, "...") {
		e.Column = at - lead + 1
	}
	e.Message = strings.TrimRight(head, "\n ")
}

// Fatal says whether err has cost the instance: the process should end.
func Fatal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Fatal
}
