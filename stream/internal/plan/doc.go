// Package plan turns one SELECT into a chain of operators that can be kept up
// to date: maps, windows over event time, aggregates.
//
// DuckDB parses and binds; this package only takes the tree apart. Each
// operator carries the SQL that the engine runs over what is new, so that a
// stream and a batch of the same text mean the same.
package plan
