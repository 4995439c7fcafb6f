//go:build duckdb_arrow

package query

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tryToEscape is what a confined process tries in TestConfined.
func tryToEscape(ctx context.Context, dir, addr string) error {
	if err := confine(filepath.Join(dir, "run"), filepath.Join(dir, "spill")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "spill", "x"), []byte("x"), 0o600); err != nil {
		return fmt.Errorf("it cannot spill: %w", err)
	}
	if l, err := net.Listen("unix", filepath.Join(dir, "run", "s.sock")); err != nil {
		return fmt.Errorf("it cannot listen: %w", err)
	} else if err := l.Close(); err != nil {
		return err
	}
	if _, err := os.ReadFile(filepath.Join(dir, "file")); err != nil {
		return fmt.Errorf("it cannot read: %w", err)
	}
	for what, err := range map[string]error{
		"write a file":     os.WriteFile(filepath.Join(dir, "new"), nil, 0o600),
		"change a file":    os.WriteFile(filepath.Join(dir, "file"), nil, 0o600),
		"remove a file":    os.Remove(filepath.Join(dir, "file")),
		"make a directory": os.Mkdir(filepath.Join(dir, "d"), 0o700),
		"write in run":     os.WriteFile(filepath.Join(dir, "run", "x"), nil, 0o600),
		"rename":           os.Rename(filepath.Join(dir, "spill", "x"), filepath.Join(dir, "y")),
	} {
		if err == nil {
			return fmt.Errorf("it could %s", what)
		}
	}
	if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr); err == nil {
		c.Close()
		return fmt.Errorf("it could reach the network")
	}
	return nil
}

func TestConfined(t *testing.T) {
	dir := os.Getenv("MARU_TEST_CONFINED")
	if dir != "" {
		if err := tryToEscape(t.Context(), dir, os.Getenv("MARU_TEST_ADDRESS")); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir = t.TempDir()
	for _, d := range []string{"run", "spill"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestConfined$", "-test.v")
	cmd.Env = append(os.Environ(), "MARU_TEST_CONFINED="+dir, "MARU_TEST_ADDRESS="+l.Addr().String())
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "landlock: function not implemented") || strings.Contains(string(out), "landlock: operation not supported") {
		t.Log("this kernel has no Landlock: workers run without")
		return
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
