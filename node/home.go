package node

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"maru/project"
	"maru/run"
	"maru/spec"
	"maru/stream"
	"maru/web"
)

// Bounds of what Home calls late.
const (
	behindAfter = 2 * time.Minute // of a watermark beyond its own delay
	lagMany     = 10_000          // records that a group may be behind
	slotsADay   = 48
	ratesADay   = 96
)

// overview is how everything is, for Home.
type overview struct{ n *node }

// home is one being drawn.
type home struct {
	n   *node
	p   *project.Project
	now time.Time
	out web.Home
}

// Home draws it anew.
func (o *overview) Home(ctx context.Context) (web.Home, error) {
	n := o.n
	h := &home{n: n, p: n.folder.project(), now: time.Now()}
	h.out = web.Home{At: h.now.UTC(), Project: h.p.Name}
	all, err := (&topics{n}).Topics(ctx)
	if err != nil {
		return h.out, err
	}
	streams, err := (&streams{n}).List(ctx)
	if err != nil { // the streamer is away: the rest can be drawn
		h.warn("error", "streams_away", "", "streamer", err.Error())
	}
	h.sources()
	h.topics(all, streams)
	h.streams(streams, all)
	h.dashboards()
	h.groups(all)
	h.files()
	h.headroom()
	h.out.Services = n.samples.services(h.now)
	return h.out, nil
}

func (h *home) warn(level, code, kind, name, text string) *web.Attention {
	h.out.Attention = append(h.out.Attention, web.Attention{ID: code + ":" + kind + ":" + name, Level: level, Code: code, Kind: kind, Name: name, Text: text})
	return &h.out.Attention[len(h.out.Attention)-1]
}

func (h *home) edge(from, to string, rate float64, late bool) {
	h.out.Edges = append(h.out.Edges, web.FlowEdge{From: from, To: to, Rate: rate, Late: late})
}

func (h *home) sources() {
	services := map[string]run.ServiceStatus{}
	for _, s := range h.n.sup.Status() {
		services[s.Name] = s
	}
	for _, c := range h.n.folder.statuses() {
		r := h.n.samples.source(c.Name)
		node := web.FlowNode{ID: "source:" + c.Name, Kind: "source", Name: c.Name, State: "ok", Rate: &r.rate, BytesRate: r.bytes, Lag: &c.LagBytes, LagUnit: "bytes", AgeMS: h.age(r.newest)}
		if sv := services["collector "+c.Name]; sv.State == run.Failed || sv.State == run.Waiting || c.LastError != "" {
			node.State, node.Why, node.Root = "error", c.LastError, true
			if node.Why == "" {
				node.Why = sv.LastError
			}
			a := h.warn("error", "source_behind", "source", c.Name, node.Why)
			a.N, a.Unit, a.Since = c.LagBytes, "bytes", sv.LastErrorAt
		}
		if c.Rejected > 0 {
			h.warn("warn", "rows_rejected", "source", c.Name, "").N = c.Rejected
		}
		h.out.Nodes = append(h.out.Nodes, node)
		h.edge(node.ID, "topic:"+c.Topic, r.rate, node.State != "ok")
	}
}

func (h *home) age(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := max(h.now.Sub(t).Milliseconds(), 0)
	return &ms
}

// topics draws those that something fills or reads.
func (h *home) topics(all []web.Topic, streams []web.StreamStatus) {
	used := map[string]bool{}
	for _, c := range h.p.Collectors {
		used[c.Topic] = true
	}
	for _, t := range h.p.Topics {
		used[t.Name] = true
	}
	for _, s := range streams {
		for _, t := range s.Reads {
			used[t] = true
		}
	}
	for _, t := range all {
		if !used[t.Name] || t.Internal {
			continue
		}
		node := web.FlowNode{ID: "topic:" + t.Name, Kind: "topic", Name: t.Name, State: "ok", Rate: &t.Rate, BytesRate: t.BytesRate, Bytes: t.Bytes, AgeMS: h.age(t.Newest), Late: t.Late}
		if t.Late {
			node.State = "warn"
			a := h.warn("warn", "topic_silent", "topic", t.Name, "")
			a.Since, a.AgeMS = t.Newest, *node.AgeMS
		}
		h.out.Nodes = append(h.out.Nodes, node)
	}
}

// flowStates are a stream's states as Home draws them.
var flowStates = map[string]string{"running": "ok", "rebuilding": "warn", "waiting": "waiting", "paused": "paused", "failed": "error"}

func (h *home) streams(all []web.StreamStatus, topics []web.Topic) {
	for _, s := range all {
		state := flowStates[s.State]
		if state == "" {
			state = "waiting"
		}
		node := web.FlowNode{ID: "stream:" + s.Name, Kind: "stream", Name: s.Name, State: state, Why: s.Error, Rate: &s.RateIn, RateOut: &s.RateOut, Lag: &s.Lag, LagUnit: "records", AgeMS: h.age(s.Watermark)}
		idle := slices.ContainsFunc(topics, func(t web.Topic) bool { return slices.Contains(s.Reads, t.Name) && t.Rate == 0 })
		if state == "ok" && s.Lag > 0 && !idle && s.WatermarkMS-s.DelayMS > behindAfter.Milliseconds() {
			node.State, node.Late = "warn", true
			a := h.warn("warn", "stream_behind", "stream", s.Name, "")
			a.N, a.Unit, a.AgeMS = s.Lag, "records", s.WatermarkMS
		}
		switch s.State {
		case "failed":
			h.warn("error", "stream_failed", "stream", s.Name, s.Error).Since = s.Checkpoint
		case "paused":
			h.warn("warn", "stream_paused", "stream", s.Name, "").Since = s.Checkpoint
		}
		if s.RowsRejected > 0 {
			h.warn("warn", "rows_rejected", "stream", s.Name, "").N = s.RowsRejected
		}
		view := web.FlowNode{ID: "view:" + s.Name, Kind: "view", Name: s.Name, State: node.State, Bytes: s.StateBytes, Rate: &s.RateOut, AgeMS: node.AgeMS, Late: node.Late}
		h.out.Nodes = append(h.out.Nodes, node, view)
		for _, t := range s.Reads {
			h.edge("topic:"+t, node.ID, s.RateIn, node.Late)
		}
		h.edge(node.ID, view.ID, s.RateOut, false)
	}
}

// dashboards draws them behind the topics and views that their SQL names: as
// old as the oldest of those.
func (h *home) dashboards() {
	above := slices.Clone(h.out.Nodes)
	for _, d := range h.p.Dashboards {
		sql := strings.ToLower(strings.Join(dashboardSQL(d), "\n"))
		node := web.FlowNode{ID: "dashboard:" + d.Name, Kind: "dashboard", Name: d.Name, State: "ok"}
		if d.Title != (spec.Text{}) {
			node.Title = d.Title
		}
		for _, from := range above {
			if from.Kind != "topic" && from.Kind != "view" || !shows(sql, from) {
				continue
			}
			h.edge(from.ID, node.ID, *from.Rate, false)
			if node.AgeMS == nil || from.AgeMS != nil && *from.AgeMS > *node.AgeMS {
				node.AgeMS = from.AgeMS
			}
			if from.Late {
				node.State, node.Late = "warn", true
			}
		}
		h.out.Nodes = append(h.out.Nodes, node)
	}
}

// shows says whether SQL names a node, or a side of its view.
func shows(sql string, n web.FlowNode) bool {
	return mentions(sql, n.Name) || n.Kind == "view" && (mentions(sql, sideName(n.Name, stream.Late)) || mentions(sql, sideName(n.Name, stream.Rejected)))
}

func (h *home) groups(all []web.Topic) {
	lag, state := map[string]int64{}, map[string]string{}
	var ids []string
	for _, t := range all {
		for _, g := range t.Groups {
			if _, ok := state[g.ID]; !ok {
				ids = append(ids, g.ID)
			}
			lag[g.ID] += g.Lag
			state[g.ID] = g.State
		}
	}
	for _, id := range ids {
		if lag[id] > lagMany && !strings.HasPrefix(id, "maru-") {
			a := h.warn("warn", "group_behind", "group", id, "")
			a.N, a.Unit = lag[id], "records"
		}
	}
}

func (h *home) files() {
	h.n.folder.mu.Lock()
	defer h.n.folder.mu.Unlock()
	for _, p := range h.n.folder.problems {
		h.warn("error", "file_problem", "file", fmt.Sprintf("%s:%d", p.File, p.Line), p.Message)
	}
}

func (h *home) headroom() {
	if free, total, err := run.DiskFree(h.n.cfg.DataDir); err == nil {
		h.out.Headroom.Disk = &web.Room{Others: float64(total - free), Total: float64(total)}
		var used float64
		for _, n := range h.out.Nodes {
			used += float64(n.Bytes)
		}
		used = min(used, float64(total-free))
		h.out.Headroom.Disk.Used, h.out.Headroom.Disk.Others = used, float64(total-free)-used
		if free < diskLow {
			h.warn("error", "disk_low", "", "", "").N = int64(free)
		}
	}
	m, err := run.MachineMemory()
	own, ownErr := run.OwnMemory(filepath.Join(h.n.cfg.DataDir, "run"))
	if err == nil && ownErr == nil { // else it is not known, which is not none
		all := m.Limit - m.Available
		own = min(own, all)
		h.out.Headroom.Memory = &web.Room{Used: float64(own), Others: float64(all - own), Total: float64(m.Limit)}
	}
}

// services gives the last 24 hours.
func (s *samples) services(now time.Time) []web.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []web.Service{}
	for _, d := range s.day {
		one := d.service(now)
		switch d.kind {
		case "stream":
			if c := s.streams[d.name]; c != nil {
				one.Now = c[0].rate(now).rate
			}
		case "collector":
			one.Now = s.sources[d.name].rate(now).rate
		}
		out = append(out, one)
	}
	order := []string{"collector", "stream", "part"}
	slices.SortFunc(out, func(a, b web.Service) int {
		if c := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// slotRank says which state of a half hour is shown: the worst.
var slotRank = map[string]int{"none": 0, "ok": 1, "warn": 2, "error": 3}

func slotOf(state string) string {
	switch state {
	case "running", "rebuilding", "starting", "ready":
		return "ok"
	case "failed":
		return "error"
	case "waiting", "": // for its first row
		return "none"
	}
	return "warn"
}

func (d *day) service(now time.Time) web.Service {
	state, lag := d.now.state, d.now.lag
	if last := d.last(); state == "" {
		state, lag = last.state, last.lag
	}
	out := web.Service{Name: d.name, Kind: d.kind, State: state, Lag: lag, LagUnit: "records", Slots: make([]string, slotsADay), Rate: make([]*float64, ratesADay)}
	if d.kind == "collector" {
		out.LagUnit = "bytes"
	}
	for i := range out.Slots {
		out.Slots[i] = "none"
	}
	out.Slots[slotsADay-1] = slotOf(d.now.state) // also before its minute is over
	counts := make([]int, ratesADay)
	for _, m := range d.at {
		age := now.Sub(m.end)
		if m.end.IsZero() || age < 0 || age >= 24*time.Hour {
			continue
		}
		out.Late += m.late
		out.Restarts += m.restarts
		slot := &out.Slots[slotsADay-1-int(age/(24*time.Hour/slotsADay))]
		if s := slotOf(m.state); slotRank[s] > slotRank[*slot] {
			*slot = s
		}
		if m.rate < 0 {
			continue
		}
		i := ratesADay - 1 - int(age/(24*time.Hour/ratesADay))
		if out.Rate[i] == nil {
			out.Rate[i] = new(float64)
		}
		counts[i]++
		*out.Rate[i] += (m.rate - *out.Rate[i]) / float64(counts[i])
	}
	return out
}
