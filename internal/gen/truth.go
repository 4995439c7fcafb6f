package gen

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"maru"
)

// truthCellsMax bounds the counts by minute and path: about 1.6 GB.
const truthCellsMax = 100_000_000

// Truth is what a log holds, counted as it was written. Of a log that was
// gone on with it is the whole, renamed and removed files included.
//
// A call is repeated if, among the rows of the whole log with the same key,
// ordered by (ts, position in the log), it follows the one before it after
// 0 ≤ gap < 200 ms. The key is user, method, path, query and body hash for
// NDJSON; client, method, path and query for combined. Minutes are those of
// ts, a repeat counts in the minute of its own ts.
//
// A row is out of order if a row before it has a later ts, and late if that
// is later by more than MaxDisorderMs.
type Truth struct {
	Format        string           `json:"format"`
	Seed          uint64           `json:"seed"`
	Rows          int64            `json:"rows"`
	Bytes         int64            `json:"bytes"`
	FileBytes     int64            `json:"file_bytes"` // of the log's newest file when it was closed
	FirstTS       time.Time        `json:"first_ts"`
	LastTS        time.Time        `json:"last_ts"` // the latest ts, not that of the last row
	MaxDisorderMs int64            `json:"max_disorder_ms"`
	OutOfOrder    int64            `json:"out_of_order"`
	Late          int64            `json:"late"`
	ByStatus      map[string]int64 `json:"by_status"`
	ByPath        map[string]int64 `json:"by_path"`
	Repeated      Repeated         `json:"repeated"`
	Minutes       []Minute         `json:"minutes"`
}

// Repeated counts the repeated calls.
type Repeated struct {
	WithinMs int64            `json:"within_ms"`
	Total    int64            `json:"total"`
	Planted  int64            `json:"planted"` // on purpose; the others happened
	ByCall   map[string]int64 `json:"by_call"` // "GET /api/v1/orders"
}

// Minute counts the rows of one minute of event time.
type Minute struct {
	Minute   time.Time        `json:"minute"`
	ByPath   map[string]int64 `json:"by_path"`
	Repeated map[string]int64 `json:"repeated,omitempty"`
}

// ReadTruth reads the truth beside a log.
func ReadTruth(file string) (Truth, error) {
	var t Truth
	b, err := os.ReadFile(file)
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return t, maru.Errorf(maru.Corrupt, "truth file %s: %w", file, err)
	}
	return t, nil
}

// write puts the truth in place, whole or not at all.
func (t Truth) write(file string) error {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return fmt.Errorf("truth: %w", err)
	}
	if err := os.WriteFile(file+".new", append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("truth: %w", err)
	}
	return os.Rename(file+".new", file)
}

// counter counts the truth row by row.
type counter struct {
	world   *world
	recent  *recent
	delay   int64 // milliseconds by which a row may stand too far down
	minutes bool  // also by minute: only if somebody will read it

	rows, planted, total int64
	outOfOrder, late     int64
	first, last          int64 // least and greatest ts; last also decides lateness
	statuses             [1000]int64
	paths                []int64
	calls                []int64 // repeated, by callOf
	open                 map[int64]*openMinute
	latest               *openMinute
	closed               []closedMinute
	cells                int
}

// openMinute may still get rows, so it has a count for every path.
type openMinute struct {
	minute         int64
	rows, repeated []uint32
}

// closedMinute keeps the counts that are not zero.
type closedMinute struct {
	minute int64
	cells  []cell
}

type cell struct {
	path           uint32
	rows, repeated uint32
}

func newCounter(c Config, w *world) *counter {
	n := &counter{world: w, minutes: c.Truth != "", first: -1, last: -1,
		paths: make([]int64, len(w.paths)), calls: make([]int64, len(w.paths)*methodCount), open: map[int64]*openMinute{}}
	switch {
	case c.LateShare > 0:
		n.delay = lateMax
	case c.DisorderShare > 0:
		n.delay = disorderMax
	}
	n.recent = newRecent(c.Format == Combined, n.delay)
	return n
}

// add counts the next row of the file, written at a time.
func (n *counter) add(c *call, at int64) error {
	n.rows++
	n.statuses[c.status]++
	n.paths[c.path]++
	if c.repeat {
		n.planted++
	}
	if n.first < 0 || c.ts < n.first {
		n.first = c.ts
	}
	switch {
	case c.ts < n.last-disorderMax:
		n.late++
		n.outOfOrder++
	case c.ts < n.last:
		n.outOfOrder++
	default:
		n.last = c.ts
	}
	repeated, later := n.recent.add(c, at)
	if n.minutes {
		m, err := n.minute(c.ts/60_000, at)
		if err != nil {
			return err
		}
		m.rows[c.path]++
	}
	if repeated {
		n.repeated(c, c.ts)
	}
	if later >= 0 {
		n.repeated(c, later)
	}
	return nil
}

// repeated counts a repeat of the call that happened at ts. Its minute is
// open: it has a row.
func (n *counter) repeated(c *call, ts int64) {
	n.total++
	n.calls[callOf(c.path, c.method)]++
	if n.minutes {
		n.open[ts/60_000].repeated[c.path]++
	}
}

// minute finds a minute's counts. When a new minute begins, those that no row
// can reach any more are closed.
func (n *counter) minute(minute, at int64) (*openMinute, error) {
	if n.latest != nil && n.latest.minute == minute {
		return n.latest, nil
	}
	m := n.open[minute]
	if m == nil {
		if err := n.closeBefore((at - n.delay - repeatWithin) / 60_000); err != nil {
			return nil, err
		}
		m = &openMinute{minute: minute, rows: make([]uint32, len(n.paths)), repeated: make([]uint32, len(n.paths))}
		n.open[minute] = m
	}
	n.latest = m
	return m, nil
}

func (n *counter) closeBefore(minute int64) error {
	for number, m := range n.open {
		if number >= minute {
			continue
		}
		done := closedMinute{minute: number}
		for p, rows := range m.rows {
			if rows > 0 {
				done.cells = append(done.cells, cell{uint32(p), rows, m.repeated[p]})
			}
		}
		n.cells += len(done.cells)
		done.cells = slices.Clip(done.cells)
		n.closed = append(n.closed, done)
		delete(n.open, number)
	}
	if n.cells > truthCellsMax {
		return maru.Errorf(maru.TooLarge, "the truth has more than %d counts by minute and path: write fewer rows, at a higher rate, or no truth", truthCellsMax)
	}
	return nil
}

// truth is what has been counted.
func (n *counter) truth(c Config) (Truth, error) {
	t := Truth{Format: c.Format, Seed: c.Seed, Rows: n.rows, MaxDisorderMs: disorderMax, OutOfOrder: n.outOfOrder, Late: n.late,
		ByStatus: map[string]int64{}, ByPath: map[string]int64{},
		Repeated: Repeated{WithinMs: repeatWithin, Total: n.total, Planted: n.planted, ByCall: map[string]int64{}}}
	if n.rows > 0 {
		t.FirstTS, t.LastTS = time.UnixMilli(n.first).UTC(), time.UnixMilli(n.last).UTC()
	}
	for s, rows := range n.statuses {
		if rows > 0 {
			t.ByStatus[strconv.Itoa(s)] = rows
		}
	}
	for p, rows := range n.paths {
		text := n.world.paths[p].text
		if rows > 0 {
			t.ByPath[text] = rows
		}
		for m, name := range methodNames {
			if repeated := n.calls[callOf(uint16(p), uint8(m))]; repeated > 0 {
				t.Repeated.ByCall[name+" "+text] = repeated
			}
		}
	}
	if err := n.closeBefore(1<<63 - 1); err != nil {
		return t, err
	}
	slices.SortFunc(n.closed, func(a, b closedMinute) int { return int(a.minute - b.minute) })
	for _, m := range n.closed {
		t.Minutes = append(t.Minutes, n.minuteTruth(m))
	}
	return t, nil
}

func (n *counter) minuteTruth(m closedMinute) Minute {
	out := Minute{Minute: time.Unix(m.minute*60, 0).UTC(), ByPath: map[string]int64{}}
	for _, c := range m.cells {
		text := n.world.paths[c.path].text
		out.ByPath[text] = int64(c.rows)
		if c.repeated > 0 {
			if out.Repeated == nil {
				out.Repeated = map[string]int64{}
			}
			out.Repeated[text] = int64(c.repeated)
		}
	}
	return out
}

// plus is the truth of a log that was gone on with.
func (t Truth) plus(o Truth) Truth {
	sum := t
	sum.Rows += o.Rows
	sum.Bytes += o.Bytes
	sum.FileBytes = o.FileBytes
	sum.OutOfOrder += o.OutOfOrder
	sum.Late += o.Late
	sum.Repeated.Total += o.Repeated.Total
	sum.Repeated.Planted += o.Repeated.Planted
	if t.Rows == 0 {
		sum.FirstTS = o.FirstTS
	}
	if o.Rows > 0 {
		sum.LastTS = o.LastTS
	}
	sum.ByStatus = addCounts(t.ByStatus, o.ByStatus)
	sum.ByPath = addCounts(t.ByPath, o.ByPath)
	sum.Repeated.ByCall = addCounts(t.Repeated.ByCall, o.Repeated.ByCall)
	sum.Minutes = nil
	for _, m := range append(slices.Clone(t.Minutes), o.Minutes...) {
		if last := len(sum.Minutes) - 1; last >= 0 && sum.Minutes[last].Minute.Equal(m.Minute) {
			both := &sum.Minutes[last]
			both.ByPath, both.Repeated = addCounts(both.ByPath, m.ByPath), addCounts(both.Repeated, m.Repeated)
			continue
		}
		sum.Minutes = append(sum.Minutes, m)
	}
	return sum
}

func addCounts(a, b map[string]int64) map[string]int64 {
	if len(a)+len(b) == 0 {
		return a
	}
	sum := make(map[string]int64, max(len(a), len(b)))
	for k, n := range a {
		sum[k] = n
	}
	for k, n := range b {
		sum[k] += n
	}
	return sum
}
