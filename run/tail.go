package run

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// TailMax is how much of a child's last output is kept, in bytes.
const TailMax = 64 << 10

// lineMax bounds the part of a line that is looked at for a cause of death.
const lineMax = 512

// tail passes a child's output on, keeps its end, and watches it for the line
// in which a dying program says why. It watches every line and not only the
// end because the goroutine dump after that line can be longer than TailMax.
type tail struct {
	next io.Writer

	mu    sync.Mutex // guards what follows
	ring  []byte
	at    int // where the next byte goes once ring is full
	line  []byte
	why   string
	noMem bool
}

func newTail(next io.Writer) *tail { return &tail{next: next} }

// Write never fails: a child must not die of a closed log.
func (t *tail) Write(p []byte) (int, error) {
	_, _ = t.next.Write(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(p)
	for rest := p; len(rest) > 0; {
		part, after, whole := bytes.Cut(rest, []byte{'\n'})
		t.line = append(t.line, part[:min(len(part), lineMax-len(t.line))]...)
		if whole {
			t.look(string(t.line))
			t.line = t.line[:0]
		}
		rest = after
	}
	return len(p), nil
}

func (t *tail) keep(p []byte) {
	if len(p) > TailMax {
		p = p[len(p)-TailMax:]
	}
	room := min(TailMax-len(t.ring), len(p))
	t.ring = append(t.ring, p[:room]...)
	for p = p[room:]; len(p) > 0; {
		n := copy(t.ring[t.at:], p)
		t.at = (t.at + n) % TailMax
		p = p[n:]
	}
}

// String is the end of the output.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.ring[t.at:]) + string(t.ring[:t.at])
}

// cause is the first line in which the program said why it dies, and whether
// that was for want of memory.
func (t *tail) cause() (line string, outOfMemory bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.why, t.noMem
}

// deathLines begin the last words of a Go or C++ program. Log lines do not
// begin like this, so a logged "out of memory" of a query is not mistaken.
var deathLines = []string{"panic: ", "fatal error: ", "runtime: ", "runtime/cgo: ", "terminate called", "  what(): ",
	"SIGSEGV: ", "SIGABRT: ", "SIGBUS: ", "SIGFPE: ", "SIGILL: ", "SIGTRAP: "}

// noMemory is what the Go runtime, glibc and DuckDB say when mmap or a thread
// is refused under RLIMIT_AS. A thread's stack is address space too.
var noMemory = []string{"out of memory", "cannot allocate memory", "bad_alloc", "pthread_create failed",
	"failed to create new OS thread"}

func (t *tail) look(line string) {
	for _, begin := range deathLines {
		if !strings.HasPrefix(line, begin) {
			continue
		}
		if t.why == "" {
			t.why = strings.TrimSpace(line)
		}
		low := strings.ToLower(line)
		for _, s := range noMemory {
			t.noMem = t.noMem || strings.Contains(low, strings.ToLower(s))
		}
		return
	}
}

// readyWord is what a child writes on its stdout once it listens.
const readyWord = "maru child ready"

// readyLine watches stdout for the ready line and passes the rest on.
type readyLine struct {
	ready chan struct{}
	rest  io.Writer
	line  []byte
	seen  bool
}

func (r *readyLine) Write(p []byte) (int, error) {
	if r.seen {
		return r.rest.Write(p)
	}
	n := len(p)
	for !r.seen && len(p) > 0 {
		part, after, whole := bytes.Cut(p, []byte{'\n'})
		r.line = append(r.line, part[:min(len(part), lineMax-len(r.line))]...)
		p = after
		if !whole {
			continue
		}
		if string(r.line) == readyWord {
			r.seen = true
			close(r.ready)
		} else {
			_, _ = r.rest.Write(append(r.line, '\n'))
		}
		r.line = r.line[:0]
	}
	if len(p) > 0 {
		_, _ = r.rest.Write(p)
	}
	return n, nil
}
