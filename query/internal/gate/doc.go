// Package gate decides whether a statement may run, and makes of it one that
// can run in an empty room: tables get names of the room's own, files get
// absolute paths, tumble, hop and approx_quantile get their definitions.
//
// It works on DuckDB's own tree and knows every kind of node that it lets
// through. A kind, function or option that it does not know is refused: what an
// upgrade of DuckDB adds is closed until somebody looks at it.
package gate
