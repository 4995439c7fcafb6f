package web

import (
	"context"
	"net/http"
	"time"

	"maru"
	"maru/web/internal/api"
)

// Annotation is words at a time, shown on every time chart.
type Annotation struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	To   time.Time `json:"to,omitzero" doc:"Missing for a moment"`
	Text string    `json:"text"`
	By   string    `json:"by"`
}

// AnnotationNew is the body of POST /api/annotations.
type AnnotationNew struct {
	At   time.Time `json:"at"`
	To   time.Time `json:"to,omitzero" doc:"The end of a range"`
	Text string    `json:"text"`
}

// AnnotationList is the answer of GET /api/annotations.
type AnnotationList struct {
	Annotations []Annotation `json:"annotations" doc:"Oldest first"`
}

type (
	annotationsIn struct {
		From string `query:"from" doc:"RFC 3339; missing: from the beginning"`
		To   string `query:"to" doc:"RFC 3339; missing: to the end"`
	}
	annotationID struct {
		ID string `path:"id"`
	}
)

func (s *Server) annotationEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: "/api/annotations" + path, ID: id, Summary: summary, Tag: "dashboards", Role: role}
	}
	register(s, e, op("GET", "", "listAnnotations", "Annotations that touch a range", api.Viewer), func(ctx context.Context, i *annotationsIn) (*body[AnnotationList], error) {
		return asked(s.dashboards, func(d Dashboards) (AnnotationList, error) {
			from, err := instant("from", i.From)
			if err != nil {
				return AnnotationList{}, err
			}
			to, err := instant("to", i.To)
			if err != nil {
				return AnnotationList{}, err
			}
			all, err := d.Annotations(ctx, from, to)
			return AnnotationList{orEmpty(all)}, err
		})
	})
	add := op("POST", "", "addAnnotation", "Annotate a time", api.Editor)
	add.Status = http.StatusCreated
	register(s, e, add, func(ctx context.Context, i *in[AnnotationNew]) (*body[Annotation], error) {
		return asked(s.dashboards, func(d Dashboards) (Annotation, error) { return d.Annotate(ctx, principalOf(ctx).ID, i.Body) })
	})
	register(s, e, op("DELETE", "/{id}", "deleteAnnotation", "Delete an annotation", api.Editor), func(ctx context.Context, i *annotationID) (*none, error) {
		d, err := s.dashboards()
		if err != nil {
			return nil, err
		}
		return &none{}, d.Unannotate(ctx, i.ID)
	})
}

// instant reads a time of a query string; none is the zero time.
func instant(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, maru.Errorf(maru.Invalid, "%s %.50q is no time: write 2026-01-05T09:00:00Z", name, text)
	}
	return t, nil
}
