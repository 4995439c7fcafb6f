// Package jsonrow turns JSON objects into typed Arrow columns: only the wanted
// ones, at the speed of reading the text once.
//
// A Decoder is given the wanted columns and then one object after another. It
// checks every row whole (a row is taken exactly when encoding/json calls it
// valid JSON, it is an object, and it is valid UTF-8), finds the wanted members
// and writes them into column buffers, which Record hands over as an Arrow
// record batch. What does not fit is refused with the column and the reason,
// and leaves no trace in the columns.
//
// # Which member belongs to which column
//
// A member whose name equals a column's name byte for byte fills that column;
// else the first column whose name is equal without regard to case. If a row
// has several members for one column, an exactly named one beats the others,
// and the first beats the later ones, as in DuckDB's json_transform.
//
// # What fits
//
//	BOOLEAN      true, false; a string that says so in any case
//	BIGINT       a whole number in range, however written (3, 3.0, 3e2); a string holding one
//	DOUBLE       a number; a string holding one
//	VARCHAR      a string, decoded; of everything else its text
//	JSON         anything, its text verbatim
//	TIMESTAMPTZ  a string that ParseTime reads; a number since 1970: seconds below 1e11, milliseconds below 1e14, else microseconds
//	DATE         a string that ParseTime reads: its day in UTC
//	BLOB         a string in base64, standard or URL alphabet, padded or not
//
// A missing member and null are NULL in every type.
//
// In: the values of records. Out: arrow.RecordBatch. Keeps: nothing. Speaks:
// RFC 8259, Arrow. Swap: any JSON decoder that can say why a row does not fit.
package jsonrow
