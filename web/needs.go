package web

import (
	"context"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/prometheus/client_golang/prometheus"

	"maru"
	"maru/run"
)

// Needs are the parts behind the endpoints. A nil one makes its endpoints
// answer maru.Unavailable.
type Needs struct {
	Query   Query
	Catalog Catalog
	Streams Streams
	Doctor  Doctor
	Project ProjectInfo
	Health  Health
	Metrics prometheus.Gatherer // beside the server's own
}

// Query runs one read statement.
type Query interface {
	// Run starts it. Its error, and those of the result, may be Placed; its
	// error may be Starting.
	Run(ctx context.Context, req QueryRequest) (QueryResult, error)
}

// QueryRequest is the body of POST /api/sql.
type QueryRequest struct {
	SQL     string   `json:"sql"`
	Dir     string   `json:"dir,omitempty"`      // absolute; relative file names in SQL are below it
	Roots   []string `json:"roots,omitempty"`    // absolute; files below these may be read
	MaxRows int64    `json:"max_rows,omitempty"` // 0: all
}

// QueryResult gives record batches until io.EOF. A batch is valid until the
// next call. Close may be called at any time and ends the query.
type QueryResult interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
	Close() error
}

// Placed is an error that knows where in the SQL it arose, and perhaps what
// to do. Line and column are from 1, 0 when unknown.
type Placed interface {
	error
	Place() (line, column int, hint string)
}

// Starting is an error about a view whose stream has not begun.
type Starting interface {
	error
	Starting() (view string)
}

// Catalog lists what SQL can see.
type Catalog interface {
	Tables(ctx context.Context) ([]Table, error)
}

// Table is one entry of GET /api/catalog.
type Table struct {
	Name    string      `json:"name"`
	Kind    string      `json:"kind"` // "topic", "view", "seed"
	Columns maru.Schema `json:"columns"`
	Note    string      `json:"note,omitempty"`
}

// Streams are the queries that never end.
type Streams interface {
	List(ctx context.Context) ([]StreamStatus, error)
	Status(ctx context.Context, name string) (StreamStatus, error)
	// Explain is the plan as text.
	Explain(ctx context.Context, name string) (string, error)
	Reset(ctx context.Context, name string, req ResetRequest) error
	// Tail gives a view's changes as NDJSON, from "now" or "start" on, until
	// ctx ends. Blank lines mean nothing.
	Tail(ctx context.Context, name, from string) (io.ReadCloser, error)
}

// ResetRequest is the body of POST /api/streams/{name}/reset.
type ResetRequest struct {
	// FromRetained accepts that the topic no longer has all that the old
	// state was made of.
	FromRetained bool `json:"from_retained,omitempty"`
}

// StreamStatus is how a stream is doing.
type StreamStatus struct {
	Name         string            `json:"name"`
	File         string            `json:"file,omitempty"`
	State        string            `json:"state"` // "running", "rebuilding", "waiting", "paused", "failed"
	Error        string            `json:"error,omitempty"`
	Emit         string            `json:"emit,omitempty"`
	RowsIn       int64             `json:"rows_in"`
	RowsOut      int64             `json:"rows_out"`
	RowsLate     int64             `json:"rows_late"`
	RowsRejected int64             `json:"rows_rejected"`
	Lag          int64             `json:"lag"` // records of the topics that are not read yet
	Watermark    time.Time         `json:"watermark,omitzero"`
	HeldBackBy   string            `json:"held_back_by,omitempty"` // the partition with the lowest watermark: "clicks/3"
	StateBytes   int64             `json:"state_bytes"`
	Since        time.Time         `json:"since,omitzero"`
	Partitions   []StreamPartition `json:"partitions,omitempty"`
}

// StreamPartition is how far one source has been read.
type StreamPartition struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	End       int64     `json:"end"`
	Watermark time.Time `json:"watermark,omitzero"`
	Idle      bool      `json:"idle,omitempty"`
}

// Doctor looks over the whole node.
type Doctor interface {
	Report(ctx context.Context) (Report, error)
}

// Report is the answer of GET /api/doctor.
type Report struct {
	Version    string               `json:"version"`
	Versions   []Version            `json:"versions,omitempty"` // of what is inside: Go, DuckDB, SQLite
	Started    time.Time            `json:"started,omitzero"`
	PID        int                  `json:"pid,omitempty"`
	HTTP       string               `json:"http,omitempty"`
	Kafka      string               `json:"kafka,omitempty"`
	DataDir    string               `json:"data_dir,omitempty"`
	ProjectDir string               `json:"project_dir,omitempty"`
	Services   []run.ServiceStatus  `json:"services"`
	Limits     []Limit              `json:"limits,omitempty"`
	Disks      []Disk               `json:"disks,omitempty"`
	Goroutines []run.GoroutineCount `json:"goroutines,omitempty"`
	Problems   []string             `json:"problems,omitempty"` // what somebody should look at
}

// Version is that of one piece.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Limit is a named bound and how much of it is used.
type Limit struct {
	Name string `json:"name"`
	Used int64  `json:"used"`
	Max  int64  `json:"max"`
	Unit string `json:"unit,omitempty"` // "bytes" or what is counted
}

// Disk is the room under one path.
type Disk struct {
	Path  string `json:"path"`
	Free  uint64 `json:"free"`
	Total uint64 `json:"total"`
}

// ProjectInfo says what is loaded.
type ProjectInfo interface {
	Project(ctx context.Context) (ProjectState, error)
}

// ProjectState is the answer of GET /api/project.
type ProjectState struct {
	Name     string          `json:"name"`
	Dir      string          `json:"dir"`
	Loaded   time.Time       `json:"loaded,omitzero"`
	Objects  []ProjectObject `json:"objects"`
	Problems []FileProblem   `json:"problems"`
}

// ProjectObject is one definition that is in force.
type ProjectObject struct {
	Kind string `json:"kind"` // "collector", "topic", "stream", "seed"
	Name string `json:"name"`
	File string `json:"file"`
}

// FileProblem is one thing wrong with a file of the project.
type FileProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Health is nil when the node can do its work.
type Health interface {
	Healthy(ctx context.Context) error
}
