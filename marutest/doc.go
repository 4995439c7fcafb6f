// Package marutest starts whole nodes for tests: real processes of the real
// program, in a temporary directory, on free ports, killed at will and looked
// for when the test is over.
package marutest
