package query

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/query/internal/wire"
)

// Kind of a table.
type Kind string

// The kinds of tables.
const (
	Topic Kind = "topic"
	View  Kind = "view"
	Seed  Kind = "seed"
)

// Table is what a name in FROM can mean.
type Table struct {
	Kind    Kind
	Name    string      // its own; Lookup may have been asked in another case
	Columns maru.Schema // of a topic: those of its values, empty to infer them
	Path    string      // of a seed: its file, absolute
	Note    string      // for SHOW TABLES
}

// Tables knows what there is.
type Tables interface {
	// Lookup finds a table by name; maru.NotFound when there is none. A name
	// that no view or seed has may still be a topic's. A Table of kind View
	// beside maru.NotFound is a view whose stream has not begun.
	Lookup(ctx context.Context, name string) (Table, error)
	// List gives all tables in the order in which people see them.
	List(ctx context.Context) ([]Table, error)
	// OpenView reads a view. The source has at least these columns, by name;
	// rows that fail a filter may be left out.
	OpenView(ctx context.Context, name string, columns []string, filters []Filter) (Source, error)
}

// ColumnKeeper may be implemented by Tables: it keeps the columns that were
// inferred for a topic, so that they are never inferred anew.
type ColumnKeeper interface {
	KeepColumns(ctx context.Context, topic string, columns maru.Schema) error
}

// Source gives record batches of one schema, io.EOF after the last. The
// receiver releases them.
type Source interface {
	Schema() *arrow.Schema
	Next() (arrow.RecordBatch, error)
	Close() error
}

// Filter is a condition that a view may apply early.
type Filter = wire.Filter

// FilterOp is how a Filter compares.
type FilterOp = wire.Op

// FilterValue is a constant of a Filter.
type FilterValue = wire.Value

// Needs is what query needs of others.
type Needs struct {
	Tables Tables
}
