package spool

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"maru"
	"maru/run"
)

// The limits of a Config that names none.
const (
	BytesMax      = 20 << 30 // of all results, or a tenth of the free disk if that is less
	RowsMax       = 10_000_000
	ResultsMax    = 64
	IdleLifetime  = time.Hour
	CellBytesMax  = 4 << 10   // of one text or blob in a window
	ViewBytesMax  = 256 << 20 // of all sorts and filters that are kept in memory
	diskShare     = 10        // a tenth of the free disk
	resultShare   = 2         // one result may have half of what all may
	rowsMaxLimit  = 1 << 31   // row numbers are kept in 32 bits
	sweepEvery    = time.Minute
	closePatience = 5 * time.Second // for sources that do not end when they are told to
)

// Config of a Store. The zero value of every field but Dir works.
type Config struct {
	Dir            string        // whose content is deleted at Open; made if missing
	Clock          maru.Clock    // maru.SystemClock when nil
	BytesMax       int64         // bytes on disk of all results; 0: the smaller of 20 GiB and 10 % of the free disk
	ResultBytesMax int64         // bytes on disk of one; 0: half of BytesMax
	RowsMax        int64         // rows of one; 0: 10 million
	ResultsMax     int           // kept at once, running ones included; 0: 64
	IdleLifetime   time.Duration // after the last use; 0: an hour
	ViewBytesMax   int64         // bytes in memory of all kept sorts and filters; 0: 256 MiB
}

// Validate names the key that is wrong and what it may be.
func (c Config) Validate() error {
	switch {
	case c.Dir == "":
		return errors.New("dir: name the directory for results")
	case c.BytesMax < 0 || c.ResultBytesMax < 0 || c.ViewBytesMax < 0:
		return errors.New("bytes_max, result_bytes_max, view_bytes_max: must not be negative")
	case c.RowsMax < 0 || c.RowsMax > rowsMaxLimit:
		return fmt.Errorf("rows_max: %d is not between 1 and %d", c.RowsMax, int64(rowsMaxLimit))
	case c.ResultsMax < 0 || c.ResultsMax > 10_000:
		return fmt.Errorf("results_max: %d is not between 1 and 10000", c.ResultsMax)
	case c.IdleLifetime < 0:
		return fmt.Errorf("idle_lifetime: %s is negative", c.IdleLifetime)
	}
	return nil
}

// withDefaults fills in what is not said; the directory is there already.
func (c Config) withDefaults() (Config, error) {
	if c.Clock == nil {
		c.Clock = maru.SystemClock
	}
	if c.BytesMax == 0 {
		free, _, err := run.DiskFree(c.Dir)
		if err != nil {
			return c, err
		}
		c.BytesMax = min(BytesMax, int64(free/diskShare))
	}
	c.ResultBytesMax = cmp.Or(c.ResultBytesMax, c.BytesMax/resultShare)
	c.RowsMax = cmp.Or(c.RowsMax, RowsMax)
	c.ResultsMax = cmp.Or(c.ResultsMax, ResultsMax)
	c.IdleLifetime = cmp.Or(c.IdleLifetime, IdleLifetime)
	c.ViewBytesMax = cmp.Or(c.ViewBytesMax, ViewBytesMax)
	return c, nil
}
