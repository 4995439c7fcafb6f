// Package files finds the files that a statement names, and sees to it that
// they lie where it may read.
package files
