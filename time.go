package maru

import "time"

// Clock tells the time. Parts take one, so that tests decide what time it is.
type Clock interface {
	Now() time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// SystemClock is the machine's clock.
var SystemClock Clock = systemClock{}
