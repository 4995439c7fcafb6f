package run_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"maru/run"
)

// roleVar makes the test binary play a child instead of running tests.
const roleVar = "MARU_RUN_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

func play(role string) error {
	ctx := context.Background()
	socket := os.Args[1]
	switch role {
	case "child":
		return run.ServeChild(ctx, socket, childHandler())
	case "stubborn": // a child that is stuck where no interrupt reaches it
		if err := os.WriteFile(socket, nil, 0o600); err != nil {
			return err
		}
		signal.Ignore(os.Interrupt)
		fmt.Println("maru child ready")
		select {}
	case "silent": // never says that it is ready
		_, _ = io.Copy(io.Discard, os.Stdin)
		return nil
	case "parent": // starts a child, says its pid, and waits to be killed
		c := newChild("child", socket)
		if err := c.Start(ctx); err != nil {
			return err
		}
		fmt.Println(c.PID())
		select {}
	}
	return fmt.Errorf("unknown role %q", role)
}

// newChild makes a child that plays role; next to its socket lies its pid file.
func newChild(role, socket string) *run.Child {
	return &run.Child{
		Name: role, Args: []string{socket}, Env: []string{roleVar + "=" + role},
		Socket: socket, PIDFile: socket + ".pid", Output: io.Discard,
	}
}

var hoard [][]byte

func childHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/exit", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		fmt.Fprintln(os.Stderr, "I have had enough")
		os.Exit(code)
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) {
		go func() { panic("a bug") }()
		select {}
	})
	mux.HandleFunc("/hoard", func(http.ResponseWriter, *http.Request) {
		// Enough goroutines that the dump is longer than what is kept of it.
		for range 2000 {
			go func() { select {} }()
		}
		for {
			hoard = append(hoard, make([]byte, 64<<20)) // address space, not memory: nothing is touched
		}
	})
	mux.HandleFunc("/log", func(http.ResponseWriter, *http.Request) {
		fmt.Fprintln(os.Stderr, "time=now msg=query error=\"out of memory\"")
		fmt.Println("something on stdout")
	})
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		fmt.Fprint(w, "told to stop")
	})
	return mux
}

func get(ctx context.Context, c *run.Child, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://child"+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// until polls for cond, for as long as anything may take on a busy machine.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline:
			t.Fatalf("waited too long: %s", what)
		case <-tick.C:
		}
	}
}

// processGone says whether pid has ended; a zombie that nobody reaps has.
func processGone(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(after, "Z")
}
