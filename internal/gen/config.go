package gen

import (
	"math"
	"time"

	"maru"
)

// The formats of a log.
const (
	NDJSON   = "ndjson"
	Combined = "combined"
)

// Bounds of a Config.
const (
	UsersMax  = 5_000_000
	PathsMax  = 50_000
	RateMax   = 1_000_000.0
	KeepMax   = 10_000
	RotateMin = 4 << 10
	SinceMax  = 400 * 24 * time.Hour
	PastRows  = 2_000_000 // of a past whose rate is not said, at most
	PastFiles = 900       // that a past may be rotated into; readers know names up to .999
)

const (
	defaultRows   = 100_000
	defaultRate   = 1000
	defaultUsers  = 20_000
	defaultPaths  = 500
	defaultKeep   = 10
	defaultOut    = "api.log"
	repeatWithin  = 200  // milliseconds; a call again sooner than this is repeated
	repeatMost    = 0.75 // share of calls that come again, so that they end
	disorderMax   = 800  // milliseconds by which a row may be out of order without being late
	lateMax       = 10_000
	followTick    = 20 * time.Millisecond
	catchUpMax    = 10 * time.Second // further behind the clock than this, following skips ahead
	flushBytes    = 256 << 10
	restartGap    = repeatWithin // milliseconds left free when a log is gone on with
	tailBytesRead = 64 << 10     // of the old log, to find its last time
	rowBytesMost  = 300          // of a row in the mean, to count the files of a past
)

// defaultStart is where a log begins that is not followed: fixed, so that the
// same seed writes the same bytes on any day.
var defaultStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Config says what to write. The zero value writes 100,000 rows in order, with
// no planted repeats, to api.log; Believable sets the shares of a real log.
type Config struct {
	Rows     int64   // how many; 0 is 100,000, or no end with Follow
	Rate     float64 // rows a second of event time, the mean of a week; 0 is 1000
	PastRate float64 // the same before Follow has reached the present; 0 is Rate, with Since at most PastRows in all
	Follow   bool    // write each row when its time comes, and append to a log that is there
	Flat     bool    // the same rate at all hours

	// Since is how long before now a log that is followed begins: instead of
	// Start. The past has incidents of its own (scene). A log that is there is
	// gone on with from its last row, so a past is written once.
	Since time.Duration

	Seed   uint64
	Out    string    // the log's path; "" is api.log. With Follow it is appended to, else replaced
	Truth  string    // path of the truth; "" writes none
	Format string    // NDJSON (also "") or Combined
	Start  time.Time // first event time; zero is 2026-01-01 UTC, or now with Follow. With Follow a past start is caught up at full speed

	RepeatShare   float64 // share of rows that repeat a call 0 to 199 ms after it
	DisorderShare float64 // share of rows that stand up to 800 ms too far down
	LateShare     float64 // share of rows that stand 1 to 10 s too far down

	RotateBytes int64 // rename the log to out.1, out.2, … when it has this size; 0 never
	KeepFiles   int   // how many renamed files to keep; 0 is 10 with Follow, else all. With Since as many more as the past fills

	Users int // 0 is 20,000
	Paths int // 0 is 500

	Clock maru.Clock // nil is the machine's
}

// Believable is a Config with the shares of a log as it is met in real life.
func Believable() Config {
	return Config{RepeatShare: 0.01, DisorderShare: 0.02, LateShare: 0.0005}
}

// Validate names the first setting that is out of its range.
func (c Config) Validate() error {
	for _, s := range []struct {
		name  string
		value float64
		max   float64
	}{
		{"rows", float64(c.Rows), 1e13}, {"rate", c.Rate, RateMax}, {"past rate", c.PastRate, RateMax},
		{"repeat share", c.RepeatShare, 0.5}, {"disorder share", c.DisorderShare, 0.5}, {"late share", c.LateShare, 0.5},
		{"keep files", float64(c.KeepFiles), KeepMax}, {"users", float64(c.Users), UsersMax}, {"paths", float64(c.Paths), PathsMax},
	} {
		if !(s.value >= 0 && s.value <= s.max) {
			return maru.Errorf(maru.Invalid, "%s is %v: use 0 to %v", s.name, s.value, s.max)
		}
	}
	switch c.Format {
	case "", NDJSON, Combined:
	default:
		return maru.Errorf(maru.Invalid, "format %q is not known: use %s or %s", c.Format, NDJSON, Combined)
	}
	if c.RotateBytes != 0 && c.RotateBytes < RotateMin {
		return maru.Errorf(maru.Invalid, "rotate bytes is %d: use 0 for never, or at least %d", c.RotateBytes, RotateMin)
	}
	if err := c.validateSince(); err != nil {
		return err
	}
	if y := c.Start.Year(); !c.Start.IsZero() && (y < 1970 || y > 9000) {
		return maru.Errorf(maru.Invalid, "start is %s: use a time of the years 1970 to 9000", c.Start.Format(time.RFC3339))
	}
	return nil
}

func (c Config) validateSince() error {
	switch {
	case c.Since < 0 || c.Since > SinceMax:
		return maru.Errorf(maru.Invalid, "since is %v: use 0 to %v", c.Since, SinceMax)
	case c.Since > 0 && !c.Follow:
		return maru.Errorf(maru.Invalid, "since is the past of a log that is followed: follow it, or use start")
	case c.Since > 0 && !c.Start.IsZero():
		return maru.Errorf(maru.Invalid, "since and start both say where the log begins: use one")
	}
	if files := c.withDefaults().pastFiles(); files > PastFiles {
		return maru.Errorf(maru.Invalid, "rotate bytes is %d: the past would fill about %d files, use at least %d for %d", c.RotateBytes, files,
			c.RotateBytes*int64(files)/PastFiles+1, PastFiles)
	}
	return nil
}

// pastFiles is how many files the rows of Since fill, at most. They are kept
// beside those of KeepFiles: a past is written in seconds, and a reader that
// comes to it later must still find all of it.
func (c Config) pastFiles() int {
	if c.Since == 0 || c.RotateBytes == 0 {
		return 0
	}
	return int(math.Ceil(c.PastRate * c.Since.Seconds() * rowBytesMost / float64(c.RotateBytes)))
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Clock == nil {
		c.Clock = maru.SystemClock
	}
	if c.Rows == 0 && !c.Follow {
		c.Rows = defaultRows
	}
	if c.Rate == 0 {
		c.Rate = defaultRate
	}
	if c.PastRate == 0 || !c.Follow {
		c.PastRate = c.Rate
		if c.Since > 0 {
			c.PastRate = min(c.Rate, PastRows/c.Since.Seconds())
		}
	}
	if c.Out == "" {
		c.Out = defaultOut
	}
	if c.Format == "" {
		c.Format = NDJSON
	}
	if c.Follow {
		def(&c.KeepFiles, defaultKeep)
	}
	if c.Start.IsZero() {
		c.Start = defaultStart
		if c.Follow {
			c.Start = c.Clock.Now().Add(-c.Since)
		}
	}
	def(&c.Users, defaultUsers)
	def(&c.Paths, defaultPaths)
	return c
}
