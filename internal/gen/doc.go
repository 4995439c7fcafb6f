// Package gen writes believable API logs whose true counts are known.
//
// The traffic has a daily and weekly shape, users and paths by Zipf's law,
// latencies with tails, incidents in which one service answers slowly and with
// errors, clients that try again, calls repeated within 200 ms, and rows that
// stand out of order or late in the file. The truth beside the log is counted
// from the rows as they are written, by the definitions of Truth, so that loss
// and duplication downstream are counted and not guessed.
//
// The same Config (seed, rows, format, start, shares) writes the same bytes.
//
// In: a Config. Out: a log that rotates, and its truth as JSON. Keeps: nothing
// between runs but those files. Speaks: NDJSON, combined log format. Swap: any
// log.
package gen
