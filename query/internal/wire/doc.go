// Package wire is what the server and its workers say to each other: HTTP over
// a unix socket, JSON for questions, Arrow IPC streams for rows.
//
//	POST   /sessions                     Open    → Opened     a statement is checked
//	POST   /sessions/{id}/plan           Plan    → Planned    what its tables must bring
//	PUT    /sessions/{id}/tables/{room}  Arrow stream         the rows of one table
//	POST   /sessions/{id}/run            Run     → Arrow stream; its end is in the trailers
//	DELETE /sessions                     → Status             the room is emptied
//	GET    /status                       → Status
//
// An answer that is not 200 carries an Error. The rows of a result are followed
// by the trailer EndTrailer ("ok", "truncated" or "error") and, for an error,
// ErrorTrailer with an Error as JSON; a stream without EndTrailer was cut off.
package wire
