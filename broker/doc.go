// Package broker is a durable, partitioned log that Kafka clients talk to:
// one node, classic consumer groups, idempotent producers, no transactions.
//
// In:    Kafka requests on a loopback address.
// Out:   Kafka responses; Stats for metrics and doctor.
// Keeps: topics, batches and group offsets under Config.Dir (docs/format/log.md,
// docs/format/offsets.md).
// Speaks: the Kafka protocol, versions in docs/compat/kafka.md.
// Swap:  Apache Kafka: give the parts its address instead of Broker.Addr.
package broker
