package collect

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// Status is where a collector stands. The counts are since Open.
type Status struct {
	Name      string       `json:"name"`
	Topic     string       `json:"topic"`
	Running   bool         `json:"running"`
	Bytes     int64        `json:"bytes"`     // read and used, unpacked
	LagBytes  int64        `json:"lag_bytes"` // in the files, not used yet; packed files count only as packed bytes before they are opened
	Rows      int64        `json:"rows"`      // landed in the topic
	Rejected  int64        `json:"rejected"`  // landed in the topic of what does not parse
	Skipped   int64        `json:"skipped"`   // read again after a restart, and had landed before
	MBPerSec  float64      `json:"mb_per_s"`  // over the last seconds
	LastError string       `json:"last_error,omitempty"`
	Notices   []string     `json:"notices,omitempty"` // what the user should know, newest last
	Files     []FileStatus `json:"files"`
}

// FileStatus is where one logical log stands.
type FileStatus struct {
	Log        string    `json:"log"`  // the log's name
	Path       string    `json:"path"` // the file that is read now: the log, or a rotated one
	Generation uint64    `json:"generation"`
	Offset     int64     `json:"offset"`
	Size       int64     `json:"size"` // -1: packed, not known
	Format     string    `json:"format,omitempty"`
	Why        string    `json:"why,omitempty"` // how the format was found
	Done       bool      `json:"done"`
	LastRow    time.Time `json:"last_row,omitzero"`
	LastError  string    `json:"last_error,omitempty"`
}

// noticesMax bounds how many notices are kept.
const noticesMax = 20

// meter holds the counts of a collector; safe for concurrent use.
type meter struct {
	bytes, rows, rejected, skipped atomic.Int64

	mu        sync.Mutex // guards all below
	lastError string
	notices   []string
	marks     []mark // of bytes, oldest first
}

type mark struct {
	at    time.Time
	bytes int64
}

// The rate is taken over rateSpan, from marks that are markEvery apart.
const (
	rateSpan  = 3 * time.Second
	markEvery = 250 * time.Millisecond
)

func (m *meter) add(bytes int64, now time.Time) {
	total := m.bytes.Add(bytes)
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.marks); n > 0 && now.Sub(m.marks[n-1].at) < markEvery {
		return
	}
	m.marks = append(m.marks, mark{now, total})
	for len(m.marks) > 1 && now.Sub(m.marks[0].at) > rateSpan {
		m.marks = m.marks[1:]
	}
}

// rate is MB/s from the oldest mark that is young enough until now.
func (m *meter) rate(now time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.marks {
		if age := now.Sub(k.at); age <= rateSpan && age > 0 {
			return float64(m.bytes.Load()-k.bytes) / 1e6 / age.Seconds()
		}
	}
	return 0
}

func (m *meter) notice(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices = append(m.notices, text)
	if len(m.notices) > noticesMax {
		m.notices = m.notices[1:]
	}
}

func (m *meter) failed(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastError = text
}

func (m *meter) words() (lastError string, notices []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lastError, append([]string(nil), m.notices...)
}

// Status says where the collector stands. It is cheap and may be called at
// any time from any goroutine.
func (c *Collector) Status() Status {
	now := c.clock.Now()
	s := Status{Name: c.cfg.Name, Topic: c.cfg.Topic, Running: c.running.Load(), Bytes: c.meter.bytes.Load(), Rows: c.meter.rows.Load(),
		Rejected: c.meter.rejected.Load(), Skipped: c.meter.skipped.Load(), MBPerSec: c.meter.rate(now), Files: []FileStatus{}}
	s.LastError, s.Notices = c.meter.words()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, src := range c.sources {
		f := src.status()
		if f.Size > f.Offset {
			s.LagBytes += f.Size - f.Offset
		}
		s.Files = append(s.Files, f)
	}
	sort.Slice(s.Files, func(i, j int) bool { return s.Files[i].Log < s.Files[j].Log })
	return s
}
