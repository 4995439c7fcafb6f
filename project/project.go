package project

import (
	"slices"
	"strings"
	"time"

	"maru"
	"maru/spec"
)

// Defaults of what a project leaves unsaid.
const (
	DefaultPartitions = 1
	DefaultRetention  = 7 * 24 * time.Hour
	DefaultWatermark  = 5 * time.Second
	DefaultIdle       = 30 * time.Second
)

// Forever stands for a retention, TTL or keep without end.
const Forever time.Duration = -1

// Project is one loaded folder. It is plain data and never changed once it
// has been handed out, so it may be shared between goroutines.
type Project struct {
	Name     string
	Dir      string // absolute
	TimeZone string // IANA name, "UTC" when unsaid
	Broker   Broker
	Defaults Defaults

	// Each by name, in order.
	Collectors []Collector
	Topics     []Topic
	Streams    []Stream
	Seeds      []Seed
	Dashboards []spec.Dashboard
}

// Broker says which log the project uses.
type Broker struct {
	Bootstrap  string // "host:port[,host:port]" of a real Kafka; empty: ours
	Durability string // "fsync" (default) or "os"
}

// Defaults are the settings of a topic or a stream that names none itself.
type Defaults struct {
	Partitions     int
	Retention      time.Duration // Forever: none
	RetentionBytes int64         // 0: no bound
	Watermark      time.Duration
	Idle           time.Duration
}

// Pos is a place in a file, both from 1. The zero Pos is the whole file.
type Pos struct{ Line, Column int }

// Collector reads files into a topic.
type Collector struct {
	Name         string
	File         string   // of the definition, relative to Project.Dir, with slashes
	Files        []string // globs as written; a relative one is relative to Project.Dir
	Topic        string   // defaults to the collector's name
	Format       string   // one of Formats; "auto" when unsaid
	Encoding     string   // one of Encodings; "utf-8" when unsaid
	TimeZone     string   // of times that name none; the project's when unsaid
	Pattern      string   // RE2 with named groups, for format regexp
	Key          string   // column that keys the records; empty: none
	Follow       bool     // true when unsaid: go on when the end is reached
	OnError      string   // "reject" (default) or "stop"
	MaxLineBytes int64    // 0: the collector's default
	Multiline    *Multiline
	Header       map[string]Pos // where each key of the file stands
}

// Multiline joins lines to one record.
type Multiline struct {
	Start   string        // RE2 that a record's first line matches
	End     string        // RE2 that a record's last line matches; one of the two is given
	Timeout time.Duration // an unfinished record is taken after this long, 2 s when unsaid
}

// Topic is a declared topic.
type Topic struct {
	Name           string
	File           string
	Partitions     int
	Retention      time.Duration // Forever: none
	RetentionBytes int64         // 0: no bound
	Columns        maru.Schema   // empty: inferred from a sample
	Time           string        // event time column; empty: time of append
	Watermark      time.Duration
	Idle           time.Duration
	Header         map[string]Pos
}

// Emit says when a stream's answer comes.
const (
	EmitChanges     = "changes"
	EmitWindowClose = "window close"
)

// Stream is one SELECT that never ends.
type Stream struct {
	Name         string
	File         string
	SQL          string // the body without its header
	Line         int    // line of the body's first line; its columns are those of the file
	Emit         string // EmitChanges when unsaid
	Topic        string // output topic; empty: a view only
	TTL          time.Duration
	Keep         time.Duration // how long rows of the view stay; 0 when unsaid
	State        string        // "unbounded" when the writer accepts that; else empty
	Watermark    time.Duration // 0: that of the source topic
	Idle         time.Duration // 0: that of the source topic
	FromRetained bool          // rebuild from what the topic still has
	Header       map[string]Pos
}

// Seed is a small table kept beside the SQL.
type Seed struct {
	Name string
	File string
}

func (p *Project) sort() {
	slices.SortFunc(p.Collectors, func(a, b Collector) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Topics, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Streams, func(a, b Stream) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Seeds, func(a, b Seed) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Dashboards, func(a, b spec.Dashboard) int { return strings.Compare(a.Name, b.Name) })
}

// owners says which file has which name, as placed.nameKey.
func (p *Project) owners() map[string]string {
	m := make(map[string]string, len(p.Collectors)+len(p.Topics)+len(p.Streams)+len(p.Seeds)+len(p.Dashboards))
	for _, c := range p.Collectors {
		m[placed{kind: collectorKind, name: c.Name}.nameKey()] = c.File
	}
	for _, d := range p.Dashboards {
		m[placed{kind: dashboardKind, name: d.Name}.nameKey()] = d.File
	}
	for _, t := range p.Topics {
		m[t.Name] = t.File
	}
	for _, s := range p.Streams {
		m[s.Name] = s.File
	}
	for _, s := range p.Seeds {
		m[s.Name] = s.File
	}
	return m
}
