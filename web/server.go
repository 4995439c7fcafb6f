package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"maru"
	"maru/run"
	"maru/web/internal/api"
	"maru/web/internal/live"
)

// DefaultAddr is where the server listens when nothing else is said.
const DefaultAddr = "127.0.0.1:7788"

// Bounds of the server.
const (
	SQLBytesMax    = 256 << 10 // of one statement
	bodyBytesMax   = 1 << 20   // of one body: a statement with its escapes
	headerBytesMax = 64 << 10
	headerTimeout  = 10 * time.Second
	bodyTimeout    = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	answerTimeout  = 30 * time.Second // for what is not a stream
	healthTimeout  = 2 * time.Second
	drainTimeout   = 3 * time.Second // for answers under way, at the end
	requestsMax    = 256             // at the same time
	rootsMax       = 64
	pathBytesMax   = 4096
)

// Defaults of Config.
const (
	DefaultSQLTimeout   = time.Hour
	DefaultStallTimeout = time.Minute
)

// Config is the server's; the zero value works but for the token.
type Config struct {
	Addr         string        // host:port on loopback; DefaultAddr when empty, port 0: any
	Token        string        // else that of TokenFile
	TokenFile    string        // as made by EnsureToken
	Version      string        // of the program
	SQLTimeout   time.Duration // for one statement; 0: DefaultSQLTimeout
	StallTimeout time.Duration // for a reader that takes nothing; 0: DefaultStallTimeout
	Log          *slog.Logger  // nil: none
	Pages        fs.FS         // nil: those of the binary
}

// Validate names what is wrong with c.
func (c Config) Validate() error {
	if c.SQLTimeout < 0 {
		return maru.Errorf(maru.Invalid, "sql timeout %s: use 0 or more", c.SQLTimeout)
	}
	if c.StallTimeout < 0 {
		return maru.Errorf(maru.Invalid, "stall timeout %s: use 0 or more", c.StallTimeout)
	}
	return checkAddr(c.addr())
}

func (c Config) addr() string {
	if c.Addr == "" {
		return DefaultAddr
	}
	return c.Addr
}

// checkAddr refuses an address beyond loopback.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return maru.Errorf(maru.Invalid, "http address %q: write host:port, such as %s", addr, DefaultAddr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return maru.Errorf(maru.Invalid, "http address %q: the port is not from 0 to 65535", addr)
	}
	if !loopbackHost(host) {
		return maru.Errorf(maru.Denied, "http address %q is beyond this machine: whoever has the token would have everything, unencrypted. "+
			"Until there are users and TLS, listen on 127.0.0.1 and put a proxy or an ssh tunnel in front", addr)
	}
	return nil
}

// Server is the HTTP face.
type Server struct {
	cfg       Config
	needs     Needs
	tokenSum  [sha256.Size]byte
	listener  net.Listener
	server    *http.Server
	endpoints *api.Endpoints
	pages     *pages
	hub       *live.Hub
	metrics   *metrics
	slots     chan struct{} // one for each request under way
	ending    context.CancelFunc
}

// Open listens on the address of cfg; Run serves. A port in use is
// maru.Conflict.
func Open(ctx context.Context, cfg Config, needs Needs) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, &maru.Error{Op: "web", Kind: maru.KindOf(err), Err: err}
	}
	if cfg.SQLTimeout == 0 {
		cfg.SQLTimeout = DefaultSQLTimeout
	}
	if cfg.StallTimeout == 0 {
		cfg.StallTimeout = DefaultStallTimeout
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, needs: needs, metrics: newMetrics(), slots: make(chan struct{}, requestsMax)}
	s.pages, s.hub = newPages(cfg.Pages), newHub(s)
	if err := s.takeToken(); err != nil {
		return nil, &maru.Error{Op: "web", Kind: maru.KindOf(err), Err: err}
	}
	l, err := listen(ctx, cfg.addr())
	if err != nil {
		return nil, &maru.Error{Op: "web", Kind: maru.KindOf(err), Err: err}
	}
	s.listener = l
	base, ending := context.WithCancel(context.WithoutCancel(ctx))
	s.ending = ending
	s.server = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout + bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

func (s *Server) takeToken() error {
	token := s.cfg.Token
	if token == "" && s.cfg.TokenFile != "" {
		t, err := ReadToken(s.cfg.TokenFile)
		if err != nil {
			return err
		}
		token = t
	}
	if err := checkToken(token); err != nil {
		return maru.Errorf(maru.Invalid, "token: %w", err)
	}
	s.tokenSum = sha256.Sum256([]byte(token))
	s.cfg.Token = "" // only its digest is kept
	return nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, maru.Errorf(maru.Conflict, "%s is in use by another program (another maru serve?): stop that one or choose another address with --http", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, maru.Errorf(maru.Denied, "%s may not be listened on: ports below 1024 belong to root; choose another with --http", addr)
	}
	return nil, fmt.Errorf("listen on %s: %w", addr, err)
}

// Addr is the address listened on, with the port that was given.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Registry is where a node may add its own metrics.
func (s *Server) Registry() prometheus.Registerer { return s.metrics.registry }

// Run serves until ctx ends; then streams are cut and answers under way get
// drainTimeout.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	run.Go("http accept", func() { served <- s.server.Serve(s.listener) })
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	s.ending()
	s.hub.Close()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := s.server.Shutdown(drain)
	if err != nil { // somebody does not read: cut them off
		err = s.server.Close()
	}
	<-served
	return err
}

// Close stops listening and cuts all connections. Run returns.
func (s *Server) Close() error {
	s.ending()
	s.hub.Close()
	return errors.Join(s.server.Close(), ignoreClosed(s.listener.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
