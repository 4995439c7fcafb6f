package node

import (
	"time"

	"maru/collect"
	"maru/run"
	"maru/stream"
)

// day is a ring of the minutes of one service's last 24 hours.
type day struct {
	kind, name string
	at         [dayMinutes]minute
	next       int
	rows       int64 // at the last minute
	late       int64
	restarts   int
	started    bool
	now        status // at the last look; empty when this run of the server has not seen it
}

// minute is one entry.
type minute struct {
	end      time.Time
	state    string
	rate     float64
	late     int64 // rows in it
	lag      int64
	restarts int // in it
}

// status is what is noted of a service once a minute.
type status struct {
	kind, name, state string
	rows, late, lag   int64
	restarts          int
	counts            bool // rows mean something
}

// of gives the day of a service. The caller holds the lock.
func (s *samples) of(kind, name string) *day {
	d := s.day[kind+" "+name]
	if d == nil {
		d = &day{kind: kind, name: name}
		s.day[kind+" "+name] = d
	}
	return d
}

// statuses is how every service is now. A part that has not been started yet
// is none: it is neither well nor ill.
func (s *samples) statuses(streams []stream.Status, sources []collect.Status) (all []status) {
	services := map[string]run.ServiceStatus{}
	for _, sv := range s.n.sup.Status() {
		services[sv.Name] = sv
	}
	for _, st := range streams {
		all = append(all, status{kind: "stream", name: st.Name, state: string(st.State), rows: st.In, late: st.Late, lag: st.Lag, counts: true})
	}
	for _, c := range sources {
		sv := services["collector "+c.Name]
		all = append(all, status{kind: "collector", name: c.Name, state: string(sv.State), rows: c.Rows, lag: c.LagBytes, restarts: sv.Restarts, counts: true})
	}
	for _, name := range []string{"broker", "streamer", "query", "web", "project"} {
		if sv, ok := services[name]; ok && sv.State != run.Stopped {
			all = append(all, status{kind: "part", name: name, state: string(sv.State), restarts: sv.Restarts})
		}
	}
	return all
}

// remember keeps how each service is, notes it once a minute, and gives what
// it noted. The caller holds the lock.
func (s *samples) remember(now time.Time, all []status) (noted []sampleRow) {
	seen := map[*day]bool{}
	for _, st := range all {
		d := s.of(st.kind, st.name)
		d.now, seen[d] = st, true
	}
	if !s.minute.IsZero() && now.Sub(s.minute) < time.Minute {
		return nil
	}
	took := now.Sub(s.minute).Seconds()
	s.minute = now
	for _, st := range all {
		noted = append(noted, sampleRow{st.kind, st.name, s.of(st.kind, st.name).note(now, took, st)})
	}
	for key, d := range s.day { // of what is no longer in the project
		if !seen[d] && now.Sub(d.last().end) > 24*time.Hour {
			delete(s.day, key)
		}
	}
	return noted
}

func (d *day) note(now time.Time, took float64, st status) minute {
	m := minute{end: now, state: st.state, lag: st.lag, rate: -1}
	if d.started {
		if st.rows >= d.rows && took > 0 && st.counts {
			m.rate = float64(st.rows-d.rows) / took
		}
		m.late = max(st.late-d.late, 0)
		m.restarts = max(st.restarts-d.restarts, 0)
	}
	d.rows, d.late, d.restarts, d.started = st.rows, st.late, st.restarts, true
	d.add(m)
	return m
}

func (d *day) add(m minute) {
	d.at[d.next] = m
	d.next = (d.next + 1) % dayMinutes
}

func (d *day) last() minute { return d.at[(d.next+dayMinutes-1)%dayMinutes] }
