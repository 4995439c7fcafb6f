// Package tidy holds the rules of the house as tests: who may import whom,
// how long a function may be, where goroutines start. STYLE.md says why;
// ratchet.txt names the exceptions, each with a reason.
//
// Each rule is a function from a Tree to findings; the rules are tried on
// small trees in testdata, so that a rule that no longer bites is noticed.
package tidy
