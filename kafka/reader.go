package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
	"maru/run"
)

const (
	fetchMaxBytes        = 8 << 20
	fetchMaxWait         = 500 * time.Millisecond
	partitionMaxBytesMin = 1 << 20

	retryMin = 20 * time.Millisecond
	retryMax = 2 * time.Second
	// unknownTopicFor is how long a topic may be unknown to the brokers –
	// metadata spreads slowly after a topic is made – before it counts as gone.
	unknownTopicFor = 10 * time.Second
)

// ReaderConfig says what to read. Zero values take the defaults.
type ReaderConfig struct {
	Topic             string
	From              map[int32]int64 // partition → offset; more with Reader.Add
	MaxWait           time.Duration   // how long the broker may wait for MinBytes (500 ms)
	MinBytes          int32           // 1
	MaxBytes          int32           // of one fetch round over all leaders (8 MiB)
	PartitionMaxBytes int32           // of one partition in a round (its share of MaxBytes, at least 1 MiB)
	NoPrefetch        bool            // do not fetch the next round while the caller works on the last one
	ReadUncommitted   bool            // also give records of open and aborted transactions
}

func (c *ReaderConfig) fill() {
	if c.MaxWait <= 0 {
		c.MaxWait = fetchMaxWait
	}
	c.MinBytes = max(c.MinBytes, 1)
	if c.MaxBytes <= 0 {
		c.MaxBytes = fetchMaxBytes
	}
}

// Chunk is a run of whole batches of one partition. Raw may begin with records
// before From; Iter passes over them.
type Chunk struct {
	Partition     int32
	From          int64
	Raw           []byte
	NextOffset    int64
	HighWatermark int64 // the end of what may be read: open transactions are beyond it
	LogStart      int64
}

// AtEnd says whether the partition had nothing more when this was fetched.
func (c *Chunk) AtEnd() bool { return c.NextOffset >= c.HighWatermark }

// OutOfRange says that an offset to read from is no longer, or not yet, in the
// partition. Poll returns it until the partition is added again elsewhere.
type OutOfRange struct {
	Topic     string
	Partition int32
	Offset    int64
	Start     int64
	End       int64
}

func (e *OutOfRange) Error() string {
	why := "retention has removed it: go on from the start, and what lies between is lost"
	if e.Offset > e.End {
		why = "the topic was made anew or its broker has lost data: go on from the end, or read again from the start"
	}
	return fmt.Sprintf("topic %s partition %d has no offset %d, it holds %d to %d; %s",
		e.Topic, e.Partition, e.Offset, e.Start, e.End, why)
}

// Reader fetches raw batches of the partitions it is given. One goroutine may
// call Poll; the other methods are safe beside it.
//
// At most one fetch a leader is ahead of the caller, so that memory stays
// within 2 × MaxBytes – a single batch bigger than that is still read whole.
type Reader struct {
	cfg     ReaderConfig
	cl      *kgo.Client
	topicID [16]byte
	tasks   *run.Group
	cancel  context.CancelFunc // ends them
	stopped <-chan struct{}    // closed when they are to end
	notify  chan struct{}

	mu         sync.Mutex // guards all below
	parts      map[int32]*part
	turns      int            // of Add calls
	order      []int32        // of the parts in the next request; turned after each
	busy       map[int32]bool // leaders with a fetch under way or not yet taken
	ready      []fetched
	refreshing bool
	backoff    time.Duration
	unknown    time.Time // since when the topic is not known
	lastErr    error
	fatal      error
}

type part struct {
	id       int32
	pos      int64
	leader   int32 // -1: to be looked up
	turn     int   // of Add calls; a fetch of an earlier turn is dropped
	hw       int64
	logStart int64
	broken   error
}

// NewReader opens a reader with connections of its own. NotFound when the
// topic or a partition is not there.
func (c *Client) NewReader(ctx context.Context, cfg ReaderConfig) (*Reader, error) {
	cfg.fill()
	cl, err := c.dial(c.clientID)
	if err != nil {
		return nil, err
	}
	t, err := topicOf(ctx, cl, cfg.Topic)
	if err != nil {
		cl.Close()
		return nil, fail("kafka.NewReader", err, "topic %s", cfg.Topic)
	}
	r := &Reader{cfg: cfg, cl: cl, topicID: t.ID, notify: make(chan struct{}, 1), parts: map[int32]*part{}, busy: map[int32]bool{}}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.tasks, life = run.NewGroup(life)
	r.cancel, r.stopped = cancel, life.Done()
	for _, p := range slices.Sorted(maps.Keys(cfg.From)) {
		if int(p) >= len(t.Partitions) {
			r.Close()
			return nil, maru.Errorf(maru.NotFound, "kafka.NewReader: topic %s has %d partitions, there is no partition %d", cfg.Topic, len(t.Partitions), p)
		}
		r.Add(p, cfg.From[p])
	}
	r.mu.Lock()
	r.learn(t)
	r.mu.Unlock()
	return r, nil
}

// Add reads a partition from an offset on; one that is read already goes on
// from there, and what was fetched of it before is dropped.
func (r *Reader) Add(partition int32, from int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	leader := int32(-1)
	if old := r.parts[partition]; old != nil {
		leader = old.leader
	} else {
		r.order = append(r.order, partition)
	}
	// Counted over all partitions and never anew: one that was removed and added
	// again must not take the answer to its earlier fetch.
	r.turns++
	r.parts[partition] = &part{id: partition, pos: from, leader: leader, turn: r.turns, hw: -1, logStart: -1}
}

// Remove reads a partition no longer.
func (r *Reader) Remove(partition int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.parts, partition)
	r.order = slices.DeleteFunc(r.order, func(p int32) bool { return p == partition })
}

// Partitions lists what is read, in order.
func (r *Reader) Partitions() []int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.order))
}

// Position is the offset after what Poll has given of partition p; -1 when it is not read.
func (r *Reader) Position(p int32) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if part := r.parts[p]; part != nil {
		return part.pos
	}
	return -1
}

// AtEnd says whether the newest answer of the broker had nothing of p beyond
// what Poll has given, also where there was nothing to give at all.
func (r *Reader) AtEnd(p int32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	part := r.parts[p]
	return part != nil && part.hw >= 0 && part.pos >= part.hw
}

// LastError is what keeps the reader from getting data now, nil while all is
// well: Poll goes on trying.
func (r *Reader) LastError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastErr
}

// Close ends the reader and its connections.
func (r *Reader) Close() {
	r.cancel()
	r.cl.Close()
	_ = r.tasks.Wait() // only a panic, which has been logged
}

// Poll gives what was fetched, in the order to consume it; nothing after
// MaxWait without data. A lost connection or a leader that moved is tried
// again for ever (LastError); an error is *OutOfRange, or of kind NotFound
// (the topic is gone), Conflict (it was made anew), Denied or Corrupt.
func (r *Reader) Poll(ctx context.Context) ([]Chunk, error) {
	timer := time.NewTimer(r.cfg.MaxWait)
	defer timer.Stop()
	for {
		r.mu.Lock()
		chunks, err := r.take()
		if len(chunks) == 0 || !r.cfg.NoPrefetch {
			r.start()
		}
		r.mu.Unlock()
		if len(chunks) > 0 || err != nil {
			return chunks, err
		}
		select {
		case <-r.notify:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-r.stopped:
			return nil, maru.Errorf(maru.Canceled, "the reader of topic %s was closed", r.cfg.Topic)
		}
	}
}

// take moves the positions over what has been fetched.
func (r *Reader) take() (chunks []Chunk, err error) {
	for i := range r.ready {
		f := &r.ready[i]
		delete(r.busy, f.leader)
		if f.err != nil {
			r.lost(f)
			continue
		}
		r.lastErr, r.backoff = nil, 0
		for j := range f.parts {
			if c, ok := r.takePart(&f.parts[j]); ok {
				chunks = append(chunks, c)
			}
		}
	}
	r.ready = r.ready[:0]
	if len(chunks) > 0 {
		return chunks, nil
	}
	if r.fatal != nil {
		return nil, r.fatal
	}
	for _, id := range r.order {
		if err := r.parts[id].broken; err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r *Reader) takePart(a *answer) (Chunk, bool) {
	p := r.parts[a.id]
	if p == nil || p.turn != a.turn {
		return Chunk{}, false
	}
	if a.err != nil {
		var oor *OutOfRange
		if errors.As(a.err, &oor) || !transient(a.err) {
			p.broken = a.err
		} else {
			p.leader = -1
			r.lastErr = fail("kafka.Poll", a.err, "topic %s partition %d", r.cfg.Topic, p.id)
		}
		return Chunk{}, false
	}
	p.hw, p.logStart = a.hw, a.logStart
	if a.next <= p.pos {
		return Chunk{}, false
	}
	c := Chunk{Partition: p.id, From: p.pos, Raw: a.raw, NextOffset: a.next, HighWatermark: a.hw, LogStart: a.logStart}
	p.pos = a.next
	return c, len(c.Raw) > 0
}

// lost forgets who leads the partitions of a fetch that failed as a whole.
func (r *Reader) lost(f *fetched) {
	for j := range f.parts {
		if p := r.parts[f.parts[j].id]; p != nil {
			p.leader = -1
		}
	}
	r.lastErr = fail("kafka.Poll", f.err, "topic %s, broker %d", r.cfg.Topic, f.leader)
}

// start sends a fetch to every leader that has none under way.
func (r *Reader) start() {
	if r.fatal != nil || r.ended() {
		return
	}
	by := map[int32][]*part{}
	lookUp := false
	for _, id := range r.order {
		switch p := r.parts[id]; {
		case p.broken != nil:
		case p.leader < 0:
			lookUp = true
		default:
			by[p.leader] = append(by[p.leader], p)
		}
	}
	if lookUp && !r.refreshing {
		r.refreshing = true
		wait := r.backoff
		r.backoff = min(max(2*r.backoff, retryMin), retryMax)
		r.tasks.Go("kafka.refresh", func(ctx context.Context) error {
			r.refresh(ctx, wait)
			return nil
		})
	}
	for leader, parts := range by {
		if r.busy[leader] {
			continue
		}
		r.busy[leader] = true
		req, asked := r.request(parts, r.cfg.MaxBytes/int32(len(by)))
		r.tasks.Go("kafka.fetch", func(ctx context.Context) error {
			r.fetch(ctx, leader, req, asked)
			return nil
		})
	}
	if len(r.order) > 1 { // so that a full answer does not starve the last partitions
		r.order = append(r.order[1:], r.order[0])
	}
}

// ended says whether Close has been called.
func (r *Reader) ended() bool {
	select {
	case <-r.stopped:
		return true
	default:
		return false
	}
}

// refresh looks up the leaders anew.
func (r *Reader) refresh(ctx context.Context, wait time.Duration) {
	if pause(ctx, wait) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestOverhead)
	defer cancel()
	t, err := topicOf(ctx, r.cl, r.cfg.Topic)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refreshing = false
	switch {
	case err == nil && t.ID != r.topicID:
		r.fatal = maru.Errorf(maru.Conflict, "topic %s was deleted and made again while it was read: its offsets begin anew, open it again", r.cfg.Topic)
	case err == nil:
		r.unknown = time.Time{}
		r.learn(t)
	default:
		r.lastErr = fail("kafka.Poll", err, "topic %s", r.cfg.Topic)
		switch {
		case !errors.Is(err, kerr.UnknownTopicOrPartition) && !errors.Is(err, kerr.UnknownTopicID):
		case r.unknown.IsZero():
			r.unknown = time.Now()
		case time.Since(r.unknown) > unknownTopicFor:
			r.fatal = maru.Errorf(maru.NotFound, "topic %s is gone: it was deleted while it was read", r.cfg.Topic)
		}
	}
	r.wake()
}

func (r *Reader) learn(t Topic) {
	for i := range t.Partitions {
		if p := r.parts[t.Partitions[i].ID]; p != nil {
			p.leader = t.Partitions[i].Leader
		}
	}
}

func (r *Reader) wake() {
	select {
	case r.notify <- struct{}{}:
	default:
	}
}
