package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"maru"
	"maru/web/internal/api"
)

// Workspace is what a person keeps between visits.
type Workspace interface {
	Preferences(ctx context.Context, owner string) (Preferences, error)
	// SetPreferences fails with a NewerPreferences when tag is given and no
	// longer that of what is kept.
	SetPreferences(ctx context.Context, owner string, body []byte, tag string) (Preferences, error)
	Queries(ctx context.Context, who maru.Principal) ([]SavedQuery, error)
	SavedQuery(ctx context.Context, who maru.Principal, id string) (SavedQuery, error)
	AddQuery(ctx context.Context, who maru.Principal, q QueryToSave) (SavedQuery, error)
	ChangeQuery(ctx context.Context, who maru.Principal, id string, q QueryToSave) (SavedQuery, error)
	RemoveQuery(ctx context.Context, who maru.Principal, id string) error
	History(ctx context.Context, owner string) ([]PastRun, error)
}

// Preferences are one JSON object and the tag of what it is now.
type Preferences struct {
	Body []byte
	Tag  string
}

// NewerPreferences is an error that has what is kept now.
type NewerPreferences interface {
	error
	Newer() Preferences
}

// QueryToSave is the body of POST /api/queries and PUT /api/queries/{id}.
type QueryToSave struct {
	Name   string         `json:"name"`
	SQL    string         `json:"sql"`
	Params map[string]any `json:"params,omitempty" doc:"Values of {{name}}, as the page has them"`
	Shared bool           `json:"shared,omitempty" doc:"Others see it"`
}

// SavedQuery is a statement that somebody saved.
type SavedQuery struct {
	ID      string         `json:"id"`
	Owner   string         `json:"owner"`
	Name    string         `json:"name"`
	SQL     string         `json:"sql"`
	Params  map[string]any `json:"params"`
	Shared  bool           `json:"shared"`
	Changed time.Time      `json:"changed"`
}

// SavedQueryList is the answer of GET /api/queries.
type SavedQueryList struct {
	Queries []SavedQuery `json:"queries"`
}

// PastRun is a statement that has ended.
type PastRun struct {
	ID      string         `json:"id" doc:"Of its result, which may have been dropped"`
	SQL     string         `json:"sql"`
	Params  map[string]any `json:"params"`
	Started time.Time      `json:"started"`
	MS      int64          `json:"ms"`
	Rows    int64          `json:"rows"`
	State   string         `json:"state" enum:"done,failed,canceled"`
	Error   string         `json:"error,omitempty"`
}

// History is the answer of GET /api/history.
type History struct {
	Runs []PastRun `json:"runs"`
}

type (
	queryID struct {
		ID string `path:"id"`
	}
	queryIDIn struct {
		ID   string `path:"id"`
		Body QueryToSave
	}
)

func (s *Server) workspace() (Workspace, error) {
	if s.needs.Workspace == nil {
		return nil, missing("the part that keeps what is a person's own")
	}
	return s.needs.Workspace, nil
}

func (s *Server) workspaceEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "workspace", Role: api.Viewer}
	}
	o := op("GET", "/api/preferences", "getPreferences", "What the pages keep of a person, with its ETag")
	o.Produces = []string{TypeJSON}
	e.Raw(o, s.getPreferences)
	o = op("PUT", "/api/preferences", "setPreferences", "Replace it; with If-Match 409 and the newer one when it has changed")
	o.Produces, o.Body = []string{TypeJSON}, map[string]any{}
	e.Raw(o, s.setPreferences)
	register(s, e, op("GET", "/api/queries", "listQueries", "One's saved queries and those that others share"), func(ctx context.Context, _ *none) (*body[SavedQueryList], error) {
		return asked(s.workspace, func(w Workspace) (SavedQueryList, error) {
			all, err := w.Queries(ctx, principalOf(ctx))
			return SavedQueryList{orEmpty(all)}, err
		})
	})
	register(s, e, op("GET", "/api/queries/{id}", "getQuery", "One saved query"), func(ctx context.Context, i *queryID) (*body[SavedQuery], error) {
		return asked(s.workspace, func(w Workspace) (SavedQuery, error) { return w.SavedQuery(ctx, principalOf(ctx), i.ID) })
	})
	add := op("POST", "/api/queries", "addQuery", "Save a query")
	add.Status = http.StatusCreated
	register(s, e, add, func(ctx context.Context, i *in[QueryToSave]) (*body[SavedQuery], error) {
		return asked(s.workspace, func(w Workspace) (SavedQuery, error) { return w.AddQuery(ctx, principalOf(ctx), i.Body) })
	})
	register(s, e, op("PUT", "/api/queries/{id}", "changeQuery", "Change a saved query of one's own"), func(ctx context.Context, i *queryIDIn) (*body[SavedQuery], error) {
		return asked(s.workspace, func(w Workspace) (SavedQuery, error) { return w.ChangeQuery(ctx, principalOf(ctx), i.ID, i.Body) })
	})
	register(s, e, op("DELETE", "/api/queries/{id}", "deleteQuery", "Delete a saved query of one's own"), func(ctx context.Context, i *queryID) (*none, error) {
		w, err := s.workspace()
		if err != nil {
			return nil, err
		}
		return &none{}, w.RemoveQuery(ctx, principalOf(ctx), i.ID)
	})
	register(s, e, op("GET", "/api/history", "history", "What one ran, newest first"), func(ctx context.Context, _ *none) (*body[History], error) {
		return asked(s.workspace, func(w Workspace) (History, error) {
			all, err := w.History(ctx, principalOf(ctx).ID)
			return History{orEmpty(all)}, err
		})
	})
}

func (s *Server) getPreferences(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.workspace()
	if err != nil {
		return err
	}
	p, err := ws.Preferences(r.Context(), principalOf(r.Context()).ID)
	if err != nil {
		return err
	}
	return writePreferences(w, p)
}

func (s *Server) setPreferences(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.workspace()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r.Body) // the guard bounds it
	if err != nil {
		return err
	}
	p, err := ws.SetPreferences(r.Context(), principalOf(r.Context()).ID, bytes.TrimSpace(text), unquoteTag(r.Header.Get("If-Match")))
	var newer NewerPreferences
	if errors.As(err, &newer) {
		w.Header().Set("ETag", quoteTag(newer.Newer().Tag))
		api.WriteJSON(w, http.StatusConflict, struct {
			ErrorBody
			Preferences json.RawMessage `json:"preferences"`
		}{ErrorBody{Error: api.InfoOf(err)}, newer.Newer().Body})
		return nil
	}
	if err != nil {
		return err
	}
	return writePreferences(w, p)
}

func writePreferences(w http.ResponseWriter, p Preferences) error {
	w.Header().Set("Content-Type", TypeJSON)
	w.Header().Set("ETag", quoteTag(p.Tag))
	_, err := w.Write(p.Body)
	return err
}

func quoteTag(tag string) string { return `"` + tag + `"` }

// unquoteTag gives "" for none and for *, which fits all. A proxy that packs
// bodies makes a tag a weak one.
func unquoteTag(header string) string {
	if header = strings.TrimSpace(header); header == "*" {
		return ""
	}
	return strings.Trim(strings.TrimPrefix(header, "W/"), `"`)
}
