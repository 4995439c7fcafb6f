package engine

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/duck"
	"maru/kafka"
	"maru/run"
	"maru/stream/internal/plan"
)

// Times and sizes of the batch loop.
const (
	commitEvery   = 50 * time.Millisecond  // small batches wait for each other at least this long
	commitMost    = 200 * time.Millisecond // and at most this long: a row is seen within 300 ms
	paceFactor    = 20
	bigBatch      = 10_000 // rows that do not wait
	fairBatch     = 200    // rows that wait no longer than commitFair where somebody follows
	commitFair    = 20 * time.Millisecond
	pausedLook    = 100 * time.Millisecond // how soon a paused query goes on
	pausedTell    = time.Second
	pollWait      = 500 * time.Millisecond
	fetchMax      = 16 << 20 // bytes of one fetch, and so of one batch: half as many rows cost a fifth more CPU each
	walMax        = 64 << 20 // a longer WAL makes the next start slow
	forgetEvery   = time.Minute
	discoverEvery = 10 * time.Second // how often new partitions are looked for
)

// Spec is one continuous query to run.
type Spec struct {
	Plan        *plan.Plan
	Signature   string
	Def         Definition
	File        string // its state file
	Delay, Idle time.Duration
	Keep, TTL   time.Duration
	turns       []turn // of the view that this one is to replace
}

// State of a query, as people see it.
type State string

// The states.
const (
	Starting State = "starting"
	CatchUp  State = "catching up"
	Running  State = "running"
	Paused   State = "paused"
	Failed   State = "failed"
	Waiting  State = "waiting"
)

// Query is one running query. Its loop owns the connection; the fields under
// mu are what others may read.
type Query struct {
	spec   Spec
	db     *duck.DB
	client *kafka.Client
	clock  maru.Clock
	warn   func(error)
	life   string // of the server
	crowd  *crowd
	paused *atomic.Bool

	c       *duck.Conn
	st      *state
	r       *runner
	dec     *decoder
	reader  *kafka.Reader
	w       *water
	topic   kafka.Topic
	ck      checkpoint
	raw     *raw // of the view In(0) as it stands
	hurried bool // counted in crowd
	busy    busy
	out     *outbox // nil: a view only
	try     *attempt
	turns   []turn // of the batch being made
	replay  []turn // of the view this one replaces, still to be repeated

	hub *hub // who follows the view; nil while it is being built beside an older one

	mu     sync.Mutex // guards status
	status Status

	lastCommit, lastForget, lastDiscover time.Time

	ready    chan struct{} // closed once the view can be read; then:
	viewSQL  string
	viewSide map[string]string
}

// Status of a query at one moment.
type Status struct {
	State      State             `json:"state"`
	Error      string            `json:"error,omitempty"`
	Problem    error             `json:"-"`                    // behind Error
	Topic      string            `json:"topic"`                // the source
	Rebuilding string            `json:"rebuilding,omitempty"` // how far the new view is that will replace this one
	RowsToGo   int64             `json:"rows_to_go,omitempty"` // of the new view
	Counts                       // since the state began
	Watermark  *time.Time        `json:"watermark,omitempty"`
	HeldBy     int32             `json:"held_back_by"` // partition, -1 = none
	Lag        int64             `json:"lag"`          // rows not yet read, all partitions
	Partitions []PartitionStatus `json:"partitions"`
	StateBytes int64             `json:"state_bytes"`
	Batches    int64             `json:"batches"`
	Committed  time.Time         `json:"committed"`
	BatchRows  int64             `json:"batch_rows"` // of the last batch
	BatchMs    float64           `json:"batch_ms"`
	Busy       float64           `json:"busy"` // share of the last seconds that went into batches, 0 to 1
	Operators  []OperatorStatus  `json:"operators"`
}

// PartitionStatus is one partition of the source.
type PartitionStatus struct {
	Partition int32      `json:"partition"`
	Offset    int64      `json:"offset"`
	Lag       int64      `json:"lag"`
	Newest    *time.Time `json:"newest,omitempty"`
	Idle      bool       `json:"idle"`
}

func newQuery(en *entry, spec Spec, h *hub) *Query {
	e := en.e
	q := &Query{paused: &en.paused, spec: spec, db: e.db, client: e.client, clock: e.cfg.Clock, warn: e.cfg.Warn, life: e.cfg.Life, crowd: &e.crowd, hub: h, ready: make(chan struct{})}
	q.status = Status{State: Starting, HeldBy: -1, Topic: spec.Plan.Source.Name}
	return q
}

// run opens the state and follows the topic until ctx ends or something fails.
// All that was not committed is forgotten: the next run reads it again.
func (q *Query) run(ctx context.Context) error {
	defer q.close()
	if err := q.open(ctx); err != nil {
		return err
	}
	q.viewSQL = q.r.view()
	q.viewSide = map[string]string{"late": q.r.side("late"), "rejected": q.r.side("rejected")}
	close(q.ready)
	g, gctx := run.NewGroup(ctx)
	g.Go("stream rounds", q.rounds)
	if q.out != nil {
		q.out.notify() // an earlier run may have left rows
		g.Go("stream outbox", q.out.run)
	}
	err := g.Wait()
	if ctx.Err() != nil || gctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (q *Query) rounds(ctx context.Context) error {
	for {
		if q.paused.Load() {
			if err := q.pause(ctx); err != nil {
				return nil
			}
		}
		if err := q.round(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// pause waits until the query may go on; meanwhile the status says how far the
// topic gets ahead of it. A query that is built beside another shows no status.
func (q *Query) pause(ctx context.Context) error {
	var told time.Time
	for q.paused.Load() {
		if q.hub != nil && time.Since(told) >= pausedTell {
			told = time.Now()
			if ends, err := q.client.Offsets(ctx, q.topic.Name, -1); err == nil { // away for now: as it was
				for id, g := range q.w.parts {
					g.behind = ends[id] - g.next
				}
			}
			q.note(&batch{}, 0)
		}
		if err := run.Sleep(ctx, pausedLook); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) open(ctx context.Context) error {
	var err error
	if q.topic, err = q.client.Topic(ctx, q.spec.Plan.Source.Name); err != nil {
		return err
	}
	old, err := q.openState(ctx)
	if err != nil {
		return err
	}
	// While a view is made anew beside the old one, that one feeds the topic.
	if q.spec.Def.Topic != "" && q.hub != nil {
		if err := q.openOutbox(ctx); err != nil {
			return err
		}
	}
	if q.try, err = openAttempt(q.spec.File, q.spec.Plan.Name, q.life, q.ck.Seq); err != nil {
		return err
	}
	if err := q.try.check(q.where()); err != nil {
		return err
	}
	return q.resume(ctx, old)
}

// where says in words how far the query has come.
func (q *Query) where() string {
	var at []string
	for _, p := range slices.Sorted(maps.Keys(q.ck.Parts)) {
		at = append(at, fmt.Sprintf("%s/%d offset %d", q.topic.Name, p, q.ck.Parts[p].Next))
	}
	if len(at) == 0 {
		return "the start of topic " + q.topic.Name
	}
	return strings.Join(at, ", ")
}

// openState attaches the state file and makes its tables; old says that it was there.
func (q *Query) openState(ctx context.Context) (old bool, err error) {
	if q.c, err = q.db.Conn(); err != nil {
		return false, err
	}
	p := q.spec.Plan
	if q.st, q.ck, old, err = attach(ctx, q.c, p.Name, q.spec.File); err != nil {
		return old, err
	}
	if old {
		if err := q.check(); err != nil {
			return old, err
		}
	}
	q.dec = newDecoder(p)
	q.r = &runner{p: p, st: q.st, c: q.c, closedAt: map[int]int64{}, held: map[int]holding{}, packed: map[string]packing{}}
	for i, op := range p.Ops {
		q.r.closedAt[i] = noTime
		if op.Over != nil {
			q.r.total += op.Over.Bound
		}
	}
	return old, q.tables(ctx, !old)
}

// check says whether the state file belongs to this plan and topic.
func (q *Query) check() error {
	name := q.spec.Plan.Name
	switch {
	case q.ck.Signature != q.spec.Signature:
		return &maru.Error{Kind: maru.Conflict, Err: errChanged}
	case q.ck.TopicID != hex.EncodeToString(q.topic.ID[:]):
		return maru.Errorf(maru.Conflict, "topic %s was deleted and made anew since stream %s last ran: its answers belong to the old one. `maru stream reset %s` begins with the new one", q.topic.Name, name, name)
	}
	return nil
}

var errChanged = errors.New("the query has changed since its state was made")

// tables loads seeds and makes tables; those of a new file with its first checkpoint.
func (q *Query) tables(ctx context.Context, fresh bool) error {
	for _, s := range q.spec.Plan.Seeds {
		if err := q.c.Exec(ctx, plan.SeedSQL("TEMP TABLE", plan.Seed{Name: s.Name, Path: s.Path})); err != nil {
			return fmt.Errorf("seed %s: %w", s.Name, err)
		}
	}
	if err := q.loadRows(ctx, nil); err != nil {
		return err
	}
	if !fresh {
		return q.r.create(ctx, false)
	}
	q.ck = checkpoint{Version: stateVersion, Def: q.spec.Def, Signature: q.spec.Signature, Topic: q.topic.Name, TopicID: hex.EncodeToString(q.topic.ID[:]),
		Parts: map[int32]partitionAt{}, Mark: noTime, At: q.clock.Now()}
	return q.inTxn(ctx, func() error {
		if err := q.r.create(ctx, true); err != nil {
			return err
		}
		return q.st.save(ctx, q.ck)
	})
}

func (q *Query) inTxn(ctx context.Context, fn func() error) error {
	if err := q.c.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_ = q.c.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	return q.c.Exec(ctx, "COMMIT")
}

// resume makes the water of the checkpoint, fills what waits in memory from
// the topic, and opens the reader.
func (q *Query) resume(ctx context.Context, old bool) error {
	q.w = newWater(q.spec.Delay, q.spec.Idle)
	q.w.mark = q.ck.Mark
	now := q.clock.Now()
	starts, err := q.client.Offsets(ctx, q.topic.Name, -2)
	if err != nil {
		return err
	}
	for _, p := range q.topic.Partitions {
		q.w.parts[p.ID] = &progress{next: starts[p.ID], started: starts[p.ID], max: noTime, quiet: now}
	}
	for id, at := range q.ck.Parts {
		q.w.parts[id] = &progress{next: at.Next, max: at.Max, quiet: now, started: at.Started, idle: at.Idle}
	}
	q.w.advance()
	q.w.mark = max(q.ck.Mark, noTime)
	if old {
		if err := q.warm(ctx); err != nil {
			return err
		}
	}
	if !old {
		q.replay = q.spec.turns
	}
	from := map[int32]int64{}
	for id, g := range q.w.parts {
		if len(q.replay) == 0 {
			from[id] = g.next
		}
	}
	q.reader, err = q.client.NewReader(ctx, kafka.ReaderConfig{Topic: q.topic.Name, From: from, MaxWait: pollWait, MaxBytes: fetchMax})
	return err
}

// warm reads again what was read before the checkpoint and still waits.
func (q *Query) warm(ctx context.Context) error {
	from, upTo := map[int32]int64{}, map[int32]int64{}
	for id, at := range q.ck.Parts {
		if at.Replay < at.Next {
			from[id], upTo[id] = at.Replay, at.Next
		}
	}
	if len(from) == 0 {
		return nil
	}
	rd, err := q.client.NewReader(ctx, kafka.ReaderConfig{Topic: q.topic.Name, From: from, NoPrefetch: true})
	if err != nil {
		return err
	}
	defer rd.Close()
	b := &batch{}
	defer b.release()
	w := newWater(0, 0)
	gs := map[int32]*progress{}
	for id, o := range from {
		gs[id] = &progress{next: o, max: noTime}
	}
	for len(upTo) > 0 {
		chunks, err := rd.Poll(ctx)
		if err != nil {
			return err
		}
		for i := range chunks {
			id := chunks[i].Partition
			end, left := upTo[id]
			if !left {
				continue
			}
			// No mark: what was late then is known from the file.
			w.mark = noTime
			if err := q.dec.chunk(b, &chunks[i], w, gs[id], end); err != nil {
				return err
			}
			if rd.Position(id) >= end {
				delete(upTo, id)
				rd.Remove(id)
			}
		}
	}
	q.dec.flush(b)
	if err := q.loadRows(ctx, b); err != nil {
		return err
	}
	if err := q.c.Exec(ctx, fmt.Sprintf("DELETE FROM %s s USING %s l WHERE l._partition = s.%s AND l._offset = s.%s", rawTable, q.st.table("late"), plan.PartitionCol, plan.OffsetCol)); err != nil {
		return err
	}
	if err := q.r.warm(ctx, q.ck.Mark); err != nil {
		return err
	}
	return q.c.Exec(ctx, "DELETE FROM "+rawTable)
}

// offsets reads a query of partition and offset.
func offsets(ctx context.Context, c *duck.Conn, sql string) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := c.Each(ctx, sql, func(b arrow.RecordBatch) error {
		ps, os := b.Column(0).(*array.Int32), b.Column(1).(*array.Int64)
		for i := range int(b.NumRows()) {
			out[ps.Value(i)] = os.Value(i)
		}
		return nil
	})
	return out, err
}

// close gives everything back; the file stays as of the last commit.
func (q *Query) close() {
	if q.reader != nil {
		q.reader.Close()
		q.reader = nil
	}
	if q.out != nil {
		q.out.close()
		q.out = nil
	}
	if q.try != nil {
		q.try.f.Close()
		q.try = nil
	}
	if q.c == nil {
		return
	}
	ctx := context.Background()
	if err := q.hurry(ctx, false); err != nil {
		q.warn(fmt.Errorf("stream %s: %w", q.spec.Plan.Name, err))
	}
	if q.st != nil {
		_ = q.c.Exec(ctx, "ROLLBACK")
		if err := q.st.detach(ctx); err != nil {
			q.warn(fmt.Errorf("close state of stream %s: %w", q.spec.Plan.Name, err))
		}
		q.st = nil
	}
	q.c.Close()
	q.c = nil
}
