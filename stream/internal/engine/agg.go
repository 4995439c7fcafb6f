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
		for j := range a.Sketches {
			if err := r.exec(ctx, "CREATE TABLE %s AS SELECT %s FROM __i%d LIMIT 0", r.st.table(sketchTable(i, j)), comma(keySelect(a), []string{"0::INTEGER AS b", "0::BIGINT AS n"}), i); err != nil {
				return err
			}
		}
		if a.Window != nil {
			if err := r.exec(ctx, "CREATE TABLE %s AS SELECT *, NULL::TIMESTAMPTZ AS %s FROM (%s) LIMIT 0", r.st.table(doneTable(i)), startCol, r.finished(i, a, "false")); err != nil {
				return err
			}
		}
	}
	if a.TimeOut == "" || i == len(r.p.Ops)-1 {
		return nil
	}
	return r.exec(ctx, "CREATE TEMP TABLE %s AS %s", plan.In(i+1), r.handOn(i, a, "false"))
}

// finished is what the query shows of the open groups that meet cond.
func (r *runner) finished(i int, a *plan.Agg, cond string) string {
	return fmt.Sprintf("WITH %s AS NOT MATERIALIZED (%s) %s", plan.AggTable, r.groups(i, a, cond), a.Output)
}

// groups are the open groups with their finished aggregates: what Output reads.
func (r *runner) groups(i int, a *plan.Agg, cond string) string {
	sel := append([]string(nil), a.Groups...)
	if a.Window != nil {
		sel = append(sel, startCol+" AS window_start", fmt.Sprintf("make_timestamptz(epoch_us(%s) + %d) AS window_end", startCol, a.Window.Size.Microseconds()))
	}
	for i, s := range sel {
		sel[i] = "o." + s
	}
	if a.Window != nil {
		sel[len(sel)-1] = fmt.Sprintf("make_timestamptz(epoch_us(o.%s) + %d) AS window_end", startCol, a.Window.Size.Microseconds())
	}
	for _, f := range a.Finals {
		sel = append(sel, f.SQL+" AS "+f.Name)
	}
	from := fmt.Sprintf("(SELECT * FROM %s WHERE %s) o", r.st.table(openTable(i)), cond)
	for j, k := range a.Sketches {
		sel = append(sel, fmt.Sprintf("%s AS %s", duck.SketchValue(fmt.Sprintf("q%d.b", j)), k.Name))
		from += fmt.Sprintf(" LEFT JOIN (%s) q%d ON %s", quantiles(a, r.st.table(sketchTable(i, j)), k, cond), j, sameKeys(a, fmt.Sprintf("q%d", j), "o"))
	}
	if len(sel) == 0 {
		sel = []string{"1"}
	}
	return fmt.Sprintf("SELECT %s FROM %s", strings.Join(sel, ", "), from)
}

// quantiles finds, for each group, the bucket in which the quantile's rank lies.
func quantiles(a *plan.Agg, table string, k plan.Sketch, cond string) string {
	ks := strings.Join(keys(a), ", ")
	partition, group := "", ""
	if ks != "" {
		partition, group, ks = "PARTITION BY "+ks, " GROUP BY ALL", ks+", "
	}
	return fmt.Sprintf("SELECT %smin(b) AS b FROM (SELECT *, sum(n) OVER (%s ORDER BY b) AS upto, sum(n) OVER (%s) AS total FROM %s WHERE %s) WHERE upto >= %s%s",
		ks, partition, partition, table, cond, duck.SketchRank(k.Quantile, "total"), group)
}

// handOn are closed windows as rows for the next operator.
func (r *runner) handOn(i int, a *plan.Agg, cond string) string {
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
	if late || len(a.Distincts)+len(a.Sketches) > 0 {
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
			if err := r.changed(ctx, r.finished(i, a, "EXISTS (FROM __d WHERE "+sameKeys(a, "__d", openTable(i))+")")); err != nil {
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

// distincts keeps the values not seen before and counts them into __d.
func (r *runner) distincts(ctx context.Context, i int, a *plan.Agg, in string) error {
	for j, d := range a.Distincts {
		table := r.st.table(distinctTable(i, j))
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE __n AS SELECT * FROM (SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL) n WHERE NOT EXISTS (FROM %s s WHERE s.v = n.v AND %s)",
			comma(keySelect(a), []string{d.Value + " AS v"}), in, d.Value, table, sameKeys(a, "s", "n")); err != nil {
			return err
		}
		if err := r.exec(ctx, "INSERT INTO %s SELECT * FROM __n", table); err != nil {
			return err
		}
		group := ""
		if ks := keys(a); len(ks) > 0 {
			group = strings.Join(ks, ", ") + ", "
		}
		if err := r.exec(ctx, "UPDATE __d SET %s = n.c FROM (SELECT %scount(*) AS c FROM __n GROUP BY ALL) n WHERE %s", d.Name, group, sameKeys(a, "__d", "n")); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) sketches(ctx context.Context, i int, a *plan.Agg, in string) error {
	for j, k := range a.Sketches {
		cols := append(keys(a), "b", "n")
		vals := make([]string, len(cols))
		for x, c := range cols {
			vals[x] = "d." + c
		}
		if err := r.exec(ctx, "MERGE INTO %s AS a USING (SELECT %s FROM %s WHERE %s IS NOT NULL GROUP BY ALL) AS d ON a.b = d.b AND %s WHEN MATCHED THEN UPDATE SET n = a.n + d.n WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)",
			r.st.table(sketchTable(i, j)), comma(keySelect(a), []string{duck.SketchBucket(k.Value) + " AS b", "count(*) AS n"}), in, k.Value,
			sameKeys(a, "a", "d"), strings.Join(cols, ", "), strings.Join(vals, ", ")); err != nil {
			return err
		}
	}
	return nil
}

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
	cond := fmt.Sprintf("%s <= %s", startCol, stamp(back(mark, a.Window.Size)))
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
		if err := r.exec(ctx, "DELETE FROM %s WHERE %s", r.st.table(t), cond); err != nil {
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
	for j := range a.Sketches {
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
