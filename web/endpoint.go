package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"maru"
	"maru/web/internal/api"
)

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

// healthState is the answer of GET /healthz.
type healthState struct {
	Status  string `json:"status"`
	Version string `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func (s *Server) nodeEndpoints(e *api.Endpoints) {
	metrics := s.serveMetrics()
	op := func(path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: "GET", Path: path, ID: id, Summary: summary, Tag: "node", Role: role}
	}
	o := op("/healthz", "health", "Whether the node can do its work", api.Open)
	o.Produces = []string{TypeJSON}
	e.Raw(o, s.health)
	o = op("/metrics", "metrics", "Numbers for Prometheus", api.Open)
	o.Produces = []string{"text/plain"}
	e.Raw(o, func(w http.ResponseWriter, r *http.Request) error {
		metrics.ServeHTTP(w, r)
		return nil
	})
	o = op("/api/openapi.json", "openapi", "This document", api.Viewer)
	o.Produces = []string{TypeJSON}
	e.Raw(o, s.document)
	register(s, e, op("/api/catalog", "catalog", "What SQL can see", api.Viewer), s.catalog)
	register(s, e, op("/api/doctor", "doctor", "The whole node", api.Viewer), s.doctor)
	register(s, e, op("/api/project", "project", "What is loaded", api.Viewer), s.project)
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	if s.needs.Health != nil {
		if err := s.needs.Health.Healthy(ctx); err != nil {
			api.WriteJSON(w, http.StatusServiceUnavailable, healthState{Status: "unavailable", Reason: err.Error()})
			return nil
		}
	}
	api.WriteJSON(w, http.StatusOK, healthState{Status: "ok", Version: s.cfg.Version})
	return nil
}

// Document is the OpenAPI document of all endpoints, as indented JSON.
func (s *Server) Document() ([]byte, error) {
	text, err := s.endpoints.Document()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, text, "", "  ")
	out.WriteByte('\n')
	return out.Bytes(), err
}

func (s *Server) document(w http.ResponseWriter, _ *http.Request) error {
	text, err := s.Document()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", TypeJSON)
	_, err = w.Write(text)
	return err
}

func (s *Server) catalog(ctx context.Context, _ *none) (*body[[]Table], error) {
	if s.needs.Catalog == nil {
		return nil, missing("the catalog")
	}
	tables, err := s.needs.Catalog.Tables(ctx)
	for i := range tables {
		tables[i].Columns = orEmpty(tables[i].Columns)
	}
	return &body[[]Table]{orEmpty(tables)}, err
}

func (s *Server) doctor(ctx context.Context, _ *none) (*body[Report], error) {
	if s.needs.Doctor == nil {
		return nil, missing("the doctor")
	}
	report, err := s.needs.Doctor.Report(ctx)
	report.Services = orEmpty(report.Services)
	if report.Version == "" {
		report.Version = s.cfg.Version
	}
	return &body[Report]{report}, err
}

func (s *Server) project(ctx context.Context, _ *none) (*body[ProjectState], error) {
	if s.needs.Project == nil {
		return nil, missing("the project")
	}
	p, err := s.needs.Project.Project(ctx)
	p.Objects, p.Problems = orEmpty(p.Objects), orEmpty(p.Problems)
	return &body[ProjectState]{p}, err
}
