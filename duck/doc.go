// Package duck is the door to DuckDB: one instance, its connections, Arrow in
// and Arrow out, the parser, and typed errors.
//
// In:    SQL; Arrow record batches, loaded into temporary tables.
// Out:   Arrow record batches as they are made, not after.
// Keeps: what the caller's SQL keeps; nothing of its own.
// Speaks: DuckDB's C API, statically linked.
// Swap:  it is the only importer of DuckDB's bindings.
//
// It is opened only in child processes (maru worker, maru streamer): a query
// can crash its process or eat the machine.
package duck
