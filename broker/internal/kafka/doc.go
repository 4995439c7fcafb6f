// Package kafka speaks the Kafka wire protocol for one broker. The files named
// by API key are the support matrix; docs/compat/kafka.md is its table.
//
// In:    connections and their request frames.
// Out:   appends, reads and topic changes on a commitlog.Store, calls on a
// group.Coordinator, and responses in the order of the requests.
// Keeps: nothing of its own but the cluster id.
// Speaks: Kafka protocol, classic groups, no transactions (docs/compat/kafka.md).
// Swap:  Apache Kafka.
package kafka
