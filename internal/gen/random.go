package gen

import "math"

// random is SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on
// every machine.
type random uint64

const goldenGamma = 0x9E3779B97F4A7C15

func (r *random) next() uint64 {
	*r += goldenGamma
	return mix(uint64(*r))
}

// mix scatters the bits of x; different x stay different.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// below is a whole number from 0 to n-1.
func (r *random) below(n uint32) uint32 { return uint32(r.next() >> 32 * uint64(n) >> 32) }

// chance is true with probability p.
func (r *random) chance(p float64) bool { return float64(r.next()>>11) < p*(1<<53) }

// quantiles is a distribution as its values at evenly spaced probabilities:
// drawing from it is one look-up.
type quantiles [4096]float32

func (q *quantiles) draw(r *random) float32 { return q[r.next()>>52] }

// exponential has mean 1.
func exponential() *quantiles {
	var q quantiles
	sum := 0.0
	for i := range q {
		q[i] = float32(-math.Log(1 - (float64(i)+0.5)/float64(len(q))))
		sum += float64(q[i])
	}
	for i := range q {
		q[i] *= float32(float64(len(q)) / sum)
	}
	return &q
}

// logNormal has median 1.
func logNormal(sigma float64) *quantiles {
	var q quantiles
	for i := range q {
		p := (float64(i) + 0.5) / float64(len(q))
		q[i] = float32(math.Exp(sigma * math.Sqrt2 * math.Erfinv(2*p-1)))
	}
	return &q
}

// alias draws from any weights in constant time (Walker 1977, Vose 1991).
type alias struct {
	keep  []uint32 // probability of the slot's own number, in 2^-32
	other []uint32
}

// zipf gives number k the weight 1/(k+shift)^s; the shift keeps the first few
// from making most of the traffic.
func zipf(n int, s, shift float64) alias {
	weights := make([]float64, n)
	sum := 0.0
	for k := range weights {
		weights[k] = math.Pow(float64(k)+1+shift, -s)
		sum += weights[k]
	}
	a := alias{keep: make([]uint32, n), other: make([]uint32, n)}
	var small, large []uint32
	for k := range weights {
		weights[k] *= float64(n) / sum
		if weights[k] < 1 {
			small = append(small, uint32(k))
		} else {
			large = append(large, uint32(k))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		lo, hi := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.keep[lo], a.other[lo] = uint32(weights[lo]*(1<<32-1)), hi
		if weights[hi] -= 1 - weights[lo]; weights[hi] < 1 {
			large = large[:len(large)-1]
			small = append(small, hi)
		}
	}
	for _, k := range append(small, large...) {
		a.keep[k], a.other[k] = math.MaxUint32, k
	}
	return a
}

func (a *alias) draw(r *random) uint32 {
	x := r.next()
	k := uint32(x >> 32 * uint64(len(a.keep)) >> 32)
	if uint32(x) <= a.keep[k] {
		return k
	}
	return a.other[k]
}
