package collect

import (
	"fmt"
	"path/filepath"
	"time"

	"maru"
	"maru/collect/internal/parse"
)

// RejectedSuffix makes the name of the topic for what does not parse.
const RejectedSuffix = "_rejected"

// Limits of a Config, and what a zero means.
const (
	MaxLineDefault = 1_000_000 // a row of it fits Kafka's default message.max.bytes
	MaxLineMin     = 1 << 10
	MaxLineMax     = 8 << 20
	PartitionsMax  = 1000
	GlobsMax       = 100

	PollDefault       = 200 * time.Millisecond
	LingerDefault     = 10 * time.Millisecond
	RotateWaitDefault = time.Second
	FlushDefault      = 5 * time.Second
	MultilineDefault  = time.Second
)

// OnError says what to do with a line that does not parse.
type OnError string

// The ways.
const (
	Reject OnError = "reject" // to <topic>_rejected, and go on
	Stop   OnError = "stop"   // end with an error; the line is read again next time
)

// Multiline joins lines into one record before it is parsed.
type Multiline struct {
	Start   string        `yaml:"start,omitempty" json:"start,omitempty"`     // a line that matches begins a record
	End     string        `yaml:"end,omitempty" json:"end,omitempty"`         // a line that matches ends one
	Timeout time.Duration `yaml:"timeout,omitempty" json:"timeout,omitempty"` // a record that waits longer is complete; 0 is 1 s
}

// Config is one collector. Files and Topic must be named; every other zero
// value works.
type Config struct {
	Name         string        `yaml:"name,omitempty" json:"name,omitempty"`   // part of the writer's identity; Topic when empty
	Files        []string      `yaml:"files,omitempty" json:"files,omitempty"` // paths and globs (filepath.Match)
	Topic        string        `yaml:"topic,omitempty" json:"topic,omitempty"`
	Format       string        `yaml:"format,omitempty" json:"format,omitempty"`       // Formats; "" is auto
	Pattern      string        `yaml:"pattern,omitempty" json:"pattern,omitempty"`     // for format regexp
	Encoding     string        `yaml:"encoding,omitempty" json:"encoding,omitempty"`   // utf-8, cp949, euc-kr
	TimeZone     string        `yaml:"time_zone,omitempty" json:"time_zone,omitempty"` // of syslog times that name none; "" is the machine's
	Multiline    Multiline     `yaml:"multiline,omitempty" json:"multiline,omitzero"`
	Follow       bool          `yaml:"follow,omitempty" json:"follow,omitempty"` // wait for more; false ends at the end of all files
	Bootstrap    string        `yaml:"bootstrap,omitempty" json:"bootstrap,omitempty"`
	Key          string        `yaml:"key,omitempty" json:"key,omitempty"`                       // the column whose text is the record's key
	Partitions   int32         `yaml:"partitions,omitempty" json:"partitions,omitempty"`         // of a topic that must be made; 0 is 1
	OnError      OnError       `yaml:"on_error,omitempty" json:"on_error,omitempty"`             // "" is reject
	MaxLineBytes int           `yaml:"max_line_bytes,omitempty" json:"max_line_bytes,omitempty"` // a longer record is rejected; 0 is 1,000,000
	RotateWait   time.Duration `yaml:"rotate_wait,omitempty" json:"rotate_wait,omitempty"`       // how long a rotated file may still grow; 0 is 1 s
	Poll         time.Duration `yaml:"poll,omitempty" json:"poll,omitempty"`                     // how often files are looked at; 0 is 200 ms
	Linger       time.Duration `yaml:"linger,omitempty" json:"linger,omitempty"`                 // least time between two looks at one file; 0 is 10 ms
	FlushPeriod  time.Duration `yaml:"flush_period,omitempty" json:"flush_period,omitempty"`     // when a last line without newline counts; 0 is 5 s
}

// Formats lists what Config.Format may be.
func Formats() []string { return append([]string(nil), parse.Formats...) }

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.Poll, PollDefault)
	set(&c.Linger, LingerDefault)
	set(&c.RotateWait, RotateWaitDefault)
	set(&c.FlushPeriod, FlushDefault)
	set(&c.Multiline.Timeout, MultilineDefault)
	if c.Name == "" {
		c.Name = c.Topic
	}
	if c.Format == "" {
		c.Format = parse.Auto
	}
	if c.MaxLineBytes == 0 {
		c.MaxLineBytes = MaxLineDefault
	}
	if c.Partitions == 0 {
		c.Partitions = 1
	}
	if c.OnError == "" {
		c.OnError = Reject
	}
	return c
}

// Validate names the key that cannot be used, and what it may be.
func (c Config) Validate() error {
	d := c.withDefaults()
	if len(c.Files) == 0 || len(c.Files) > GlobsMax {
		return invalid("files: %d patterns are given: 1 to %d are allowed", len(c.Files), GlobsMax)
	}
	for i, f := range c.Files {
		if _, err := filepath.Match(f, ""); err != nil || f == "" {
			return invalid("files[%d]: %q is not a path or glob: close its [, or escape it with \\", i, f)
		}
	}
	if err := maru.CheckTopicName(c.Topic); err != nil {
		return invalid("topic: %w", err)
	}
	if len(c.Topic)+len(RejectedSuffix) > maru.TopicNameMax {
		return invalid("topic: %d bytes are too long: %d leave room for %s", len(c.Topic), maru.TopicNameMax-len(RejectedSuffix), RejectedSuffix)
	}
	if d.MaxLineBytes < MaxLineMin || d.MaxLineBytes > MaxLineMax {
		return invalid("max_line_bytes: %d is out of range: %d to %d", d.MaxLineBytes, MaxLineMin, MaxLineMax)
	}
	if d.Partitions < 1 || d.Partitions > PartitionsMax {
		return invalid("partitions: %d is out of range: 1 to %d", d.Partitions, PartitionsMax)
	}
	if d.OnError != Reject && d.OnError != Stop {
		return invalid("on_error: %q is not known: use reject or stop", d.OnError)
	}
	if err := d.validateTimes(); err != nil {
		return err
	}
	o, err := d.parseOptions()
	if err == nil {
		err = o.Check()
	}
	if err != nil {
		return invalid("%w", err)
	}
	return nil
}

func (c Config) validateTimes() error {
	for _, t := range [...]struct {
		key        string
		v, low, up time.Duration
	}{
		{"poll", c.Poll, time.Millisecond, time.Minute},
		{"linger", c.Linger, time.Millisecond, time.Second},
		{"rotate_wait", c.RotateWait, time.Millisecond, time.Hour},
		{"flush_period", c.FlushPeriod, time.Millisecond, time.Hour},
		{"multiline.timeout", c.Multiline.Timeout, time.Millisecond, time.Hour},
	} {
		if t.v < t.low || t.v > t.up {
			return invalid("%s: %s is out of range: %s to %s", t.key, t.v, t.low, t.up)
		}
	}
	return nil
}

func (c Config) parseOptions() (parse.Options, error) {
	o := parse.Options{Format: c.Format, Pattern: c.Pattern, Start: c.Multiline.Start, End: c.Multiline.End, Encoding: c.Encoding}
	if c.TimeZone != "" {
		zone, err := time.LoadLocation(c.TimeZone)
		if err != nil {
			return o, fmt.Errorf("time_zone: %w", err)
		}
		o.Zone = zone
	}
	return o, nil
}

func invalid(format string, args ...any) error { return maru.Errorf(maru.Invalid, format, args...) }
