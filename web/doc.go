// Package web is the HTTP face of a node: SQL, the catalog, streams and their
// changes, the doctor's report, health and metrics.
//
//	In:    HTTP requests on a loopback address, with the data directory's token
//	Out:   JSON, NDJSON, CSV, Arrow IPC streams, Prometheus text
//	Keeps: keys/token in the data directory, nothing else
//	Speaks: HTTP/1.1, Arrow IPC, Prometheus exposition
//	Swap:  a reverse proxy in front; every endpoint is plain HTTP
//
// Every endpoint is declared once (package api) with the role that it wants. Who
// asks is the bearer of the token, an admin, or whose session the cookie is. Host
// and Origin are checked on all of them: a page of another site cannot reach the
// server by a name that resolves to loopback.
package web
