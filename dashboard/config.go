package dashboard

import (
	"cmp"
	"time"

	"maru"
	"maru/spec"
)

// What a zero in Config means.
const (
	CacheBytesDefault = 64 << 20
	TimeoutDefault    = 20 * time.Second
)

// Bounds that no Config changes.
const (
	RowsMax          = 5_000   // of one tile
	tileBytesMax     = 1 << 20 // of one tile's values, as JSON
	cellBytesMax     = 4 << 10 // of one text; longer ones are cut
	columnsMax       = 200     // of one tile
	statementsMax    = 4       // executed side by side
	pointsMax        = 300     // that {{step}} makes of a range
	filterBytesMax   = 2 << 10 // of one chosen value
	usualDays        = 7
	usualDaysMin     = 3 // of them with rows, else nothing is usual
	usualRowsMax     = 20_000
	VersionsMax      = 50     // of one dashboard
	versionsAllMax   = 20_000 // of all; those of deleted dashboards go first by age
	AnnotationsMax   = 10_000
	annotationsShown = 1_000 // in one answer, the newest
	annotationMax    = 1_000 // bytes of its text
	nameTriesMax     = 1_000
)

// Bounds of a range of time.
const (
	rangeMin = time.Second
	rangeMax = 10 * 366 * 24 * time.Hour
)

// Config of the part. The zero value works.
type Config struct {
	CacheBytes int64         // dashboard.cache_bytes: answers kept in memory; 64 MiB
	Timeout    time.Duration // dashboard.timeout: for one statement; 20 s
}

func (c Config) withDefaults() Config {
	c.CacheBytes = cmp.Or(c.CacheBytes, CacheBytesDefault)
	c.Timeout = cmp.Or(c.Timeout, TimeoutDefault)
	return c
}

// Validate names the key that cannot be used, and what it may be.
func (c Config) Validate() error {
	c = c.withDefaults()
	if c.CacheBytes < 1<<20 || c.CacheBytes > 16<<30 {
		return maru.Errorf(maru.Invalid, "dashboard.cache_bytes: %d is out of range: 1 MiB to 16 GiB", c.CacheBytes)
	}
	if c.Timeout < time.Second || c.Timeout > time.Hour {
		return maru.Errorf(maru.Invalid, "dashboard.timeout: %s is out of range: 1s to 1h", c.Timeout)
	}
	return nil
}

// steps are what {{step}} can be.
var steps = []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute,
	time.Hour, 6 * time.Hour, 24 * time.Hour}

// stepOf is the least step that makes at most pointsMax of a range, and is no
// less than least.
func stepOf(length, least time.Duration) time.Duration {
	least = max(least, (length+pointsMax-1)/pointsMax)
	for _, s := range steps {
		if s >= least {
			return s
		}
	}
	day := steps[len(steps)-1]
	return (least + day - 1) / day * day
}

// stepFor is a tile's.
func stepFor(t spec.Tile, length time.Duration) time.Duration { return stepOf(length, t.Step.Length()) }
