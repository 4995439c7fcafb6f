package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"maru/collect"
	"maru/marutest"
	"maru/run"
)

// moment is when something is killed: at a named point of the program, or at
// random.
type moment struct {
	who   string // a process of the node, or "collector"
	point string // "" = at random
	nth   int    // passing of the point
}

const collector = "collector"

func (m moment) String() string {
	if m.point == "" {
		return m.who + " at random"
	}
	return fmt.Sprintf("%s at %s:%d", m.who, m.point, m.nth)
}

// pointCall finds where the program may be told to kill itself.
var pointCall = regexp.MustCompile(`\brun\.CrashPoint\("([^"]+)"\)`)

// points lists the named crash points: those in the source, and collect's.
func points(t testing.TB) []string {
	t.Helper()
	found := slices.Clone(collect.CrashPoints)
	root := marutest.Root(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range pointCall.FindAllSubmatch(text, -1) {
			found = append(found, string(m[1]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// whose is the process that passes a point.
func whose(point string) string {
	if strings.HasPrefix(point, "stream.") {
		return marutest.Streamer
	}
	return marutest.Server
}

// rare points are passed once in a start, a rotation or a checkpoint; waiting
// for a later passing would take too long.
func rare(point string) bool {
	switch point {
	case collect.CrashBeforeAppend, collect.CrashAfterAppend, collect.CrashAfterAck, "stream.loaded", "stream.before_commit", "stream.after_commit",
		"broker.after_segment_before_wal", "broker.after_wal_before_high_watermark", "broker.after_append_before_ack":
		return false
	}
	return true
}

// plan mixes each point, times over, with random moments.
func plan(rng *rand.Rand, points []string, times, random int) []moment {
	var out []moment
	for range times {
		for _, p := range points {
			nth := 1
			if !rare(p) {
				nth += rng.IntN(12)
			}
			out = append(out, moment{whose(p), p, nth})
		}
	}
	for i := range random {
		out = append(out, moment{who: []string{marutest.Server, marutest.Streamer, marutest.Worker, collector}[i%4]})
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// passWithin is how long a point may take to be passed once the program is
// told to kill itself there.
const passWithin = time.Minute

// happen makes a moment happen. A node that has killed itself is left dead:
// the next moment starts it.
func (s *scene) happen(t testing.TB, m moment) {
	t.Helper()
	if m.point == "" {
		s.revive()
		marutest.Pause(t.Context(), time.Duration(100+s.rng.IntN(700))*time.Millisecond)
		s.kill(m.who)
		return
	}
	s.node.Kill(marutest.Server)
	s.node.Env = []string{fmt.Sprintf("MARU_CRASH_AT=%s:%d", m.point, m.nth)}
	s.node.Begin()
	ctx, cancel := context.WithTimeout(t.Context(), passWithin)
	defer cancel()
	switch {
	case slices.Contains(atStop, m.point):
		server := s.node.Server()
		err := marutest.Poll(passWithin, func() error {
			if server.Ended() {
				return nil // it has come to the point by itself
			}
			return s.collecting()
		})
		if err == nil {
			_, err = server.Interrupt(passWithin)
		}
		if err != nil {
			t.Errorf("%s: %v", m, err)
		}
	case strings.HasPrefix(m.point, "broker."):
		churned := make(chan struct{})
		go func() { defer close(churned); s.churn(ctx) }()
		defer func() { cancel(); <-churned }()
	}
	if err := s.passed(m); err != nil {
		t.Errorf("%s: %v\n%s", m, err, tailOf(s.node.Server().Log()))
	}
}

// atStop are points that a server passes when it is stopped; else it would
// pass them once a minute.
var atStop = []string{"broker.before_checkpoint_rename", "broker.after_checkpoint_before_recycle", "broker.before_index"}

// collecting is nil when the node's collectors run.
func (s *scene) collecting() error {
	r, err := s.node.Doctor()
	if err != nil {
		return err
	}
	running := 0
	for _, sv := range r.Services {
		if strings.HasPrefix(sv.Name, "collector ") && sv.State == run.Running {
			running++
		}
	}
	if running < 2 {
		return fmt.Errorf("%d collectors run", running)
	}
	return nil
}

// revive starts the node if it is dead or told to kill itself.
func (s *scene) revive() {
	if s.node.Env == nil && !s.node.Server().Ended() {
		return
	}
	s.node.Kill(marutest.Server)
	s.node.Env = nil
	s.node.Restart()
}

// tailOf is the end of a log.
func tailOf(log string) string { return log[max(0, len(log)-2000):] }

// passed waits until the process of a moment has killed itself.
func (s *scene) passed(m moment) error {
	seen := map[int]bool{}
	return marutest.Poll(passWithin, func() error {
		server := s.node.Server()
		if m.who == marutest.Server {
			switch {
			case server.Killed():
				return nil
			case server.Ended():
				return errors.New("the server ended by itself")
			}
			return errors.New("the point was not passed")
		}
		if server.Ended() {
			return errors.New("the server ended, not the streamer")
		}
		now := s.node.PIDs(m.who)
		for pid := range seen {
			if !slices.Contains(now, pid) {
				return nil
			}
		}
		for _, pid := range now {
			seen[pid] = true
		}
		return errors.New("the point was not passed")
	})
}

// kill is kill -9 at any moment.
func (s *scene) kill(who string) {
	switch who {
	case collector:
		s.collect.Kill()
		s.collect = s.startCollector()
	case marutest.Worker:
		go func() { _, _ = s.node.Query("SELECT count(*) FROM api_log") }() // something to be killed in
		marutest.Pause(context.Background(), time.Duration(s.rng.IntN(30))*time.Millisecond)
		s.node.Kill(who)
	case marutest.Server:
		s.node.Kill(who)
		s.node.Restart()
	default:
		s.node.Kill(who)
	}
}
