// Package run keeps things going: named goroutines, supervised services that
// start in order and stop in reverse, child processes of the same binary, and
// the questions one asks a machine (locks, disk, memory).
//
// In: functions to run, services to supervise, children to spawn.
// Out: errors instead of panics, a status that doctor and /healthz can show.
// Keeps: nothing but a lock file and a file with a child's pid and start time.
// Speaks: HTTP over unix sockets to children.
// Swap: the seam is the Service; a real init system can run the same binary.
package run
