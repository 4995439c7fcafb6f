package engine

import (
	"fmt"

	"maru/stream/internal/plan"
)

// read turns rows of the last aggregate into rows of the view: the maps after
// it, evaluated when reading.
func (r *runner) read(rows string) string {
	cols := make([]string, len(r.p.Out))
	for i, c := range r.p.Out {
		cols[i] = c.Name
	}
	if len(r.p.Tail) == 0 {
		return fmt.Sprintf("SELECT %s FROM (%s)", quoteAll(cols), rows)
	}
	n := len(r.p.Ops)
	var with ctes
	with.add(plan.In(n), fmt.Sprintf("SELECT *, NULL::TIMESTAMPTZ AS %s, NULL::INTEGER AS %s, NULL::BIGINT AS %s, NULL::TIMESTAMPTZ AS %s FROM (%s)",
		plan.TimeCol, plan.PartitionCol, plan.OffsetCol, plan.MarkCol, rows))
	for _, t := range r.p.Tail {
		n++
		with.add(plan.In(n), t)
	}
	return fmt.Sprintf("%s SELECT %s FROM %s", &with, quoteAll(cols), plan.In(n))
}

// view is SQL for what the query's view shows now.
func (r *runner) view() string {
	a := r.last()
	if a == nil {
		return r.read("SELECT * FROM " + r.st.table("rows"))
	}
	i := len(r.p.Ops) - 1
	done := "SELECT * EXCLUDE (" + startCol + ") FROM " + r.st.table(doneTable(i))
	var sql string
	switch {
	case a.Window == nil:
		sql = r.read(r.finished(i, a, all))
	case a.Close:
		sql = r.read(done)
	default:
		sql = r.read(fmt.Sprintf("SELECT * FROM (%s) UNION ALL %s", r.finished(i, a, all), done))
	}
	if r.p.Order != "" {
		sql = fmt.Sprintf("SELECT * FROM (%s) %s", sql, r.p.Order)
	}
	return sql
}

// side is SQL for <view>_late and <view>_rejected.
func (r *runner) side(name string) string { return "SELECT * FROM " + r.st.table(name) }
