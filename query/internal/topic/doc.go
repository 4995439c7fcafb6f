// Package topic reads a part of a topic as a table: the wanted columns of its
// values, and of each record its partition, offset, time, key, value and headers.
package topic
