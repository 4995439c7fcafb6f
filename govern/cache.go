package govern

import (
	"sync"
	"time"

	"maru"
)

// cache knows sessions for StaleMax, so that a page of many requests asks the
// database once.
type cache struct {
	mu         sync.RWMutex // guards what follows
	entries    map[digest]*entry
	generation uint64 // goes up when a session may have ended
}

// entry is never changed once it is in the cache.
type entry struct {
	principal maru.Principal
	session   Session
	read      time.Time
}

func newCache() *cache { return &cache{entries: map[digest]*entry{}} }

// find gives the entry if it is fresh, and the generation to hand to keep.
func (c *cache) find(key digest, now time.Time) (*entry, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.entries[key]
	if e == nil || !e.fresh(now) {
		return nil, c.generation
	}
	return e, c.generation
}

func (e *entry) fresh(now time.Time) bool {
	age := now.Sub(e.read)
	return age >= 0 && age < StaleMax
}

// keep takes e unless a session may have ended since generation, while e was
// being read.
func (c *cache) keep(key digest, e *entry, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return
	}
	if len(c.entries) >= cacheMax {
		for k, old := range c.entries {
			if !old.fresh(e.read) {
				delete(c.entries, k)
			}
		}
	}
	if len(c.entries) < cacheMax {
		c.entries[key] = e
	}
}

// forget empties the cache.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.entries)
}
