package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru/spec"
)

// statement is SQL whose parameters are bound. Two with the same key have the
// same answer, as long as what they read is the same.
type statement struct {
	sql    string
	params []any
	to     time.Time     // the end of the range that it is asked for; zero: it does not look at the range
	rest   time.Duration // how long new rows do not show: a small part of the step that the answer is cut into
	points bool          // only numbers at times are wanted, of the columns x and y
	x, y   string
}

// span is a range of time, cut into steps.
type span struct {
	from, to time.Time
	step     time.Duration
}

// whole is the range with its ends moved outwards to whole steps, so that the
// first and the last point of a chart are whole. The end of a range that is
// not over yet lies in the future then, where nothing is.
func (s span) whole() span {
	s.from = s.from.Truncate(s.step)
	if to := s.to.Truncate(s.step); to.Before(s.to) {
		s.to = to.Add(s.step)
	}
	return s
}

// back is the range so much earlier.
func (s span) back(d time.Duration) span {
	s.from, s.to = s.from.Add(-d), s.to.Add(-d)
	return s
}

// bind puts a range and the chosen values into SQL.
func bind(sql string, s span, filters map[string]*string) (statement, error) {
	values := map[string]any{"from": s.from, "to": s.to, "step": s.step}
	for name, v := range filters {
		values[name] = nil
		if v != nil {
			values[name] = *v
		}
	}
	bound, params, err := spec.Bind(sql, values)
	if err != nil {
		return statement{}, err
	}
	st := statement{sql: bound, params: params}
	names := spec.Params(sql)
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(p spec.Param) bool { return p.Name == name })
	}
	if has("from") && has("to") {
		st.to = s.to
	}
	if has("step") {
		st.rest = min(s.step/stepRests, stepRestMax)
	}
	return st, nil
}

// key tells statements apart.
func (s statement) key() string {
	var b strings.Builder
	b.WriteString(s.sql)
	for _, p := range s.params {
		switch v := p.(type) {
		case time.Time:
			fmt.Fprintf(&b, "\x00t%d", v.UnixMicro())
		case time.Duration:
			fmt.Fprintf(&b, "\x00d%d", v)
		case string:
			fmt.Fprintf(&b, "\x00s%d:%s", len(v), v)
		default:
			fmt.Fprintf(&b, "\x00%v", v)
		}
	}
	if s.points {
		fmt.Fprintf(&b, "\x00points %q %q", s.x, s.y)
	}
	return b.String()
}

// execute runs a statement and reads what is wanted of it.
func execute(ctx context.Context, sql SQL, s statement) (*answer, error) {
	most := int64(RowsMax)
	if s.points {
		most = usualRowsMax
	}
	start := time.Now()
	rows, err := sql.Run(ctx, s.sql, s.params, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	a := &answer{}
	a.reads, a.others = rows.Reads()
	if s.points {
		a.points, err = readPoints(rows, s.x, s.y)
		a.truncated = rows.Truncated()
	} else {
		a.table, err = readTable(rows)
	}
	a.took = time.Since(start)
	return a, err
}

// readPoints sums the numbers of y at each time of x. Columns that are not
// named are the first time and the first number.
func readPoints(rows Rows, x, y string) (out []point, err error) {
	schema := rows.Schema()
	sums := map[int64]float64{}
	err = eachBatch(rows, func(rec arrow.RecordBatch) bool {
		var at, value cells
		for i, f := range schema.Fields() {
			c := cellsOf(f, rec.Column(i))
			if at.ms == nil && c.ms != nil && (x == "" || f.Name == x) {
				at = c
			}
			if value.num == nil && c.num != nil && (y == "" || f.Name == y) {
				value = c
			}
		}
		if at.ms == nil || value.num == nil {
			return false
		}
		for i := range int(rec.NumRows()) {
			if at.null(i) || value.null(i) {
				continue
			}
			ms, ok := at.ms(i)
			v, known := value.num(i)
			if ok && known {
				sums[ms] += v
			}
		}
		return true
	})
	for ms, v := range sums {
		out = append(out, point{ms, v})
	}
	slices.SortFunc(out, func(a, b point) int { return int(a.ms - b.ms) })
	return out, err
}
