package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"maru"
	"maru/broker"
	"maru/dashboard"
	"maru/govern"
	"maru/kafka"
	"maru/meta"
	"maru/project"
	"maru/query"
	"maru/run"
	"maru/stream"
	"maru/web"
	"maru/workspace"
)

// Config of a node.
type Config struct {
	ProjectDir string // absolute; "" = no project
	DataDir    string // absolute
	HTTPAddr   string
	KafkaAddr  string
	Version    string
	Log        *slog.Logger
	Sample     *Sample // nil: the first steps have none
	// Ready is called once everything listens.
	Ready func(httpAddr, kafkaAddr string)
}

// node is everything of one running server.
type node struct {
	cfg     Config
	log     *slog.Logger
	started time.Time

	meta       *meta.DB
	govern     *govern.Govern
	broker     *broker.Broker // nil when the project names a real Kafka
	kafka      *kafka.Client
	stream     *stream.Stream
	query      *query.Query
	keeper     *query.Keeper
	dashboards *dashboard.Dashboards // nil without a project
	web        *web.Server
	sup        *run.Supervisor

	workspace   *workspace.Workspace
	remembering sync.WaitGroup // results on their way into the history
	creating    sync.Mutex     // held while a stream's file is made

	tableKeeper  *query.Keeper // of samples of tables
	tableSamples tableSamples

	bootstrap string
	folder    *folder // what the project says
	samples   *samples
}

// Run opens the parts, runs them until ctx ends, and stops them in reverse.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	slog.SetDefault(cfg.Log)
	release, err := claim(cfg.DataDir)
	if err != nil {
		return err
	}
	defer release()
	n := &node{cfg: cfg, log: cfg.Log, started: time.Now()}
	defer n.close()
	if err := n.open(ctx); err != nil {
		return err
	}
	return n.run(ctx)
}

// claim makes the data directory ours and empties what no run keeps.
func claim(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if release, err = run.LockDir(dir); err != nil {
		return nil, err
	}
	temp := filepath.Join(dir, "tmp")
	if err := errors.Join(os.RemoveAll(temp), os.MkdirAll(temp, 0o700), os.MkdirAll(filepath.Join(dir, "run"), 0o700)); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// open makes the parts in the order in which rows pass them.
func (n *node) open(ctx context.Context) error {
	dir := n.cfg.DataDir
	token, err := web.EnsureToken(dir)
	if err != nil {
		return err
	}
	if n.meta, err = meta.Open(ctx, filepath.Join(dir, "meta.db")); err != nil {
		return err
	}
	if n.govern, err = govern.Open(ctx, govern.Config{}, govern.Needs{DB: n.meta, Log: n.log}); err != nil {
		return err
	}
	if n.workspace, err = workspace.Open(ctx, workspace.Config{}, workspace.Needs{DB: n.meta}); err != nil {
		return err
	}
	n.folder, n.samples = newFolder(n), newSamples(n)
	if err := n.openLog(ctx); err != nil {
		return err
	}
	if n.kafka, err = kafka.NewClient(n.bootstrap, kafka.WithClientID("maru-node")); err != nil {
		return err
	}
	if n.stream, err = stream.Open(ctx, stream.Config{DataDir: dir, Bootstrap: n.bootstrap}); err != nil {
		return err
	}
	if n.query, err = query.Open(ctx, query.Config{DataDir: dir, ProjectDir: n.cfg.ProjectDir, Bootstrap: n.bootstrap}, query.Needs{Tables: &tables{n}}); err != nil {
		return err
	}
	if n.keeper, err = n.query.Keeper(query.KeepConfig{Dir: filepath.Join(dir, "tmp", "results")}); err != nil {
		return err
	}
	if err := n.openDashboards(ctx); err != nil {
		return err
	}
	if n.tableKeeper, err = n.query.Keeper(sampleConfig(filepath.Join(dir, "tmp", "samples"))); err != nil {
		return err
	}
	n.sup = run.NewSupervisor(run.SupervisorConfig{OnEvent: n.event})
	n.web, err = web.Open(ctx, web.Config{Addr: n.cfg.HTTPAddr, Token: token, Version: n.cfg.Version, Log: n.log}, n.webNeeds())
	return err
}

// openLog opens our broker, or takes the address of the one the project names.
func (n *node) openLog(ctx context.Context) error {
	var settings project.Broker
	if n.cfg.ProjectDir != "" {
		p, _ := project.Load(n.cfg.ProjectDir) // its problems are told by the project service
		if p != nil {
			settings = p.Broker
		}
	}
	if settings.Bootstrap != "" {
		n.bootstrap = settings.Bootstrap
		return nil
	}
	var err error
	n.broker, err = broker.Open(ctx, broker.Config{Dir: filepath.Join(n.cfg.DataDir, "broker"), Addr: n.cfg.KafkaAddr,
		Durability: broker.Durability(settings.Durability)}, broker.Needs{Log: n.log})
	if err != nil {
		return err
	}
	n.bootstrap = n.broker.Addr()
	return nil
}

// run starts the services, each once the one before is ready.
func (n *node) run(ctx context.Context) error {
	var services []run.Service
	if n.broker != nil {
		services = append(services, run.Service{Name: "broker", Run: n.broker.Run})
	}
	services = append(services,
		run.Service{Name: "query", Run: n.query.Run}, // its worker starts while the streamer does
		run.Service{Name: "streamer", Run: n.stream.Run, PID: n.stream.PID, Ready: n.stream.Ready, StopTimeout: 20 * time.Second},
		run.Service{Name: "samples", Run: n.samples.run},
		run.Service{Name: "web", Run: n.web.Run},
	)
	if n.cfg.ProjectDir != "" {
		services = append(services, run.Service{Name: "project", Run: n.folder.run})
	}
	if first := (&firstSteps{n}); first.wanted() {
		services = append(services, first.service())
	}
	for _, s := range services {
		if _, err := n.sup.Add(s); err != nil {
			return err
		}
	}
	if err := n.sup.Start(ctx); err != nil {
		return errors.Join(err, n.sup.Stop())
	}
	if err := n.announce(); err != nil {
		return errors.Join(err, n.sup.Stop())
	}
	<-ctx.Done()
	return errors.Join(n.sup.Stop(), n.withdraw())
}

// infoFile tells clients on this machine where the server is.
func (n *node) infoFile() string { return filepath.Join(n.cfg.DataDir, "run", "server.json") }

func (n *node) announce() error {
	info, err := json.Marshal(map[string]any{"http": n.web.Addr(), "kafka": n.bootstrap, "pid": os.Getpid(), "started": n.started.UTC()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.infoFile(), info, 0o600); err != nil {
		return err
	}
	if n.cfg.Ready != nil {
		n.cfg.Ready(n.web.Addr(), n.bootstrap)
	}
	if token := n.govern.SetupToken(); token != "" {
		n.log.Info("nobody can sign in yet: whoever opens this link makes the first admin", "link", "http://"+n.web.Addr()+"/welcome#"+token)
	}
	n.log.Info("ready", "http", n.web.Addr(), "kafka", n.bootstrap, "took", time.Since(n.started).Round(time.Millisecond).String())
	return nil
}

func (n *node) withdraw() error {
	if err := os.Remove(n.infoFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// close gives back what open took, in reverse.
func (n *node) close() {
	closers := []func() error{}
	add := func(ok bool, fn func() error) {
		if ok {
			closers = append(closers, fn)
		}
	}
	add(n.web != nil, func() error { return n.web.Close() })
	add(n.dashboards != nil, func() error { return n.dashboards.Close() })
	add(n.keeper != nil, func() error { return n.keeper.Close() })
	add(n.tableKeeper != nil, func() error { return n.tableKeeper.Close() })
	add(n.keeper != nil, func() error { n.remembering.Wait(); return nil })
	add(n.query != nil, func() error { return n.query.Close() })
	add(n.stream != nil, func() error { return n.stream.Close() })
	add(n.kafka != nil, func() error { n.kafka.Close(); return nil })
	add(n.broker != nil, func() error { return n.broker.Close() })
	add(n.govern != nil, func() error { return n.govern.Close() })
	add(n.meta != nil, func() error { return n.meta.Close() })
	for _, fn := range closers {
		if err := fn(); err != nil {
			n.log.Warn("stop", "error", err)
		}
	}
}

// event remembers what happens to a service.
func (n *node) event(e run.Event) {
	n.log.Debug(e.Service, "state", string(e.State)) // what fails is told by the supervisor
	run.Go("event", func() {
		ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
		defer cancel()
		if err := n.meta.AddEvent(ctx, meta.Event{At: maru.SystemClock.Now(), Service: e.Service, Kind: string(e.State), Text: e.Text}); err != nil {
			n.log.Debug("an event was not kept", "error", err)
		}
	})
}

const eventTimeout = 5 * time.Second
