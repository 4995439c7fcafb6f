package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"maru/marutest"
)

// linesProject is a project that collects log/lines.ndjson.
func linesProject(t *testing.T) (dir, log string) {
	t.Helper()
	dir = t.TempDir()
	marutest.WriteFile(t, dir+"/maru.yaml", "name: lines\n")
	marutest.WriteFile(t, dir+"/topics/lines.yaml", linesTopic)
	marutest.WriteFile(t, dir+"/collectors/lines.yaml", "files: [log/lines.ndjson]\ntopic: lines\nformat: ndjson\n")
	if err := os.Mkdir(dir+"/log", 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "log", "lines.ndjson")
}

// rotate renames log.N … log by one.
func rotate(t *testing.T, log string) {
	t.Helper()
	for i := len(logFiles(t, log)) - 1; i > 0; i-- {
		if err := os.Rename(fmt.Sprintf("%s.%d", log, i), fmt.Sprintf("%s.%d", log, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
}

// TestKilledBeforeFirstRow: a log that a collector has begun to read is read
// from there on, also when the collector was killed before a row of it had
// landed, and the log was rotated meanwhile.
func TestKilledBeforeFirstRow(t *testing.T) {
	dir, log := linesProject(t)
	n := marutest.Prepare(t, marutest.Options{Project: dir, Env: []string{"MARU_CRASH_AT=before_append:1"}})
	marutest.Append(t, log, "{\"n\":1}\n{\"n\":2}\n")
	n.Begin()
	if _, err := n.Server().Wait(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	rotate(t, log)
	marutest.Append(t, log, "{\"n\":3}\n")
	n.Env = nil
	n.Restart()
	await(t, n, map[string]int64{"lines": 3})
}

// TestFastRotation: a log that is rotated more often than rotated files are
// waited for is read without falling behind.
func TestFastRotation(t *testing.T) {
	const (
		rotations = 20
		every     = 300 * time.Millisecond
		behindMax = 3 * time.Second
	)
	dir, log := linesProject(t)
	n := marutest.Start(t, marutest.Options{Project: dir})
	marutest.Append(t, log, "{\"n\":0}\n")
	await(t, n, map[string]int64{"lines": 1})
	for i := range rotations {
		marutest.Append(t, log, fmt.Sprintf("{\"n\":%d}\n", i+1))
		marutest.Pause(t.Context(), every)
		rotate(t, log)
		landed, err := count(n.Kafka, "lines")
		if err != nil {
			t.Fatal(err)
		}
		if behind := time.Duration(int64(i+2)-landed) * every; behind > behindMax {
			t.Errorf("after %d rotations the collector is %s behind", i+1, behind)
			break
		}
	}
	marutest.Append(t, log, "{\"n\":-1}\n")
}
