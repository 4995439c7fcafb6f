// Package param finds the parameters {{name}} of a statement and puts $1, $2, …
// in their place, so that values are bound and never become text of the
// statement. In quotes and comments braces mean nothing.
package param
