package govern

import (
	"context"
	"log/slog"
	"sync"

	"maru"
	"maru/govern/internal/brake"
	"maru/govern/internal/password"
	"maru/meta"
	"maru/run"
)

// Govern knows the users and their sessions. All methods may be called at the
// same time.
type Govern struct {
	cfg    Config
	db     *meta.DB
	clock  maru.Clock
	log    *slog.Logger
	hasher *password.Hasher
	brake  *brake.Brake
	cache  *cache
	used   *used
	setup  setup

	stop  func()        // asks the keeper to end
	ended chan struct{} // closed when it has
}

// Open begins to govern over needs.DB, which must stay open until Close.
func Open(ctx context.Context, cfg Config, needs Needs) (*Govern, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.DB == nil {
		return nil, maru.Errorf(maru.Invalid, "govern: no database was given: open meta.db first")
	}
	cfg = cfg.withDefaults()
	g := &Govern{cfg: cfg, db: needs.DB, clock: needs.Clock, log: needs.Log,
		hasher: password.NewHasher(hashings, cfg.HashQueue), brake: brake.New(WaitMax),
		cache: newCache(), used: newUsed(), ended: make(chan struct{})}
	if g.clock == nil {
		g.clock = maru.SystemClock
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	n, err := g.countUsers(ctx)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		g.setup.begin()
	}
	stop := make(chan struct{})
	g.stop = sync.OnceFunc(func() { close(stop) })
	run.Go("govern keeper", func() { defer close(g.ended); g.keep(stop) })
	return g, nil
}

// Close writes down when sessions were last used. It does not close the database.
func (g *Govern) Close() error {
	g.stop()
	<-g.ended
	return nil
}
