// Package query answers SQL over topics, views, seeds and local files together.
//
// In:    one read statement at a time, who asks for it, and from which directory.
// Out:   Arrow record batches as they are made; errors with line and column.
// Keeps: nothing but warm worker processes.
// Speaks: HTTP and Arrow IPC over unix sockets to its workers; Kafka to topics.
// Swap:  Trino or Spark on the same topics and files.
//
// The server's side (Query) never calls DuckDB. It finds out with a worker what
// a statement needs, fetches that from topics and views, and hands it over; the
// worker (RunWorker) checks the statement, runs it in an empty, locked instance
// that can read this statement's files and nothing else, and may die of it.
package query
