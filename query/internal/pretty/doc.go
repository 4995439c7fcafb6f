// Package pretty lays SQL out: clauses on lines of their own, reserved words in
// capitals. It moves white space and nothing else: strings, names, comments and
// {{parameters}} stay as they are, also in statements that cannot run yet.
package pretty
