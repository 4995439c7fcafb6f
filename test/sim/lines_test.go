package sim

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"maru/marutest"
)

const linesTopic = `partitions: 1
columns:
  n: BIGINT
`

// TestBadLines: what does not parse goes where it can be looked at, with its
// place and the reason; all else lands.
func TestBadLines(t *testing.T) {
	dir, path := linesProject(t)
	n := marutest.Start(t, marutest.Options{Project: dir})
	good := 0
	line := func() string { good++; return fmt.Sprintf("{\"n\":%d}\n", good) }

	marutest.WriteFile(t, path, line())
	var binary strings.Builder
	for i := range 256 {
		if i != '\n' {
			binary.WriteByte(byte(i))
		}
	}
	marutest.Append(t, path, binary.String()+"\n"+line())
	marutest.Append(t, path, "{\"n\": \n"+line()+"\x00\xff\xfe{\"n\":1}\n"+line())
	marutest.Append(t, path, `{"n":`) // the rest comes later: one row
	marutest.Pause(t.Context(), 300*time.Millisecond)
	good++
	marutest.Append(t, path, fmt.Sprintf("%d}\n", good))
	long := strings.Repeat("x", 1<<20)
	for range 100 {
		marutest.Append(t, path, long)
	}
	marutest.Append(t, path, "\n"+line())
	want := map[string]int64{"lines": int64(good), "lines_rejected": 4}
	await(t, n, want)
	for i, r := range n.SQL("SELECT n FROM lines ORDER BY _offset") {
		if number(t, r, "n") != int64(i+1) {
			t.Errorf("row %d is %v", i+1, r)
		}
	}
	for _, r := range n.SQL("SELECT _value::VARCHAR AS v FROM lines_rejected ORDER BY _offset") {
		v := text(t, r, "v")
		says(t, "a rejected row", v[:min(len(v), 400)], path, `"offset"`, `"reason"`, "json")
	}
	if rss, _ := memory(t, n); rss > 500<<20 {
		t.Errorf("after a line of 100 MB all processes hold %d MB", rss>>20)
	}
	// A torn last line counts once nothing has followed for a while.
	marutest.Append(t, path, `{"n":`)
	want["lines_rejected"]++
	await(t, n, want)
	// The file vanishes; another takes its place.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	marutest.Pause(t.Context(), 500*time.Millisecond)
	marutest.WriteFile(t, path, line()+line())
	want["lines"] += 2
	await(t, n, want)
}

// await waits until topics have exactly as many records.
func await(t testing.TB, n *marutest.Node, want map[string]int64) {
	t.Helper()
	for topic, rows := range want {
		marutest.Until(t, 30*time.Second, "topic "+topic+" is complete", func() error {
			got, err := count(n.Kafka, topic)
			if err != nil {
				return err
			}
			if got > rows {
				t.Fatalf("topic %s has %d records, %d are right", topic, got, rows)
			}
			if got < rows {
				return fmt.Errorf("it has %d records of %d; %s", got, rows, n.Maru("doctor").Stdout)
			}
			return nil
		})
	}
}
