// Package commitlog keeps topics on disk: partitions of verbatim Kafka record
// batches in segments, one write-ahead log that makes them durable together,
// and a small table of keys and values (group offsets) in the same log.
//
// The bytes are drawn in docs/format/log.md.
package commitlog
