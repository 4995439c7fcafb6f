package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"maru"
	"maru/web/internal/api"
	"maru/web/internal/live"
)

// pingEvery is how often a page hears that the connection lives.
const pingEvery = 10 * time.Second

func (s *Server) liveEndpoints(e *api.Endpoints) {
	register(s, e, api.Op{Method: "GET", Path: "/api/home", ID: "home", Summary: "How everything is", Tag: "node", Role: api.Viewer}, func(ctx context.Context, _ *none) (*body[Home], error) {
		if s.needs.Home == nil {
			return nil, missing("the overview")
		}
		h, err := s.homeNow(ctx)
		return &body[Home]{h}, err
	})
	register(s, e, api.Op{Method: "POST", Path: "/api/sample", ID: "startSample", Summary: "Fill an empty project with sample data that goes on", Tag: "node", Role: api.Editor, Status: http.StatusCreated},
		func(ctx context.Context, _ *none) (*body[SampleStarted], error) {
			if s.needs.Sample == nil {
				return nil, missing("the project")
			}
			out, err := s.needs.Sample.Start(ctx)
			return &body[SampleStarted]{out}, err
		})
	e.Raw(api.Op{Method: "GET", Path: "/api/live", ID: "live", Summary: "What changes, as server-sent events", Tag: "node", Role: api.Viewer, Stream: true,
		Produces: []string{"text/event-stream"}, Query: []api.Param{{Name: "topics", Doc: "With commas between: home, streams, topics, results/ID, views/NAME, dashboards/NAME"}}}, s.live)
}

// homeNow is the overview; a page should not meet null for an empty list,
// whether it asks or is told.
func (s *Server) homeNow(ctx context.Context) (Home, error) {
	h, err := s.needs.Home.Home(ctx)
	h.Nodes, h.Edges, h.Attention, h.Services = orEmpty(h.Nodes), orEmpty(h.Edges), orEmpty(h.Attention), orEmpty(h.Services)
	return h, err
}

// live sends events until the page goes.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	var names []string
	for name := range strings.SplitSeq(r.URL.Query().Get("topics"), ",") {
		if name == "" {
			continue
		}
		if err := s.mayHear(r.Context(), name); err != nil {
			return err
		}
		names = append(names, name)
	}
	reader, err := s.hub.Open(names)
	if err != nil {
		return err
	}
	defer reader.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	flusher, _ := w.(interface{ FlushError() error })
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	send := func(event string, data []byte) error {
		_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		return err
	}
	hello := func() error {
		return send("ping", fmt.Appendf(nil, `{"now":%q}`, time.Now().UTC().Format(time.RFC3339Nano)))
	}
	for err = hello(); err == nil; {
		if flusher != nil {
			if err = flusher.FlushError(); err != nil {
				break
			}
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-ping.C:
			if err = s.stillSigned(r); err == nil {
				err = hello()
			}
		case <-reader.Wake():
			for _, n := range reader.News() {
				if err = send(n.Topic, n.Data); err != nil {
					break
				}
			}
		}
	}
	return err
}

// stillSigned ends a stream whose session has ended.
func (s *Server) stillSigned(r *http.Request) error {
	_, err := s.known(r, api.Viewer)
	return err
}

// mayHear checks a topic, and that the asker may know of it.
func (s *Server) mayHear(ctx context.Context, topic string) error {
	kind, name, _ := strings.Cut(topic, "/")
	switch {
	case topic == "home", topic == "streams", topic == "topics":
		return nil
	case kind == "results":
		_, err := s.kept(ctx, name)
		return err
	case (kind == "views" || kind == "dashboards") && maru.CheckName(name) == nil:
		return nil
	}
	return maru.Errorf(maru.Invalid, "topic %.50q: use home, streams, topics, results/ID, views/NAME or dashboards/NAME", topic)
}

// viewChange says that a view is another than it was.
type viewChange struct {
	Name      string    `json:"name"`
	Rows      int64     `json:"rows_out"`
	Watermark time.Time `json:"watermark,omitzero"`
}

// lookAt is what a topic shows: what its GET answers.
func (s *Server) lookAt(ctx context.Context, topic string) (any, error) {
	kind, name, _ := strings.Cut(topic, "/")
	switch {
	case topic == "home" && s.needs.Home != nil:
		return s.homeNow(ctx)
	case topic == "streams" && s.needs.Streams != nil:
		all, err := s.needs.Streams.List(ctx)
		return orEmpty(all), err
	case topic == "topics" && s.needs.Topics != nil:
		all, err := s.needs.Topics.Topics(ctx)
		return TopicList{orEmpty(all)}, err
	case kind == "results" && s.needs.Results != nil:
		k, err := s.needs.Results.Kept(name)
		if err != nil {
			return nil, err
		}
		return s.statusOf(ctx, k), nil
	case kind == "views" && s.needs.Streams != nil:
		st, err := s.needs.Streams.Status(ctx, name)
		return viewChange{Name: name, Rows: st.RowsOut, Watermark: st.Watermark}, err
	case kind == "dashboards" && s.needs.Dashboards != nil:
		return s.needs.Dashboards.Live(ctx, name)
	}
	return nil, maru.Errorf(maru.NotFound, "nothing is said about %.50q", topic)
}

// quickEvery is how often views and dashboards are looked at: a row that has come
// is to be seen within a second.
const quickEvery = 100 * time.Millisecond

func newHub(s *Server) *live.Hub {
	return live.New(s.lookAt, func(topic string) time.Duration {
		if kind, _, _ := strings.Cut(topic, "/"); kind == "views" || kind == "dashboards" {
			return quickEvery
		}
		return live.Every
	})
}
