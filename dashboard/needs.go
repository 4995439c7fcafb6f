package dashboard

import (
	"context"
	"log/slog"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/meta"
	"maru/spec"
)

// Needs is what dashboard takes from its surroundings. DB, SQL, Views and
// Files must be given.
type Needs struct {
	DB    *meta.DB // dashboard does not close it
	SQL   SQL
	Views Views
	Files Files
	Clock maru.Clock   // the machine's
	Log   *slog.Logger // slog.Default()
}

// SQL executes one statement that reads.
type SQL interface {
	// Run starts it with the values of $1, $2, …: nil, string, time.Time or
	// time.Duration. Its errors, and those of the rows, may have a
	// Place() (line, column int, hint string).
	Run(ctx context.Context, sql string, params []any, maxRows int64) (Rows, error)
}

// Rows are those of a statement. Next gives batches until io.EOF; the receiver
// releases them.
type Rows interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
	// Reads are the views that the statement names; others says that it reads
	// something else, too.
	Reads() (views []string, others bool)
	// Truncated says, after the last batch, that there were more rows.
	Truncated() bool
	Close() error
}

// Views says how far the views are.
type Views interface {
	// States gives each view's, by the name that SQL knows it by.
	States(ctx context.Context) (map[string]State, error)
}

// State is how far a view is. Its rows have not changed while Rows is the same.
type State struct {
	Rows      int64
	Watermark time.Time // no row before it comes any more; zero: not known
}

// Files are the texts of the project's dashboards. Names of files are relative
// to the project. A text is known by its ETag.
type Files interface {
	// Dashboards are those that are in force: of a broken file the last good
	// version, if this process has seen one.
	Dashboards() []spec.Dashboard
	// Problems are what is wrong with their files, as they were last seen.
	Problems() []spec.Problem
	// File is where a new dashboard goes.
	File(name string) (string, error)
	// Read fails with maru.NotFound when there is no such file.
	Read(file string) (text []byte, etag string, err error)
	// Write fails with maru.Conflict when the text is not the one of etag; ""
	// is for a new file.
	Write(file, etag string, text []byte) (newTag string, err error)
	// Remove is Write's opposite.
	Remove(file, etag string) error
	// Parse gives what could be read, and what is wrong.
	Parse(name string, text []byte) (spec.Dashboard, []spec.Problem)
	// Make writes a new text.
	Make(d spec.Dashboard) ([]byte, error)
	// Edit changes a text and keeps its comments; maru.Conflict when the text
	// is broken.
	Edit(old []byte, d spec.Dashboard) ([]byte, error)
}
