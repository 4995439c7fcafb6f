package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"maru/internal/gen"
	"maru/marutest"
)

// The bounds of what a node weighs (docs/bench/first-path.md).
const (
	startMax  = time.Second
	idleMax   = 250 << 20
	restAfter = 75 * time.Second // a minute without a statement, and the last worker goes
	binaryMax = 150 << 20
)

// memory sums resident and proportional bytes of a node's processes.
func memory(t testing.TB, n *marutest.Node) (rss, pss int64) {
	t.Helper()
	for _, which := range []string{marutest.Server, marutest.Worker, marutest.Streamer} {
		for _, pid := range n.PIDs(which) {
			r, p := memoryOf(t, pid)
			t.Logf("%s: %d MB resident, %d MB proportional", which, r>>20, p>>20)
			rss, pss = rss+r, pss+p
		}
	}
	return rss, pss
}

func memoryOf(t testing.TB, pid int) (rss, pss int64) {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Skipf("memory cannot be measured here: %v", err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) < 2 {
			continue
		}
		kb, err := strconv.ParseInt(fields[1], 10, 64)
		switch {
		case err != nil:
		case fields[0] == "Rss:":
			rss = kb << 10
		case fields[0] == "Pss:":
			pss = kb << 10
		}
	}
	return rss, pss
}

// TestWeight: the program's size, the memory of a node at rest, and the time
// from a start on existing data to the first answer.
func TestWeight(t *testing.T) {
	info, err := os.Stat(marutest.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the program has %d MB", info.Size()>>20)
	if info.Size() > binaryMax {
		t.Errorf("the program has %d MB, at most %d are wanted", info.Size()>>20, binaryMax>>20)
	}
	long(t)
	n := marutest.Start(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	if _, err := gen.Run(t.Context(), gen.Config{Rows: 200_000, Out: filepath.Join(n.Dir, apiLog), RepeatShare: 0.01}, nil); err != nil {
		t.Fatal(err)
	}
	marutest.Until(t, time.Minute, "the stream has read all", func() error { return counted(n, 200_000) })
	var starts []time.Duration
	for range 5 {
		n.Stop()
		began := time.Now()
		n.Begin()
		marutest.Until(t, 30*time.Second, "the first answer", func() error {
			if err := n.Ready(); err != nil {
				return err
			}
			return counted(n, 200_000)
		})
		starts = append(starts, time.Since(began))
	}
	slices.Sort(starts)
	t.Logf("from start to first answer of a view: %v, median %s", starts, starts[2])
	if starts[2] > startMax {
		t.Errorf("the first answer of a view took %s, at most %s are wanted", starts[2], startMax)
	}
	marutest.Pause(t.Context(), 10*time.Second)
	rss, pss := memory(t, n)
	t.Logf("10 s after a statement: %d MB resident, %d MB proportional", rss>>20, pss>>20)
	marutest.Pause(t.Context(), restAfter)
	rss, pss = memory(t, n)
	t.Logf("all processes: %d MB resident, %d MB proportional", rss>>20, pss>>20)
	if rss > idleMax {
		t.Errorf("all processes at rest hold %d MB, at most %d are wanted", rss>>20, idleMax>>20)
	}
}

// counted is nil when the view has so many rows.
func counted(n *marutest.Node, rows int) error {
	got, err := n.Query("SELECT sum(requests)::BIGINT AS n FROM requests_1m")
	if err != nil {
		return err
	}
	if len(got) != 1 || got[0]["n"] != json.Number(strconv.Itoa(rows)) {
		return fmt.Errorf("the view counts %v rows of %d", got, rows)
	}
	return nil
}
