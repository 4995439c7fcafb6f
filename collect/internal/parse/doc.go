// Package parse turns the records of a log into JSON objects, one a record,
// without an allocation per record for the formats that matter for speed.
//
// A Framer finds where a record ends in a block of bytes; a Parser writes one
// record as a JSON object. Both are pure: the same bytes give the same
// result, however they were cut into blocks.
package parse
