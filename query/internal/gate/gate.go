package gate

import (
	"fmt"
	"strings"

	"maru"
	"maru/duck"
)

// TablesMax bounds the tables of one statement: each may be fetched.
const TablesMax = 64

// Reserved begins the names that only we give.
const Reserved = "maru_"

// CatalogTable is the room's name for the list of tables, as SHOW TABLES reads it.
const CatalogTable = Reserved + "catalog"

// Options are what a statement may touch.
type Options struct {
	// Files turns a path or pattern into the absolute paths of files that may be read.
	Files func(pattern string) ([]string, error)
	// Window is the tree of tumble and hop, with the stand-ins of WindowSQL.
	Window func(name string) (map[string]any, error)
	Params []any // values of $1, $2, …: nil, bool, int64, float64, string, time.Time, time.Duration
	// Condition lets only SELECT … FROM table WHERE … pass, without a query in it.
	Condition bool
}

// Statement is one that passed.
type Statement struct {
	AST     *duck.AST // rewritten
	Tables  []Table   // in the order in which they are first named
	Files   []string  // absolute paths, each once
	Readers []Reader  // the places where files are read
	Catalog bool      // it reads CatalogTable
	Sketch  bool      // it calls the macros of duck.InstallMacros
}

// Reader is a function that reads files, in FROM.
type Reader struct {
	Room string // the name of a table that may stand in its place
	At   int    // in bytes; -1 when not known
	ref  node
}

// Call is the function as it would stand in FROM alone.
func (r Reader) Call() map[string]any {
	c := clone(r.ref).(node)
	c["alias"], c["column_name_alias"], c["sample"] = "", []any{}, nil
	return c
}

// StandIn puts a table in the place of each reader, until restore is called:
// DuckDB cannot write down the plan of every reader.
func (s *Statement) StandIn() (restore func()) {
	saved := make([]node, len(s.Readers))
	for i, r := range s.Readers {
		saved[i] = clone(r.ref).(node)
		t := baseTable(r.Room, text(r.ref, "alias"))
		t["column_name_alias"], t["sample"] = r.ref["column_name_alias"], r.ref["sample"]
		if t["alias"] == "" {
			t["alias"] = text(child(r.ref, "function"), "function_name")
		}
		become(r.ref, t)
	}
	return func() {
		for i, r := range s.Readers {
			become(r.ref, saved[i])
		}
	}
}

// Table is a table that the statement names and does not itself define.
type Table struct {
	Name string // as the user wrote it, without quotes
	Room string // what the rewritten statement calls it
	At   int    // where it is first named, in bytes; -1 when not known
}

// Error is a refusal with a place in the statement.
type Error struct {
	Kind maru.Kind
	At   int // in bytes; -1 when not known
	Text string
}

func (e *Error) Error() string { return e.Text }

func refuse(at int, format string, args ...any) error {
	return &Error{Kind: maru.Denied, At: at, Text: fmt.Sprintf(format, args...)}
}

func invalid(at int, format string, args ...any) error {
	return &Error{Kind: maru.Invalid, At: at, Text: fmt.Sprintf(format, args...)}
}

// Check walks a statement and rewrites it in place. The error is an *Error, or
// what Options gave.
func Check(ast *duck.AST, o Options) (*Statement, error) {
	if n := len(ast.Statements); n != 1 {
		return nil, invalid(-1, "%d statements were given: send one at a time", n)
	}
	w := &walker{opts: o, st: &Statement{AST: ast}, tables: map[string]int{}, files: map[string]bool{}}
	root := child(ast.Statements[0], "node")
	if root == nil {
		return nil, refuse(-1, "the statement has no tree")
	}
	if o.Condition {
		if err := onlyCondition(root); err != nil {
			return nil, err
		}
	}
	if err := w.visit(root, nil); err != nil {
		return nil, err
	}
	return w.st, nil
}

type walker struct {
	opts   Options
	st     *Statement
	tables map[string]int  // by name as written
	files  map[string]bool // those in st.Files
}

// scope is the common table expressions that a place sees.
type scope struct {
	names map[string]bool
	up    *scope
}

func (s *scope) has(name string) bool {
	name = strings.ToLower(name)
	for ; s != nil; s = s.up {
		if s.names[name] {
			return true
		}
	}
	return false
}

func (s *scope) with(names ...string) *scope {
	in := &scope{names: map[string]bool{}, up: s}
	for _, n := range names {
		in.names[strings.ToLower(n)] = true
	}
	return in
}

// addFiles notes what may be read.
func (w *walker) addFiles(paths []string) {
	for _, p := range paths {
		if !w.files[p] {
			w.files[p] = true
			w.st.Files = append(w.st.Files, p)
		}
	}
}

// addReader notes a function that reads files.
func (w *walker) addReader(ref node) {
	w.st.Readers = append(w.st.Readers, Reader{Room: fmt.Sprintf("%sf%d", Reserved, len(w.st.Readers)+1), At: at(ref), ref: ref})
}

// room gives the room's name of a table.
func (w *walker) room(name string, at int) (string, error) {
	i, ok := w.tables[name]
	if !ok {
		i = len(w.st.Tables)
		if i >= TablesMax {
			return "", &Error{Kind: maru.TooLarge, At: at, Text: fmt.Sprintf("the statement names more than %d tables", TablesMax)}
		}
		w.tables[name] = i
		w.st.Tables = append(w.st.Tables, Table{Name: name, Room: fmt.Sprintf("%st%d", Reserved, i+1), At: at})
	}
	return w.st.Tables[i].Room, nil
}

// located gives a refusal of the files a place, if it has none.
func located(err error, place int) error {
	return &Error{Kind: maru.KindOf(err), At: place, Text: err.Error()}
}
