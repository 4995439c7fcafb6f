// Package scripts_test runs the stories of this folder: what a user types, on
// a real server with its real children.
//
// A script has, beside the usual commands: serve, interrupt, crash (a server
// for the project in a folder), await (a command until it says something),
// chmod and parquet. None may be called like one of testscript's own: that
// would be taken, and its stop ends a script as passed.
package scripts_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"maru/cli"
	"maru/duck"
)

// rewrite takes what the scripts print as what they should.
var rewrite = flag.Bool("rewrite", false, "rewrite the expected output of scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"maru": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: ".", Setup: setup, UpdateScripts: *rewrite,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "interrupt": interrupt, "crash": crash, "await": await, "chmod": chmod, "parquet": parquet}})
}

// setup gives a script a home of its own, and nothing that the machine sets.
func setup(env *testscript.Env) error {
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	for _, v := range []string{"MARU_SERVER", "MARU_DATA", "MARU_TOKEN", "MARU_BOOTSTRAP", "XDG_STATE_HOME"} {
		env.Setenv(v, "")
	}
	s := &server{env: func() []string { return append([]string{}, env.Vars...) }}
	env.Values[serverKey{}] = s
	env.Defer(s.end)
	return nil
}

// chmod MODE FILE.
func chmod(ts *testscript.TestScript, _ bool, args []string) {
	var mode os.FileMode
	if _, err := fmt.Sscanf(args[0], "%o", &mode); err != nil {
		ts.Fatalf("%v", err)
	}
	ts.Check(os.Chmod(ts.MkAbs(args[1]), mode))
}

// parquet FILE SELECT… writes what the statement gives.
func parquet(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Config{})
	ts.Check(err)
	defer db.Close()
	c, err := db.Conn()
	ts.Check(err)
	defer c.Close()
	ts.Check(c.Exec(ctx, fmt.Sprintf("COPY (%s) TO '%s'", strings.Join(args[1:], " "), ts.MkAbs(args[0]))))
}
