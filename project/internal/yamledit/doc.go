// Package yamledit changes a YAML text so that it says something else, and
// leaves every character of what stays the same: comments, order, quoting,
// block and flow style. It cuts and joins the text at the places the parser
// gives, because a tree that is printed again has lost them.
//
// It does not promise that an edit succeeds: the caller reads the result
// again, and falls back to Write.
package yamledit
