package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of the shell's history.
const (
	historyMax     = 1000    // statements
	historyLineMax = 8 << 10 // bytes of one
)

// history holds the statements that were typed, the newest last.
type history struct {
	file  string // empty: not kept
	lines []string
}

func openHistory() *history {
	dir, err := userState()
	if err != nil {
		return &history{}
	}
	h := &history{file: filepath.Join(dir, "history")}
	f, err := os.Open(h.file)
	if err != nil {
		return h // the first time there is none
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 2*historyLineMax)
	for sc.Scan() {
		h.Add(sc.Text())
	}
	return h
}

// Add takes a statement that differs from the last.
func (h *history) Add(line string) {
	line = strings.TrimSpace(line)
	if line == "" || len(line) > historyLineMax || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > historyMax {
		h.lines = h.lines[len(h.lines)-historyMax:]
	}
}

// save writes the history whole, then gives it its name: two shells that end
// at once leave the one or the other.
func (h *history) save(warn io.Writer) {
	if h.file == "" {
		return
	}
	err := os.MkdirAll(filepath.Dir(h.file), 0o700)
	if err == nil {
		tmp := fmt.Sprintf("%s.%d", h.file, os.Getpid())
		if err = os.WriteFile(tmp, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600); err == nil {
			err = os.Rename(tmp, h.file)
		}
	}
	if err != nil {
		fmt.Fprintf(warn, "the history is not kept: %v\n", err)
	}
}

// lineHistory is a history as the line editor sees it. Lines are added when
// their statement is complete, not when Enter is pressed.
type lineHistory struct{ h *history }

func (l lineHistory) Add(string)      {}
func (l lineHistory) Len() int        { return len(l.h.lines) }
func (l lineHistory) At(i int) string { return l.h.lines[len(l.h.lines)-1-i] }
