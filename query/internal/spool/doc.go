// Package spool keeps the answers of queries: each is executed once, written
// to disk as it comes, and read in windows of rows, sorted and filtered, as
// often as somebody looks.
//
// In:    sources of Arrow record batches.
// Out:   windows, single cells, profiles of columns, and the whole again.
// Keeps: one directory, emptied at the start: ID/rows.arrows, an Arrow IPC stream.
// Speaks: Arrow.
// Swap:  DuckDB over Parquet files of the same rows.
//
// Rows are numbered from 0 in the order in which the source gave them; a row's
// number never changes. They are published in batches of at most BatchRows rows
// and can be read from then on, also while the rest is still coming, and after
// the source has failed. The index of the batches is in memory, so the file
// needs no end to be readable; its bytes are mapped, so a read touches the pages
// of the columns it wants and nothing else.
//
// A sort is a permutation of row numbers, a filter a selection of them; a
// window of them gathers rows. Everything handed out is a copy: it stays good
// when the result is dropped.
//
// Types: dictionaries become their values, extension types their storage, views
// their plain kin, unions a text (JSON); all others stay what they are. Cells compare by type: numbers
// by value with NaN after all of them, texts and blobs by bytes, intervals as
// DuckDB does (a month has 30 days, a day 24 hours), what is nested by its text
// (JSON). NULL comes last in every order, NaN before it, in both directions.
// A column is named exactly; "#3" names the fourth, for names that occur twice.
package spool
