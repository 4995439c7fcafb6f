// Package password decides which passwords are good enough, and turns them
// into what may be kept: argon2id (RFC 9106) as PHC strings, a few at a time.
package password
