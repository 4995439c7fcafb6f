package sim

import (
	"testing"
	"time"

	"maru/marutest"
)

// TestStopAtOnce: a node that is stopped while it still takes up its project
// ends as quickly as any other.
func TestStopAtOnce(t *testing.T) {
	n := marutest.Prepare(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond} {
		n.Restart()
		marutest.Pause(t.Context(), after)
		began := time.Now()
		n.Stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopped %s after it was ready, the node took %s to end:\n%s", after, took.Round(time.Millisecond), tailOf(n.Server().Log()))
		}
	}
}
