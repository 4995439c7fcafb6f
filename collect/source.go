package collect

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"maru"
	"maru/collect/internal/parse"
	"maru/collect/internal/tail"
)

const (
	// batchBytes is when a batch is sent; batchMax is what a batch never
	// passes unless it holds a single row.
	batchBytes = 512 << 10
	batchMax   = 1_000_000
	// valueSlack is how much longer than its line a row may be as JSON.
	valueSlack = 32 << 10
	// turnBytes is how much one log is read before others get their turn.
	turnBytes = 16 << 20
	// otherLaneAge is how long a row of a slow lane waits while others are busy.
	otherLaneAge = 100 * time.Millisecond
	closeTimeout = 5 * time.Second
)

// source is one logical log on its way into the topic.
type source struct {
	c     *Collector
	base  string
	id    string
	wake  chan struct{} // holds one hint that the files changed
	ready chan struct{} // closed when it is known which files the source owns
	once  sync.Once
	ahead chan opening // the writer that was asked for before its turn; nil when none was

	log    *tail.Log
	lanes  *lanes
	reader *parse.Reader
	why    string
	lane   int           // of rows without a key
	last   int           // the lane that got the last row
	until  tail.Position // up to here rows may have landed
	out    []byte
	long   overlong
	seen   int64     // offset up to which bytes were seen, used or not
	grewAt time.Time // when seen moved
	moved  bool      // something was used in this session
	begun  bool      // the targets know where the log begins

	mu      sync.Mutex // guards st, shared and resumed
	st      FileStatus
	shared  *tail.Log // log, for other goroutines
	resumed bool      // the log was read before
}

// overlong is a record that is longer than allowed, while it is read past.
type overlong struct {
	start, length int64
	head          []byte
}

func newSource(c *Collector, base string) *source {
	h := fnv.New64a()
	h.Write([]byte(base))
	s := &source{c: c, base: base, wake: make(chan struct{}, 1), ready: make(chan struct{})}
	s.id = fmt.Sprintf("collect-%s-%016x", c.cfg.Name, h.Sum64())
	s.st = FileStatus{Log: base, Path: base}
	return s
}

func (s *source) settled() { s.once.Do(func() { close(s.ready) }) }

func (s *source) status() FileStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st
}

func (s *source) owns(id tail.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shared != nil && s.shared.Owns(id)
}

// report copies what Status shows.
func (s *source) report(now time.Time) {
	size := s.log.Size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.Path, s.st.Generation, s.st.Offset, s.st.Size = s.log.Path(), s.log.Gen(), s.log.Offset(), size
	s.st.LastError = ""
	if s.reader != nil {
		s.st.Format, s.st.Why = s.reader.Format, s.why
	}
	if s.moved {
		s.st.LastRow = now
	}
}

// session opens the writer, goes to where the log was left, and reads until
// the end of all files, ctx, or an error; errClaimed when another source has
// the file.
func (s *source) session(ctx context.Context) (err error) {
	w, err := s.writer(ctx)
	if err != nil {
		return err
	}
	parts := s.c.parts
	s.lanes = &lanes{w: w, pool: s.c.pool, crash: s.c.crash, clock: s.c.clock, all: make([]lane, parts+1), parts: parts, landed: s.landed}
	defer func() {
		s.lanes.drop()
		s.close(ctx, w, err)
	}()
	log := tail.New(s.base, tail.Options{Follow: s.c.cfg.Follow, RotateWait: s.c.cfg.RotateWait, Matched: s.c.matches,
		Clock: s.c.clock, Notice: s.notice, Crash: s.c.crash})
	defer log.Close()
	s.log = log
	s.mu.Lock()
	s.shared = log
	s.mu.Unlock()
	fresh, err := s.resume()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.resumed = !fresh
	s.mu.Unlock()
	s.settled()
	if fresh && s.c.claimed(ctx, s) {
		return errClaimed
	}
	// A log that is only read to its end is begun anew when nothing has landed.
	s.begun = !fresh || !s.c.cfg.Follow
	if err := s.mark(ctx); err != nil {
		return err
	}
	s.c.crash(CrashAfterResume)
	return s.read(ctx)
}

// mark makes known where the log begins, once there is a file: until its first
// row lands nothing else would tell, and the file may be rotated meanwhile.
func (s *source) mark(ctx context.Context) error {
	p, ok := s.log.Mark()
	if s.begun || !ok {
		return nil
	}
	s.begun = true
	return s.lanes.w.Mark(ctx, s.lane, p.Append(nil))
}

// errClaimed ends a source whose file is a rotated file of another one.
var errClaimed = errors.New("the file belongs to another log")

func (s *source) notice(text string) {
	s.c.meter.notice(text)
	s.c.log.Warn(text, "collector", s.c.cfg.Name)
}

func (s *source) landed(lane int, rows int64) {
	if lane == len(s.lanes.all)-1 {
		s.c.meter.rejected.Add(rows)
	} else {
		s.c.meter.rows.Add(rows)
	}
}

// resume goes to the place up to which every target has all its rows.
func (s *source) resume() (fresh bool, err error) {
	from, last, ok, err := s.lanes.resume()
	if err != nil {
		return false, err
	}
	s.long, s.seen, s.moved, s.last = overlong{}, 0, false, 0
	s.until = last
	s.choose()
	if !ok {
		return true, s.log.Resume(nil, 0)
	}
	if from.Gen != last.Gen {
		from.Offset = 0
	}
	if err := s.log.Resume(&last, from.Offset); err != nil {
		return false, err
	}
	if s.reader != nil {
		return false, s.begin()
	}
	return false, nil
}

// choose fixes the partition of rows without a key: the one that has the
// furthest row, so that partitions added later move nothing, else by name.
func (s *source) choose() {
	h := fnv.New32a()
	h.Write([]byte(s.base))
	s.lane = int(h.Sum32() % uint32(s.lanes.parts))
	var most tail.Position
	for i := range s.lanes.parts {
		b, ok := s.lanes.w.Landed(int(i))
		if !ok {
			continue
		}
		if p, err := tail.ParsePosition(b); err == nil && most.Before(p) {
			most, s.lane = p, int(i)
		}
	}
}

// begin prepares the parser for the open generation. A CSV file that is not
// read from its start has its header read again.
func (s *source) begin() error {
	if s.log.Offset() == 0 || !s.reader.NeedsHeader() {
		return s.reader.Begin(nil, s.log.Written())
	}
	if err := s.reader.Begin(nil, s.log.Written()); err != nil {
		return err
	}
	start, err := s.log.Start(s.c.cfg.MaxLineBytes)
	if err != nil {
		return err
	}
	for {
		rec, n := s.reader.Next(start, false)
		if rec != nil || n == 0 {
			return s.reader.Begin(rec, s.log.Written())
		}
		start = start[n:]
	}
}

// read is the loop: read to the end, wait for a hint, an answer or the poll.
func (s *source) read(ctx context.Context) error {
	for {
		win, err := s.window(ctx)
		if err != nil {
			return err
		}
		st, err := s.drain(ctx, win)
		s.c.slots <- win
		if err != nil {
			return err
		}
		switch st {
		case tail.More:
			continue
		case tail.Ended:
			return nil
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// window waits for a window to read through. Answers are taken meanwhile:
// the one who has the window may wait for the builders that they free.
func (s *source) window(ctx context.Context) (*tail.Window, error) {
	for {
		select {
		case w := <-s.c.slots:
			if w == nil {
				w = tail.NewWindow(s.c.cfg.MaxLineBytes)
			}
			return w, nil
		case err := <-s.lanes.oldest():
			if err := s.lanes.answered(err); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// wait ends with a hint or the poll, but not before linger has passed: what
// is appended meanwhile shares a batch.
func (s *source) wait(ctx context.Context) error {
	linger := time.NewTimer(s.c.cfg.Linger)
	defer linger.Stop()
	poll := time.NewTimer(s.c.cfg.Poll)
	defer poll.Stop()
	early, hinted := true, false
	for early || !hinted {
		wake := s.wake
		if hinted {
			wake = nil
		}
		select {
		case <-wake:
			hinted = true
		case <-linger.C:
			early = false
		case <-poll.C:
			return nil
		case err := <-s.lanes.oldest():
			if err := s.lanes.answered(err); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// drain reads what there is. More: others should have a turn. Idle: it waits
// for more. Ended: all files are read to their ends, and all rows have landed.
func (s *source) drain(ctx context.Context, win *tail.Window) (tail.State, error) {
	s.log.Attach(win)
	defer s.log.Detach()
	defer func() { s.report(s.c.clock.Now()) }()
	var used int64
	for {
		if err := ctx.Err(); err != nil {
			return tail.Idle, err
		}
		st, err := s.log.Fill()
		if err != nil {
			return st, err
		}
		before := s.log.Offset()
		if err := s.use(ctx, st == tail.Ended || st == tail.Idle && s.overdue()); err != nil {
			return st, err
		}
		used += s.log.Offset() - before
		switch {
		case st == tail.Ended:
			more, err := s.next(ctx)
			if more && err == nil {
				continue
			}
			if s.c.cfg.Follow {
				return tail.Idle, err
			}
			return tail.Ended, err
		case st == tail.Idle || used > turnBytes && !s.log.Streaming():
			return st, s.lanes.sendAll(ctx, s.log.Position())
		}
		s.report(s.c.clock.Now())
		if err := s.lanes.sendOld(ctx, s.log.Position(), otherLaneAge); err != nil {
			return st, err
		}
	}
}

// next lands everything of this generation and goes to the next one.
func (s *source) next(ctx context.Context) (bool, error) {
	if err := s.lanes.sendAll(ctx, s.log.Position()); err != nil {
		return false, err
	}
	if err := s.lanes.settleAll(ctx); err != nil {
		return false, err
	}
	if s.log.Gen() > 0 {
		s.c.crash(CrashAfterGeneration)
	}
	more, err := s.log.Next()
	if err != nil || !more {
		return false, err
	}
	s.long, s.seen = overlong{}, 0
	if err := s.mark(ctx); err != nil {
		return false, err
	}
	if s.reader != nil {
		err = s.begin()
	}
	return true, err
}

// overdue says that what is unread has waited long enough for its end.
func (s *source) overdue() bool {
	b := s.log.Unread()
	now := s.c.clock.Now()
	if at := s.log.Offset() + int64(len(b)); at != s.seen {
		s.seen, s.grewAt = at, now
		return false
	}
	if len(b) == 0 || s.reader != nil && s.reader.Open(b) {
		return false
	}
	limit := s.c.cfg.FlushPeriod
	if m := s.c.cfg.Multiline; (m.Start != "" || m.End != "") && b[len(b)-1] == '\n' {
		limit = m.Timeout
	}
	return now.Sub(s.grewAt) >= limit
}

// retryable says whether trying again may help without anybody's doing.
func retryable(err error) bool {
	switch maru.KindOf(err) {
	case maru.Conflict, maru.Invalid, maru.Denied, maru.Unauthenticated, maru.Corrupt, maru.Canceled:
		return false
	}
	return true
}
