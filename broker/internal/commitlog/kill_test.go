package commitlog_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
)

const killDir, killMode = "MARU_KILL_DIR", "MARU_KILL_MODE"

// TestKill ends a real process with SIGKILL while it appends, and finds every
// offset that it had reported as committed.
func TestKill(t *testing.T) {
	if os.Getenv(killDir) != "" {
		appendForever(t)
		return
	}
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		for round := range 4 {
			promised := killOne(t, cfg, time.Duration(50+40*round)*time.Millisecond)
			s := mustOpen(t, cfg)
			p := part(t, s, "a", 0)
			if p.End() < promised {
				t.Fatalf("round %d: offset %d was promised, the log ends with %d", round, promised, p.End())
			}
			got, err := readAll(p, 0, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range got {
				if want := plain(2, int(baseOf(b)%3000), baseOf(b)); string(want[16:]) != string(b[16:]) {
					t.Fatalf("round %d: batch at offset %d is not what was appended", round, baseOf(b))
				}
			}
			s.Abandon()
		}
	})
}

// killOne runs appendForever in a child for a while, and gives the last offset
// that it said was committed.
func killOne(t *testing.T, cfg commitlog.Config, after time.Duration) (promised int64) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKill$")
	c.Env = append(os.Environ(), killDir+"="+cfg.Dir, killMode+"="+string(cfg.Durability))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64); err == nil {
			promised = n
		}
		if kill == nil {
			kill = time.AfterFunc(after, func() { _ = c.Process.Kill() })
		}
	}
	_ = c.Wait()
	if promised == 0 {
		t.Fatal("the child has appended nothing")
	}
	return promised
}

func appendForever(t *testing.T) {
	s := mustOpen(t, commitlog.Config{Dir: os.Getenv(killDir), Durability: commitlog.Durability(os.Getenv(killMode)), WALBytes: 1 << 20})
	if _, ok := s.Topic("a"); !ok {
		create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 1 << 20})
	}
	p := part(t, s, "a", 0)
	for {
		at := p.End()
		a := add(t, p, plain(2, int(at%3000), at))
		fmt.Println(a.BaseOffset + 2)
		if a.BaseOffset%400 == 0 {
			if err := s.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
