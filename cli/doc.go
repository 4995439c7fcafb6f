// Package cli is the command line: one file per verb, and a small frame that
// knows flags, help, exit codes and how to find a server.
//
// Exit codes are 0 (done), 1 (failed) and 2 (wrong use). Results go to
// stdout, everything said about them to stderr.
package cli
