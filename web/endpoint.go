package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"maru"
)

// tailBytes is the piece in which changes are passed on.
const tailBytes = 32 << 10

func missing(what string) error {
	return maru.Errorf(maru.Unavailable, "%s is not running here", what)
}

// orEmpty makes nil a list: JSON clients should not meet null for none.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	if s.needs.Health != nil {
		if err := s.needs.Health.Healthy(ctx); err != nil {
			writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable", "reason": err.Error()})
			return nil
		}
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": s.cfg.Version})
	return nil
}

func (s *Server) catalog(w http.ResponseWriter, r *http.Request) error {
	if s.needs.Catalog == nil {
		return missing("the catalog")
	}
	tables, err := s.needs.Catalog.Tables(r.Context())
	if err != nil {
		return err
	}
	for i := range tables {
		tables[i].Columns = orEmpty(tables[i].Columns)
	}
	writeJSON(w, http.StatusOK, orEmpty(tables))
	return nil
}

func (s *Server) streams(w http.ResponseWriter, r *http.Request) error {
	if s.needs.Streams == nil {
		return missing("the streamer")
	}
	all, err := s.needs.Streams.List(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, orEmpty(all))
	return nil
}

// streamName is the {name} of a path. Views of a stream have its name or that
// name and a suffix (_late, _rejected).
func (s *Server) streamName(r *http.Request) (string, error) {
	if s.needs.Streams == nil {
		return "", missing("the streamer")
	}
	name := r.PathValue("name")
	if err := maru.CheckName(name); err != nil {
		return "", maru.Errorf(maru.Invalid, "%w", err)
	}
	return name, nil
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	name, err := s.streamName(r)
	if err != nil {
		return err
	}
	st, err := s.needs.Streams.Status(r.Context(), name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, st)
	return nil
}

// Explained is the answer of GET /api/streams/{name}/explain.
type Explained struct {
	Name string `json:"name"`
	Plan string `json:"plan"`
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) error {
	name, err := s.streamName(r)
	if err != nil {
		return err
	}
	plan, err := s.needs.Streams.Explain(r.Context(), name)
	if err != nil {
		return s.unknown(r.Context(), name, err)
	}
	writeJSON(w, http.StatusOK, Explained{Name: name, Plan: plan})
	return nil
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request) error {
	name, err := s.streamName(r)
	if err != nil {
		return err
	}
	var req ResetRequest
	if err := readBody(r, &req, true); err != nil {
		return err
	}
	if err := s.needs.Streams.Reset(r.Context(), name, req); err != nil {
		return s.unknown(r.Context(), name, err)
	}
	writeJSON(w, http.StatusOK, map[string]string{"name": name, "status": "reset"})
	return nil
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
	name, err := s.streamName(r)
	if err != nil {
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

func (s *Server) doctor(w http.ResponseWriter, r *http.Request) error {
	if s.needs.Doctor == nil {
		return missing("the doctor")
	}
	report, err := s.needs.Doctor.Report(r.Context())
	if err != nil {
		return err
	}
	report.Services = orEmpty(report.Services)
	if report.Version == "" {
		report.Version = s.cfg.Version
	}
	writeJSON(w, http.StatusOK, report)
	return nil
}

func (s *Server) project(w http.ResponseWriter, r *http.Request) error {
	if s.needs.Project == nil {
		return missing("the project")
	}
	p, err := s.needs.Project.Project(r.Context())
	if err != nil {
		return err
	}
	p.Objects, p.Problems = orEmpty(p.Objects), orEmpty(p.Problems)
	writeJSON(w, http.StatusOK, p)
	return nil
}
