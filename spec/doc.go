// Package spec says what a dashboard is: its tiles, charts and filters, which
// values are allowed, and what its SQL is given. It is vocabulary, as package
// maru: nothing here reads or writes.
package spec
