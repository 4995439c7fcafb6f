// Package encode writes Arrow record batches as text: NDJSON, a JSON array,
// CSV, and the cells of a table.
//
// It works column by column: what a column is, is asked once a batch, not once
// a value. Integers, decimals and HUGEINT are written exactly; JSON gets them
// as numbers of any length. Instants are ISO 8601 in UTC with the fraction
// trimmed; lists, structs and maps are JSON in every format; bytes are \x and
// hexadecimal, as PostgreSQL writes them.
package encode
