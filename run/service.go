package run

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Service is something that runs until it is told to stop.
type Service struct {
	Name string
	// Run works until ctx ends. An error or a panic brings it back after a
	// wait; nil before ctx ended means that it is done for good.
	Run func(ctx context.Context) error
	// Ready says whether what depends on the service may start; nil: at once.
	Ready func() bool
	// StartTimeout bounds how long Start waits for Ready; 0: StartTimeout.
	StartTimeout time.Duration
	// StopTimeout bounds how long Stop waits for Run to return; 0: StopTimeout.
	StopTimeout time.Duration
	// PID is the process behind the service, 0 while there is none; nil: none.
	PID func() int
	// Backoff is the wait between restarts.
	Backoff Backoff
}

// The bounds of a Service that names none.
const (
	StartTimeout = 30 * time.Second
	StopTimeout  = 10 * time.Second
)

// steadyAfter is how long a service must run before its earlier failures in a
// row no longer lengthen the next wait.
const steadyAfter = time.Minute

// readyEvery is how often Ready is asked.
const readyEvery = 5 * time.Millisecond

func (s Service) validate() error {
	switch {
	case s.Name == "":
		return errors.New("a service has no name")
	case s.Run == nil:
		return fmt.Errorf("service %s has no Run", s.Name)
	}
	return nil
}

// State is where a service stands.
type State string

// The states of a service.
const (
	Starting State = "starting" // Run was called, Ready does not say yes yet
	Running  State = "running"
	Waiting  State = "backoff" // it failed; the next try comes after a wait
	Failed   State = "failed"  // it failed and will not be tried again
	Stopped  State = "stopped" // told to stop, finished, or not yet started
)

// ServiceStatus is what people see of a service.
type ServiceStatus struct {
	Name        string    `json:"name"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"` // when it came into State
	Restarts    int       `json:"restarts"`
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
	PID         int       `json:"pid,omitempty"` // of a child process
}

// Permanent marks an error of Service.Run after which trying again is useless:
// the service goes to Failed and stays there.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

func isPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}
