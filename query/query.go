package query

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"maru"
	"maru/kafka"
	"maru/query/internal/wire"
	"maru/run"
)

// Query answers statements. It is safe for concurrent use.
type Query struct {
	cfg     Config
	needs   Needs
	pool    *pool
	kafka   *kafka.Client // nil without a broker
	columns columnCache
	wg      sync.WaitGroup // workers being emptied
}

// Open makes the part; workers start with Run, or when they are needed.
func Open(_ context.Context, cfg Config, needs Needs) (*Query, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Tables == nil {
		return nil, maru.Errorf(maru.Internal, "query: Needs.Tables is missing")
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	cfg.DataDir = dir
	q := &Query{cfg: cfg, needs: needs}
	if cfg.Bootstrap != "" {
		if q.kafka, err = kafka.NewClient(cfg.Bootstrap, kafka.WithClientID("maru-query")); err != nil {
			return nil, err
		}
	}
	if q.pool, err = newPool(cfg); err != nil {
		return nil, err
	}
	return q, nil
}

// Run keeps workers warm until ctx ends.
func (q *Query) Run(ctx context.Context) error {
	q.pool.keep(ctx)
	return nil
}

// Close waits for what is under way to be emptied, and stops the workers.
// Results must be closed before.
func (q *Query) Close() error {
	q.wg.Wait()
	q.pool.close()
	if q.kafka != nil {
		q.kafka.Close()
	}
	return nil
}

// Workers lists those that are ready.
func (q *Query) Workers() []WorkerStatus { return q.pool.status() }

// Request is one statement.
type Request struct {
	SQL     string
	Dir     string   // where relative paths start, absolute; "" = no relative paths
	Roots   []string // below which files may be read; empty = Dir and the project
	MaxRows int64    // of the answer; 0 = all
	Params  []any    // of $1, $2, …: nil, bool, int, int64, float64, string, time.Time, time.Duration
	match   *match   // it is a condition on a piece of a topic
}

// Error is an error with its place in the statement: line and column from 1,
// 0 when they are not known. The kind is that of the *maru.Error around it.
type Error = wire.Error

// Execute answers one statement. The error, also one of the result's Next, is
// a *maru.Error and holds an *Error when it has a place. When ctx ends so does
// the answer, at once. An error that has the method Starting() string is about
// that view, whose stream has not begun. The result must be closed.
func (q *Query) Execute(ctx context.Context, req Request) (*Result, error) {
	open, err := q.opening(req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, q.cfg.Timeout,
		maru.Errorf(maru.Timeout, "the statement ran for more than %s and was ended", q.cfg.Timeout))
	w, err := q.pool.acquire(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	r, err := q.execute(ctx, w, open, req)
	if err != nil {
		cancel()
		q.giveBack(w, err)
		return nil, err
	}
	r.close = func(err error) {
		cancel()
		q.giveBack(w, err)
	}
	return r, nil
}

func (q *Query) opening(req Request) (wire.Open, error) {
	o := wire.Open{SQL: req.SQL, Dir: req.Dir, Roots: req.Roots, Forbidden: []string{q.cfg.DataDir}, Condition: req.match != nil}
	if len(o.Roots) == 0 {
		for _, r := range []string{req.Dir, q.cfg.ProjectDir} {
			if r != "" {
				o.Roots = append(o.Roots, r)
			}
		}
	}
	if !utf8.ValidString(req.SQL) {
		return o, maru.Errorf(maru.Invalid, "the statement is not UTF-8")
	}
	if len(req.Params) > ParamsMax {
		return o, maru.Errorf(maru.TooLarge, "%d parameters were given, at most %d are taken", len(req.Params), ParamsMax)
	}
	for i, p := range req.Params {
		v, err := wire.ValueOf(p)
		if err != nil {
			return o, maru.Errorf(maru.Invalid, "parameter $%d: %v", i+1, err)
		}
		o.Params = append(o.Params, v)
	}
	return o, nil
}

// execute goes through the steps of a statement up to its first rows.
func (q *Query) execute(ctx context.Context, w *worker, open wire.Open, req Request) (*Result, error) {
	s, opened, err := openSession(ctx, w, open)
	if err != nil {
		return nil, err
	}
	plan, tables, err := q.describe(ctx, opened, req.match)
	if err != nil {
		return nil, err
	}
	planned, err := s.plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	var warnings []string
	if !opened.Explain {
		if warnings, err = q.bring(ctx, s, tables, planned.Needs, req.match); err != nil {
			return nil, err
		}
	}
	r, err := startResult(ctx, s, req.MaxRows, warnings)
	if err == nil {
		for _, t := range tables {
			r.tables = append(r.tables, t)
		}
		slices.SortFunc(r.tables, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
		r.files = opened.Files > 0
	}
	return r, err
}

// recycleBytes is how large a worker may be after a statement: the allocator
// does not give everything back, and idle processes shall be small.
const recycleBytes = 192 << 20

// giveBack empties a worker without anybody waiting for it.
func (q *Query) giveBack(w *worker, err error) {
	if broken(err) {
		// Its process is gone or useless: the next one starts at once.
		q.wg.Add(1)
		run.Go("query replace", func() {
			defer q.wg.Done()
			q.pool.replace(w)
		})
		return
	}
	q.wg.Add(1)
	run.Go("query empty", func() {
		defer q.wg.Done()
		st, err := end(w)
		if err != nil || st.Memory > recycleBytes {
			q.pool.replace(w)
			return
		}
		q.pool.release(w)
	})
}
