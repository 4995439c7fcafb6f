package serve

import (
	"time"

	"maru"
	"maru/stream/internal/engine"
)

// The paths of the streamer's socket.
const (
	PathSet    = "/set"     // PUT Set
	PathStatus = "/status"  // GET → []Status
	PathView   = "/view"    // GET ?name&side&columns&where&limit → Arrow IPC
	PathColumn = "/columns" // GET ?name&side → maru.Schema
	PathTail   = "/tail"    // GET ?name&from → NDJSON
	PathPlan   = "/plan"    // GET ?name → text; POST ?name Set: plans it in that set and runs nothing
	PathReset  = "/reset"   // POST ?name&retained
	PathPause  = "/pause"   // POST ?name&paused
)

// Set is all that should run.
type Set struct {
	engine.Set
	Files map[string]File `json:"files"` // by stream, for the places of errors
}

// File says where a stream's SQL stands.
type File struct {
	Path string `json:"path"`
	Line int    `json:"line"` // of the first line of the SQL
}

// Status is one stream's.
type Status struct {
	Name string `json:"name"`
	engine.Status
	Topic string        `json:"topic"` // the source
	Close bool          `json:"close"`
	Delay time.Duration `json:"delay"`
}

// Failure is the body of an answer that is not 200.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // in the SQL, from 1
	Column  int    `json:"column,omitempty"` // in bytes from 1
}

// Limits of one reading of a view: it is spooled, so that no open reader holds up a checkpoint.
const (
	SpoolBytesMax  = 2 << 30
	SpoolMemoryMax = 8 << 20 // beyond it the spool is a file
	SpoolTimeMax   = 60 * time.Second
)

// Schema is a list of columns.
type Schema = maru.Schema
