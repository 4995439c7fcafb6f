package plan

import (
	"fmt"
	"strings"
	"time"
)

// Window is tumble (Slide = Size) or hop, aligned to 1970-01-01 UTC.
type Window struct {
	Size, Slide time.Duration
}

// windowSizeMax and windowsPerRowMax bound a window's state and a row's copies.
const (
	windowSizeMax    = 366 * 24 * time.Hour
	windowsPerRowMax = 1000
)

// SQL is a SELECT over table in with window_start and window_end added, one
// row for each window that a row is in.
func (w Window) SQL(in string) string {
	size, slide := w.Size.Microseconds(), w.Slide.Microseconds()
	base := fmt.Sprintf("epoch_us(%s) - ((epoch_us(%[1]s) %% %d + %[2]d) %% %[2]d)", TimeCol, slide)
	if size == slide {
		return fmt.Sprintf("SELECT *, make_timestamptz(%s) AS window_start, make_timestamptz(%s + %d) AS window_end FROM %s", base, base, size, in)
	}
	// The windows of a row start at base, base-slide, … while they still hold it.
	return fmt.Sprintf("SELECT * EXCLUDE (__b), make_timestamptz(__b) AS window_start, make_timestamptz(__b + %d) AS window_end FROM "+
		"(SELECT *, unnest(range(%s, epoch_us(%s) - %d, -%d)) AS __b FROM %s)", size, base, TimeCol, size, slide, in)
}

// windows plans tumble(source, time, size) and hop(source, time, slide, size).
func (p *planner) windows(t node) (*relation, node, error) {
	fn := obj(t, "function")
	name, args := str(fn, "function_name"), list(fn, "children")
	if !isWindowFunction(name) {
		return nil, nil, p.problem(t, "FROM %s(…) is not possible in a stream: use a topic, tumble(…) or hop(…)", name)
	}
	want := map[string]int{"tumble": 3, "hop": 4}[name]
	if len(args) != want {
		return nil, nil, p.problem(t, "write %s", map[string]string{"tumble": "tumble(topic, time, INTERVAL 1 MINUTE)", "hop": "hop(topic, time, INTERVAL 10 SECOND, INTERVAL 1 MINUTE): first the slide, then the size"}[name])
	}
	first := args[0].(map[string]any)
	var rel *relation
	var leaf node
	var err error
	if body := obj(t, "__input"); body != nil {
		rel, leaf, err = p.table(subqueryTable(body, ""), nil)
	} else {
		rel, leaf, err = p.table(baseTable(columnName(first), ""), nil)
	}
	if err != nil {
		return nil, nil, err
	}
	alias := str(t, "alias")
	if alias == "" {
		alias = columnName(first)
	}
	leaf["alias"] = alias
	col := columnName(args[1].(map[string]any))
	if !rel.times[strings.ToLower(col)] {
		return nil, nil, p.problem(args[1], "%s(…) goes by event time, which is %s here", name, timesOf(rel))
	}
	w, err := p.window(t, args[2:])
	if err != nil {
		return nil, nil, err
	}
	rel.window = &w
	return rel, leaf, nil
}

func timesOf(rel *relation) string {
	var names []string
	for n := range rel.times {
		names = append(names, n)
	}
	if len(names) == 0 {
		return "no longer among the columns: keep " + timeName(rel.source) + " in the nested SELECT"
	}
	return strings.Join(names, " or ")
}

func (p *planner) window(t node, sizes []any) (Window, error) {
	ds := make([]time.Duration, len(sizes))
	for i, s := range sizes {
		us, ok, err := p.constant(s, true)
		if err != nil {
			return Window{}, err
		}
		if !ok || us <= 0 {
			return Window{}, p.problem(s, "a window's length is a constant of days or less (months differ in length): INTERVAL 1 MINUTE")
		}
		ds[i] = time.Duration(us) * time.Microsecond
	}
	w := Window{Size: ds[len(ds)-1], Slide: ds[0]}
	switch {
	case w.Size > windowSizeMax:
		return w, p.problem(t, "a window of %v is longer than %v", w.Size, windowSizeMax)
	case w.Slide > w.Size:
		return w, p.problem(t, "the slide (%v) is longer than the window (%v): rows between would be lost. The order is hop(topic, time, slide, size)", w.Slide, w.Size)
	case w.Size/w.Slide > windowsPerRowMax:
		return w, p.problem(t, "each row would be in %d windows, at most %d are possible", w.Size/w.Slide, windowsPerRowMax)
	}
	return w, nil
}
