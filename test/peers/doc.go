// Package peers holds tests against other people's programs: the Kafka clients
// that our broker must serve, and the suites they are tested with.
//
// They need what clients.sh installs, so they are built with the tag "peer"
// only: make peers.
package peers
