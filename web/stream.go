package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"maru"
	"maru/web/internal/api"
)

// tailBytes is the piece in which changes are passed on.
const tailBytes = 32 << 10

func (s *Server) streamEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "streams", Role: role}
	}
	register(s, e, op("GET", "/api/streams", "listStreams", "Streams", api.Viewer), s.streams)
	create := op("POST", "/api/streams", "createStream", "Save a query as a view that is kept up to date", api.Editor)
	create.Status = http.StatusCreated
	register(s, e, create, s.createStream)
	register(s, e, op("GET", "/api/streams/{name}", "getStream", "One stream", api.Viewer), s.stream)
	register(s, e, op("GET", "/api/streams/{name}/explain", "explainStream", "A stream's plan in words", api.Viewer), s.explain)
	for _, verb := range []string{"pause", "resume"} {
		register(s, e, op("POST", "/api/streams/{name}/"+verb, verb+"Stream", "Stop a stream's reading, or let it go on", api.Editor), func(ctx context.Context, i *named) (*none, error) {
			if err := s.checkControl(i.Name); err != nil {
				return nil, err
			}
			return &none{}, s.unknown(ctx, i.Name, s.needs.Control.Pause(ctx, i.Name, verb == "pause"))
		})
	}
	register(s, e, op("GET", "/api/streams/{name}/rows", "streamRows", "Late or rejected rows", api.Viewer), s.side)
	o := op("POST", "/api/streams/{name}/reset", "resetStream", "Make a view anew", api.Editor)
	o.Body, o.Produces = ResetRequest{}, []string{TypeJSON}
	e.Raw(o, s.reset)
	e.Raw(api.Op{Method: "GET", Path: "/api/views/{name}/tail", ID: "tailView", Summary: "A view's changes as they happen", Tag: "streams", Role: api.Viewer, Stream: true,
		Produces: []string{TypeNDJSON}, Query: []api.Param{{Name: "from", Doc: "now or start"}}}, s.tail)
}

func (s *Server) streams(ctx context.Context, _ *none) (*body[[]StreamStatus], error) {
	if s.needs.Streams == nil {
		return nil, missing("the streamer")
	}
	all, err := s.needs.Streams.List(ctx)
	return &body[[]StreamStatus]{orEmpty(all)}, err
}

// checkStream looks at the {name} of a path. Views of a stream have its name
// or that name and a suffix (_late, _rejected).
func (s *Server) checkStream(name string) error {
	if s.needs.Streams == nil {
		return missing("the streamer")
	}
	if err := maru.CheckName(name); err != nil {
		return maru.Errorf(maru.Invalid, "%w", err)
	}
	return nil
}

func (s *Server) stream(ctx context.Context, i *named) (*body[StreamStatus], error) {
	if err := s.checkStream(i.Name); err != nil {
		return nil, err
	}
	st, err := s.needs.Streams.Status(ctx, i.Name)
	return &body[StreamStatus]{st}, err
}

func (s *Server) checkControl(name string) error {
	if s.needs.Control == nil {
		return missing("the streamer")
	}
	return s.checkStream(name)
}

func (s *Server) createStream(ctx context.Context, i *in[StreamNew]) (*body[StreamCreated], error) {
	if err := s.checkControl(i.Body.Name); err != nil {
		return nil, err
	}
	if err := (QueryRequest{SQL: i.Body.SQL}).validate(); err != nil {
		return nil, err
	}
	out, err := s.needs.Control.Create(ctx, i.Body)
	return &body[StreamCreated]{out}, err
}

// Explained is the answer of GET /api/streams/{name}/explain.
type Explained struct {
	Name string `json:"name"`
	Plan string `json:"plan"`
}

func (s *Server) explain(ctx context.Context, i *named) (*body[Explained], error) {
	if err := s.checkStream(i.Name); err != nil {
		return nil, err
	}
	plan, err := s.needs.Streams.Explain(ctx, i.Name)
	if err != nil {
		return nil, s.unknown(ctx, i.Name, err)
	}
	return &body[Explained]{Explained{Name: i.Name, Plan: plan}}, nil
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.checkStream(name); err != nil {
		return err
	}
	var req ResetRequest
	if err := readBody(r, &req, true); err != nil {
		return err
	}
	done := StreamDone{Name: name, Status: "reset"}
	if req.Keep {
		if err := s.checkControl(name); err != nil {
			return err
		}
		kept, err := s.needs.Control.Keep(r.Context(), name)
		if err != nil {
			return s.unknown(r.Context(), name, err)
		}
		done.Kept = &kept
	}
	if err := s.needs.Streams.Reset(r.Context(), name, req); err != nil {
		return s.unknown(r.Context(), name, err)
	}
	api.WriteJSON(w, http.StatusOK, done)
	return nil
}

// sideRowsMax bounds what is shown of late and rejected rows.
const sideRowsMax = 200

type sideAsk struct {
	Name  string `path:"name"`
	Side  string `query:"side" enum:"late,rejected" required:"true"`
	Limit int64  `query:"limit" minimum:"1" maximum:"200" default:"100"`
}

func (s *Server) side(ctx context.Context, i *sideAsk) (*body[SideRows], error) {
	if err := s.checkControl(i.Name); err != nil {
		return nil, err
	}
	st, err := s.needs.Streams.Status(ctx, i.Name)
	if err != nil {
		return nil, err
	}
	rows, err := s.needs.Control.Side(ctx, i.Name, i.Side, min(i.Limit, sideRowsMax))
	if err != nil {
		return nil, s.unknown(ctx, i.Name, err)
	}
	out := SideRows{Total: st.RowsLate, Rows: orEmpty(rows)}
	if i.Side == "rejected" {
		out.Total = st.RowsRejected
	}
	return &body[SideRows]{out}, nil
}

// StreamDone says what was done to a stream.
type StreamDone struct {
	Name   string    `json:"name"`
	Status string    `json:"status"`
	Kept   *KeptView `json:"kept,omitempty"`
}

// readBody takes exactly one JSON value without unknown keys; none at all if
// optional.
func readBody(r *http.Request, to any, optional bool) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if optional && errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the JSON value")
		}
	}
	var tooLarge *http.MaxBytesError
	if err == nil || errors.As(err, &tooLarge) {
		return err
	}
	return maru.Errorf(maru.Invalid, "the body is not the JSON that is wanted here: %w", err)
}

func (s *Server) tail(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.checkStream(name); err != nil {
		return err
	}
	from := r.URL.Query().Get("from")
	switch from {
	case "":
		from = "now"
	case "now", "start":
	default:
		return maru.Errorf(maru.Invalid, "from %.50q: use now or start", from)
	}
	changes, err := s.needs.Streams.Tail(r.Context(), name, from)
	if err != nil {
		return s.unknown(r.Context(), name, err)
	}
	defer changes.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	return pass(w, changes)
}

// pass copies piece by piece and sends each at once: a change is shown when
// it happens.
func pass(w http.ResponseWriter, from io.Reader) error {
	flusher, _ := w.(interface{ FlushError() error })
	buf := make([]byte, tailBytes)
	if flusher != nil {
		if err := flusher.FlushError(); err != nil {
			return err
		}
	}
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if flusher != nil {
				if err := flusher.FlushError(); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
