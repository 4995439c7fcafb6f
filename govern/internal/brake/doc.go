// Package brake slows down whoever tries passwords: after some wrong ones the
// next try has to wait, twice as long each time. What it remembers is bounded.
package brake
