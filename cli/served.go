package cli

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"maru/project"
	"maru/web"
)

// A server takes a saved file within a second; one that does not is told of
// what it has.
const (
	takenWithin = 3 * time.Second
	takenPoll   = 100 * time.Millisecond
	settleTime  = 300 * time.Millisecond // from loading a file to planning it
)

// servedProblems is what the server of this project says about its streams;
// false when none runs here.
func (c *call) servedProblems(ctx context.Context, p *project.Project) ([]project.Problem, bool) {
	cl := projectServer(p.Dir)
	if cl == nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*takenWithin)
	defer cancel()
	if !hasTaken(ctx, cl, p) {
		return nil, false
	}
	var all []web.StreamStatus
	if err := cl.json(ctx, "GET", "/api/streams", nil, &all); err != nil {
		return nil, false
	}
	var problems []project.Problem
	for _, s := range all {
		// A stream that is being rebuilt says so as its error.
		if s.Error != "" && s.State != "rebuilding" {
			problems = append(problems, fileProblem(s.File, s.Error))
		}
	}
	return problems, true
}

// projectServer is the server whose data directory is that of the project.
func projectServer(dir string) *client {
	data := envData()
	if data == "" {
		data = filepath.Join(dir, stateFolder)
	}
	i, ok := readServerInfo(data)
	if !ok {
		return nil
	}
	base, err := serverURL(i.HTTP)
	if err != nil {
		return nil
	}
	token, err := findToken(base, data)
	if err != nil {
		return nil
	}
	return newClient(base, token)
}

// hasTaken waits until the server has seen what is saved in its folder.
func hasTaken(ctx context.Context, cl *client, p *project.Project) bool {
	newest := newestChange(p)
	tick := time.NewTicker(takenPoll)
	defer tick.Stop()
	for late := time.After(takenWithin); ; {
		var state web.ProjectState
		if err := cl.json(ctx, "GET", "/api/project", nil, &state); err != nil || !sameFolder(state.Dir, p.Dir) {
			return false
		}
		// A file that was saved unchanged is not loaded anew: that ends late.
		if state.Loaded.After(newest) && time.Since(state.Loaded) > settleTime {
			return true
		}
		select {
		case <-tick.C:
		case <-late:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

func newestChange(p *project.Project) (newest time.Time) {
	for _, s := range p.Streams {
		if info, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(s.File))); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

func sameFolder(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// fileProblem takes "file:line:column: message" apart.
func fileProblem(file, text string) project.Problem {
	p := project.Problem{File: file, Message: cleanText(strings.TrimSpace(text))}
	rest, ok := strings.CutPrefix(text, file+":")
	if !ok {
		return p
	}
	line, rest1, ok1 := strings.Cut(rest, ":")
	column, rest2, ok2 := strings.Cut(rest1, ":")
	l, errL := strconv.Atoi(line)
	n, errN := strconv.Atoi(column)
	if ok1 && ok2 && errL == nil && errN == nil {
		p.Line, p.Column, rest = l, n, rest2
	}
	p.Message = oneLine(rest)
	return p
}

// oneLine joins the lines of a message.
func oneLine(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, cleanText(line))
		}
	}
	return strings.Join(lines, "; ")
}
