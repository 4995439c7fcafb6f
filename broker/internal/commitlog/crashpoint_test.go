package commitlog_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
)

const (
	pointDir, pointMode = "MARU_POINT_DIR", "MARU_POINT_MODE"
	formatDoc           = "../../../docs/format/log.md"
)

// crashPoints are those of the storage that docs/format/log.md lists.
func crashPoints(t *testing.T) (names []string) {
	t.Helper()
	doc, err := os.ReadFile(formatDoc)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(doc) {
		if m := regexp.MustCompile("^\\| `(broker\\.[a-z_]+)` \\|").FindSubmatch(line); m != nil && !bytes.HasSuffix(m[1], []byte("_before_ack")) {
			names = append(names, string(m[1]))
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s lists no crash points", formatDoc)
	}
	return names
}

// TestCrashPoints ends a process at every named point, and finds what had
// been promised.
func TestCrashPoints(t *testing.T) {
	if dir := os.Getenv(pointDir); dir != "" {
		exercise(t, dir, commitlog.Durability(os.Getenv(pointMode)))
		return
	}
	for _, name := range crashPoints(t) {
		for _, mode := range modes {
			t.Run(fmt.Sprintf("%s/%s", name, mode), func(t *testing.T) { crashAt(t, name, mode) })
		}
	}
}

func crashAt(t *testing.T, name string, mode commitlog.Durability) {
	dir := t.TempDir()
	for round := 1; round <= 2; round++ {
		promised := dieAt(t, fmt.Sprintf("%s:%d", name, round), dir, mode)
		s := mustOpen(t, exerciseConfig(dir, mode))
		p, ok := s.Partition("a", 0)
		if !ok && promised == 0 { // it died while it made the topic
			s.Abandon()
			continue
		}
		if !ok || p.End() < promised {
			t.Fatalf("round %d: offset %d was promised, the log ends with %d", round, promised, p.End())
		}
		got, err := readAll(p, p.LogStart(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range got {
			if want := plain(2, int(baseOf(b)%3000), baseOf(b)); !bytes.Equal(want[16:], b[16:]) {
				t.Fatalf("round %d: the batch at offset %d is not what was appended", round, baseOf(b))
			}
		}
		s.Abandon()
	}
}

// dieAt runs exercise in a child until it dies at the point, and gives the
// last offset that it said was committed.
func dieAt(t *testing.T, point, dir string, mode commitlog.Durability) (promised int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrashPoints$")
	c.Env = append(os.Environ(), "MARU_CRASH_AT="+point, pointDir+"="+dir, pointMode+"="+string(mode))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if n, err := strconv.ParseInt(sc.Text(), 10, 64); err == nil {
			promised = n
			continue
		}
		said = append(said, sc.Text())
	}
	err = c.Wait()
	var exit *exec.ExitError
	if ctx.Err() != nil || !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child did not die at %s: %v %s", point, err, strings.Join(said, "\n"))
	}
	return promised
}

func exerciseConfig(dir string, mode commitlog.Durability) commitlog.Config {
	return commitlog.Config{Dir: dir, Durability: mode, WALBytes: 64 << 10, CheckEvery: 5 * time.Millisecond}
}

// exercise does all that a store can do, for ever.
func exercise(t *testing.T, dir string, mode commitlog.Durability) {
	s := mustOpen(t, exerciseConfig(dir, mode))
	go func() { _ = s.Run(context.Background()) }()
	if _, ok := s.Topic("a"); !ok {
		create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 64 << 10, RetentionBytes: 256 << 10})
	}
	p := part(t, s, "a", 0)
	value := bytes.Repeat([]byte("v"), 4000)
	for i := 0; ; i++ {
		at := p.End()
		fmt.Println(add(t, p, plain(2, int(at%3000), at)).BaseOffset + 2)
		wait(t, s.Put(commitlog.Entry{Key: fmt.Sprint(i % 10), Value: value}))
		if i%20 == 0 {
			name := fmt.Sprintf("t%d-%d", os.Getpid(), i)
			done, err := s.CreateTopic(name, [16]byte([]byte(fmt.Sprintf("%08d%08d", os.Getpid(), i))), 1, commitlog.TopicConfig{})
			if err == nil {
				wait(t, done)
				done, err = s.DeleteTopic(name)
				wait(t, done)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if i%50 == 49 {
			if err := s.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Every crash point of the broker is in the list, and nothing else.
func TestCrashPointsAreListed(t *testing.T) {
	var inCode, inDoc []string
	for _, dir := range []string{".", "../kafka"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil || !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`run\.CrashPoint\("([a-z._]+)"\)`).FindAllSubmatch(b, -1) {
				inCode = append(inCode, string(m[1]))
			}
		}
	}
	doc, err := os.ReadFile(formatDoc)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(broker\\.[a-z_]+)` \\|").FindAllSubmatch(doc, -1) {
		inDoc = append(inDoc, string(m[1]))
	}
	slices.Sort(inCode)
	slices.Sort(inDoc)
	if !slices.Equal(inCode, inDoc) {
		t.Fatalf("in the code %v\nin %s %v", inCode, formatDoc, inDoc)
	}
}
