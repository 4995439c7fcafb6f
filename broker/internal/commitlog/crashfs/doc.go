// Package crashfs is a file system in memory that forgets what has not been
// synced when Crash is called, and fails where a test wants it to.
package crashfs
