package room

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"maru"
	"maru/duck"
	"maru/query/internal/wire"
	"maru/run"
)

// Limits of what the server may send.
const (
	openBytesMax  = 4 << 20  // a statement of duck.SQLBytesMax, escaped, with its parameters
	planBytesMax  = 64 << 20 // columns of gate.TablesMax tables, and the list of all
	streamBufSize = 256 << 10
)

// Server is the worker's handler.
type Server struct {
	cfg Config
	mux *http.ServeMux

	opening sync.Mutex // held while a session is opened or removed; before mu

	mu      sync.Mutex // guards what follows
	current *session
	spare   *instance
	making  bool
	wg      sync.WaitGroup
}

// NewServer makes the handler and its first instance.
func NewServer(ctx context.Context, cfg Config) (*Server, error) {
	in, err := openInstance(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), spare: in}
	s.mux.HandleFunc("POST /sessions", s.open)
	s.mux.HandleFunc("POST /sessions/{id}/plan", s.plan)
	s.mux.HandleFunc("PUT /sessions/{id}/tables/{room}", s.bring)
	s.mux.HandleFunc("POST /sessions/{id}/run", s.run)
	s.mux.HandleFunc("DELETE /sessions", s.remove)
	s.mux.HandleFunc("GET /status", s.status)
	return s, nil
}

// ServeHTTP answers the server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close ends the session, if there is one, and frees the instances.
func (s *Server) Close() {
	s.mu.Lock()
	cur := s.current
	s.current = nil
	s.mu.Unlock()
	if cur != nil {
		cur.close()
	}
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare != nil {
		s.spare.close()
		s.spare = nil
	}
}

// take gives the spare instance, or makes one.
func (s *Server) take(ctx context.Context) (*instance, error) {
	s.wg.Wait()
	s.mu.Lock()
	in := s.spare
	s.spare = nil
	s.mu.Unlock()
	if in != nil {
		return in, nil
	}
	return openInstance(ctx, s.cfg)
}

// prepare makes the next spare while nobody waits.
func (s *Server) prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare != nil || s.making {
		return
	}
	s.making = true
	s.wg.Add(1)
	run.Go("worker spare", func() {
		defer s.wg.Done()
		in, err := openInstance(context.Background(), s.cfg)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.making = false
		if err == nil {
			s.spare = in // an error is met again, and told, by who needs one
		}
	})
}

func (s *Server) open(w http.ResponseWriter, r *http.Request) {
	var o wire.Open
	if err := readJSON(w, r, openBytesMax, &o); err != nil {
		fail(w, err)
		return
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	s.mu.Lock()
	busy := s.current != nil
	s.mu.Unlock()
	if busy {
		fail(w, maru.Errorf(maru.Conflict, "this worker has a statement already"))
		return
	}
	in, err := s.take(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	ses, err := openSession(r.Context(), in, o)
	if err != nil {
		// Nothing has run in it yet, only the parser.
		s.giveBack(in, err)
		fail(w, err)
		return
	}
	ses.id = rand.Text()
	ses.ctx, ses.cancel = context.WithCancel(context.Background())
	s.mu.Lock()
	s.current = ses
	s.mu.Unlock()
	answer(w, ses.opened())
}

func (s *Server) giveBack(in *instance, why error) {
	s.mu.Lock()
	keep := s.spare == nil && !s.making && !duck.Fatal(why)
	if keep {
		s.spare = in
	}
	s.mu.Unlock()
	if !keep {
		in.close()
		s.prepare()
	}
}

// find gives the session that a request is about.
func (s *Server) find(r *http.Request) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.id != r.PathValue("id") {
		return nil, maru.Errorf(maru.NotFound, "there is no such session")
	}
	return s.current, nil
}

// during does the work of a request within its session: with a context that
// ends with either, and without waiting for a client once the session is over.
func (s *Server) during(w http.ResponseWriter, r *http.Request, work func(context.Context, *session)) {
	ses, err := s.find(r)
	if err == nil && !ses.enter() {
		err = maru.Errorf(maru.NotFound, "the session is closed")
	}
	if err != nil {
		fail(w, err)
		return
	}
	defer ses.leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := context.AfterFunc(ses.ctx, func() {
		cancel()
		rc := http.NewResponseController(w)
		_ = rc.SetReadDeadline(time.Now())
		_ = rc.SetWriteDeadline(time.Now())
	})
	defer stop()
	work(ctx, ses)
}

func (s *Server) plan(w http.ResponseWriter, r *http.Request) {
	s.during(w, r, func(ctx context.Context, ses *session) {
		var p wire.Plan
		if err := readJSON(w, r, planBytesMax, &p); err != nil {
			fail(w, err)
			return
		}
		out, err := ses.plan(ctx, p)
		if err != nil {
			fail(w, err)
			return
		}
		answer(w, out)
	})
}

func (s *Server) bring(w http.ResponseWriter, r *http.Request) {
	s.during(w, r, func(ctx context.Context, ses *session) {
		err := ses.bring(ctx, r.PathValue("room"), bufio.NewReaderSize(r.Body, streamBufSize))
		if err != nil {
			fail(w, ses.source.runError(err, "", ses.st.Tables))
			return
		}
		answer(w, struct{}{})
	})
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	s.during(w, r, func(ctx context.Context, ses *session) {
		var q wire.Run
		if err := readJSON(w, r, openBytesMax, &q); err != nil {
			fail(w, err)
			return
		}
		rows, err := ses.start(ctx)
		if err != nil {
			fail(w, ses.source.runError(err, ses.run, ses.st.Tables))
			return
		}
		defer rows.Close()
		w.Header().Set("Content-Type", "application/vnd.apache.arrow.stream")
		w.Header().Set("Trailer", wire.EndTrailer+", "+wire.ErrorTrailer)
		end, err := stream(w, ses.answer(rows), q.MaxRows)
		if err != nil {
			w.Header().Set(wire.ErrorTrailer, wire.ToError(ses.source.runError(err, ses.run, ses.st.Tables)).Header())
		}
		w.Header().Set(wire.EndTrailer, end)
	})
}

// stream writes batches as they are made, and says how it ended.
func stream(w http.ResponseWriter, rows batches, rowsMax int64) (string, error) {
	buf := bufio.NewWriterSize(w, streamBufSize)
	out := ipc.NewWriter(buf, ipc.WithSchema(rows.Schema()))
	flush := func() error {
		if err := buf.Flush(); err != nil {
			return err
		}
		return http.NewResponseController(w).Flush()
	}
	end, err := copyRows(out, rows, rowsMax, flush)
	if err != nil {
		return wire.EndError, errors.Join(err, flush())
	}
	if err := out.Close(); err != nil {
		return wire.EndError, err
	}
	return end, flush()
}

func copyRows(out *ipc.Writer, rows batches, rowsMax int64, flush func() error) (string, error) {
	var n int64
	for {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return wire.EndOK, nil
		}
		if err != nil {
			return "", err
		}
		end := ""
		if left := rowsMax - n; rowsMax > 0 && rec.NumRows() > left {
			cut := rec.NewSlice(0, left)
			rec.Release()
			rec, end = cut, wire.EndTruncated
		}
		n += rec.NumRows()
		if rec.NumRows() > 0 {
			err = out.Write(rec)
		}
		rec.Release()
		if err == nil {
			err = flush()
		}
		if err != nil || end != "" {
			return end, err
		}
	}
}

// remove ends the session, if there is one, and makes the next instance.
func (s *Server) remove(w http.ResponseWriter, _ *http.Request) {
	s.opening.Lock()
	defer s.opening.Unlock()
	s.mu.Lock()
	ses := s.current
	s.current = nil
	s.mu.Unlock()
	if ses != nil {
		ses.close()
		s.prepare()
	}
	s.status(w, nil)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	st := wire.Status{PID: os.Getpid(), Version: duck.Version(), Memory: residentBytes()}
	s.mu.Lock()
	if s.current != nil {
		st.Session = s.current.id
	}
	s.mu.Unlock()
	answer(w, st)
}

func readJSON(w http.ResponseWriter, r *http.Request, bytesMax int64, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bytesMax)).Decode(into); err != nil {
		return maru.Errorf(maru.Invalid, "the request cannot be read: %v", err)
	}
	return nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// The other end is gone when this fails; it will say so itself.
	_ = json.NewEncoder(w).Encode(v)
}

// fail answers with an error.
func fail(w http.ResponseWriter, err error) {
	e := wire.ToError(err)
	e.Fatal = e.Fatal || duck.Fatal(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(e)
}
