package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
)

const (
	produceTimeout  = 10 * time.Second // that the broker may take for acks=all
	batchBytesMax   = 1048588          // Kafka's default max.message.bytes
	spareBuffersMax = InFlightMax
	aloneAfter      = time.Minute // without an answer; Kafka forgets a producer after a day
)

// lane is a writer's way to one target. Its goroutine alone sends; it stamps
// batches with sequences as it sends them first, and sends the same bytes
// again until their fate is known.
type lane struct {
	w      *Writer
	index  int
	target Target

	slots   chan struct{} // one is taken for each unacknowledged batch
	woken   chan struct{}
	results chan result
	orders  chan func()

	// Of the lane's goroutine only (and of open, before it starts).
	topicID  [16]byte
	leader   int32
	maxBytes int
	out      int // requests under way
	trouble  error
	reread   bool
	sure     bool      // nothing of an earlier run can land any more
	alone    bool      // one at a time: the broker may not know the producer yet
	answered time.Time // the last good answer
	stuck    int       // times that a sequence was refused since the last success
	unknown  time.Time
	producer int64 // of the batch to be stamped next
	epoch    int16
	sequence int32

	mu      sync.Mutex // guards all below
	queue   []*batch   // unacknowledged, in order
	trail   trail
	asked   bool  // for a reread
	changes int64 // of the trail since the last commit
	bytes   int64 // landed since the last commit
	err     error // lasting, until Reopen
	spare   [][]byte
	empty   chan struct{} // closed when queue empties; made by who waits
}

type batch struct {
	raw      []byte
	count    int32
	position []byte
	done     chan<- error
	stop     func() bool // of the watch on the sender's ctx

	// Of the lane's goroutine only.
	stamped  bool
	producer int64
	epoch    int16
	sequence int32
	out      bool
	acked    bool
	base     int64 // where it landed, -1 when the broker did not say
}

type result struct {
	b    *batch
	base int64 // -1 when not told
	err  error
}

func newLane(w *Writer, index int, target Target) *lane {
	return &lane{w: w, index: index, target: target, leader: -1, maxBytes: batchBytesMax,
		slots: make(chan struct{}, InFlightMax), woken: make(chan struct{}, 1),
		results: make(chan result, InFlightMax), orders: make(chan func()),
		trail: trail{producer: -1}}
}

func (l *lane) name() string {
	return fmt.Sprintf("source %s, topic %s partition %d", l.w.id, l.target.Topic, l.target.Partition)
}

// find looks up the topic, its leader and the size that it takes.
func (l *lane) find(ctx context.Context) error {
	t, err := topicOf(ctx, l.w.cl, l.target.Topic)
	if err != nil {
		return fail("", err, "topic %s", l.target.Topic)
	}
	if int(l.target.Partition) >= len(t.Partitions) || l.target.Partition < 0 {
		return maru.Errorf(maru.NotFound, "topic %s has %d partitions, there is no partition %d", l.target.Topic, len(t.Partitions), l.target.Partition)
	}
	l.topicID, l.leader = t.ID, t.Partitions[l.target.Partition].Leader
	// A broker that does not tell its limit is taken to have Kafka's default.
	rcs, err := kadm.NewClient(l.w.cl).DescribeTopicConfigs(ctx, l.target.Topic)
	if err != nil {
		return nil
	}
	for _, rc := range rcs {
		for _, c := range rc.Configs {
			if n, err := strconv.Atoi(c.MaybeValue()); err == nil && c.Key == "max.message.bytes" && n > 0 {
				l.maxBytes = n
			}
		}
	}
	return nil
}

// mark notes a place that no batch has reached.
func (l *lane) mark(position []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trail.landed {
		return maru.Errorf(maru.Conflict, "kafka.Mark: %s has landed already", l.name())
	}
	l.trail.landed, l.trail.position = true, slices.Clone(position)
	l.changes++
	return nil
}

// send queues a batch; its fate goes to done.
func (l *lane) send(ctx context.Context, b *Builder, position []byte, done chan<- error) {
	if len(position) > PositionMax {
		l.fail(maru.Errorf(maru.TooLarge, "%s: the position is %d bytes long, at most %d fit in a checkpoint", l.name(), len(position), PositionMax))
	}
	select {
	case l.slots <- struct{}{}:
	default:
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			done <- fail("kafka.Send", ctx.Err(), "%s", l.name())
			return
		case <-l.w.stopped:
		}
	}
	if l.w.ended() {
		done <- maru.Errorf(maru.Canceled, "kafka.Send: %s: the writer is closed", l.name())
		return
	}
	if err := l.enqueue(ctx, b, position, done); err != nil {
		l.fail(err)
		<-l.slots
		done <- fail("kafka.Send", l.failure(), "")
	}
}

func (l *lane) enqueue(ctx context.Context, b *Builder, position []byte, done chan<- error) error {
	if err := l.failure(); err != nil {
		return err
	}
	raw, err := b.AppendBatch(l.buffer(), Header{HeaderWriter, []byte(l.w.id)},
		Header{HeaderGeneration, []byte(l.w.generation)}, Header{HeaderPosition, append([]byte{}, position...)})
	if err != nil {
		return fail("", err, "%s", l.name())
	}
	if len(raw) > l.maxBytes {
		return l.tooLarge(len(raw))
	}
	q := &batch{raw: raw, count: b.count, position: slices.Clone(position), done: done}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	q.stop = context.AfterFunc(ctx, func() {
		l.fail(fail("", ctx.Err(), "%s: a batch was given up before its answer came; it may have landed or not: reopen the writer to know", l.name()))
	})
	l.queue = append(l.queue, q)
	l.wake()
	return nil
}

func (l *lane) tooLarge(n int) error {
	return maru.Errorf(maru.TooLarge, "%s: a batch of %d bytes is bigger than the topic takes (max.message.bytes = %d): send smaller batches or raise it",
		l.name(), n, l.maxBytes)
}

func (l *lane) buffer() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.spare); n > 0 {
		b := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return b[:0]
	}
	return nil
}

func (l *lane) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

func (l *lane) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// fail ends the target for good, until Reopen: the first error stays, and all
// unacknowledged batches get it.
func (l *lane) fail(err error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = err
	}
	failed, err := l.queue, l.err
	l.queue = nil
	l.signalEmpty()
	l.mu.Unlock()
	for _, b := range failed {
		b.stop()
		b.done <- fail("kafka.Send", err, "")
		<-l.slots
	}
	l.wake()
}

func (l *lane) signalEmpty() {
	if len(l.queue) == 0 && l.empty != nil {
		close(l.empty)
		l.empty = nil
	}
}

// drain waits until nothing is unacknowledged.
func (l *lane) drain(ctx context.Context) error {
	l.mu.Lock()
	if l.err != nil || len(l.queue) == 0 {
		defer l.mu.Unlock()
		return l.err
	}
	if l.empty == nil {
		l.empty = make(chan struct{})
	}
	empty := l.empty
	l.mu.Unlock()
	select {
	case <-empty:
		return l.failure()
	case <-ctx.Done():
		return fail("", ctx.Err(), "%s: not everything was acknowledged in time", l.name())
	}
}

// run is the lane's goroutine.
func (l *lane) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			l.fail(maru.Errorf(maru.Canceled, "%s: the writer was closed", l.name()))
			return nil
		case <-l.woken:
		case r := <-l.results:
			l.handle(r)
		case f := <-l.orders:
			f()
		}
		l.step(ctx)
	}
}

// step repairs what is to be repaired, then sends what may be sent.
func (l *lane) step(ctx context.Context) {
	l.mu.Lock()
	l.reread = l.reread || l.asked
	l.asked = false
	l.mu.Unlock()
	if l.trouble != nil || l.reread {
		if l.out > 0 {
			return // first all answers, or the end of their connection
		}
		if err := l.recover(ctx); err != nil {
			l.fail(err)
			return
		}
	}
	for l.trouble == nil && !l.reread && (l.w.lease == nil || l.w.lease.valid()) {
		b := l.next()
		if b == nil {
			return
		}
		l.produce(ctx, b)
	}
}

// next is the batch to send now, in order. Where the broker may know nothing
// of the producer it takes any sequence for the first: were the second batch
// of two to come before the first, the first would be lost. So one goes alone.
func (l *lane) next() *batch {
	if l.out == 0 && time.Since(l.answered) > aloneAfter {
		l.alone = true
	}
	if l.out >= InFlightMax || (l.alone || !l.sure) && l.out > 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.queue {
		if !b.out && !b.acked {
			return b
		}
	}
	return nil
}

// produce stamps a batch when it is sent for the first time, and sends it. It
// returns when the request is being written, so that the next one follows it
// on the same connection.
func (l *lane) produce(ctx context.Context, b *batch) {
	if !b.stamped {
		b.stamped, b.producer, b.epoch, b.sequence = true, l.producer, l.epoch, l.sequence
		stamp(b.raw, b.producer, b.epoch, b.sequence)
		l.sequence = nextSequence(l.sequence, b.count)
	}
	b.out = true
	l.out++
	req := &produceRequest{ProduceRequest: kmsg.NewPtrProduceRequest(), written: make(chan struct{})}
	req.Acks, req.TimeoutMillis = -1, int32(produceTimeout.Milliseconds())
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = l.target.Partition, b.raw
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = l.target.Topic, l.topicID
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	broker := l.w.cl.Broker(int(l.leader))
	returned := make(chan struct{})
	// It ends with the request; its result always has room in l.results.
	l.w.tasks.Go("kafka.produce", func(context.Context) error {
		defer close(returned)
		resp, err := broker.Request(ctx, req)
		l.results <- resultOf(b, resp, err)
		return nil
	})
	select {
	case <-req.written:
	case <-returned:
	}
}

// produceRequest tells when it is being written. That it is a type of its own
// also keeps kgo from putting the client's acks in.
type produceRequest struct {
	*kmsg.ProduceRequest
	once    sync.Once
	written chan struct{}
}

func (r *produceRequest) AppendTo(dst []byte) []byte {
	dst = r.ProduceRequest.AppendTo(dst)
	r.once.Do(func() { close(r.written) })
	return dst
}

func resultOf(b *batch, kresp kmsg.Response, err error) result {
	if err != nil {
		return result{b: b, base: -1, err: err}
	}
	resp, ok := kresp.(*kmsg.ProduceResponse)
	if !ok || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return result{b: b, base: -1, err: maru.Errorf(maru.Internal, "the broker's answer does not speak of the batch")}
	}
	p := &resp.Topics[0].Partitions[0]
	r := result{b: b, base: p.BaseOffset, err: kerr.ErrorForCode(p.ErrorCode)}
	if r.err != nil {
		r.base = -1
		if p.ErrorMessage != nil {
			r.err = fmt.Errorf("%w (%s)", r.err, *p.ErrorMessage)
		}
	}
	return r
}

// handle takes the answer to one request.
func (l *lane) handle(r result) {
	b := r.b
	b.out = false
	l.out--
	switch err := r.err; {
	case err == nil, errors.Is(err, kerr.DuplicateSequenceNumber):
		if !l.sure {
			l.reread = true // is it ours that landed with this sequence?
			l.stuck++
			return
		}
		b.acked, b.base = true, r.base
		l.alone, l.answered = false, time.Now()
		l.landed()
	case errors.Is(err, kerr.OutOfOrderSequenceNumber), errors.Is(err, kerr.UnknownProducerID),
		errors.Is(err, kerr.InvalidProducerEpoch), errors.Is(err, kerr.ProducerFenced):
		if l.first() == b { // behind a batch that failed this is only an echo
			l.reread = true
			l.stuck++
		}
		l.trouble = err
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		l.fail(l.tooLarge(len(b.raw)))
	case transient(err):
		l.trouble = err
	default:
		l.fail(fail("", err, "%s", l.name()))
	}
}

func (l *lane) first() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	return l.queue[0]
}

// landed moves the trail over the acknowledged batches at the queue's head.
func (l *lane) landed() {
	l.stuck = 0
	l.mu.Lock()
	var done []*batch
	for len(l.queue) > 0 && l.queue[0].acked {
		b := l.queue[0]
		l.queue = l.queue[1:]
		t := &l.trail
		if b.base >= 0 {
			t.offset = max(t.offset, b.base+int64(b.count))
		}
		t.landed, t.position, t.generation = true, b.position, l.w.generation
		t.producer, t.epoch, t.sequence = b.producer, b.epoch, nextSequence(b.sequence, b.count)
		l.changes++
		l.bytes += int64(len(b.raw))
		if len(l.spare) < spareBuffersMax {
			l.spare = append(l.spare, b.raw)
		}
		done = append(done, b)
	}
	due := l.bytes >= checkpointBytes
	l.signalEmpty()
	l.mu.Unlock()
	for _, b := range done {
		b.stop()
		b.done <- nil
		<-l.slots
	}
	if due {
		select {
		case l.w.due <- struct{}{}:
		default:
		}
	}
}

// checkpoint is what there is to commit; no changes, nothing to commit.
func (l *lane) checkpoint() (offset int64, metadata string, changes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trail.producer < 0 || l.trail.generation == "" {
		return 0, "", 0
	}
	return l.trail.offset, l.trail.checkpoint(l.topicID), l.changes
}

func (l *lane) committed(changes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes -= changes
	if l.changes == 0 {
		l.bytes = 0
	}
}
