package workspace

import (
	"cmp"

	"maru"
)

// What a zero in Config means.
const (
	QueriesMaxDefault = 500
	HistoryMaxDefault = 200
)

// Limits that no Config changes.
const (
	PreferencesBytesMax = 1 << 20   // of one person
	NameBytesMax        = 200       // of a query's name
	SQLBytesMax         = 256 << 10 // of one statement
	ParamsBytesMax      = 64 << 10  // of a statement's parameters
	ErrorBytesMax       = 4 << 10   // of an error in the history; longer ones are cut
	QueriesBytesMax     = 16 << 20  // of all saved queries of one person
	HistoryBytesMax     = 4 << 20   // of the texts in one person's history
	listMax             = 10_000    // queries of all that share theirs
)

// Config of a Workspace. The zero value works.
type Config struct {
	QueriesMax int // workspace.queries_max: saved queries of one person; 500
	HistoryMax int // workspace.history_max: statements in a person's history; 200
}

func (c Config) withDefaults() Config {
	c.QueriesMax = cmp.Or(c.QueriesMax, QueriesMaxDefault)
	c.HistoryMax = cmp.Or(c.HistoryMax, HistoryMaxDefault)
	return c
}

// Validate names the key that cannot be used, and what it may be.
func (c Config) Validate() error {
	c = c.withDefaults()
	if c.QueriesMax < 1 || c.QueriesMax > 10_000 {
		return maru.Errorf(maru.Invalid, "workspace.queries_max: %d is out of range: 1 to 10000", c.QueriesMax)
	}
	if c.HistoryMax < 1 || c.HistoryMax > 10_000 {
		return maru.Errorf(maru.Invalid, "workspace.history_max: %d is out of range: 1 to 10000", c.HistoryMax)
	}
	return nil
}
