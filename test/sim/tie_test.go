package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru/marutest"
)

// TestBatchTies: of equal calls in one millisecond the later one in the topic
// repeats the earlier, in the stream and in batch.
func TestBatchTies(t *testing.T) {
	n := marutest.Start(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	const pairs = 2000
	var lines strings.Builder
	for i := range pairs {
		for _, half := range []string{"a", "b"} {
			row := apiRow(at.Add(time.Duration(i) * time.Millisecond))
			row = strings.Replace(row, `"request_id":"1"`, fmt.Sprintf(`"request_id":"%05d%s"`, i, half), 1)
			lines.WriteString(strings.Replace(row, `"user":"u"`, fmt.Sprintf(`"user":"u%d"`, i%97), 1))
		}
	}
	marutest.Append(t, n.Dir+"/"+apiLog, lines.String()+apiRow(time.Now()))
	var want []string
	for i := range pairs {
		want = append(want, fmt.Sprintf("%05db", i))
	}
	ids := func(from string) (ids []string) {
		for _, r := range n.SQL("SELECT request_id FROM " + from + " WHERE gap_ms = 0 ORDER BY ALL") {
			ids = append(ids, text(t, r, "request_id"))
		}
		return ids
	}
	marutest.Until(t, 20*time.Second, "the view has every pair", func() error {
		rows, err := n.Query("SELECT request_id FROM repeated_calls WHERE gap_ms = 0")
		if err == nil && len(rows) < pairs {
			err = fmt.Errorf("%d of %d", len(rows), pairs)
		}
		return err
	})
	if d := cmp.Diff(want, ids("repeated_calls")); d != "" {
		t.Errorf("the view: wanted (-), got (+):\n%.2000s", d)
	}
	batch := "(SELECT request_id, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, method, path, query, body_hash ORDER BY ts)) AS gap_ms FROM api_log)"
	if d := cmp.Diff(want, ids(batch)); d != "" {
		t.Errorf("in batch: wanted (-), got (+):\n%.2000s", d)
	}
}
