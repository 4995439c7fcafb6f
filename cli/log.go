package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// serverLog is where a server says what happens: lines for people on a
// terminal, logfmt for whatever collects them elsewhere.
func serverLog(w io.Writer, level slog.Level) *slog.Logger {
	if isTerminal(w) {
		return slog.New(&peopleHandler{w: w, level: level, mu: &sync.Mutex{}})
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString && a.Value.String() == "" {
			return slog.Attr{}
		}
		return a
	}}))
}

// peopleHandler writes "09:30:01 warning: text  key=value": no date, no level
// where all is well, nothing that is empty. A name and a state need no key.
type peopleHandler struct {
	mu    *sync.Mutex // one line at a time on w
	w     io.Writer
	level slog.Level
	attrs []slog.Attr
}

func (h *peopleHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *peopleHandler) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	b.WriteString(r.Time.Format("15:04:05 "))
	switch {
	case r.Level >= slog.LevelError:
		b.WriteString("error: ")
	case r.Level >= slog.LevelWarn:
		b.WriteString("warning: ")
	}
	b.WriteString(cleanText(r.Message))
	for _, a := range h.attrs {
		writeAttr(&b, a)
	}
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, a)
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b.Bytes())
	return err
}

func writeAttr(b *bytes.Buffer, a slog.Attr) {
	text := cleanText(strings.TrimSpace(a.Value.Resolve().String()))
	switch {
	case text == "":
	case a.Key == "name" || a.Key == "state":
		b.WriteString(" " + text)
	case a.Key == "error" || a.Key == "problem" || a.Key == "waiting" || a.Key == "why":
		b.WriteString(": " + text) // a sentence, which quotes make hard to read
	default:
		fmt.Fprintf(b, "  %s=%s", a.Key, text)
	}
}

func (h *peopleHandler) WithAttrs(as []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append(append([]slog.Attr{}, h.attrs...), as...)
	return &with
}

// WithGroup changes nothing: a group's name says little to a person.
func (h *peopleHandler) WithGroup(string) slog.Handler { return h }
