package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"maru"
	"maru/broker/internal/commitlog"
	"maru/broker/internal/group"
	"maru/broker/internal/kafka"
	"maru/run"
)

// Needs is what a Broker takes from its surroundings; the zero value works.
type Needs struct {
	Clock maru.Clock   // the machine's
	Log   *slog.Logger // slog.Default()
}

// Broker is an open log with its listeners. Clients are served while Run runs.
type Broker struct {
	store     *commitlog.Store
	groups    *group.Coordinator
	server    *kafka.Server
	listeners []net.Listener
	close     func() error
}

// Open recovers the log in cfg.Dir and binds the address, so that clients can
// connect; they are answered once Run runs. One process may open a directory;
// the data directory's lock sees to it.
func Open(ctx context.Context, cfg Config, needs Needs) (*Broker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if needs.Clock == nil {
		needs.Clock = maru.SystemClock
	}
	if needs.Log == nil {
		needs.Log = slog.Default()
	}
	// The port first: it is the most likely thing to go wrong, and quick.
	listeners, err := listen(ctx, cfg.Addr)
	if err != nil {
		return nil, err
	}
	b := &Broker{listeners: listeners}
	b.close = sync.OnceValue(b.shut)
	if err := b.open(ctx, cfg, needs); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Broker) open(ctx context.Context, cfg Config, needs Needs) (err error) {
	b.store, err = commitlog.Open(ctx, commitlog.Config{Dir: cfg.Dir, Durability: cfg.Durability, WALBytes: cfg.WALBytes,
		SegmentBytes: cfg.SegmentBytes, Clock: needs.Clock, Warn: func(err error) { needs.Log.Warn("broker storage", "err", err) }})
	if err != nil {
		return fmt.Errorf("open the log in %s: %w", cfg.Dir, err)
	}
	b.groups, err = group.Open(group.Config{InitialDelay: cfg.RebalanceDelay, OffsetsRetention: cfg.OffsetsRetention,
		GroupsMax: cfg.GroupsMax, Clock: needs.Clock}, b.store)
	if err != nil {
		return fmt.Errorf("load the groups of %s: %w", cfg.Dir, err)
	}
	b.server, err = kafka.New(kafka.Config{Dir: cfg.Dir, Advertise: cfg.Advertise, NumPartitions: cfg.NumPartitions, AutoCreate: !cfg.NoAutoCreate,
		Defaults: kafka.Topics{RetentionMs: cfg.RetentionMs, RetentionBytes: cfg.RetentionBytes, SegmentBytes: cfg.SegmentBytes,
			SegmentMs: cfg.SegmentMs, MaxMessageBytes: cfg.MaxMessageBytes},
		RequestMax: cfg.RequestMax, ConnectionsMax: cfg.ConnectionsMax, PartitionsMax: cfg.PartitionsMax,
		Facts: facts(cfg), Clock: needs.Clock, Log: needs.Log}, b.store, b.groups)
	return err
}

// facts are the broker configs that Kafka's tools ask for and only we know.
func facts(cfg Config) []kafka.Fact {
	minutes := strconv.FormatInt(int64(cfg.OffsetsRetention.Minutes()), 10)
	delay := strconv.FormatInt(cfg.RebalanceDelay.Milliseconds(), 10)
	return []kafka.Fact{
		{Name: "group.initial.rebalance.delay.ms", Value: delay, Default: "3000", Doc: "How long an empty group waits for more members."},
		{Name: "group.max.session.timeout.ms", Value: "1800000", Default: "1800000", Doc: "The longest session a member may ask for."},
		{Name: "group.min.session.timeout.ms", Value: "6000", Default: "6000", Doc: "The shortest session a member may ask for."},
		{Name: "listeners", Value: "PLAINTEXT://" + cfg.Addr, Default: "PLAINTEXT://:9092", Doc: "Where this broker listens."},
		{Name: "log.dirs", Value: cfg.Dir, Default: "", Doc: "Where the topics are kept."},
		{Name: "offset.metadata.max.bytes", Value: strconv.Itoa(group.MetadataMax), Default: "4096", Doc: "The largest metadata of a committed offset."},
		{Name: "offsets.retention.minutes", Value: minutes, Default: "10080", Doc: "How long an empty group's offsets are kept; those of groups called " + group.KeptPrefix + "… for good."},
		{Name: "maru.durability", Value: string(cfg.Durability), Default: string(Fsync), Doc: "What acks=all waits for: the disk (fsync) or the page cache (os)."},
	}
}

// listen binds addr. "localhost" means both loopback addresses, because some
// clients try ::1 first; the second one is a courtesy and may be missing.
func listen(ctx context.Context, addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, maru.Errorf(maru.Invalid, "broker.addr is %q: %w", addr, err)
	}
	both := strings.EqualFold(host, "localhost")
	if both {
		host = "127.0.0.1"
	}
	var lc net.ListenConfig
	first, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, explainListen(addr, err)
	}
	out := []net.Listener{first}
	if both {
		_, port, err = net.SplitHostPort(first.Addr().String())
		if err == nil {
			if second, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", port)); err == nil {
				out = append(out, second)
			}
		}
	}
	return out, nil
}

func explainListen(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return maru.Errorf(maru.Conflict, "listen on %s for Kafka clients: the port is in use, perhaps by another maru serve or by a Kafka: stop that one, or choose another port with --kafka HOST:PORT (broker.addr)", addr)
	case errors.Is(err, syscall.EACCES):
		return maru.Errorf(maru.Denied, "listen on %s for Kafka clients: ports below 1024 need privileges: choose another with --kafka HOST:PORT (broker.addr)", addr)
	}
	return maru.Errorf(maru.Unavailable, "listen on %s for Kafka clients (broker.addr): %w", addr, err)
}

// Addr is the bound address, host:port.
func (b *Broker) Addr() string { return b.listeners[0].Addr().String() }

// Run serves clients and keeps the log in order until ctx ends or the storage
// fails. Answers under way get a short grace.
func (b *Broker) Run(ctx context.Context) error {
	g, ctx := run.NewGroup(ctx)
	// The storage outlives the server, so that answers under way can become durable.
	storage, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done()
	g.Go("broker.storage", func(context.Context) error { return b.store.Run(storage) })
	g.Go("broker.groups", func(ctx context.Context) error { return b.groups.Run(ctx) })
	for _, ln := range b.listeners {
		g.Go("broker.accept", func(ctx context.Context) error { return b.server.Serve(ctx, ln) })
	}
	g.Go("broker.stop", func(ctx context.Context) error {
		<-ctx.Done()
		defer done()
		return b.server.Close()
	})
	return g.Wait()
}

// Close gives back the address and closes the log. Call it after Run has returned.
func (b *Broker) Close() error { return b.close() }

func (b *Broker) shut() error {
	var errs []error
	for _, ln := range b.listeners {
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if b.server != nil {
		errs = append(errs, b.server.Close())
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	return errors.Join(errs...)
}
