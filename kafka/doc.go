// Package kafka is the raw client side of the Kafka protocol: record batches
// as bytes, a reader that never makes an object per record, and a writer that
// lands every batch exactly once.
//
// In:    a bootstrap address; batches of keys, values and headers.
// Out:   record batches v2 (docs/format/record-batch.md), walked in place.
// Keeps: nothing on disk; a writer's checkpoint is the metadata of a group offset in the broker.
// Speaks: Kafka, through franz-go for connections and metadata.
// Swap:  the same code serves our broker and Apache Kafka.
package kafka
