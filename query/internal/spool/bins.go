package spool

import "math"

// bins is a histogram under way.
type bins struct {
	low, high float64 // the first and the last value
	width     float64
	rows      []int64
}

// bins makes a histogram for the bounds that the first walk found; nil when
// the column has none.
func (p *profiler) bins() *bins {
	c := p.cells
	if !c.isNumber() && !c.isTime() || p.min < 0 {
		return nil
	}
	low, high := p.finite()
	if low > high {
		return nil
	}
	if low == high {
		return &bins{low: low, high: high, rows: make([]int64, 1)}
	}
	width := high/BinsMax - low/BinsMax
	if c.kind != kindFloat && c.kind != kindDecimal {
		// Whole numbers: whole widths, or bins would hold different numbers of them.
		width = math.Max(1, math.Ceil((high-low+1)/BinsMax))
	}
	n := int(math.Min(BinsMax, math.Floor((high-low)/width)+1))
	if math.IsInf(high-low, 0) || width == 0 || n < 1 {
		n = BinsMax
	}
	return &bins{low: low, high: high, width: width, rows: make([]int64, n)}
}

// finite gives the bounds without the infinities.
func (p *profiler) finite() (low, high float64) {
	low, high = p.numberOf(p.min), p.numberOf(p.max)
	return math.Max(low, -math.MaxFloat64), math.Min(high, math.MaxFloat64)
}

func (p *profiler) numberOf(row int64) float64 {
	k, i := p.cells.at(row)
	return p.cells.number(k, i)
}

func (b *bins) add(f float64) {
	if !(f >= b.low && f <= b.high) { // NaN and the infinities
		return
	}
	at := 0
	if b.width > 0 {
		at = int(math.Min(f/b.width-b.low/b.width, float64(len(b.rows)-1)))
	}
	b.rows[max(0, at)]++
}

// list words the bounds of the bins in the column's own manner.
func (b *bins) list(c *cells) []Bin {
	out := make([]Bin, len(b.rows))
	for i, n := range b.rows {
		from, to := b.low+float64(i)*b.width, b.low+float64(i+1)*b.width
		if i == len(b.rows)-1 && (c.kind == kindFloat || c.kind == kindDecimal || to > math.MaxFloat64 || b.width == 0) {
			to = b.high
		}
		out[i] = Bin{From: c.boundText(from), To: c.boundText(to), Rows: n}
	}
	return out
}

func (c *cells) boundText(f float64) string {
	if c.kind == kindInt {
		n := int64(math.MaxInt64)
		if f < math.MaxInt64 {
			n = int64(f)
		}
		return string(appendInt(nil, c.field.Type, n))
	}
	return string(appendFloat(nil, f, 64))
}
