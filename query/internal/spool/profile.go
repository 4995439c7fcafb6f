package spool

import (
	"bytes"
	"context"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
)

const (
	// DistinctExactMax is up to how many different values they are counted
	// one by one; beyond it their number is an estimate.
	DistinctExactMax = 100_000
	// TopMax and BinsMax bound what a profile lists.
	TopMax  = 10
	BinsMax = 40 // see TopMax
	// profilesMax bounds the profiles kept of one result.
	profilesMax = 64
	// profileTextMax bounds each value that a profile shows.
	profileTextMax = 1 << 10
)

// Profile is what can be said of a column.
type Profile struct {
	Column        string   `json:"column"`
	Type          string   `json:"type"`
	Rows          int64    `json:"rows"` // that were looked at: all there were
	Nulls         int64    `json:"nulls"`
	NaNs          int64    `json:"nans,omitempty"`
	Distinct      int64    `json:"distinct"` // values that are not NULL
	DistinctExact bool     `json:"distinct_exact"`
	Min           string   `json:"min,omitempty"` // as text, cut at 1 KiB; "" for what is nested
	Max           string   `json:"max,omitempty"`
	Mean          *float64 `json:"mean,omitempty"` // of numbers: those that are finite
	Top           []Top    `json:"top"`
	TopExact      bool     `json:"top_exact"`      // false: values as frequent may be missing; the counts are right
	Bins          []Bin    `json:"bins,omitempty"` // of numbers, dates and times; equally wide
	Lengths       *Length  `json:"lengths,omitempty"`
}

// Top is a value that occurs often.
type Top struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`
}

// Bin counts values from From up to To; the last bin has To in it.
type Bin struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int64  `json:"rows"`
}

// Length is how long texts are in characters, or blobs in bytes.
type Length struct {
	Min  int     `json:"min"`
	Max  int     `json:"max"`
	Mean float64 `json:"mean"`
}

// Profile looks at every cell of a column, twice. Of a running result it tells
// what is there; of one that has ended it is kept.
func (r *Result) Profile(ctx context.Context, column string) (*Profile, error) {
	var out *Profile
	err := r.read(ctx, "spool.Profile", func(t *table) error {
		col, err := t.column(column)
		if err != nil {
			return err
		}
		if out = r.keptProfile(col); out != nil && out.Rows == t.rows {
			return nil
		}
		p := newProfiler(t.cells(col))
		if out, err = p.run(ctx, t); err != nil {
			return err
		}
		r.file.forgetPages()
		r.keepProfile(col, out)
		return nil
	})
	return out, err
}

func (r *Result) keptProfile(col int) *Profile {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.profiles[col]
}

func (r *Result) keepProfile(col int, p *Profile) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.profiles == nil || len(r.profiles) >= profilesMax {
		r.profiles = map[int]*Profile{}
	}
	r.profiles[col] = p
}

// profiler walks over a column. The first walk finds all but the histogram,
// which needs the bounds, and the counts of frequent values, which needs to
// know which they are.
type profiler struct {
	cells    *cells
	p        Profile
	distinct *distinct
	min, max int64 // row numbers; -1 before the first value
	low      []byte
	high     []byte
	lowKey   [4]uint64
	highKey  [4]uint64
	sum, rem float64 // Neumaier's sum
	numbers  int64
	chars    int64
	lengths  Length
}

func newProfiler(c *cells) *profiler {
	return &profiler{
		cells: c, min: -1, max: -1, distinct: newDistinct(),
		p: Profile{Column: c.field.Name, Type: c.field.Type.String()},
	}
}

func (p *profiler) run(ctx context.Context, t *table) (*Profile, error) {
	p.p.Rows = t.rows
	if err := p.walk(ctx, t, p.look); err != nil {
		return nil, err
	}
	c := p.cells
	p.p.Distinct, p.p.DistinctExact = p.distinct.count()
	if p.min >= 0 && c.kind != kindNested {
		p.p.Min, p.p.Max = p.text(p.min), p.text(p.max)
	}
	if c.isNumber() && p.numbers > 0 {
		if mean := (p.sum + p.rem) / float64(p.numbers); !math.IsInf(mean, 0) && mean == mean {
			p.p.Mean = &mean
		}
	}
	if values := t.rows - p.p.Nulls; c.kind == kindVar && values > 0 {
		p.lengths.Mean = float64(p.chars) / float64(values)
		p.p.Lengths = &p.lengths
	}
	return &p.p, p.second(ctx, t)
}

// second is the other walk, if there is something to find in it.
func (p *profiler) second(ctx context.Context, t *table) error {
	bins := p.bins()
	recount := p.distinct.candidates()
	if bins != nil || recount != nil {
		err := p.walk(ctx, t, func(k *chunk, i int, _ int64) {
			if bins != nil {
				bins.add(p.cells.number(k, i))
			}
			if recount != nil {
				recount.add(p.hash(k, i))
			}
		})
		if err != nil {
			return err
		}
	}
	if bins != nil {
		p.p.Bins = bins.list(p.cells)
	}
	p.p.Top = []Top{}
	var top []counted
	top, p.p.TopExact = p.distinct.top(t.rows)
	for _, e := range top {
		p.p.Top = append(p.p.Top, Top{Value: p.text(int64(e.row)), Rows: e.n})
	}
	return nil
}

// walk calls fn for every cell that is not NULL.
func (p *profiler) walk(ctx context.Context, t *table, fn func(k *chunk, i int, row int64)) error {
	p.p.Nulls = 0
	for b := range t.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := p.cells.chunk(b)
		for i := range t.batches[b].rows {
			if p.cells.isNull(k, i) {
				p.p.Nulls++
				continue
			}
			fn(k, i, t.batches[b].first+int64(i))
		}
	}
	return nil
}

// look takes notice of one value.
func (p *profiler) look(k *chunk, i int, row int64) {
	c := p.cells
	p.distinct.add(p.hash(k, i), uint32(row))
	switch {
	case c.class(k, i) == notANumber:
		p.p.NaNs++
		return
	case c.kind == kindNested:
		p.min = max(p.min, 0)
		return
	case c.kind.bytes():
		p.lookAtBytes(c.bytes(k, i), row)
		return
	}
	p.lookAtKey(k, i, row)
	if c.isNumber() {
		if f := c.number(k, i); f-f == 0 {
			p.numbers++
			p.add(f)
		}
	}
}

// add is one step of a sum whose error does not grow with the rows.
func (p *profiler) add(f float64) {
	sum := p.sum + f
	if math.Abs(p.sum) >= math.Abs(f) {
		p.rem += p.sum - sum + f
	} else {
		p.rem += f - sum + p.sum
	}
	p.sum = sum
}

func (p *profiler) lookAtBytes(b []byte, row int64) {
	first := p.min < 0
	if p.min < 0 || bytes.Compare(b, p.low) < 0 {
		p.min, p.low = row, b // mapped: it stays where it is
	}
	if p.max < 0 || bytes.Compare(b, p.high) > 0 {
		p.max, p.high = row, b
	}
	n := len(b)
	if isText(p.cells.field.Type) {
		n = utf8.RuneCount(b)
	}
	if first {
		p.lengths.Min = n
	}
	p.lengths.Min, p.lengths.Max = min(p.lengths.Min, n), max(p.lengths.Max, n)
	p.chars += int64(n)
}

func (p *profiler) lookAtKey(k *chunk, i int, row int64) {
	var key [4]uint64
	for level := range p.cells.levels() {
		key[level] = p.cells.key(k, i, level)
	}
	if p.min < 0 || less(key, p.lowKey) {
		p.min, p.lowKey = row, key
	}
	if p.max < 0 || less(p.highKey, key) {
		p.max, p.highKey = row, key
	}
}

func less(a, b [4]uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func (p *profiler) hash(k *chunk, i int) uint64 {
	c := p.cells
	switch {
	case c.kind.bytes():
		return hashBytes(p.distinct.seed, c.bytes(k, i))
	case c.class(k, i) == notANumber:
		return mix(math.Float64bits(math.NaN()) ^ p.distinct.salt)
	}
	h := p.distinct.salt
	for level := range c.levels() {
		h = mix(h ^ c.key(k, i, level))
	}
	return h
}

// text is the cell of a row, cut.
func (p *profiler) text(row int64) string {
	k, i := p.cells.at(row)
	b := p.cells.appendText(nil, k, i)
	if len(b) > profileTextMax {
		return string(cutCell(b, profileTextMax, true)) + "…"
	}
	return string(b)
}

// isNumber says whether a mean makes sense.
func (c *column) isNumber() bool {
	switch c.kind {
	case kindUint, kindFloat, kindDecimal:
		return true
	}
	return c.kind == kindInt && isInteger(c.field.Type)
}

// isTime says whether it is a date, a timestamp, or a time of day.
func (c *column) isTime() bool {
	switch c.field.Type.ID() {
	case arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64, arrow.DURATION:
		return true
	}
	return false
}

// number is a cell as a float: exact up to 53 bits.
func (c *cells) number(k *chunk, i int) float64 {
	switch c.kind {
	case kindInt:
		return float64(c.int(k, i))
	case kindUint:
		return float64(c.uint(k, i))
	case kindFloat:
		return c.float(k, i)
	}
	return decimalFloat(c.bytes(k, i)) * math.Pow10(-int(c.field.Type.(arrow.DecimalType).GetScale()))
}
