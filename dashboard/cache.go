package dashboard

import (
	"container/list"
	"context"
	"sync"
	"time"

	"maru"
	"maru/run"
)

// How long an answer holds that nobody can say to be unchanged.
const (
	restMax    = 5 * time.Second // of what is no view: topics, seeds, files
	answerMax  = time.Hour       // of any
	overAfter  = time.Hour       // a range is over when its end is so far before the watermark: windows may be open that long
	entryBytes = 200             // of an answer beside its rows, about

	// Points that are 5 minutes wide are not made anew more often than every 5 s:
	// nobody sees the difference, and a dashboard that is left open costs a fifth.
	stepRests   = 60
	stepRestMax = 10 * time.Second
)

// answer is what a statement gave. It does not change.
type answer struct {
	table     *table
	points    []point
	truncated bool // of points
	took      time.Duration
	reads     []string // views
	others    bool     // beside them
}

// entry is an answer that is kept.
type entry struct {
	key    string
	answer *answer
	made   time.Time
	over   bool             // the range has ended before the watermarks
	rows   map[string]int64 // of the views at the time; nil: not all that was read is a view
	rest   time.Duration    // how long it holds although there are new rows
	bytes  int64
}

// flight is a statement that is being executed for all who wait.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int
	answer  *answer
	err     error
}

// cache executes each statement once and keeps what it gave.
type cache struct {
	sql     SQL
	clock   maru.Clock
	timeout time.Duration
	max     int64
	slots   chan struct{} // one for each statement that is being executed

	mu      sync.Mutex // guards all below
	entries map[string]*list.Element
	order   list.List // of *entry; the newest use first
	bytes   int64
	flights map[string]*flight
	closed  bool
	wg      sync.WaitGroup // of flights
}

func newCache(cfg Config, needs Needs) *cache {
	return &cache{sql: needs.SQL, clock: needs.Clock, timeout: cfg.Timeout, max: cfg.CacheBytes, slots: make(chan struct{}, statementsMax),
		entries: map[string]*list.Element{}, flights: map[string]*flight{}}
}

// seen is what is known of the views when somebody asks.
type seen struct {
	states map[string]State
	now    time.Time
}

// get gives what is kept, or executes the statement. at is when the answer was
// known to be right.
func (c *cache) get(ctx context.Context, s statement, now seen) (a *answer, at time.Time, cached bool, err error) {
	key := s.key()
	c.mu.Lock()
	if el, ok := c.entries[key]; ok {
		e := el.Value.(*entry)
		if at, ok := e.holds(now); ok {
			c.order.MoveToFront(el)
			c.mu.Unlock()
			return e.answer, at, true, nil
		}
		c.dropLocked(el)
	}
	f, err := c.joinLocked(key, s, now)
	c.mu.Unlock()
	if err != nil {
		return nil, time.Time{}, false, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.mu.Lock()
	f.waiting--
	if f.waiting == 0 {
		f.cancel() // nobody wants it any more; nothing happens to one that has ended
		if c.flights[key] == f {
			delete(c.flights, key)
		}
	}
	c.mu.Unlock()
	if err == nil {
		err = f.err
	}
	if err != nil {
		return nil, time.Time{}, false, err
	}
	return f.answer, now.now, false, nil
}

// holds says whether an answer is still right, and as of when.
func (e *entry) holds(now seen) (at time.Time, ok bool) {
	age := now.now.Sub(e.made)
	switch {
	case age < 0 || age > answerMax:
		return at, false
	case e.over:
		return now.now, true
	case e.rows == nil:
		return e.made, age < restMax
	}
	for name, rows := range e.rows {
		if st, ok := now.states[name]; !ok || st.Rows != rows {
			return e.made, age < e.rest
		}
	}
	return now.now, true
}

// joinLocked waits for a statement that is under way, or sets it out.
func (c *cache) joinLocked(key string, s statement, now seen) (*flight, error) {
	if f := c.flights[key]; f != nil {
		f.waiting++
		return f, nil
	}
	if c.closed {
		return nil, maru.Errorf(maru.Unavailable, "the server is stopping")
	}
	// Not the asker's context: others may wait for the same.
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.timeout, maru.Errorf(maru.Timeout, "the statement took longer than %s", c.timeout))
	f := &flight{done: make(chan struct{}), cancel: cancel, waiting: 1}
	c.flights[key] = f
	c.wg.Add(1)
	run.Go("dashboard statement", func() {
		defer c.wg.Done()
		defer cancel()
		err := run.Protect("dashboard statement", func() error {
			select {
			case c.slots <- struct{}{}:
				defer func() { <-c.slots }()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			var err error
			f.answer, err = execute(ctx, c.sql, s)
			if err != nil && ctx.Err() != nil && maru.KindOf(context.Cause(ctx)) == maru.Timeout {
				err = context.Cause(ctx)
			}
			return err
		})
		f.err = err
		c.mu.Lock()
		if c.flights[key] == f {
			delete(c.flights, key)
		}
		if err == nil {
			c.keepLocked(key, s, f.answer, now)
		}
		c.mu.Unlock()
		close(f.done)
	})
	return f, nil
}

// keepLocked remembers an answer as of when it was asked for: what came while
// it was made may be in it or not.
func (c *cache) keepLocked(key string, s statement, a *answer, now seen) {
	e := &entry{key: key, answer: a, made: now.now, rest: s.rest, bytes: int64(len(key)+16*len(a.points)) + entryBytes}
	if a.table != nil {
		e.bytes += int64(a.table.bytes)
	}
	if !a.others && len(a.reads) > 0 {
		e.rows, e.over = map[string]int64{}, !s.to.IsZero()
		for _, name := range a.reads {
			st, ok := now.states[name]
			if !ok {
				e.rows, e.over = nil, false
				break
			}
			e.rows[name] = st.Rows
			e.over = e.over && s.to.Add(overAfter).Before(st.Watermark)
		}
	}
	if el, ok := c.entries[key]; ok {
		c.dropLocked(el)
	}
	if e.bytes > c.max/4 {
		return
	}
	c.entries[key] = c.order.PushFront(e)
	c.bytes += e.bytes
	for c.bytes > c.max {
		c.dropLocked(c.order.Back())
	}
}

func (c *cache) dropLocked(el *list.Element) {
	e := c.order.Remove(el).(*entry)
	delete(c.entries, e.key)
	c.bytes -= e.bytes
}

// close ends what is under way and waits for it.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	for _, f := range c.flights {
		f.cancel()
	}
	c.mu.Unlock()
	c.wg.Wait()
}
