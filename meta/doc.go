// Package meta is the door to SQLite: one small database of everything that
// people made, with migrations, one writer and many readers.
//
// In: functions that read or write in a transaction.
// Out: their results; errors of kind maru.Corrupt, Conflict, OutOfSpace.
// Keeps: meta.db in the data directory, with its -wal and -shm files.
// Speaks: SQLite's file format (3.x, WAL).
// Swap: any SQLite tool reads the file; no SQL here is needed by another part.
package meta
