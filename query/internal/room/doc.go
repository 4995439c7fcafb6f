// Package room is the worker's side of query: it checks a statement, plans it
// over empty tables, takes the rows of its tables, runs it in an empty, locked
// DuckDB instance, and streams what comes out.
//
// A worker runs one statement at a time. Each has an instance of its own, made
// before it is needed and thrown away afterwards, so that nothing of one
// statement can be seen or changed by another.
package room
