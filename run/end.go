package run

import (
	"fmt"
	"os"
	"strings"
	"time"

	"maru"
)

// EndReason says in one word why a child's process ended.
type EndReason string

// The reasons.
const (
	EndDone        EndReason = "done"          // exit code 0, by itself
	EndStopped     EndReason = "stopped"       // we told it to
	EndExit        EndReason = "exit"          // another exit code
	EndOutOfMemory EndReason = "out of memory" // it met its address space limit
	EndCrash       EndReason = "crash"         // a panic, or a signal of its own making
	EndSignal      EndReason = "signal"        // somebody else killed it
)

// End is how a child's process ended.
type End struct {
	Reason  EndReason
	Code    int    // exit code; -1 after a signal
	Signal  string // "" without one
	Cause   string // the line in which the program said why it died, if it did
	Stderr  string // the last TailMax bytes of its output
	PID     int
	Started time.Time
	At      time.Time
}

// Err is nil for an end that is nobody's fault, else a *maru.Error whose kind
// is OutOfMemory, Internal (crash, exit code) or Unavailable (killed from outside).
func (e End) Err() error {
	switch e.Reason {
	case EndDone, EndStopped:
		return nil
	case EndOutOfMemory:
		return maru.Errorf(maru.OutOfMemory, "process %d ran out of memory%s: ask for less, or give it a larger limit", e.PID, e.because())
	case EndCrash:
		return maru.Errorf(maru.Internal, "process %d crashed%s", e.PID, e.because())
	case EndSignal:
		return maru.Errorf(maru.Unavailable, "process %d was ended by %s from outside; if nobody did that, the machine ran out of memory (see the kernel's log)", e.PID, e.Signal)
	}
	return maru.Errorf(maru.Internal, "process %d ended with exit code %d%s", e.PID, e.Code, e.because())
}

// because is what the process itself said, or its last words.
func (e End) because() string {
	switch {
	case e.Cause != "":
		return " (" + e.Cause + ")"
	case e.Signal != "":
		return " (" + e.Signal + ")"
	}
	line := strings.TrimSpace(e.Stderr)
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	if line == "" {
		return ""
	}
	return fmt.Sprintf(" (last words: %.300s)", line)
}

func classify(st *os.ProcessState, waitErr error, asked bool, t *tail) End {
	e := End{Code: -1, Stderr: t.String()}
	var oom bool
	e.Cause, oom = t.cause()
	if st == nil {
		e.Reason, e.Cause = EndCrash, fmt.Sprint(waitErr)
		return e
	}
	e.Code = st.ExitCode()
	var own bool
	e.Signal, own = endSignal(st)
	switch {
	case asked:
		e.Reason = EndStopped
	case e.Code == 0:
		e.Reason = EndDone
	case oom:
		e.Reason = EndOutOfMemory
	case e.Cause != "" || own:
		e.Reason = EndCrash
	case e.Signal != "":
		e.Reason = EndSignal
	default:
		e.Reason = EndExit
	}
	return e
}
