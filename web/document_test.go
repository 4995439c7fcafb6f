package web_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru/web"
)

var rewrite = flag.Bool("rewrite", false, "write the files that tests compare with")

// closed is a server that is only looked at.
func closed(t *testing.T, needs web.Needs, cfg web.Config) *web.Server {
	t.Helper()
	cfg.Addr, cfg.Token = "127.0.0.1:0", token
	s, err := web.Open(context.Background(), cfg, needs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestDocument keeps what the pages' client is made from equal to what the
// server says of itself. After -rewrite: npm run codegen in web/ui.
func TestDocument(t *testing.T) {
	got, err := closed(t, web.Needs{}, web.Config{Version: "1"}).Document()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("ui", "src", "api", "openapi.json")
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is not the server's document (go test ./web -run Document -rewrite, then npm run codegen):\n%s", file, d)
	}
}
