package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
)

// Trailers of a result.
const (
	EndTrailer   = "Maru-End"
	ErrorTrailer = "Maru-Error"
)

// What EndTrailer says.
const (
	EndOK        = "ok"
	EndTruncated = "truncated" // there were more rows than asked for
	EndError     = "error"
)

// Open is a statement to be checked.
type Open struct {
	SQL       string   `json:"sql"`
	Dir       string   `json:"dir"`       // where relative paths start; "" = no files
	Roots     []string `json:"roots"`     // below which files may be read
	Forbidden []string `json:"forbidden"` // below which none may, whatever Roots say
	Params    []Value  `json:"params,omitempty"`
	Condition bool     `json:"condition,omitempty"` // only SELECT … FROM table WHERE … may pass
}

// Opened says what the statement needs.
type Opened struct {
	ID      string  `json:"id"`
	Tables  []Table `json:"tables,omitempty"`
	Catalog bool    `json:"catalog,omitempty"` // it wants the list of tables
	Explain bool    `json:"explain,omitempty"`
	Files   int     `json:"files,omitempty"`
}

// Table is one that the statement names.
type Table struct {
	Name   string `json:"name"`
	Room   string `json:"room"` // its name in the session
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// Plan says what the tables are.
type Plan struct {
	Tables  []Stub       `json:"tables,omitempty"`
	Catalog []CatalogRow `json:"catalog,omitempty"`
}

// Stub is a table without its rows.
type Stub struct {
	Room    string      `json:"room"`
	Name    string      `json:"name"`
	Columns maru.Schema `json:"columns,omitempty"`
	File    string      `json:"file,omitempty"` // of a seed: it is read in place
}

// CatalogRow is a row of SHOW TABLES.
type CatalogRow struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Columns string `json:"columns"`
	Note    string `json:"note"`
}

// Planned says what each table must bring.
type Planned struct {
	Needs []Need `json:"needs"`
}

// Need is what a statement uses of one table. A row that fails a filter may be
// left out: the statement applies them all again.
type Need struct {
	Room    string   `json:"room"`
	Columns []string `json:"columns"`
	Filters []Filter `json:"filters,omitempty"`
	// Limit is how many rows that pass all filters are enough, 0 = all are
	// wanted. A source that does not apply every filter exactly ignores it.
	Limit  int64 `json:"limit,omitempty"`
	Unused bool  `json:"unused,omitempty"` // nothing is read: bring no rows
}

// Run asks for the rows.
type Run struct {
	MaxRows int64 `json:"max_rows,omitempty"` // 0 = all
}

// Status of a worker.
type Status struct {
	PID     int    `json:"pid"`
	Version string `json:"version"` // of DuckDB
	Session string `json:"session,omitempty"`
	Memory  int64  `json:"memory"` // bytes of the process in RAM; 0 where it is not known
}

// Op is how a filter compares.
type Op string

// The forms that are pushed down.
const (
	Equal     Op = "="
	Less      Op = "<"
	LessEq    Op = "<="
	Greater   Op = ">"
	GreaterEq Op = ">="
	In        Op = "in"
	IsNull    Op = "is null"
	IsNotNull Op = "is not null"
)

// Filter is a condition on one column: all of a Need's filters hold for a row that matters.
type Filter struct {
	Column string  `json:"column"`
	Op     Op      `json:"op"`
	Values []Value `json:"values,omitempty"` // one; none for the tests for NULL; some for In
}

// String is the filter as SQL.
func (f Filter) String() string {
	switch f.Op {
	case IsNull, IsNotNull:
		return maru.Quote(f.Column) + " " + strings.ToUpper(string(f.Op))
	case In:
		list := make([]string, len(f.Values))
		for i, v := range f.Values {
			list[i] = v.SQL()
		}
		return maru.Quote(f.Column) + " IN (" + strings.Join(list, ", ") + ")"
	}
	if len(f.Values) != 1 {
		return maru.Quote(f.Column) + " " + string(f.Op) + " ?"
	}
	return maru.Quote(f.Column) + " " + string(f.Op) + " " + f.Values[0].SQL()
}

// interval is the type of a length of time; no column of a topic has it.
const interval maru.Type = "INTERVAL"

// Value is a constant. Type says which field holds it: Int for BIGINT,
// TIMESTAMPTZ (microseconds since 1970), INTERVAL (microseconds) and DATE
// (days), Text for VARCHAR; "" is NULL.
type Value struct {
	Type  maru.Type `json:"type,omitempty"`
	Int   int64     `json:"int,omitempty,string"`
	Float float64   `json:"float,omitempty"`
	Text  string    `json:"text,omitempty"`
	Bool  bool      `json:"bool,omitempty"`
}

// ValueOf makes a Value of nil, bool, int, int64, float64, string, time.Time
// or time.Duration, the last two in whole microseconds.
func ValueOf(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Value{}, nil
	case bool:
		return Value{Type: maru.Boolean, Bool: v}, nil
	case int:
		return Value{Type: maru.BigInt, Int: int64(v)}, nil
	case int64:
		return Value{Type: maru.BigInt, Int: v}, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Value{}, fmt.Errorf("%v is not a number that can be sent", v)
		}
		return Value{Type: maru.Double, Float: v}, nil
	case string:
		if !utf8.ValidString(v) {
			return Value{}, errors.New("a text that is not UTF-8 cannot be sent")
		}
		return Value{Type: maru.Varchar, Text: v}, nil
	case time.Time:
		return Value{Type: maru.Timestamp, Int: v.UnixMicro()}, nil
	case time.Duration:
		return Value{Type: interval, Int: v.Microseconds()}, nil
	}
	return Value{}, fmt.Errorf("a %T cannot be sent", v)
}

// Any is the inverse of ValueOf.
func (v Value) Any() any {
	switch v.Type {
	case "":
		return nil
	case maru.Boolean:
		return v.Bool
	case maru.Double:
		return v.Float
	case maru.Varchar, maru.JSON:
		return v.Text
	case maru.Timestamp:
		return time.UnixMicro(v.Int).UTC()
	case interval:
		return time.Duration(v.Int) * time.Microsecond
	}
	return v.Int
}

// SQL is the value as a literal.
func (v Value) SQL() string {
	switch v.Type {
	case "":
		return "NULL"
	case maru.Varchar, maru.JSON:
		return maru.Literal(v.Text)
	case maru.Timestamp:
		return fmt.Sprintf("make_timestamptz(%d)", v.Int)
	case interval:
		return fmt.Sprintf("to_microseconds(%d)", v.Int)
	case maru.Date:
		return fmt.Sprintf("(DATE '1970-01-01' + %d)", v.Int)
	}
	return fmt.Sprint(v.Any())
}

// Error is an error as it is sent.
type Error struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Fatal   bool   `json:"fatal,omitempty"` // the worker must be replaced
}

func (e *Error) Error() string { return e.Message }

// Err is e as the server's callers see it.
func (e *Error) Err() error { return &maru.Error{Kind: maru.ParseKind(e.Kind), Err: e} }

// errorTextMax bounds a message: DuckDB may quote a whole row in one.
const errorTextMax = 4 << 10

// ToError makes an Error of any error.
func ToError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: maru.KindOf(err).String(), Message: clip(err.Error())}
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= errorTextMax {
		return s
	}
	s = s[:errorTextMax]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// Header is e in one line of ASCII, as it may stand in a trailer.
func (e *Error) Header() string {
	b, err := json.Marshal(&Error{Kind: e.Kind, Message: clip(e.Message), Line: e.Line, Column: e.Column, Fatal: e.Fatal})
	if err != nil {
		return ""
	}
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// FromHeader reads what Header wrote.
func FromHeader(s string) *Error {
	e := &Error{}
	if json.Unmarshal([]byte(s), e) != nil || e.Message == "" {
		return &Error{Kind: maru.Internal.String(), Message: "the worker reported an error that cannot be read: " + clip(s)}
	}
	return e
}

// Equal says whether f and o are the same condition.
func (f Filter) Equal(o Filter) bool {
	return f.Column == o.Column && f.Op == o.Op && slices.Equal(f.Values, o.Values)
}
