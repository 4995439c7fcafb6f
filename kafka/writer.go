package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/run"
)

const (
	// InFlightMax is how many batches of a target may be unacknowledged: the
	// broker remembers as many to tell a batch that was sent twice.
	InFlightMax = 5

	checkpointEvery = 5 * time.Second
	checkpointBytes = 64 << 20
	openRetryFor    = 20 * time.Second
	writerIDMax     = 200
	targetsMax      = 1000
)

// Target is one partition that a writer writes to.
type Target struct {
	Topic     string
	Partition int32
}

// WriterConfig says for which source to write, and where to.
type WriterConfig struct {
	ID       string   // names one source; "maru-"+ID is the group that keeps its checkpoint and lease
	Targets  []Target // fixed while the writer is open
	NoLease  bool     // do not make sure that this is the source's only writer
	Session  time.Duration
	Clock    maru.Clock                          // the client's when nil
	Progress func(target int, done, total int64) // offsets read while opening; may be nil
}

func (c *WriterConfig) check() error {
	if c.ID == "" || len(c.ID) > writerIDMax {
		return maru.Errorf(maru.Invalid, "a writer's ID must have 1 to %d bytes, %.40q has %d", writerIDMax, c.ID, len(c.ID))
	}
	if len(c.Targets) == 0 || len(c.Targets) > targetsMax {
		return maru.Errorf(maru.Invalid, "writer %s has %d targets, 1 to %d are allowed", c.ID, len(c.Targets), targetsMax)
	}
	for i, t := range c.Targets {
		if slices.Contains(c.Targets[:i], t) {
			return maru.Errorf(maru.Invalid, "writer %s has topic %s partition %d twice", c.ID, t.Topic, t.Partition)
		}
	}
	return nil
}

// Writer lands every batch of one source exactly once and in order, in our
// broker and in any Kafka since 2.5 (docs/format/record-batch.md says how).
//
// Send of one target is called by one goroutine at a time; targets are
// independent of each other. After the first error of a target all later
// sends to it fail with the same error, as what follows a hole must not land:
// Reopen reads what has landed, from where the source is then sent again.
type Writer struct {
	c          *Client
	cl         *kgo.Client // its own, under a client id that names its owner
	id         string
	group      string
	generation string
	self       owner
	lease      *lease // nil without
	lanes      []*lane

	tasks   *run.Group
	cancel  context.CancelFunc // ends them
	stopped <-chan struct{}    // closed when they are to end
	closed  atomic.Bool
	beaten  atomic.Pointer[error] // another writer has the lease: for good
	due     chan struct{}         // checkpointBytes were written

	commitMu sync.Mutex // one commit at a time: an older one must not overtake
}

// OpenWriter takes the lease of the source and reads what of it has landed:
// each target from its checkpoint, or without one from its start. Conflict when
// another writer of the source is alive. ctx bounds the opening only.
func (c *Client) OpenWriter(ctx context.Context, cfg WriterConfig) (*Writer, error) {
	const op = "kafka.OpenWriter"
	if err := cfg.check(); err != nil {
		return nil, &maru.Error{Op: op, Kind: maru.Invalid, Err: err}
	}
	if cfg.Clock == nil {
		cfg.Clock = c.clock
	}
	if cfg.Session <= 0 {
		cfg.Session = leaseSession
	}
	w := &Writer{c: c, id: cfg.ID, group: "maru-" + cfg.ID, self: newOwner(), due: make(chan struct{}, 1)}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.tasks, life = run.NewGroup(life)
	w.cancel, w.stopped = cancel, life.Done()
	err := w.open(ctx, cfg)
	if err != nil {
		w.stop(context.WithoutCancel(ctx))
		return nil, fail(op, err, "source %s", cfg.ID)
	}
	return w, nil
}

func (w *Writer) open(ctx context.Context, cfg WriterConfig) error {
	var err error
	if w.cl, err = w.c.dial(w.self.String()); err != nil {
		return err
	}
	for i, t := range cfg.Targets {
		l := newLane(w, i, t)
		if err := persist(ctx, l.find); err != nil {
			return err
		}
		w.lanes = append(w.lanes, l)
	}
	if !cfg.NoLease {
		w.lease = &lease{cl: w.cl, clock: cfg.Clock, group: w.group, source: w.id, session: cfg.Session, self: w.self, targets: cfg.Targets}
		if err := persist(ctx, w.lease.acquire); err != nil {
			return err
		}
		w.lease.hold()
		w.tasks.Go("kafka.lease", w.keepLease)
	}
	if err := persist(ctx, w.readCheckpoints); err != nil {
		return err
	}
	earlier := 0
	for i, l := range w.lanes {
		var progress func(done, total int64)
		if cfg.Progress != nil {
			progress = func(done, total int64) { cfg.Progress(i, done, total) }
		}
		if err := persist(ctx, func(ctx context.Context) error { return l.readLanded(ctx, progress) }); err != nil {
			return err
		}
		earlier = max(earlier, l.trail.run())
	}
	w.generation = strconv.Itoa(earlier+1) + "-" + w.self.token
	if err := persist(ctx, w.begin); err != nil {
		return err
	}
	for _, l := range w.lanes {
		w.tasks.Go("kafka.lane", l.run)
	}
	w.tasks.Go("kafka.checkpoint", w.keepCheckpoint)
	return nil
}

// persist tries a step of the opening again while the broker is only not
// ready: a Kafka that has just started has no coordinator for some seconds.
func persist(ctx context.Context, step func(context.Context) error) error {
	giveUp := time.Now().Add(openRetryFor)
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		err := step(ctx)
		if err == nil || kindOf(err) == maru.NotFound || !worthRetry(err) || time.Now().After(giveUp) || pause(ctx, wait) != nil {
			return err
		}
	}
}

// begin gives targets that were never written a producer id, and records it
// before its first use: who comes after us must know it to tell a batch of
// ours that lands late.
func (w *Writer) begin(ctx context.Context) error {
	for _, l := range w.lanes {
		l.resume()
		if l.trail.producer < 0 {
			if err := l.newProducer(ctx); err != nil {
				return err
			}
		}
	}
	return w.commitUntil(ctx)
}

// readCheckpoints asks for the committed offsets of the targets.
func (w *Writer) readCheckpoints(ctx context.Context) error {
	topics := make([]string, 0, len(w.lanes))
	for _, l := range w.lanes {
		if !slices.Contains(topics, l.target.Topic) {
			topics = append(topics, l.target.Topic)
		}
	}
	offsets, err := kadm.NewClient(w.cl).FetchOffsetsForTopics(ctx, w.group, topics...)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return fail("", err, "read the checkpoint of group %s", w.group)
	}
	for _, l := range w.lanes {
		o, ok := offsets.Lookup(l.target.Topic, l.target.Partition)
		if ok && o.Err != nil && !errors.Is(o.Err, kerr.GroupIDNotFound) {
			return fail("", o.Err, "read the checkpoint of group %s", w.group)
		}
		if !ok || o.Err != nil || o.At < 0 {
			continue
		}
		t, err := parseCheckpoint(o.At, o.Metadata, l.topicID)
		if errors.Is(err, errOtherTopic) {
			continue
		}
		if err != nil {
			return fail("", err, "group %s, topic %s partition %d", w.group, l.target.Topic, l.target.Partition)
		}
		l.trail = t
	}
	return nil
}

// Landed is the position of this source's last batch that is in the log of a
// target; false when there is none.
func (w *Writer) Landed(target int) (position []byte, ok bool) {
	l := w.lanes[target]
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trail.position, l.trail.landed
}

// Mark records where a source begins of which nothing has landed in a target
// yet: until something does, Landed gives that place, also to writers that are
// opened later. It must not run beside Send.
func (w *Writer) Mark(ctx context.Context, target int, position []byte) error {
	if target < 0 || target >= len(w.lanes) || len(position) > PositionMax {
		return maru.Errorf(maru.Invalid, "kafka.Mark: writer %s has targets 0 to %d and positions of up to %d bytes, got target %d and %d bytes",
			w.id, len(w.lanes)-1, PositionMax, target, len(position))
	}
	if err := w.lanes[target].mark(position); err != nil {
		return err
	}
	return fail("kafka.Mark", w.commitUntil(ctx), "source %s", w.id)
}

// ended says whether the writer takes nothing more.
func (w *Writer) ended() bool {
	select {
	case <-w.stopped:
		return true
	default:
		return w.closed.Load()
	}
}

// Generation names this opening in the headers of its batches.
func (w *Writer) Generation() string { return w.generation }

// Send lands b, followed by the given position of the source, as one atomic
// batch. What it needs of b and position is copied: both are free when Send
// returns. It blocks while InFlightMax batches of the target are
// unacknowledged. The channel gets nil once the batch is in the log, or why it
// is not; a batch whose ctx ends before that is given up, and only Reopen can
// tell whether it landed.
func (w *Writer) Send(ctx context.Context, target int, b *Builder, position []byte) <-chan error {
	done := make(chan error, 1)
	if target < 0 || target >= len(w.lanes) {
		done <- maru.Errorf(maru.Invalid, "kafka.Send: writer %s has targets 0 to %d, there is no %d", w.id, len(w.lanes)-1, target)
		return done
	}
	w.lanes[target].send(ctx, b, position, done)
	return done
}

// Flush waits until everything sent is in the log and commits the checkpoint.
func (w *Writer) Flush(ctx context.Context) error {
	for _, l := range w.lanes {
		if err := l.drain(ctx); err != nil {
			return fail("kafka.Flush", err, "")
		}
	}
	return fail("kafka.Flush", w.commitUntil(ctx), "source %s", w.id)
}

// Reopen makes a writer whole that has failed: what is still unacknowledged
// fails, and each target is read to its end, so that Landed tells from where
// to send again. It must not run beside Send.
func (w *Writer) Reopen(ctx context.Context) error {
	if err := w.beaten.Load(); err != nil {
		return fail("kafka.Reopen", *err, "")
	}
	for _, l := range w.lanes {
		if err := l.reopen(ctx); err != nil {
			return fail("kafka.Reopen", err, "source %s", w.id)
		}
	}
	return nil
}

// Close flushes, gives the lease back and ends the writer. When ctx ends
// first, what was not yet acknowledged may or may not have landed.
func (w *Writer) Close(ctx context.Context) error {
	if w.closed.Swap(true) {
		return nil
	}
	err := w.Flush(ctx)
	w.stop(ctx)
	return err
}

// stop ends the goroutines and gives the lease back.
func (w *Writer) stop(ctx context.Context) {
	w.closed.Store(true)
	w.cancel()
	_ = w.tasks.Wait() // only a panic, which has been logged
	if w.lease != nil {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		_ = w.lease.leave(ctx) // it runs out by itself, and the next writer here sees that we have ended
		cancel()
	}
	w.self.end()
	if w.cl != nil {
		w.cl.Close()
	}
}

// keepLease sends heartbeats, and takes a lost lease again.
func (w *Writer) keepLease(ctx context.Context) error {
	t := time.NewTicker(min(w.lease.session/4, 3*time.Second))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		err := w.lease.beat(ctx)
		if errors.Is(err, errLeaseLost) {
			w.lease.drop()
			err = w.takeAgain(ctx)
		}
		switch {
		case err == nil:
			w.kick() // lanes hold still while the lease is in doubt
		case kindOf(err) == maru.Conflict:
			w.beaten.Store(&err)
			for _, l := range w.lanes {
				l.fail(err)
			}
			return nil
		}
	}
}

// takeAgain acquires the lease after it ran out. Another writer may have come
// and gone: nothing is sent before each target has been read to its end.
func (w *Writer) takeAgain(ctx context.Context) error {
	if err := w.lease.acquire(ctx); err != nil {
		return err
	}
	for _, l := range w.lanes {
		l.askReread()
	}
	w.lease.hold()
	w.kick()
	return nil
}

func (w *Writer) kick() {
	for _, l := range w.lanes {
		l.wake()
	}
}

// keepCheckpoint commits now and then what has landed.
func (w *Writer) keepCheckpoint(ctx context.Context) error {
	t := time.NewTicker(checkpointEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-w.due:
		}
		// A commit that fails costs only reading at the next start; the
		// next one makes up for it, and Flush and Close report theirs.
		_ = w.commit(ctx)
	}
}

// commitUntil commits, again and again until it succeeds, ctx ends, or it cannot.
func (w *Writer) commitUntil(ctx context.Context) error {
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		err := w.commit(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.UnknownMemberID):
			// The lease is being taken again.
			if err := w.failure(); err != nil {
				return err
			}
		case !transient(err):
			return err
		}
		if pause(ctx, wait) != nil {
			return fail("", err, "the checkpoint of group %s was not committed in time", w.group)
		}
	}
}

// failure is a lane's lasting error.
func (w *Writer) failure() error {
	for _, l := range w.lanes {
		if err := l.failure(); err != nil {
			return err
		}
	}
	return nil
}

// commit records, for each target that moved, how far it has landed.
func (w *Writer) commit(ctx context.Context) error {
	w.commitMu.Lock()
	defer w.commitMu.Unlock()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation, req.RetentionTimeMillis = w.group, -1, -1
	if w.lease != nil {
		req.MemberID, req.Generation = w.lease.identity()
	}
	moved := map[*lane]int64{}
	for _, l := range w.lanes {
		offset, metadata, changes := l.checkpoint()
		if changes == 0 {
			continue
		}
		moved[l] = changes
		k := slices.IndexFunc(req.Topics, func(t kmsg.OffsetCommitRequestTopic) bool { return t.Topic == l.target.Topic })
		if k < 0 {
			t := kmsg.NewOffsetCommitRequestTopic()
			t.Topic, t.TopicID = l.target.Topic, l.topicID
			k, req.Topics = len(req.Topics), append(req.Topics, t)
		}
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.Metadata = l.target.Partition, offset, &metadata
		req.Topics[k].Partitions = append(req.Topics[k].Partitions, p)
	}
	if len(moved) == 0 {
		return nil
	}
	resp, err := req.RequestWith(ctx, w.cl)
	if err != nil {
		return err
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if err := kerr.ErrorForCode(resp.Topics[i].Partitions[j].ErrorCode); err != nil {
				return fmt.Errorf("commit the checkpoint of group %s: %w", w.group, err)
			}
		}
	}
	for l, changes := range moved {
		l.committed(changes)
	}
	return nil
}

// initProducer asks for a producer id that nobody has.
func (w *Writer) initProducer(ctx context.Context) (id int64, epoch int16, err error) {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.ProducerID, req.ProducerEpoch, req.TransactionTimeoutMillis = -1, -1, math.MaxInt32
	resp, err := req.RequestWith(ctx, w.cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("ask for a producer id: %w", err)
	}
	return resp.ProducerID, resp.ProducerEpoch, nil
}
