package maru

import (
	"context"
	"errors"
	"fmt"
)

// Kind is what a caller may branch on. Each wire maps kinds to its own codes
// in one table (HTTP status, Kafka code, SQLSTATE).
type Kind uint8

// The kinds, and who can mend what they say.
const (
	Internal        Kind = iota // a broken promise of ours: report it
	Invalid                     // the request is wrong: change it
	NotFound                    // what is named is not there
	Conflict                    // it is there already, or somebody else changed it
	Denied                      // this principal may not
	Unauthenticated             // no valid credential came with the request
	TooLarge                    // a named limit was met
	OutOfMemory                 // the work needs more memory than it may have
	OutOfSpace                  // the disk is full
	Unavailable                 // try again: starting, stopping, or the other side is away
	Timeout                     // it took longer than it may
	Canceled                    // somebody stopped it
	Corrupt                     // bytes on disk are not what was written
)

var kindNames = [...]string{"internal", "invalid", "not_found", "conflict", "denied", "unauthenticated", "too_large",
	"out_of_memory", "out_of_space", "unavailable", "timeout", "canceled", "corrupt"}

// String is the kind's name as it stands in JSON and in metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of String; an unknown name is Internal.
func ParseKind(s string) Kind {
	for i, n := range kindNames {
		if n == s {
			return Kind(i)
		}
	}
	return Internal
}

// Error is an error that a caller may branch on.
type Error struct {
	Op   string // what was being done: "lake.Commit"; may be empty
	Kind Kind
	Err  error
}

func (e *Error) Error() string {
	switch {
	case e.Op == "":
		return e.Err.Error()
	case e.Err == nil:
		return e.Op + ": " + e.Kind.String()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of kind k without an Op.
func Errorf(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Err: fmt.Errorf(format, args...)}
}

// KindOf finds the kind of err: that of the outermost *Error in its chain;
// Canceled and Timeout for the two context errors; else Internal.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return Internal
}
