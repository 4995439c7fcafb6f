package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

func TestLog(t *testing.T) {
	say := func(l *slog.Logger) {
		l.Info("service", "name", "broker", "state", "running", "error", "")
		l.Warn("service", "name", "web", "state", "failed", "error", errors.New("a \"b\"\nc"))
		l.With("collector", "api").Info("ready", "http", "127.0.0.1:1")
		l.Debug("detail")
	}
	t.Run("for people", func(t *testing.T) {
		var b bytes.Buffer
		say(slog.New(&peopleHandler{w: &b, level: slog.LevelInfo, mu: &sync.Mutex{}}))
		var got []string
		for line := range strings.Lines(b.String()) {
			_, text, _ := strings.Cut(line, " ") // the time
			got = append(got, strings.TrimSuffix(text, "\n"))
		}
		want := []string{"service broker running", `warning: service web failed: a "b"\nc`, "ready  collector=api  http=127.0.0.1:1"}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("for programs", func(t *testing.T) {
		var b bytes.Buffer
		say(serverLog(&b, slog.LevelInfo))
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != 3 || strings.Contains(lines[0], "error") || !strings.Contains(lines[0], "level=INFO msg=service name=broker state=running") {
			t.Errorf("got %q", lines)
		}
	})
}
