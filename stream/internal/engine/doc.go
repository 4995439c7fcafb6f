// Package engine keeps continuous queries up to date: it reads raw batches of
// a topic, turns them into typed columns, runs a plan's operators over what is
// new, and commits state and offsets in one transaction of the query's own
// DuckDB file.
//
// The topic is the durable buffer of rows that wait for the watermark: the
// file says from where to read them again.
package engine
