// Package collect brings logs into topics: it tails files through rotation,
// parses their lines to rows, and lands every row exactly once.
//
// In:    files by glob, followed or read once; access log, NDJSON, JSON, CSV, syslog, regexp, raw.
// Out:   one JSON object a record in a topic; what does not parse in TOPIC_rejected, with the reason.
// Keeps: nothing on disk: the place in each log travels with the records.
// Speaks: Kafka, through package kafka.
// Swap:  Fluent Bit, Vector or Logstash, pointed at the same topic.
package collect
