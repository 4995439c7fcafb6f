package govern

// CacheMax is how many sessions the cache holds.
const CacheMax = cacheMax

// Cached is how many it holds now.
func (g *Govern) Cached() int {
	g.cache.mu.RLock()
	defer g.cache.mu.RUnlock()
	return len(g.cache.entries)
}
