package web_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maru"
	"maru/web"
)

func TestAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:7788", ":7788", "[::]:7788", "192.168.1.5:7788", "example.com:80", "10.0.0.1:0"} {
		_, err := web.Open(context.Background(), web.Config{Addr: addr, Token: token}, web.Needs{})
		if maru.KindOf(err) != maru.Denied || !strings.Contains(fmt.Sprint(err), "127.0.0.1") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, addr := range []string{"localhost", "127.0.0.1:99999", "127.0.0.1:abc", "["} {
		if _, err := web.Open(context.Background(), web.Config{Addr: addr, Token: token}, web.Needs{}); maru.KindOf(err) != maru.Invalid {
			t.Errorf("%s: %v", addr, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = web.Open(context.Background(), web.Config{Addr: l.Addr().String(), Token: token}, web.Needs{})
	if maru.KindOf(err) != maru.Conflict || !strings.Contains(fmt.Sprint(err), "--http") {
		t.Errorf("port in use: %v", err)
	}
	if _, err := web.Open(context.Background(), web.Config{Addr: "127.0.0.1:0"}, web.Needs{}); maru.KindOf(err) != maru.Invalid {
		t.Errorf("no token: %v", err)
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	first, err := web.EnsureToken(dir)
	if err != nil || len(first) != 64 {
		t.Fatalf("%q, %v", first, err)
	}
	info, err := os.Stat(web.TokenFile(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if again, err := web.EnsureToken(dir); err != nil || again != first {
		t.Errorf("%q, %v", again, err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "keys", ".*"))
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if err := os.Chmod(web.TokenFile(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := web.EnsureToken(dir); maru.KindOf(err) != maru.Denied {
		t.Errorf("readable by others: %v", err)
	}
	for _, text := range []string{"", "short", strings.Repeat("x", 1000), strings.Repeat("x y", 20), strings.Repeat("é", 40)} {
		if err := os.WriteFile(web.TokenFile(dir), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(web.TokenFile(dir), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := web.EnsureToken(dir); maru.KindOf(err) != maru.Corrupt {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTokenRace(t *testing.T) {
	dir := t.TempDir()
	const n = 8
	tokens := make(chan string, n)
	for range n {
		go func() {
			tok, err := web.EnsureToken(dir)
			if err != nil {
				tok = err.Error()
			}
			tokens <- tok
		}()
	}
	first := <-tokens
	for range n - 1 {
		if tok := <-tokens; tok != first {
			t.Errorf("%q and %q", first, tok)
		}
	}
}
