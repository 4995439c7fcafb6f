package room

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/duck"
	"maru/query/internal/files"
	"maru/query/internal/gate"
	"maru/query/internal/wire"
)

// session is one statement and its instance, from Open to Close.
type session struct {
	id      string
	ctx     context.Context // of the whole session; it ends when the session is closed
	cancel  context.CancelFunc
	in      *instance
	source  source
	st      *gate.Statement
	run     string // what is run: the rewritten statement
	needs   []wire.Need
	json    []bool // which columns of the answer are JSON; nil when none is
	planned bool

	mu      sync.Mutex // guards what follows
	stubs   map[string]wire.Stub
	brought map[string]bool // tables whose rows are here
	asked   bool            // it was run: once is all
	closed  bool
	ops     sync.WaitGroup // requests under way: the instance must outlive them
}

// enter begins a request; false when the session is closed. leave ends it.
func (s *session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.ops.Add(1)
	}
	return !s.closed
}

func (s *session) leave() { s.ops.Done() }

// openSession parses and checks a statement.
func openSession(ctx context.Context, in *instance, o wire.Open) (*session, error) {
	if len(o.SQL) > duck.SQLBytesMax {
		return nil, maru.Errorf(maru.TooLarge, "the statement is %d bytes long, at most %d are taken", len(o.SQL), duck.SQLBytesMax)
	}
	s := &session{in: in, source: readSource(o.SQL), stubs: map[string]wire.Stub{}, brought: map[string]bool{}}
	s.source.condition = o.Condition
	if err := s.source.refused(); err != nil {
		return nil, err
	}
	ast, err := in.conn.Parse(ctx, s.source.sql)
	if err != nil {
		return nil, s.source.parseError(err)
	}
	find, err := files.New(o.Dir, o.Roots, o.Forbidden)
	if err != nil {
		return nil, err
	}
	params := make([]any, len(o.Params))
	for i, p := range o.Params {
		params[i] = p.Any()
	}
	s.st, err = gate.Check(ast, gate.Options{Files: find.Find, Params: params, Condition: o.Condition,
		Window: func(name string) (map[string]any, error) { return windowTree(ctx, in.conn, name) }})
	if err != nil {
		return nil, s.source.gateError(err)
	}
	s.run, err = in.conn.Format(ctx, s.st.AST)
	return s, err
}

func (s *session) opened() wire.Opened {
	out := wire.Opened{ID: s.id, Catalog: s.st.Catalog, Explain: s.source.explain, Files: len(s.st.Files)}
	for _, t := range s.st.Tables {
		wt := wire.Table{Name: t.Name, Room: t.Room}
		if t.At >= 0 {
			wt.Line, wt.Column = duck.LineColumn(s.source.sql, t.At)
		}
		out.Tables = append(out.Tables, wt)
	}
	return out
}

// plan makes the tables, shuts the instance, and finds out what each must bring.
func (s *session) plan(ctx context.Context, p wire.Plan) (wire.Planned, error) {
	if s.planned {
		return wire.Planned{}, maru.Errorf(maru.Conflict, "the statement has been planned already")
	}
	readable := slices.Clone(s.st.Files)
	for _, t := range p.Tables {
		if t.File != "" {
			readable = append(readable, t.File)
		}
	}
	if s.st.Sketch {
		if err := duck.InstallMacros(ctx, s.in.conn); err != nil {
			return wire.Planned{}, err
		}
	}
	if err := s.in.shut(ctx, readable); err != nil {
		return wire.Planned{}, err
	}
	if err := s.makeTables(ctx, p); err != nil {
		return wire.Planned{}, err
	}
	if err := s.orderTies(ctx); err != nil {
		return wire.Planned{}, err
	}
	scans, err := s.bind(ctx)
	if err != nil {
		return wire.Planned{}, s.source.runError(err, s.run, s.st.Tables)
	}
	if err := s.in.lock(ctx); err != nil {
		return wire.Planned{}, err
	}
	if scans == nil {
		s.needs = everything(p.Tables)
	} else {
		s.needs = needsOf(scans, p.Tables)
	}
	s.planned = true
	return wire.Planned{Needs: s.needs}, nil
}

func (s *session) makeTables(ctx context.Context, p wire.Plan) error {
	for _, t := range s.st.Tables {
		i := slices.IndexFunc(p.Tables, func(st wire.Stub) bool { return st.Room == t.Room })
		if i < 0 {
			return maru.Errorf(maru.Internal, "nothing is said about the table %s", t.Name)
		}
		st := p.Tables[i]
		s.stubs[t.Room] = st
		if err := s.makeTable(ctx, t, st); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	if s.st.Catalog {
		return s.in.catalog(ctx, p.Catalog)
	}
	return nil
}

func (s *session) makeTable(ctx context.Context, t gate.Table, st wire.Stub) error {
	if st.File == "" {
		if len(st.Columns) == 0 {
			return maru.Errorf(maru.Invalid, "it has no columns")
		}
		return s.in.stub(ctx, t.Room, st.Columns)
	}
	sql, err := seedSQL(st)
	if err != nil {
		return err
	}
	return s.in.conn.Exec(ctx, "CREATE TABLE "+maru.Quote(t.Room)+" AS "+sql+" WITH NO DATA")
}

// bind plans the statement; nil when DuckDB can bind it and not write its plan
// down. Then the unoptimised plan is checked.
func (s *session) bind(ctx context.Context) ([]scan, error) {
	if err := s.in.planning(ctx, true); err != nil {
		return nil, err
	}
	text, err := s.withStandIns(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := s.in.conn.Plan(ctx, text, true)
	rough := isInternal(err)
	if rough {
		plan, err = s.in.conn.Plan(ctx, text, false)
	}
	if err != nil {
		return nil, err
	}
	scans, err := readPlan(plan)
	if err != nil {
		return nil, err
	}
	if s.json, err = s.in.jsonColumns(ctx, text); err != nil {
		return nil, err
	}
	if rough {
		return nil, s.in.planning(ctx, false)
	}
	if scans == nil {
		scans = []scan{}
	}
	return scans, s.in.planning(ctx, false)
}

// withStandIns is the statement over empty tables only, also in the places
// where it reads files.
func (s *session) withStandIns(ctx context.Context) (string, error) {
	if len(s.st.Readers) == 0 {
		return s.run, nil
	}
	for _, r := range s.st.Readers {
		sql, err := selectFrom(ctx, s.in.conn, r.Call())
		if err == nil {
			err = s.in.conn.Exec(ctx, "CREATE TABLE "+maru.Quote(r.Room)+" AS "+sql+" WITH NO DATA")
		}
		if err != nil {
			return "", s.source.readerError(err, r.At)
		}
	}
	restore := s.st.StandIn()
	defer restore()
	return s.in.conn.Format(ctx, s.st.AST)
}

// everything is the needs of a statement whose plan is not known.
func everything(stubs []wire.Stub) []wire.Need {
	out := []wire.Need{}
	for _, st := range stubs {
		if st.File != "" {
			continue
		}
		n := wire.Need{Room: st.Room}
		for _, c := range st.Columns {
			n.Columns = append(n.Columns, c.Name)
		}
		out = append(out, n)
	}
	return out
}

// bring loads the rows of one table from an Arrow stream. Tables may be
// brought side by side.
func (s *session) bring(ctx context.Context, room string, body io.Reader) error {
	i := slices.IndexFunc(s.needs, func(n wire.Need) bool { return n.Room == room })
	if i < 0 {
		return maru.Errorf(maru.NotFound, "the statement has no table %s to be brought", room)
	}
	s.mu.Lock()
	again := s.brought[room]
	s.brought[room] = true
	s.mu.Unlock()
	if again {
		return maru.Errorf(maru.Conflict, "the rows of table %s are here already", room)
	}
	cols, err := s.used(room, s.needs[i].Columns)
	if err != nil {
		return err
	}
	rd, err := ipc.NewReader(body)
	if err != nil {
		return maru.Errorf(maru.Invalid, "the rows of table %s are not an Arrow stream: %v", s.stubs[room].Name, err)
	}
	defer rd.Release()
	if got := rd.Schema().NumFields(); got != len(cols) {
		return maru.Errorf(maru.Internal, "table %s brings %d columns where %d are used", s.stubs[room].Name, got, len(cols))
	}
	conn, err := s.in.db.Conn()
	if err != nil {
		return err
	}
	defer conn.Close()
	list, err := columnsSQL(cols)
	if err != nil {
		return err
	}
	if err := conn.Exec(ctx, "CREATE TABLE "+maru.Quote(dataTable(room))+" ("+list+")"); err != nil {
		return err
	}
	if err := conn.Insert(ctx, maru.Quote(dataTable(room)), ipcSource{rd}); err != nil {
		return fmt.Errorf("load table %s: %w", s.stubs[room].Name, err)
	}
	return nil
}

// used is the schema of the columns that are brought, in their order.
func (s *session) used(room string, names []string) (maru.Schema, error) {
	all := s.stubs[room].Columns
	var out maru.Schema
	for _, n := range names {
		i := slices.IndexFunc(all, func(c maru.Column) bool { return c.Name == n })
		if i < 0 {
			return nil, maru.Errorf(maru.Internal, "table %s has no column %s", s.stubs[room].Name, n)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// ipcSource gives batches that outlive the reader's next step.
type ipcSource struct{ rd *ipc.Reader }

func (s ipcSource) Schema() *arrow.Schema { return s.rd.Schema() }

func (s ipcSource) Next() (arrow.RecordBatch, error) {
	rec, err := s.rd.Read()
	if err != nil {
		return nil, err
	}
	rec.Retain()
	return rec, nil
}

// start runs the statement.
func (s *session) start(ctx context.Context) (*duck.Rows, error) {
	s.mu.Lock()
	asked := s.asked
	s.asked = true
	s.mu.Unlock()
	switch {
	case !s.planned:
		return nil, maru.Errorf(maru.Conflict, "the statement has not been planned")
	case asked:
		return nil, maru.Errorf(maru.Conflict, "the statement has been run already")
	}
	if s.source.explain {
		return s.explain(ctx)
	}
	for room, st := range s.stubs {
		if st.File == "" {
			continue
		}
		sql, err := seedSQL(st)
		if err != nil {
			return nil, err
		}
		if err := s.in.conn.Exec(ctx, "DROP TABLE "+maru.Quote(room)+"; CREATE VIEW "+maru.Quote(room)+" AS "+sql); err != nil {
			return nil, err
		}
	}
	for _, n := range s.needs {
		if n.Unused {
			continue // the stub will do
		}
		if !s.brought[n.Room] {
			return nil, maru.Errorf(maru.Internal, "the rows of table %s are missing", s.stubs[n.Room].Name)
		}
		if err := s.in.furnish(ctx, n.Room, s.stubs[n.Room].Columns, n.Columns); err != nil {
			return nil, err
		}
	}
	if err := s.narrow(ctx); err != nil {
		return nil, err
	}
	return s.in.conn.Query(ctx, s.run)
}

func (s *session) orderTies(ctx context.Context) error {
	root, _ := s.st.AST.Statements[0]["node"].(node)
	changed, err := orderTies(ctx, s.in.conn, root, s.stubs)
	if err != nil || !changed {
		return err
	}
	s.run, err = s.in.conn.Format(ctx, s.st.AST)
	return err
}

// narrow makes windows cheaper where that pays.
func (s *session) narrow(ctx context.Context) error {
	tables := map[string]bool{}
	for _, n := range s.needs {
		tables[n.Room] = !n.Unused
	}
	root, _ := s.st.AST.Statements[0]["node"].(node)
	changed, err := narrowPartitions(ctx, s.in.conn, root, tables, partitionRowsMin)
	if err != nil || !changed {
		return err
	}
	s.run, err = s.in.conn.Format(ctx, s.st.AST)
	return err
}

// explain gives what is read from where, then DuckDB's own plan over empty tables.
func (s *session) explain(ctx context.Context) (*duck.Rows, error) {
	plan, err := s.in.explain(ctx, s.run)
	if err != nil {
		return nil, err
	}
	rows := [][2]string{}
	for _, n := range s.needs {
		if n.Unused {
			rows = append(rows, [2]string{"read " + s.stubs[n.Room].Name, "nothing"})
			continue
		}
		text := "columns " + strings.Join(n.Columns, ", ")
		for i, f := range n.Filters {
			if i == 0 {
				text += "\nonly where " + f.String()
			} else {
				text += "\n       and " + f.String()
			}
		}
		if n.Limit > 0 {
			text += fmt.Sprintf("\nat most %d rows", n.Limit)
		}
		rows = append(rows, [2]string{"read " + s.stubs[n.Room].Name, text})
	}
	for _, f := range s.st.Files {
		rows = append(rows, [2]string{"read file", f})
	}
	rows = append(rows, plan...)
	lits := make([]string, len(rows))
	for i, r := range rows {
		lits[i] = "(" + maru.Literal(r[0]) + ", " + maru.Literal(publicNames(r[1], s.st.Tables)) + ")"
	}
	return s.in.conn.Query(ctx, "SELECT * FROM (VALUES "+strings.Join(lits, ", ")+") AS plan(step, detail)")
}

// close interrupts what is under way and frees the instance.
func (s *session) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.ops.Wait()
	s.in.close()
}
