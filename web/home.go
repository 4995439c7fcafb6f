package web

import (
	"context"
	"time"
)

// Home is the answer of GET /api/home.
type Home struct {
	At        time.Time   `json:"at"`
	Project   string      `json:"project"`
	Nodes     []FlowNode  `json:"nodes"`
	Edges     []FlowEdge  `json:"edges"`
	Attention []Attention `json:"attention"`
	Headroom  Headroom    `json:"headroom"`
	Services  []Service   `json:"services"`
}

// FlowNode is something that rows pass through.
type FlowNode struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind" enum:"source,topic,stream,view,dashboard"`
	Name      string   `json:"name"`
	Title     any      `json:"title,omitempty"`
	State     string   `json:"state" enum:"ok,warn,error,paused,waiting,unknown"`
	Why       string   `json:"why,omitempty" doc:"The last error, or what it waits for"`
	Rate      *float64 `json:"rate,omitempty" doc:"Rows a second that come in"`
	RateOut   *float64 `json:"rate_out,omitempty"`
	BytesRate float64  `json:"bytes_rate,omitempty"`
	Rows      *int64   `json:"rows,omitempty"`
	Bytes     int64    `json:"bytes,omitempty"`
	Lag       *int64   `json:"lag,omitempty"`
	LagUnit   string   `json:"lag_unit,omitempty" enum:"records,bytes"`
	AgeMS     *int64   `json:"age_ms,omitempty" doc:"How old the newest row is"`
	Late      bool     `json:"late,omitempty"`
	Root      bool     `json:"root,omitempty" doc:"What is behind below is so because of this"`
}

// FlowEdge is rows that go from one to another.
type FlowEdge struct {
	From string  `json:"from"`
	To   string  `json:"to"`
	Rate float64 `json:"rate"`
	Late bool    `json:"late,omitempty"`
}

// Attention is something that somebody should look at.
type Attention struct {
	ID    string    `json:"id"`
	Level string    `json:"level" enum:"error,warn"`
	Code  string    `json:"code"`
	Kind  string    `json:"kind,omitempty"`
	Name  string    `json:"name,omitempty"`
	Since time.Time `json:"since,omitzero"`
	N     int64     `json:"n,omitempty"`
	Unit  string    `json:"unit,omitempty" enum:"records,bytes"`
	AgeMS int64     `json:"age_ms,omitempty"`
	Text  string    `json:"text,omitempty"`
}

// Room is how much of something is used: by maru and by all else.
type Room struct {
	Used   float64 `json:"used"`
	Others float64 `json:"others"`
	Total  float64 `json:"total"`
}

// Headroom is what is left of the machine; what is not known is missing.
type Headroom struct {
	Disk   *Room `json:"disk,omitempty"`
	Memory *Room `json:"memory,omitempty"`
	CPU    *Room `json:"cpu,omitempty"`
}

// Service is the last 24 hours of one.
type Service struct {
	Name     string     `json:"name"`
	Kind     string     `json:"kind" enum:"collector,topic,stream,part"`
	State    string     `json:"state"`
	Slots    []string   `json:"slots" doc:"48 half hours, oldest first: ok, warn, error, none"`
	Rate     []*float64 `json:"rate" doc:"Rows a second in 96 quarters of an hour, null without a sample"`
	Now      float64    `json:"now,omitempty"`
	Late     int64      `json:"late,omitempty"`
	Lag      int64      `json:"lag,omitempty"`
	LagUnit  string     `json:"lag_unit,omitempty" enum:"records,bytes"`
	Restarts int        `json:"restarts"`
}

// Sample fills an empty project with sample data, and lets it go on.
type Sample interface {
	// Start is maru.Conflict when the project has anything of its own.
	Start(ctx context.Context) (SampleStarted, error)
}

// SampleStarted says what the first steps have made.
type SampleStarted struct {
	Files     []string `json:"files"`
	View      string   `json:"view" doc:"One that fills at once"`
	Dashboard string   `json:"dashboard"`
}
