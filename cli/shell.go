package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"maru/web"
)

// statementMax bounds what may be typed before a ;.
const statementMax = web.SQLBytesMax

const (
	promptFirst = "maru> "
	promptMore  = "   -> "
)

const shellHelp = `Statements end with ;
  \d          list tables         \d NAME     a table's columns
  \x          one value a line, on or off
  \timing     time of each statement, on or off
  \q          leave               Ctrl-C      stop a statement, or drop the line
`

// shell asks for statements until \q or the end of input.
func (s *session) shell(ctx context.Context, in *os.File) error {
	s.timing = true
	// Ctrl-C stops a statement here, not the program; nothing else listens for
	// the other signals while a line is read.
	signal.Reset(syscall.SIGTERM)
	ctx = context.WithoutCancel(ctx)
	h := openHistory()
	defer h.save(s.err)
	// What is typed is shown where it is typed: stdout may be a file.
	line := &lineReader{file: in, history: h}
	fmt.Fprintf(in, "maru %s at %s. \\? helps, \\q leaves.\n", fullVersion(), s.client.base)
	return s.loop(ctx, line, h)
}

// liner reads what a user types. errDropped is Ctrl-C.
type liner interface {
	read(prompt string) (string, error)
}

var errDropped = errors.New("dropped")

func (s *session) loop(ctx context.Context, in liner, h *history) error {
	text := ""
	for ctx.Err() == nil {
		prompt := promptFirst
		if text != "" {
			prompt = promptMore
		}
		line, err := in.read(prompt)
		switch {
		case errors.Is(err, errDropped):
			text = ""
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(s.out)
			return nil
		case err != nil:
			return err
		}
		if text == "" && strings.HasPrefix(strings.TrimSpace(line), `\`) {
			h.Add(line)
			if s.command(ctx, strings.Fields(line)) {
				return nil
			}
			continue
		}
		if text = strings.TrimLeft(text+line+"\n", " \t\n"); len(text) > statementMax {
			fmt.Fprintf(s.err, "error: the statement is longer than %d bytes; it is dropped\n", statementMax)
			text = ""
			continue
		}
		if strings.Contains(line, ";") {
			text = s.typed(ctx, text, h)
		}
	}
	return nil
}

// typed runs what is complete of text and gives the rest.
func (s *session) typed(ctx context.Context, text string, h *history) string {
	if unfinished(strings.TrimRight(text, "\n")) {
		return text
	}
	done, rest := splitStatements(text)
	for _, st := range done {
		h.Add(strings.Join(strings.Fields(st.text), " ") + ";")
		st.line = 1
		if !s.timed(ctx, st) {
			return ""
		}
	}
	if strings.TrimSpace(rest.text) == "" {
		return ""
	}
	return rest.text + "\n"
}

// timed runs one statement, which Ctrl-C stops, and says how long it took.
func (s *session) timed(ctx context.Context, st statement) bool {
	// Registering the signal here keeps it from ending the whole shell.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt)
	defer stop()
	start := time.Now()
	err := s.one(ctx, st.text)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		fmt.Fprintln(s.err, "stopped")
	default:
		if err = s.report(st, err); !errors.Is(err, errFailed) {
			fmt.Fprintf(s.err, "error: %v\n", err)
		}
	}
	if s.timing {
		fmt.Fprintf(s.out, "Time: %s\n", roundTime(time.Since(start)))
	}
	return err == nil
}

func roundTime(d time.Duration) time.Duration {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond)
	case d < time.Second:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// command runs a \ command; true leaves.
func (s *session) command(ctx context.Context, words []string) (leave bool) {
	switch strings.TrimSuffix(words[0], ";") {
	case `\q`, `\quit`, `\exit`:
		return true
	case `\?`, `\h`, `\help`:
		fmt.Fprint(s.out, shellHelp)
	case `\timing`:
		s.timing = !s.timing
		fmt.Fprintf(s.out, "timing is %s\n", onOff(s.timing))
	case `\x`:
		s.expanded = !s.expanded
		fmt.Fprintf(s.out, "one value a line is %s\n", onOff(s.expanded))
	case `\d`, `\dt`:
		name := ""
		if len(words) > 1 {
			name = strings.Trim(words[1], `;"`)
		}
		if err := s.describe(ctx, name); err != nil {
			fmt.Fprintf(s.err, "error: %v\n", err)
		}
	default:
		fmt.Fprintf(s.err, "%s is no command: \\? lists them\n", words[0])
	}
	return false
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// describe lists the tables, or the columns of one.
func (s *session) describe(ctx context.Context, name string) error {
	var tables []web.Table
	if err := s.client.json(ctx, "GET", "/api/catalog", nil, &tables); err != nil {
		return err
	}
	if name == "" {
		var rows [][]string
		for _, t := range tables {
			rows = append(rows, []string{cleanText(t.Name), t.Kind, fmt.Sprint(len(t.Columns)), cleanText(t.Note)})
		}
		grid(s.out, []string{"table", "kind", "columns", "note"}, rows)
		return nil
	}
	for _, t := range tables {
		if !strings.EqualFold(t.Name, name) {
			continue
		}
		var rows [][]string
		for _, col := range t.Columns {
			rows = append(rows, []string{cleanText(col.Name), string(col.Type)})
		}
		fmt.Fprintf(s.out, "%s %s\n", t.Kind, cleanText(t.Name))
		grid(s.out, []string{"column", "type"}, rows)
		if t.Note != "" {
			fmt.Fprintln(s.out, cleanText(t.Note))
		}
		return nil
	}
	return fmt.Errorf("there is no table %q: \\d lists them", name)
}

// lineReader edits lines on a terminal. The terminal is raw only while a line
// is read, so that Ctrl-C is a signal while a statement runs.
type lineReader struct {
	file    *os.File
	history *history
}

func (l *lineReader) read(prompt string) (string, error) {
	fd := int(l.file.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("edit lines on this terminal: %w", err)
	}
	defer func() { _ = term.Restore(fd, old) }() // the next read sets it again
	watch := &interruptWatch{Reader: l.file}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{watch, l.file}, prompt)
	if w, h, err := term.GetSize(fd); err == nil {
		_ = t.SetSize(w, h) // a size of 0 keeps the default
	}
	t.History = lineHistory{l.history}
	line, err := t.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	if errors.Is(err, io.EOF) && watch.seen {
		fmt.Fprint(l.file, "^C\r\n")
		return "", errDropped
	}
	return line, err
}

// interruptWatch tells Ctrl-C from Ctrl-D, which the terminal reports alike.
// It reads one byte at a time: what comes after a line's end belongs to the
// next reader.
type interruptWatch struct {
	io.Reader
	seen bool
}

func (w *interruptWatch) Read(b []byte) (int, error) {
	const ctrlC = 3
	n, err := w.Reader.Read(b[:min(len(b), 1)])
	if n > 0 && b[0] == ctrlC {
		w.seen = true
	}
	return n, err
}
