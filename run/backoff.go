package run

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait before the next try. The zero value waits
// 100 ms, 200 ms, … up to 30 s, each shortened by up to a fifth at random.
type Backoff struct {
	Min time.Duration // after the first failure; 100 ms when 0
	Max time.Duration // never longer; 30 s when 0
}

// The waits of a zero Backoff.
const (
	BackoffMin = 100 * time.Millisecond
	BackoffMax = 30 * time.Second
)

// backoffJitter is the largest share by which a wait is shortened, so that
// many that failed together do not come back together.
const backoffJitter = 0.2

// Delay is the wait after failures failures in a row; 0 when there was none.
func (b Backoff) Delay(failures int) time.Duration {
	if failures <= 0 {
		return 0
	}
	least, most := b.bounds()
	d := most
	// Beyond 30 doublings every sensible Max is reached; a larger shift overflows.
	if failures <= 30 {
		if shifted := least << (failures - 1); shifted > 0 && shifted < most {
			d = shifted
		}
	}
	return d - time.Duration(rand.Float64()*backoffJitter*float64(d))
}

// Sleep waits Delay(failures); it returns early with ctx's error.
func (b Backoff) Sleep(ctx context.Context, failures int) error {
	return Sleep(ctx, b.Delay(failures))
}

func (b Backoff) bounds() (least, most time.Duration) {
	least, most = b.Min, b.Max
	if least <= 0 {
		least = BackoffMin
	}
	if most <= 0 {
		most = BackoffMax
	}
	return min(least, most), most
}

// Sleep waits d; it returns early with ctx's error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
