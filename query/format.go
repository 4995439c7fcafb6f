package query

import "maru/query/internal/pretty"

// Format lays SQL out: only white space and the case of reserved words change,
// so comments and {{parameters}} stay. A quote or comment without an end is an
// error with Place.
func Format(sql string) (string, error) { return pretty.Format(sql) }
