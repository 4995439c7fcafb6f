package spool

import (
	"context"
	"fmt"
	"slices"
	"time"

	"maru"
	"maru/run"
)

// viewsPerResult bounds the sorts and filters that are kept of one result.
const viewsPerResult = 4

// view is the rows of a result in some order: all of them as they are, or a
// list of row numbers.
type view struct {
	total int64
	of    int64    // rows of the result when it was made
	table *table   // those rows: who shares a view may have looked earlier, and know fewer
	all   bool     // rows is nil: every row, in the order of the source
	rows  []uint32 // in order
}

// window gives the numbers of the rows from offset on.
func (v *view) window(offset int64, limit int) []int64 {
	n := max(0, min(int64(limit), v.total-offset))
	out := make([]int64, n)
	for i := range out {
		out[i] = offset + int64(i)
		if !v.all {
			out[i] = int64(v.rows[out[i]])
		}
	}
	return out
}

// viewKey names a view.
type viewKey struct {
	result *Result
	order  string
}

// viewCache keeps views and those that are being made. The store's mu guards it.
type viewCache struct {
	bytesMax int64
	bytes    int64
	kept     []*keptView // the one used last at the end
	making   map[viewKey]*making
}

type keptView struct {
	key  viewKey
	view *view
	made time.Time
	took time.Duration
}

func (k *keptView) bytes() int64 { return 4 * int64(cap(k.view.rows)) }

// making is a view that somebody waits for.
type making struct {
	sort    []string // columns
	filter  bool
	done    float64
	waiting int
	cancel  context.CancelFunc
	end     chan struct{} // closed when view and err are set
	view    *view
	err     error
}

// find gives a view that is still true. One of a running result is so for a
// while, longer if it was costly: it would never be ready otherwise.
func (c *viewCache) find(key viewKey, rows int64, running bool, now time.Time) *view {
	for i, k := range c.kept {
		if k.key != key {
			continue
		}
		if k.view.of == rows || running && now.Sub(k.made) < time.Second+4*k.took {
			c.kept = append(slices.Delete(c.kept, i, i+1), k)
			return k.view
		}
		c.remove(i)
		return nil
	}
	return nil
}

func (c *viewCache) remove(i int) {
	c.bytes -= c.kept[i].bytes()
	c.kept = slices.Delete(c.kept, i, i+1)
}

// keep adds a view; those that were not used for longest make room.
func (c *viewCache) keep(k *keptView) {
	c.kept = append(c.kept, k)
	c.bytes += k.bytes()
	ofResult := 0
	for i := len(c.kept) - 1; i >= 0; i-- {
		if c.kept[i].key.result != k.key.result {
			continue
		}
		if ofResult++; ofResult > viewsPerResult {
			c.remove(i)
		}
	}
	for c.bytes > c.bytesMax && len(c.kept) > 0 {
		c.remove(0)
	}
}

func (c *viewCache) dropOf(r *Result) {
	for i := len(c.kept) - 1; i >= 0; i-- {
		if c.kept[i].key.result == r {
			c.remove(i)
		}
	}
}

// workOf lists what is being computed of r.
func (s *Store) workOf(r *Result) []Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Work
	for key, m := range s.views.making {
		if key.result == r {
			out = append(out, Work{Sort: m.sort, Filter: m.filter, Done: m.done})
		}
	}
	slices.SortFunc(out, func(a, b Work) int { return slices.Compare(a.Sort, b.Sort) })
	return out
}

// view gives the rows of t that pass the filter, in order. It is computed once
// for all who ask; when none of them waits any longer it is given up.
func (r *Result) view(ctx context.Context, t *table, keys []Key, conds []Cond) (*view, error) {
	if len(keys) == 0 && len(conds) == 0 {
		return &view{total: t.rows, of: t.rows, table: t, all: true}, nil
	}
	p, err := t.plan(keys, conds)
	if err != nil {
		return nil, err
	}
	s := r.store
	key := viewKey{r, fmt.Sprintf("%#v %#v", keys, conds)}
	s.mu.Lock()
	if v := s.views.find(key, t.rows, t.state == Running, s.cfg.Clock.Now()); v != nil {
		s.mu.Unlock()
		return v, nil
	}
	m := s.views.making[key]
	if m == nil {
		m = r.make(key, p)
	}
	m.waiting++
	s.mu.Unlock()
	select {
	case <-m.end:
		return m.view, m.err
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		if m.waiting--; m.waiting == 0 {
			m.cancel()
			if s.views.making[key] == m {
				delete(s.views.making, key) // who comes now begins anew
			}
		}
		return nil, ctx.Err()
	}
}

// make starts to compute a view. The store's mu is held.
func (r *Result) make(key viewKey, p *viewPlan) *making {
	s := r.store
	ctx, cancel := context.WithCancel(context.Background())
	m := &making{sort: []string{}, filter: len(p.filters) > 0, cancel: cancel, end: make(chan struct{})}
	for _, c := range p.columns {
		m.sort = append(m.sort, clip(p.table.schema.Field(c).Name))
	}
	if s.views.making == nil {
		s.views.making = map[viewKey]*making{}
	}
	s.views.making[key] = m
	run.Go("spool.view", func() {
		defer cancel()
		started := s.cfg.Clock.Now()
		var v *view
		err := run.Protect("spool.view", func() (err error) {
			v, err = r.compute(ctx, p, m)
			return err
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		m.view, m.err = v, err
		if s.views.making[key] == m {
			delete(s.views.making, key)
		}
		if err == nil && s.results[r.id] == r {
			s.views.keep(&keptView{key: key, view: v, made: s.cfg.Clock.Now(), took: s.cfg.Clock.Now().Sub(started)})
		}
		close(m.end)
	})
	return m
}

// compute runs when no other computes: their memory is bounded together.
func (r *Result) compute(ctx context.Context, p *viewPlan, m *making) (v *view, err error) {
	if err := r.acquire(); err != nil {
		return nil, err
	}
	defer r.release(true)
	s := r.store
	select {
	case s.sorts <- struct{}{}:
		defer func() { <-s.sorts }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	step := func(done float64) {
		s.mu.Lock()
		m.done = done
		s.mu.Unlock()
	}
	err = guard("spool.view", func() error {
		rows, err := p.run(ctx, step)
		v = &view{total: int64(len(rows)), of: p.table.rows, table: p.table, rows: rows}
		return err
	})
	r.file.forgetPages()
	return v, err
}

// viewPlan is a sort and a filter whose columns and values are known to be right.
type viewPlan struct {
	table   *table
	keys    []Key
	columns []int // of keys
	filters []*filter
}

func (t *table) plan(keys []Key, conds []Cond) (*viewPlan, error) {
	if len(keys) > KeysMax || len(conds) > CondsMax {
		return nil, invalid("a window has at most %d sort keys and %d conditions; this has %d and %d", KeysMax, CondsMax, len(keys), len(conds))
	}
	p := &viewPlan{table: t, keys: keys}
	for _, k := range keys {
		col, err := t.column(k.Column)
		if err != nil {
			return nil, err
		}
		p.columns = append(p.columns, col)
	}
	for _, cond := range conds {
		f, err := t.compile(cond)
		if err != nil {
			return nil, err
		}
		p.filters = append(p.filters, f)
	}
	return p, nil
}

func (p *viewPlan) run(ctx context.Context, step func(float64)) ([]uint32, error) {
	parts := float64(len(p.keys))
	if len(p.filters) > 0 {
		parts++
	}
	finished := 0.0
	sub := func(done float64) { step((finished + done) / parts) }
	rows, err := p.selected(ctx, sub)
	if err != nil {
		return nil, err
	}
	if len(p.filters) > 0 {
		finished++
	}
	// The last key first: every sort is stable, so the first key has the last word.
	for i := len(p.keys) - 1; i >= 0; i-- {
		s := sorter{stop: ctx.Err, cells: p.table.cells(p.columns[i]), desc: p.keys[i].Desc, step: sub}
		if err := s.sort(rows); err != nil {
			return nil, err
		}
		finished++
	}
	return rows, nil
}

// selected gives the rows that pass the filters, in the order of the source.
func (p *viewPlan) selected(ctx context.Context, step func(float64)) ([]uint32, error) {
	t := p.table
	if t.rows > rowsMaxLimit {
		return nil, maru.Errorf(maru.TooLarge, "a result of %d rows cannot be sorted or filtered; %d can", t.rows, int64(rowsMaxLimit))
	}
	var rows []uint32
	if len(p.filters) == 0 {
		rows = make([]uint32, 0, t.rows)
	}
	for b := range t.batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		first := t.batches[b].first
		from := len(rows)
		for i := range t.batches[b].rows {
			rows = append(rows, uint32(first)+uint32(i))
		}
		for _, f := range p.filters {
			k, out := f.cells.chunk(b), rows[:from]
			for _, row := range rows[from:] {
				if f.pass(k, int(int64(row)-first)) {
					out = append(out, row)
				}
			}
			rows = out
		}
		if len(p.filters) > 0 {
			step(float64(first) / float64(t.rows))
		}
	}
	return slices.Clip(rows), nil
}
