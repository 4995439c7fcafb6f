package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"maru"
	"maru/duck"
	"maru/stream/internal/plan"
)

// runner runs a plan's operators over what is new, inside one open transaction.
type runner struct {
	p  *plan.Plan
	st *state
	c  *duck.Conn
	// total is how far back the rows of the first Over must reach so that every
	// later one can be made again from them.
	total time.Duration
	// closedAt is the mark at which each Agg last closed windows: below the next
	// window's end there is nothing to do.
	closedAt map[int]int64
	held     map[int]holding
	packed   map[string]packing
	// spent is how long the statements of each operator took in the last run.
	spent []time.Duration
}

// holding counts the rows of an Over that wait in memory.
type holding struct {
	rows, dead int64
}

// step is one round: the mark before and after, and what may be late.
type step struct {
	from, to int64
	late     bool
	changed  int64 // rows or groups changed in the view
	lateRows int64
	want     bool // keep the changed rows for those who follow
}

func stamp(micros int64) string { return fmt.Sprintf("make_timestamptz(%d)", max(micros, beginning)) }

// back is d before mark; before the first mark there is nothing.
func back(mark int64, d time.Duration) int64 {
	if mark < beginning {
		return beginning
	}
	return mark - d.Microseconds()
}

func holdTable(i int) string { return fmt.Sprintf("__h%d", i) }

// create makes the tables of a new state file, and the temporary ones. The
// source's table In(0) must exist, empty.
func (r *runner) create(ctx context.Context, fresh bool) error {
	var with ctes
	for i, op := range r.p.Ops {
		switch {
		case op.Map != nil:
			with.add(plan.In(i+1), op.Map.SQL)
		case op.Over != nil:
			if err := r.exec(ctx, "CREATE TEMP TABLE %s AS %s SELECT * FROM %s LIMIT 0", holdTable(i), &with, plan.In(i)); err != nil {
				return err
			}
			if err := r.exec(ctx, "CREATE TEMP TABLE %s AS %s", plan.In(i+1), overRows("SELECT * FROM "+holdTable(i), op.Over.SQL)); err != nil {
				return err
			}
			with = nil
		case op.Agg != nil:
			if err := r.createAgg(ctx, i, op.Agg, with, fresh); err != nil {
				return err
			}
			with = nil
		}
	}
	if !fresh {
		return nil
	}
	if r.rows() {
		if err := r.exec(ctx, "CREATE TABLE %s AS %s SELECT * EXCLUDE (%s) FROM %s LIMIT 0", r.st.table("rows"), &with, plan.MarkCol, plan.In(len(r.p.Ops))); err != nil {
			return err
		}
	}
	for name, columns := range fileTables {
		if err := r.exec(ctx, "CREATE TABLE %s (%s)", r.st.table(name), columns); err != nil {
			return err
		}
	}
	return nil
}

// fileTables are what every state file has beside its operators' tables.
var fileTables = map[string]string{
	"late":     "_partition INTEGER, _offset BIGINT, event_time TIMESTAMPTZ, watermark TIMESTAMPTZ, window_start TIMESTAMPTZ, value VARCHAR",
	"rejected": "_partition INTEGER, _offset BIGINT, _timestamp TIMESTAMPTZ, reason VARCHAR, value VARCHAR",
	"outbox":   "seq BIGINT, key VARCHAR, value VARCHAR",
	"turns":    "seq BIGINT, partition INTEGER, upto BIGINT, mark BIGINT, idle VARCHAR",
}

// rows says whether the view is a list of rows, not groups.
func (r *runner) rows() bool { return r.last() == nil }

// last is the aggregate that the view shows; nil when it shows rows.
func (r *runner) last() *plan.Agg {
	if n := len(r.p.Ops); n > 0 {
		return r.p.Ops[n-1].Agg
	}
	return nil
}

func (r *runner) exec(ctx context.Context, format string, args ...any) error {
	sql := fmt.Sprintf(format, args...)
	if err := r.c.Exec(ctx, sql); err != nil {
		return &statementError{err, sql}
	}
	return nil
}

// statementError is an error of a statement of ours: people see what happened,
// the log also sees where.
type statementError struct {
	error
	sql string
}

func (e *statementError) Unwrap() error { return e.error }

// Statement gives the SQL behind an error, "" when it has none.
func Statement(err error) string {
	var e *statementError
	if errors.As(err, &e) {
		return e.sql
	}
	return ""
}

func (r *runner) count(ctx context.Context, format string, args ...any) (int64, error) {
	sql := fmt.Sprintf(format, args...)
	n, err := r.c.ExecCount(ctx, sql)
	if err != nil {
		err = &statementError{err, sql}
	}
	return n, err
}

// ctes are stateless steps not yet run: they become part of the next statement.
type ctes []string

func (w *ctes) add(name, sql string) { *w = append(*w, name+" AS NOT MATERIALIZED ("+sql+")") }

// String is the WITH clause, or nothing.
func (w *ctes) String() string {
	if len(*w) == 0 {
		return ""
	}
	return "WITH " + strings.Join(*w, ", ")
}

// overRows is an Over's SQL with rows to read.
func overRows(rows, sql string) string {
	return fmt.Sprintf("WITH %s AS NOT MATERIALIZED (%s) %s", plan.OverTable, rows, sql)
}

// run takes the rows of In(0) through every operator.
func (r *runner) run(ctx context.Context, s *step) error {
	var with ctes
	mark := s.to
	r.spent = make([]time.Duration, len(r.p.Ops))
	began := time.Now()
	for i, op := range r.p.Ops {
		switch {
		case op.Map != nil:
			with.add(plan.In(i+1), op.Map.SQL)
		case op.Over != nil:
			if err := r.over(ctx, i, op.Over, with, s); err != nil {
				return err
			}
			with, began = nil, r.spend(i, began)
		case op.Agg != nil:
			if err := r.agg(ctx, i, op.Agg, with, s, mark); err != nil {
				return err
			}
			if op.Agg.TimeOut == "window_start" {
				mark -= op.Agg.Window.Size.Microseconds()
			}
			with, began = nil, r.spend(i, began)
		}
	}
	if !r.rows() {
		return nil
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __new AS %s SELECT * EXCLUDE (%s) FROM %s", &with, plan.MarkCol, plan.In(len(r.p.Ops))); err != nil {
		return err
	}
	n, err := r.count(ctx, "INSERT INTO %s SELECT * FROM __new", r.st.table("rows"))
	s.changed += n
	r.spend(len(r.p.Ops)-1, began)
	return err
}

// spend counts the time since began for operator i, and gives the time now.
func (r *runner) spend(i int, began time.Time) time.Time {
	now := time.Now()
	if i >= 0 {
		r.spent[i] += now.Sub(began)
	}
	return now
}

// over holds rows back until the watermark has passed them, and answers those
// that it has passed now, in event-time order. Rows that do not have to wait
// are never copied: in a catch-up that is nearly all.
func (r *runner) over(ctx context.Context, i int, o *plan.Over, with ctes, s *step) error {
	in, keep := plan.In(i), "true"
	if s.late && i == r.firstStateful() {
		if err := r.late(ctx, fmt.Sprintf("%s SELECT %s AS p, %s AS o, NULL::TIMESTAMPTZ AS ws FROM %s WHERE %s < %s", &with,
			plan.PartitionCol, plan.OffsetCol, in, plan.TimeCol, plan.MarkCol), s); err != nil {
			return err
		}
		keep = fmt.Sprintf("%s >= %s", plan.TimeCol, plan.MarkCol)
	}
	if err := r.answer(ctx, i, o, with, keep, s); err != nil {
		return err
	}
	reach := o.Bound
	if i == r.firstStateful() {
		reach = r.total
	}
	hold, oldest := holdTable(i), stamp(back(s.to, reach))
	n, err := r.count(ctx, "INSERT INTO %s %s SELECT * FROM %s WHERE %s AND %s >= %s", hold, &with, in, keep, plan.TimeCol, oldest)
	if err != nil {
		return err
	}
	h := r.held[i]
	h.rows += n
	defer func() { r.held[i] = h }()
	n, err = r.count(ctx, "DELETE FROM %s WHERE %s < %s", hold, plan.TimeCol, oldest)
	h.rows -= n
	h.dead += n
	if err != nil || h.dead < holdDeadMax || h.dead < h.rows {
		return err
	}
	// Deleted rows keep their place in a table: write the few that are left anew.
	h.dead = 0
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM %[1]s", hold)
}

// answer makes In(i+1): what the windows say of the rows that the mark has just passed.
func (r *runner) answer(ctx context.Context, i int, o *plan.Over, with ctes, keep string, s *step) error {
	if s.to == s.from {
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM %[1]s LIMIT 0", plan.In(i+1))
	}
	span := fmt.Sprintf("%s >= %s AND %s < %s", plan.TimeCol, stamp(back(s.from, o.Bound)), plan.TimeCol, stamp(s.to))
	rows := fmt.Sprintf("SELECT * FROM %s WHERE %s UNION ALL (%s SELECT * FROM %s WHERE %s AND %s)", holdTable(i), span, &with, plan.In(i), keep, span)
	if len(o.Keys) > 0 {
		rows = o.Near(rows)
	}
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM (%s) WHERE %s >= %s", plan.In(i+1),
		overRows(rows, o.SQL), plan.TimeCol, stamp(s.from))
}

// holdDeadMax is how many deleted rows a holding table may drag along: every round reads past them.
const holdDeadMax = 10_000

// firstStateful is the operator at which lateness is decided.
func (r *runner) firstStateful() int {
	for i, op := range r.p.Ops {
		if op.Map == nil {
			return i
		}
	}
	return -1
}

// late writes the rows of query (p, o, ws) down, with what Go kept of them.
func (r *runner) late(ctx context.Context, query string, s *step) error {
	n, err := r.count(ctx, "INSERT INTO %s SELECT l.p, l.o, l.t, l.w, q.ws, l.value FROM (%s) q JOIN __early l ON l.p = q.p AND l.o = q.o", r.st.table("late"), query)
	s.lateRows += n
	return err
}

// replayFrom gives, for each partition, the offset of the oldest row that
// still waits or is remembered in memory.
func (r *runner) replayFrom(ctx context.Context) (map[int32]int64, error) {
	i := r.firstStateful()
	if i < 0 || r.p.Ops[i].Over == nil {
		return nil, nil
	}
	return offsets(ctx, r.c, fmt.Sprintf("SELECT %s, min(%s) FROM %s GROUP BY 1", plan.PartitionCol, plan.OffsetCol, holdTable(i)))
}

// warm fills the Overs again after a restart: In(0) holds rows read before,
// mark is where the watermark stood. Nothing is answered twice.
func (r *runner) warm(ctx context.Context, mark int64) error {
	var with ctes
	for i, op := range r.p.Ops {
		switch {
		case op.Map != nil:
			with.add(plan.In(i+1), op.Map.SQL)
		case op.Over != nil:
			reach := op.Over.Bound
			if i == r.firstStateful() {
				reach = r.total
			}
			n, err := r.count(ctx, "INSERT INTO %s %s SELECT * FROM %s WHERE %s >= %s", holdTable(i), &with, plan.In(i), plan.TimeCol, stamp(back(mark, reach)))
			if err != nil {
				return err
			}
			r.held[i] = holding{rows: n}
			rows := fmt.Sprintf("SELECT * FROM %s WHERE %s < %s", holdTable(i), plan.TimeCol, stamp(mark))
			if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS %s", plan.In(i+1), overRows(rows, op.Over.SQL)); err != nil {
				return err
			}
			with = nil
		case op.Agg != nil:
			return nil // aggregates are in the file
		}
	}
	return nil
}

// forget removes what is older than keep behind the watermark, and all but the newest late and rejected rows.
func (r *runner) forget(ctx context.Context, mark int64, keep, ttl time.Duration) error {
	if err := r.forgetTurns(ctx); err != nil {
		return err
	}
	if mark == noTime {
		return nil
	}
	before := stamp(back(mark, keep))
	if r.rows() {
		if err := r.exec(ctx, "DELETE FROM %s WHERE %s < %s", r.st.table("rows"), plan.TimeCol, before); err != nil {
			return err
		}
	}
	for i, op := range r.p.Ops {
		if op.Agg != nil {
			if err := r.forgetAgg(ctx, i, op.Agg, mark, before, ttl); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"late", "rejected"} {
		if err := r.exec(ctx, "DELETE FROM %s WHERE rowid < (SELECT max(rowid) - %d FROM %[1]s)", r.st.table(name), refusedKeep); err != nil {
			return err
		}
	}
	return nil
}

// refusedKeep bounds the late and the rejected rows that a view keeps.
const refusedKeep = 1_000_000

func quoteAll(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = maru.Quote(n)
	}
	return strings.Join(q, ", ")
}
