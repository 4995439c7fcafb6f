package govern

import (
	"testing"
	"time"
)

// What was read before a session ended is not kept after it; through the face
// the moment between the two is too short to be met.
func TestCache_entry_read_before_a_session_ended(t *testing.T) {
	c, now := newCache(), time.Unix(1_800_000_000, 0)
	for _, ended := range []bool{false, true} {
		_, generation := c.find(digest{1}, now)
		if ended {
			c.forget()
		}
		c.keep(digest{1}, &entry{read: now}, generation)
		if e, _ := c.find(digest{1}, now); (e == nil) != ended {
			t.Errorf("ended %v: the cache has %v", ended, e)
		}
	}
}
