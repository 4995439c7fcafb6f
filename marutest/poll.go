package marutest

import (
	"context"
	"testing"
	"time"

	"maru/run"
)

// pollEvery is how often a condition is looked at.
const pollEvery = 10 * time.Millisecond

// Until waits for ok to give nil, and fails the test with its last error when
// that has not happened in time.
func Until(t testing.TB, within time.Duration, what string, ok func() error) {
	t.Helper()
	if err := Poll(within, ok); err != nil {
		t.Fatalf("%s: not after %s: %v", what, within, err)
	}
}

// Poll waits for ok to give nil; after within it gives its last error.
func Poll(within time.Duration, ok func() error) error {
	end := time.Now().Add(within)
	for {
		err := ok()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return err
		}
		if err := run.Sleep(context.Background(), pollEvery); err != nil {
			return err
		}
	}
}

// Pause lets a time pass. It is for moments drawn at random, never for waiting
// until something has happened.
func Pause(ctx context.Context, d time.Duration) { _ = run.Sleep(ctx, d) }
