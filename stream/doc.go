// Package stream is SQL that never ends: continuous queries over topics, with
// event time, watermarks, windows and state that survives being killed.
//
// In:     record batches of topics; stream definitions (one SELECT each).
// Out:    views and their changes, as Arrow and JSON; output topics.
// Keeps:  stream/NAME.duckdb: state, offsets and watermark of one query, changed in one transaction. May be rebuilt from the topic.
// Speaks: Kafka client below, SQL above; HTTP and Arrow IPC on the streamer's socket.
// Swap:   Flink or Spark on the same topics.
package stream
