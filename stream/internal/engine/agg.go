package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"maru/duck"
	"maru/stream/internal/plan"
)

// The tables of aggregate i: open groups with partial results, closed windows
// with finished rows, values seen by count(DISTINCT), buckets of sketches.
func openTable(i int) string        { return fmt.Sprintf("open%d", i) }
func doneTable(i int) string        { return fmt.Sprintf("done%d", i) }
func distinctTable(i, j int) string { return fmt.Sprintf("distinct%d_%d", i, j) }
func sketchTable(i, j int) string   { return fmt.Sprintf("sketch%d_%d", i, j) }

// startCol is the window's start in state tables.
const startCol = "__ws"

// keys are the columns by which groups are told apart.
func keys(a *plan.Agg) []string {
	k := append([]string(nil), a.Groups...)
	if a.Window != nil {
		k = append(k, startCol)
	}
	return k
}

// keySelect are the keys as they are computed from Input.
func keySelect(a *plan.Agg) []string {
	k := append([]string(nil), a.Groups...)
	if a.Window != nil {
		k = append(k, "window_start AS "+startCol)
	}
	return k
}

func comma(parts ...[]string) string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return strings.Join(all, ", ")
}

// sameKeys joins two tables on their keys; NULL is a key like any other.
func sameKeys(a *plan.Agg, left, right string) string {
	ks := keys(a)
	if len(ks) == 0 {
		return "true"
	}
	on := make([]string, len(ks))
	for i, k := range ks {
		on[i] = fmt.Sprintf("%s.%s IS NOT DISTINCT FROM %s.%[2]s", left, k, right)
	}
	return strings.Join(on, " AND ")
}

// delta aggregates the rows of table or subquery in.
func delta(a *plan.Agg, in string) string {
	sel := keySelect(a)
	for _, p := range a.Partials {
		sel = append(sel, p.Delta+" AS "+p.Name)
	}
	sel = append(sel, "max("+plan.TimeCol+") AS __last")
	sql := fmt.Sprintf("SELECT %s FROM %s", strings.Join(sel, ", "), in)
	if len(keys(a)) == 0 {
		return sql + " HAVING count(*) > 0"
	}
	return sql + " GROUP BY ALL"
}

func (r *runner) createAgg(ctx context.Context, i int, a *plan.Agg, with ctes, fresh bool) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __i%d AS %s SELECT * FROM (%s) LIMIT 0", i, &with, a.Input); err != nil {
		return err
	}
	if fresh {
		if err := r.exec(ctx, "CREATE TABLE %s AS SELECT * FROM (%s) LIMIT 0", r.st.table(openTable(i)), delta(a, fmt.Sprintf("__i%d", i))); err != nil {
			return err
		}
		for j, d := range a.Distincts {
			if err := r.exec(ctx, "CREATE TABLE %s AS SELECT %s FROM __i%d LIMIT 0", r.st.table(distinctTable(i, j)), comma(keySelect(a), []string{d.Value + " AS v"}), i); err != nil {
				return err
			}
		}
		for _, j := range sketchTables(a) {
			if err := r.exec(ctx, "CREATE TABLE %s AS SELECT %s FROM __i%d LIMIT 0", r.st.table(sketchTable(i, j)), comma(keySelect(a), []string{"0::INTEGER AS b", "0::BIGINT AS n"}), i); err != nil {
				return err
			}
		}
		if a.Window != nil {
			if err := r.exec(ctx, "CREATE TABLE %s AS SELECT *, NULL::TIMESTAMPTZ AS %s FROM (%s) LIMIT 0", r.st.table(doneTable(i)), startCol, r.finished(i, a, none)); err != nil {
				return err
			}
		}
	}
	if a.TimeOut == "" || i == len(r.p.Ops)-1 {
		return nil
	}
	return r.exec(ctx, "CREATE TEMP TABLE %s AS %s", plan.In(i+1), r.handOn(i, a, none))
}

// where restricts a state table, which goes by the alias it is given.
type where func(alias string) string

func all(string) string  { return "true" }
func none(string) string { return "false" }

// changedNow are the groups that this round's rows belong to.
func changedNow(a *plan.Agg) where {
	return func(alias string) string { return "EXISTS (FROM __d WHERE " + sameKeys(a, "__d", alias) + ")" }
}

// upTo are the windows that have ended at mark.
func upTo(a *plan.Agg, mark int64) where {
	return func(alias string) string {
		return fmt.Sprintf("%s.%s <= %s", alias, startCol, stamp(back(mark, a.Window.Size)))
	}
}

// finished is what the query shows of the open groups that meet cond.
func (r *runner) finished(i int, a *plan.Agg, cond where) string {
	return fmt.Sprintf("WITH %s AS NOT MATERIALIZED (%s) %s", plan.AggTable, r.groups(i, a, cond), a.Output)
}

// groupNo numbers the open groups of one reading, so that what is kept apart
// from them is sorted and joined by a number instead of by all keys.
const groupNo = "__no"

// groups are the open groups with their finished aggregates: what Output reads.
func (r *runner) groups(i int, a *plan.Agg, cond where) string {
	var sel []string
	for _, g := range a.Groups {
		sel = append(sel, "o."+g)
	}
	if a.Window != nil {
		sel = append(sel, fmt.Sprintf("o.%s AS window_start", startCol), fmt.Sprintf("make_timestamptz(epoch_us(o.%s) + %d) AS window_end", startCol, a.Window.Size.Microseconds()))
	}
	for _, f := range a.Finals {
		sel = append(sel, f.SQL+" AS "+f.Name)
	}
	if len(a.Sketches)+len(a.Distincts) == 0 {
		if len(sel) == 0 {
			sel = []string{"1"}
		}
		return fmt.Sprintf("SELECT %s FROM %s o WHERE %s", strings.Join(sel, ", "), r.st.table(openTable(i)), cond("o"))
	}
	with := fmt.Sprintf("WITH __open AS MATERIALIZED (SELECT *, row_number() OVER () AS %s FROM %s x WHERE %s)", groupNo, r.st.table(openTable(i)), cond("x"))
	from := "__open o"
	for j, k := range a.Sketches {
		sel = append(sel, fmt.Sprintf("%s AS %s", duck.SketchValue(fmt.Sprintf("q%d.b%d", sketchOf(a, j), j)), k.Name))
	}
	for _, j := range sketchTables(a) {
		alias := fmt.Sprintf("q%d", j)
		from += fmt.Sprintf(" LEFT JOIN (%s) %s ON %[2]s.%[3]s = o.%[3]s", quantiles(a, r.st.table(sketchTable(i, j)), j), alias, groupNo)
	}
	for j, d := range a.Distincts {
		alias := fmt.Sprintf("n%d", j)
		sel = append(sel, fmt.Sprintf("coalesce(%s.n, 0) AS %s", alias, d.Name))
		from += fmt.Sprintf(" LEFT JOIN (SELECT o.%[1]s, count(DISTINCT x.v) AS n FROM %[2]s x JOIN __open o ON %[3]s GROUP BY 1) %[4]s ON %[4]s.%[1]s = o.%[1]s",
			groupNo, r.st.table(distinctTable(i, j)), sameKeys(a, "x", "o"), alias)
	}
	return fmt.Sprintf("%s SELECT %s FROM %s", with, strings.Join(sel, ", "), from)
}

// sketchOf is the sketch whose table serves sketch j: the first of the same value.
func sketchOf(a *plan.Agg, j int) int {
	for x, k := range a.Sketches[:j] {
		if k.Value == a.Sketches[j].Value {
			return x
		}
	}
	return j
}

// sketchTables are the sketches that have a table of their own.
func sketchTables(a *plan.Agg) (out []int) {
	for j := range a.Sketches {
		if sketchOf(a, j) == j {
			out = append(out, j)
		}
	}
	return out
}

// quantiles finds, for each group of __open, the buckets in which the ranks of
// all quantiles of table's value lie: b and the sketch's number.
func quantiles(a *plan.Agg, table string, first int) string {
	counts := fmt.Sprintf("SELECT o.%s, x.b, sum(x.n)::BIGINT AS n FROM %s x JOIN __open o ON %s GROUP BY 1, 2", groupNo, table, sameKeys(a, "x", "o"))
	var buckets []string
	for j, k := range a.Sketches {
		if sketchOf(a, j) == first {
			buckets = append(buckets, fmt.Sprintf("min(b) FILTER (WHERE upto >= %s) AS b%d", duck.SketchRank(k.Quantile, "total"), j))
		}
	}
	return fmt.Sprintf("SELECT %s, %s FROM (SELECT *, sum(n) OVER (PARTITION BY %[1]s ORDER BY b) AS upto, sum(n) OVER (PARTITION BY %[1]s) AS total FROM (%[3]s)) GROUP BY 1",
		groupNo, strings.Join(buckets, ", "), counts)
}

// handOn are closed windows as rows for the next operator.
func (r *runner) handOn(i int, a *plan.Agg, cond where) string {
	at := "window_start"
	if a.TimeOut == "window_end" {
		at = "window_end"
	}
	out := strings.Replace(a.Output, " FROM "+plan.AggTable, fmt.Sprintf(", %s AS %s, 0::INTEGER AS %s, row_number() OVER (ORDER BY %s) AS %s, %s AS %s FROM %s",
		at, plan.TimeCol, plan.PartitionCol, comma([]string{"window_start"}, a.Groups), plan.OffsetCol, stamp(noTime), plan.MarkCol, plan.AggTable), 1)
	return fmt.Sprintf("WITH %s AS NOT MATERIALIZED (%s) %s", plan.AggTable, r.groups(i, a, cond), out)
}

// agg merges what is new into the groups and closes the windows that the mark has passed.
func (r *runner) agg(ctx context.Context, i int, a *plan.Agg, with ctes, s *step, mark int64) error {
	in := fmt.Sprintf("(%s SELECT * FROM (%s))", &with, a.Input)
	late := s.late && a.Window != nil && i == r.firstStateful()
	if late {
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __i%d AS %s SELECT * FROM (%s)", i, &with, a.Input); err != nil {
			return err
		}
		in = fmt.Sprintf("__i%d", i)
	}
	if late {
		if err := r.late(ctx, fmt.Sprintf("SELECT %s AS p, %s AS o, window_start AS ws FROM %s WHERE window_end <= %s", plan.PartitionCol, plan.OffsetCol, in, plan.MarkCol), s); err != nil {
			return err
		}
		in = fmt.Sprintf("(SELECT * FROM %s WHERE window_end > %s)", in, plan.MarkCol)
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __d AS %s", delta(a, in)); err != nil {
		return err
	}
	if err := r.distincts(ctx, i, a, in); err != nil {
		return err
	}
	if err := r.sketches(ctx, i, a, in); err != nil {
		return err
	}
	n, err := r.merge(ctx, i, a)
	if err != nil {
		return err
	}
	if i == len(r.p.Ops)-1 && !a.Close {
		s.changed += n
		if s.want {
			if err := r.changed(ctx, r.finished(i, a, changedNow(a))); err != nil {
				return err
			}
		}
	}
	return r.closeWindows(ctx, i, a, s, mark)
}

// changed keeps the rows of the view that this round has changed.
func (r *runner) changed(ctx context.Context, rows string) error {
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __changed AS %s", r.read(rows))
}

// merge adds the new partial results (__d) to the open groups.
func (r *runner) merge(ctx context.Context, i int, a *plan.Agg) (int64, error) {
	set := []string{"__last = greatest(a.__last, d.__last)"}
	cols := append(keys(a), "__last")
	vals := make([]string, 0, len(cols)+len(a.Partials))
	for _, p := range a.Partials {
		set = append(set, p.Name+" = "+p.Merge)
		cols = append(cols, p.Name)
	}
	for _, c := range cols {
		vals = append(vals, "d."+c)
	}
	return r.count(ctx, "MERGE INTO %s AS a USING __d AS d ON %s WHEN MATCHED THEN UPDATE SET %s WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)",
		r.st.table(openTable(i)), sameKeys(a, "a", "d"), strings.Join(set, ", "), strings.Join(cols, ", "), strings.Join(vals, ", "))
}

// distincts and sketches append what is new; the same value or bucket may come
// again with the next batch, and is put together when read. Merging at each
// batch was three to ten times dearer.
func (r *runner) distincts(ctx context.Context, i int, a *plan.Agg, in string) error {
	for j, d := range a.Distincts {
		if err := r.append(ctx, distinctTable(i, j), fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL", comma(keySelect(a), []string{d.Value + " AS v"}), in, d.Value),
			"SELECT DISTINCT * FROM %s"); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) sketches(ctx context.Context, i int, a *plan.Agg, in string) error {
	for _, j := range sketchTables(a) {
		v := a.Sketches[j].Value
		if err := r.append(ctx, sketchTable(i, j), fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NOT NULL GROUP BY ALL",
			comma(keySelect(a), []string{duck.SketchBucket(v) + " AS b", "count(*) AS n"}), in, v),
			"SELECT "+comma(keys(a), []string{"b", "sum(n)::BIGINT AS n"})+" FROM %s GROUP BY ALL"); err != nil {
			return err
		}
	}
	return nil
}

// packRows is how many appended rows a table may have before it is packed.
const packRows = 200_000

// append inserts rows into a state table, and packs it (pack: SQL over the
// table) once most of it may be repetition.
func (r *runner) append(ctx context.Context, table, rows, pack string) error {
	n, err := r.count(ctx, "INSERT INTO %s %s", r.st.table(table), rows)
	if err != nil {
		return err
	}
	p := r.packed[table]
	p.added += n
	if p.added > packRows && p.added > 2*p.base {
		if err := r.exec(ctx, "CREATE OR REPLACE TABLE %s AS %s", r.st.table(table), fmt.Sprintf(pack, r.st.table(table))); err != nil {
			return err
		}
		base, _, err := r.c.Int64(ctx, "SELECT count(*) FROM "+r.st.table(table))
		if err != nil {
			return err
		}
		p = packing{base: base}
	}
	r.packed[table] = p
	return nil
}

// packing is how large a table was when it was packed, and what came since.
type packing struct{ base, added int64 }

// closeWindows moves windows that end at or before the mark to the finished rows, and hands them on.
func (r *runner) closeWindows(ctx context.Context, i int, a *plan.Agg, s *step, mark int64) error {
	onward := a.TimeOut != "" && i < len(r.p.Ops)-1
	due := a.Window != nil && mark != noTime && floor(mark, a.Window.Slide) > r.closedAt[i]
	if !due {
		if onward {
			return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM %[1]s LIMIT 0", plan.In(i+1))
		}
		return nil
	}
	cond := upTo(a, mark)
	if onward {
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS %s", plan.In(i+1), r.handOn(i, a, cond)); err != nil {
			return err
		}
	} else {
		cols := strings.Replace(a.Output, " FROM "+plan.AggTable, ", window_start AS "+startCol+" FROM "+plan.AggTable, 1)
		n, err := r.count(ctx, "INSERT INTO %s WITH %s AS NOT MATERIALIZED (%s) %s", r.st.table(doneTable(i)), plan.AggTable, r.groups(i, a, cond), cols)
		if err != nil {
			return err
		}
		if a.Close {
			s.changed += n
			if s.want {
				if err := r.changed(ctx, r.finished(i, a, cond)); err != nil {
					return err
				}
			}
		}
	}
	for _, t := range r.aggTables(i, a) {
		if err := r.exec(ctx, "DELETE FROM %s x WHERE %s", r.st.table(t), cond("x")); err != nil {
			return err
		}
	}
	r.closedAt[i] = floor(mark, a.Window.Slide)
	return nil
}

// floor is the last multiple of d, in microseconds, at or before t.
func floor(t int64, d time.Duration) int64 {
	us := d.Microseconds()
	return t - ((t%us)+us)%us
}

// aggTables are the tables with a row for each open group or more.
func (r *runner) aggTables(i int, a *plan.Agg) []string {
	out := []string{openTable(i)}
	for j := range a.Distincts {
		out = append(out, distinctTable(i, j))
	}
	for _, j := range sketchTables(a) {
		out = append(out, sketchTable(i, j))
	}
	return out
}

func (r *runner) forgetAgg(ctx context.Context, i int, a *plan.Agg, mark int64, before string, ttl time.Duration) error {
	if a.Window != nil {
		return r.exec(ctx, "DELETE FROM %s WHERE %s < %s", r.st.table(doneTable(i)), startCol, before)
	}
	if ttl == 0 || len(a.Groups) == 0 {
		return nil
	}
	old := fmt.Sprintf("(SELECT %s FROM %s WHERE __last < %s)", strings.Join(a.Groups, ", "), r.st.table(openTable(i)), stamp(back(mark, ttl)))
	for _, t := range r.aggTables(i, a)[1:] {
		if err := r.exec(ctx, "DELETE FROM %s USING %s o WHERE %s", r.st.table(t), old, sameKeys(a, r.st.table(t), "o")); err != nil {
			return err
		}
	}
	return r.exec(ctx, "DELETE FROM %s WHERE __last < %s", r.st.table(openTable(i)), stamp(back(mark, ttl)))
}
