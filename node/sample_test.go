package node

import (
	"testing"
	"time"
)

// TestRate: a rate is of the last ten seconds: a burst is over ten seconds
// after it has ended, and what is no longer seen has none.
func TestRate(t *testing.T) {
	at := time.Now()
	c := &counter{}
	value := int64(0)
	for range 10 { // a burst, 1,000 a second
		value += 2000
		at = at.Add(sampleEvery)
		c.add(at, value, 0)
	}
	if r := c.rate(at).rate; r != 1000 {
		t.Errorf("in the burst: %v", r)
	}
	for i := range 5 { // then one a second
		value += 2
		at = at.Add(sampleEvery)
		c.add(at, value, 0)
		if r, most := c.rate(at).rate, 1000-float64(i+1)*199; r > most {
			t.Errorf("%d looks after the burst: %v", i+1, r)
		}
	}
	if r := c.rate(at).rate; r != 1 {
		t.Errorf("ten seconds after the burst: %v", r)
	}
	if r := c.rate(at.Add(rateOver + time.Second)).rate; r != 0 {
		t.Errorf("not seen for longer than that: %v", r)
	}
}
