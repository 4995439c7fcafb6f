// Package sqltext finds the {{parameters}} of a SQL text, and nothing that
// only looks like one: what stands in strings, quoted names and comments is
// left alone. It reads DuckDB's lexical rules, which are PostgreSQL's
// (postgresql.org/docs/current/sql-syntax-lexical.html): doubled quotes,
// E'…' with backslashes, $tag$…$tag$, comments that nest.
package sqltext
