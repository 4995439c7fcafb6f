// Package group coordinates classic consumer groups: who is a member, who
// leads, which assignment holds, and how far each partition has been read.
//
// In:    JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit as calls.
// Out:   member ids, generations, assignments, committed offsets.
// Keeps: offsets and group metadata in the storage's table, in Kafka's own
// record formats (docs/format/offsets.md); everything else in memory.
// Speaks: errors are those of kerr, ready for the wire.
// Swap:  the __consumer_offsets coordinator of Apache Kafka.
package group
