package web

import (
	"context"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/prometheus/client_golang/prometheus"

	"maru"
	"maru/run"
	"maru/web/internal/api"
)

// Needs are the parts behind the endpoints. A nil one makes its endpoints
// answer maru.Unavailable.
type Needs struct {
	Sessions   Sessions
	Query      Query
	Results    Results
	Catalog    Catalog
	Streams    Streams
	Control    StreamControl // of Streams
	Topics     Topics
	Home       Overview
	Sample     Sample
	Workspace  Workspace
	Dashboards Dashboards // nil: there are none
	Doctor     Doctor
	Project    ProjectInfo
	Health     Health
	Metrics    prometheus.Gatherer // beside the server's own
}

// Sessions says who somebody is, and knows the users.
type Sessions interface {
	SetupNeeded() bool // there is no user yet
	// Resolve says whose session a cookie belongs to; maru.Unauthenticated for none.
	Resolve(ctx context.Context, cookie string) (maru.Principal, error)
	// SignIn may fail with an error that has RetryAfter() time.Duration.
	SignIn(ctx context.Context, in SignIn, address string) (Signed, error)
	Setup(ctx context.Context, in Setup, address string) (Signed, error)
	SignOut(ctx context.Context, cookie string) error
	ChangePassword(ctx context.Context, cookie string, in PasswordChange) error
	Users(ctx context.Context) ([]User, error)
	AddUser(ctx context.Context, in UserNew) (User, error)
	ChangeUser(ctx context.Context, name string, in UserChange) (User, error)
	RemoveUser(ctx context.Context, name string) error
}

// Signed is a session that has begun.
type Signed struct {
	Cookie  string
	Who     maru.Principal
	Expires time.Time
}

// Topics are the log's, with its consumer groups.
type Topics interface {
	Topics(ctx context.Context) ([]Topic, error)
	Topic(ctx context.Context, name string) (TopicDetail, error)
	CreateTopic(ctx context.Context, t TopicNew) (TopicDetail, error)
	ChangeTopic(ctx context.Context, name string, c TopicChange) (TopicDetail, error)
	DeleteTopic(ctx context.Context, name string) error
	Messages(ctx context.Context, ask MessagesAsk) (Messages, error)
	Produce(ctx context.Context, name string, r RecordNew) (RecordPlace, error)
	Groups(ctx context.Context) ([]Group, error)
	Group(ctx context.Context, id string) (GroupDetail, error)
	ResetGroup(ctx context.Context, id string, r OffsetReset) ([]OffsetChange, error)
}

// Overview says how everything is.
type Overview interface {
	Home(ctx context.Context) (Home, error)
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

// Results are answers that are kept and read in windows.
type Results interface {
	// Keep starts a statement; its errors show in the status.
	Keep(ctx context.Context, owner string, st Statement) (Kept, error)
	// Kept finds one; maru.NotFound when it was dropped.
	Kept(id string) (Kept, error)
	// List gives those of owner, newest first; of all for "".
	List(owner string) []Kept
	Drop(id string) error
	// Check plans a statement and runs nothing.
	Check(ctx context.Context, st Statement) error
	// Explain gives its plan as text.
	Explain(ctx context.Context, st Statement) (string, error)
	// Format lays a text out; its error may be Placed.
	Format(sql string) (string, error)
}

// Statement is one whose parameters are bound.
type Statement struct {
	SQL     string
	Written string // before its parameters were bound
	Params  map[string]any
	Args    []any // of $1, $2, … as JSON has them
	MaxRows int64 // 0: the most that is kept
}

// Kept is one result. Any number of goroutines use it.
type Kept interface {
	ID() string
	Owner() string
	Cancel()
	// Status gives no columns and no error in its first value.
	Status() (ResultStatus, *arrow.Schema, error)
	// Wait returns when rows can be read, or the result has ended.
	Wait(ctx context.Context, rows int64) error
	Changed() <-chan struct{}
	Window(ctx context.Context, offset int64, limit int, order Order) (Rows, error)
	// Rows gives all of them; its error may be Placed.
	Rows(ctx context.Context, order Order) (QueryResult, error)
	Profile(ctx context.Context, column string) (ColumnProfile, error)
	// Cell is one, whole: JSON for what is nested, \x and hexadecimal for a blob.
	Cell(ctx context.Context, row int64, column string) (text []byte, null bool, err error)
}

// Order says which rows of a result are wanted. Sort and Filter are JSON.
type Order struct {
	Columns []string // nil: all
	Sort    string
	Filter  string
}

// Rows are those of a window.
type Rows struct {
	Batch   arrow.RecordBatch // the receiver releases it
	Numbers []int64           // of each row in the result
	Total   int64             // rows that pass the filter
	Of      int64             // rows of the result that this is true for
	Cut     []CutCell
}

// CutCell is a cell that a window does not show whole.
type CutCell struct{ Row, Column, Bytes int }

// Placed is an error that knows where in the SQL it arose.
type Placed = api.Placed

// ErrorBody is what every error looks like on the wire.
type ErrorBody = api.ErrorBody

// ErrorInfo is an error's content.
type ErrorInfo = api.ErrorInfo

// Starting is an error about a view whose stream has not begun.
type Starting interface {
	error
	Starting() (view string)
}

// Catalog lists what SQL can see.
type Catalog interface {
	Tables(ctx context.Context) ([]Table, error)
	// Table gives one without its preview, and the rows of that; no batch for none.
	Table(ctx context.Context, name string) (TableDetail, Rows, error)
	// Profile looks into the columns that are named, or into the first.
	Profile(ctx context.Context, name string, columns []string) (TableProfile, error)
}

// Table is one entry of GET /api/catalog.
type Table struct {
	Name    string      `json:"name"`
	Kind    string      `json:"kind" enum:"topic,view,seed"`
	Columns maru.Schema `json:"columns"`
	Note    string      `json:"note,omitempty"`
	Rows    *int64      `json:"rows,omitempty" doc:"Where they are counted anyway"`
	Bytes   int64       `json:"bytes,omitempty" doc:"On disk"`
	Newest  time.Time   `json:"newest,omitzero" doc:"Of a topic the last record, of a view the watermark, of a seed its file"`
	Late    bool        `json:"late,omitempty" doc:"Nothing has come for longer than usual"`
	File    string      `json:"file,omitempty" doc:"That declares it, relative to the project"`
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

// StreamControl is what only pages ask of streams.
type StreamControl interface {
	// Create saves a query as a stream of the project. Its error may be Placed.
	Create(ctx context.Context, in StreamNew) (StreamCreated, error)
	// Pause stops a stream's reading, or lets it go on.
	Pause(ctx context.Context, name string, paused bool) error
	// Side gives the newest rows of a view's side, "late" or "rejected".
	Side(ctx context.Context, name, side string, limit int64) ([]SideRow, error)
	// Keep writes the rows that a view shows into a file of the data directory.
	Keep(ctx context.Context, name string) (KeptView, error)
}

// SideRow is a row that did not get into a view.
type SideRow struct {
	At          time.Time `json:"at,omitzero" doc:"When it was appended; missing when that is not known"`
	Topic       string    `json:"topic"`
	Partition   int32     `json:"partition"`
	Offset      int64     `json:"offset"`
	EventTime   time.Time `json:"event_time,omitzero" doc:"Of a late row"`
	Watermark   time.Time `json:"watermark,omitzero" doc:"When the late row came"`
	WindowStart time.Time `json:"window_start,omitzero" doc:"Of the window that it was too late for"`
	Reason      string    `json:"reason,omitempty" doc:"Of a rejected row"`
	Value       string    `json:"value"`
	Cut         bool      `json:"cut,omitempty" doc:"The value is longer than it is here"`
}

// SideRows is the answer of GET /api/streams/{name}/rows.
type SideRows struct {
	Total int64     `json:"total"`
	Rows  []SideRow `json:"rows" doc:"The newest, newest first"`
}

// KeptView is where the rows of a view were written.
type KeptView struct {
	File  string `json:"file"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// StreamNew is the body of POST /api/streams.
type StreamNew struct {
	Name string `json:"name"`
	SQL  string `json:"sql" doc:"One SELECT, perhaps below a header as stream files have it"`
}

// StreamCreated is its answer.
type StreamCreated struct {
	Name string `json:"name"`
	File string `json:"file" doc:"Relative to the project's folder"`
}

// ResetRequest is the body of POST /api/streams/{name}/reset.
type ResetRequest struct {
	// FromRetained accepts that the topic no longer has all that the old
	// state was made of.
	FromRetained bool `json:"from_retained,omitempty"`
	// Keep first writes what the view shows into a file.
	Keep bool `json:"keep,omitempty"`
}

// StreamStatus is how a stream is doing.
type StreamStatus struct {
	Name         string            `json:"name"`
	File         string            `json:"file,omitempty"`
	State        string            `json:"state" enum:"running,rebuilding,waiting,paused,failed"`
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
	SQL          string            `json:"sql,omitempty" doc:"Of one stream, not in the list"`
	Reads        []string          `json:"reads,omitempty"`
	RateIn       float64           `json:"rate_in" doc:"Rows a second"`
	RateOut      float64           `json:"rate_out"`
	RowsToGo     int64             `json:"rows_to_go,omitempty" doc:"While rebuilding: of the topics, until the new view takes the old one's place"`
	DelayMS      int64             `json:"delay_ms,omitempty" doc:"How far its definition keeps the watermark behind"`
	WatermarkMS  int64             `json:"watermark_delay_ms,omitempty" doc:"How far the watermark is behind now"`
	Checkpoint   time.Time         `json:"checkpoint,omitzero"`
	Partitions   []StreamPartition `json:"partitions,omitempty"`
	Busy         float64           `json:"busy" doc:"Share of the last seconds in which it worked, 0 to 1"`
	Operators    []StreamOperator  `json:"operators,omitempty" doc:"In the order of the plan"`
}

// StreamOperator is one operator of a stream's plan.
type StreamOperator struct {
	Kind      string   `json:"kind" enum:"map,over,aggregate"`
	Busy      *float64 `json:"busy,omitempty" doc:"Its part of the stream's; absent when it is done within the next one's statement"`
	StateRows int64    `json:"state_rows" doc:"Rows that wait or are remembered in memory"`
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
