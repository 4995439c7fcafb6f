package scripts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Far above what a server needs: other tests keep the machine busy.
const (
	readyWithin = 30 * time.Second
	stopWithin  = 30 * time.Second
	awaitWithin = 30 * time.Second
	pollEvery   = 50 * time.Millisecond
)

type serverKey struct{}

// server is the one that a script runs; none when cmd is nil.
type server struct {
	env  func() []string
	cmd  *exec.Cmd
	done chan error
	log  string // a file: what it said
}

func of(ts *testscript.TestScript) *server { return ts.Value(serverKey{}).(*server) }

// serve DIR [FLAG…] starts a server on free ports for the project in DIR and
// waits until it is ready; it sets MARU_DATA, HTTP and KAFKA. What it says
// goes to serve.log. "! serve" wants it to fail, and shows why on stderr.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if s.cmd != nil {
		ts.Fatalf("a server runs already: interrupt or crash it")
	}
	project := ts.MkAbs(args[0])
	data := filepath.Join(project, ".maru")
	line := append([]string{"serve", "--project", project, "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"}, args[1:]...)
	if i := slices.Index(line, "--data"); i >= 0 {
		data = ts.MkAbs(line[i+1])
	}
	s.log = ts.MkAbs("serve.log")
	out, err := os.Create(s.log)
	ts.Check(err)
	defer out.Close()
	s.cmd = exec.Command(binary(ts), line...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = ts.MkAbs("."), s.env(), out, out
	ts.Check(s.cmd.Start())
	s.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) { done <- cmd.Wait() }(s.cmd, s.done)
	info, err := s.ready(data)
	if neg {
		if err == nil {
			ts.Fatalf("the server started")
		}
		_, _ = ts.Stderr().Write([]byte(s.said()))
		return
	}
	if err != nil {
		ts.Fatalf("%v\n%s", err, s.said())
	}
	ts.Setenv("MARU_DATA", data)
	ts.Setenv("HTTP", info.HTTP)
	ts.Setenv("KAFKA", info.Kafka)
}

// binary is maru as the script finds it.
func binary(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		file := filepath.Join(dir, "maru")
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	ts.Fatalf("there is no maru in PATH")
	return ""
}

// address is run/server.json of the data directory.
type address struct {
	HTTP  string `json:"http"`
	Kafka string `json:"kafka"`
	PID   int    `json:"pid"`
}

// ready waits until the server has said where it is.
func (s *server) ready(data string) (at address, err error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for late := time.After(readyWithin); ; {
		text, err := os.ReadFile(filepath.Join(data, "run", "server.json"))
		if err == nil && json.Unmarshal(text, &at) == nil && at.PID == s.cmd.Process.Pid {
			return at, nil
		}
		select {
		case <-tick.C:
		case err := <-s.done:
			s.cmd = nil
			return at, fmt.Errorf("the server ended: %w", errors.Join(err, errors.New("see what it said")))
		case <-late:
			return at, fmt.Errorf("the server is not ready after %s", readyWithin)
		}
	}
}

func (s *server) said() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// interrupt is Ctrl-C: the server must end in order.
func interrupt(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts)
	if s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	if err := s.signal(os.Interrupt); err != nil {
		ts.Fatalf("the server did not end in order: %v\n%s", err, s.said())
	}
}

// crash is kill -9.
func crash(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts)
	if s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	_ = s.signal(syscall.SIGKILL) // that it was killed is what we want
}

func (s *server) signal(sig os.Signal) error {
	cmd := s.cmd
	s.cmd = nil
	if err := cmd.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case err := <-s.done:
		return err
	case <-time.After(stopWithin):
		return errors.Join(fmt.Errorf("it is there after %s", stopWithin), cmd.Process.Kill(), <-s.done)
	}
}

// end leaves nothing behind when a script is over.
func (s *server) end() {
	if s.cmd != nil {
		_ = s.signal(os.Interrupt)
	}
}

// await REGEXP COMMAND… runs the command until what it prints matches.
func await(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for late := time.After(awaitWithin); ; {
		// Not by Exec of the script, whose log would hold every try.
		said, runErr := try(ts, args[1:])
		if want.MatchString(said) {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("%s: no match for %q after %s (%v):\n%s\nthe server said:\n%s", strings.Join(args[1:], " "), args[0], awaitWithin, runErr, said, of(ts).said())
		}
	}
}

func try(ts *testscript.TestScript, args []string) (said string, err error) {
	if args[0] == "maru" {
		args = append([]string{binary(ts)}, args[1:]...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), of(ts).env()
	for _, v := range []string{"MARU_DATA", "HTTP", "KAFKA"} { // set since
		cmd.Env = append(cmd.Env, v+"="+ts.Getenv(v))
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
