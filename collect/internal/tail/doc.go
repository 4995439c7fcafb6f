// Package tail reads logical logs: a path, the files it was rotated into, and
// the place in them up to which a reader has come.
//
// A generation is one file's life under the log's name. The generations of a
// log are read in order, old before new; within one, bytes are read in order.
// Identity is never the name: a file is the one we know when inode and birth
// time, the hash of its first bytes and the hash of the bytes before our
// place all agree.
package tail
