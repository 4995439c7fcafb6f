package sim

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maru/internal/gen"
	"maru/marutest"
)

// The bounds on age, at ageRate rows a second beside what is measured.
const (
	ageRate    = 10_000
	ageSamples = 200
	ageMax     = 300 * time.Millisecond // p95
	ageDelay   = time.Second            // the watermark that the example declares
)

// arrivals notes when changes came that name a marker.
type arrivals struct {
	mu sync.Mutex // guards at
	at map[string]time.Time
}

func (a *arrivals) note(c marutest.Change, path string) bool {
	if strings.HasPrefix(path, "/age/") {
		a.mu.Lock()
		defer a.mu.Unlock()
		if _, seen := a.at[path]; !seen {
			a.at[path] = c.At
		}
	}
	return true
}

func (a *arrivals) came(path string) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.at[path]
	return at, ok
}

// follow tails a view; changes that name a marker's path are noted.
func follow(ctx context.Context, t *testing.T, n *marutest.Node, view string) *arrivals {
	a := &arrivals{at: map[string]time.Time{}}
	go func() {
		err := n.Tail(ctx, view, func(c marutest.Change) bool {
			path, ok := c.Row["path"].(string)
			if inner, has := c.Row["row"].(map[string]any); !ok && has {
				path, _ = inner["path"].(string)
			}
			return a.note(c, path)
		})
		if err != nil && ctx.Err() == nil {
			t.Errorf("tail %s: %v", view, err)
		}
	}()
	return a
}

// TestAge: how long after a line was appended a count has changed, and a
// repeated call is shown.
func TestAge(t *testing.T) {
	long(t)
	n := marutest.Start(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	defer writing.Wait()
	defer cancel()
	path := filepath.Join(n.Dir, apiLog)
	writing.Add(1)
	go func() {
		defer writing.Done()
		if _, err := gen.Run(ctx, gen.Config{Out: path, Rate: ageRate, Flat: true, Follow: true, RepeatShare: 0.01, RotateBytes: 64 << 20}, nil); err != nil {
			t.Errorf("write the log: %v", err)
		}
	}()
	marutest.Until(t, 30*time.Second, "rows flow", func() error {
		if st, err := n.Status("requests_1m"); err != nil || st.RowsIn < ageRate {
			return fmt.Errorf("%d rows, %v", st.RowsIn, err)
		}
		return nil
	})
	counts, calls := follow(ctx, t, n, "requests_1m"), follow(ctx, t, n, "repeated_calls")
	marutest.Pause(ctx, time.Second)
	written := map[string]time.Time{}
	for i := range ageSamples {
		marker := fmt.Sprintf("/age/%d", i)
		at := time.Now()
		line := strings.Replace(apiRow(at), `"/p"`, `"`+marker+`"`, 1)
		marutest.Append(t, path, line+line) // the second repeats the first
		written[marker] = at
		marutest.Pause(ctx, 50*time.Millisecond)
	}
	report(t, "a count has changed", counts, written, ageMax)
	report(t, "a repeated call is shown", calls, written, ageDelay+ageMax)
}

// report waits for every marker and compares the 95th percentile.
func report(t *testing.T, what string, a *arrivals, written map[string]time.Time, most time.Duration) {
	t.Helper()
	var ages []time.Duration
	for marker, at := range written {
		marutest.Until(t, 30*time.Second, what+" for "+marker, func() error {
			came, ok := a.came(marker)
			if !ok {
				return fmt.Errorf("nothing came")
			}
			ages = append(ages, came.Sub(at))
			return nil
		})
	}
	slices.Sort(ages)
	p := func(q float64) time.Duration { return ages[int(q*float64(len(ages)-1))].Round(time.Millisecond) }
	t.Logf("| %s | n=%d | p50 %s | p95 %s | max %s |", what, len(ages), p(0.5), p(0.95), p(1))
	if p(0.95) > most {
		t.Errorf("%s after %s at the 95th percentile, at most %s are wanted", what, p(0.95), most)
	}
}
