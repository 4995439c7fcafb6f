package run

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestTailKeepsTheEnd(t *testing.T) {
	for _, chunk := range []int{1, 7, 1000, TailMax, 3*TailMax + 1} {
		tl := newTail(io.Discard)
		var all strings.Builder
		for i := 0; all.Len() < 3*TailMax+1; i++ {
			fmt.Fprintf(&all, "line %d\n", i)
		}
		text := all.String()
		for rest := text; rest != ""; {
			n := min(chunk, len(rest))
			if _, err := tl.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if got := tl.String(); got != text[len(text)-TailMax:] {
			t.Errorf("chunks of %d: kept %d bytes that are not the end", chunk, len(got))
		}
	}
}

func TestTailFindsTheCause(t *testing.T) {
	dump := strings.Repeat("goroutine 7 [select]:\nmain.f(0x1)\n", 10_000)
	for text, want := range map[string]struct {
		cause string
		noMem bool
	}{
		"all is well\n": {"", false},
		"fatal error: runtime: out of memory\n\n" + dump:                            {"fatal error: runtime: out of memory", true},
		"runtime: out of memory: cannot allocate 4194304-byte block (1 in use)\n":   {"runtime: out of memory: cannot allocate 4194304-byte block (1 in use)", true},
		"runtime/cgo: pthread_create failed: Resource temporarily unavailable\n":    {"runtime/cgo: pthread_create failed: Resource temporarily unavailable", true},
		"terminate called after throwing an instance of 'std::bad_alloc'\n  what()": {"terminate called after throwing an instance of 'std::bad_alloc'", true},
		"level=ERROR msg=\"out of memory\"\npanic: nil map\n\tpanic: again\n":       {"panic: nil map", false},
		"panic: " + strings.Repeat("x", 5000) + " out of memory\n":                  {"panic: " + strings.Repeat("x", lineMax-7), false},
	} {
		tl := newTail(io.Discard)
		_, _ = tl.Write([]byte(text))
		if cause, noMem := tl.cause(); cause != want.cause || noMem != want.noMem {
			t.Errorf("%.60q: got %q, %v", text, cause, noMem)
		}
	}
}

func TestReadyLineAmongOthers(t *testing.T) {
	for _, chunk := range []int{1, 5, 1000} {
		var rest strings.Builder
		r := &readyLine{ready: make(chan struct{}), rest: &rest}
		text := "hello\n" + strings.Repeat("x", 2000) + "\n" + readyWord + "\nbye\n"
		for text != "" {
			n := min(chunk, len(text))
			_, _ = r.Write([]byte(text[:n]))
			text = text[n:]
		}
		<-r.ready
		if !strings.HasPrefix(rest.String(), "hello\nx") || !strings.HasSuffix(rest.String(), "x\nbye\n") {
			t.Errorf("chunks of %d: passed on %q", chunk, rest.String())
		}
	}
}

// FuzzTail holds the ring against the plain answer, however writes are cut.
func FuzzTail(f *testing.F) {
	f.Add([]byte("panic: x\nfatal error: out of memory\n"), uint16(3))
	f.Add([]byte(strings.Repeat("long", TailMax)), uint16(1000))
	f.Fuzz(func(t *testing.T, text []byte, chunk uint16) {
		tl := newTail(io.Discard)
		for rest := text; len(rest) > 0; {
			n := min(int(chunk)+1, len(rest))
			_, _ = tl.Write(rest[:n])
			rest = rest[n:]
		}
		if got, want := tl.String(), string(text[max(0, len(text)-TailMax):]); got != want {
			t.Errorf("kept %d bytes, want the last %d", len(got), len(want))
		}
		if cause, _ := tl.cause(); len(cause) > lineMax {
			t.Errorf("a cause of %d bytes", len(cause))
		}
	})
}
