package node

import (
	"context"
	"sync"
	"time"

	"maru/collect"
	"maru/kafka"
	"maru/stream"
)

// Bounds of what is remembered about rates and the last day.
const (
	sampleEvery = 2 * time.Second
	sampleTime  = 5 * time.Second // for one look
	rateOver    = 10 * time.Second
	dayMinutes  = 24 * 60
)

// samples remember how far everything was a moment ago, and a day in minutes.
type samples struct {
	n      *node
	loaded sync.Once

	mu      sync.Mutex                    // guards all below
	parts   map[string]map[int32]*counter // of topics
	streams map[string]*[2]counter        // rows in, rows out
	sources map[string]*counter           // rows of collectors
	day     map[string]*day               // by kind and name
	minute  time.Time                     // of the last entry of day
}

// rate is how fast something grows.
type rate struct {
	rate, bytes float64 // a second
	newest      time.Time
}

// counter is a number that grows.
type counter struct {
	at     []time.Time
	value  []int64
	bytes  []int64
	newest time.Time // when it was last seen to have grown
}

func (c *counter) add(now time.Time, value, bytes int64) {
	if n := len(c.value); n > 0 && value > c.value[n-1] {
		c.newest = now
	} else if n > 0 && value < c.value[n-1] { // it began anew
		c.at, c.value, c.bytes = nil, nil, nil
	}
	c.at, c.value, c.bytes = append(c.at, now), append(c.value, value), append(c.bytes, bytes)
	for len(c.at) > 2 && now.Sub(c.at[0]) > rateOver {
		c.at, c.value, c.bytes = c.at[1:], c.value[1:], c.bytes[1:]
	}
}

// rate is of the last rateOver. What has not been looked at in that time, as
// its server is away, has none.
func (c *counter) rate(now time.Time) rate {
	if c == nil {
		return rate{}
	}
	last := len(c.at) - 1
	r := rate{newest: c.newest}
	if last < 1 || now.Sub(c.at[last]) > rateOver {
		return r
	}
	if s := c.at[last].Sub(c.at[0]).Seconds(); s > 0 {
		r.rate = float64(c.value[last]-c.value[0]) / s
		r.bytes = max(float64(c.bytes[last]-c.bytes[0])/s, 0)
	}
	return r
}

func newSamples(n *node) *samples {
	return &samples{n: n, parts: map[string]map[int32]*counter{}, streams: map[string]*[2]counter{}, sources: map[string]*counter{}, day: map[string]*day{}}
}

// run looks until ctx ends.
func (s *samples) run(ctx context.Context) error {
	s.loaded.Do(func() { // once, also when the service is restarted
		if err := s.load(ctx); err != nil {
			s.n.log.Warn("what is known of the last day is not read", "error", err)
		}
	})
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look reads how far everything is. What does not answer is left out: who
// asks for it hears why.
func (s *samples) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sampleTime)
	defer cancel()
	parts, _ := s.n.kafka.Overview(ctx)
	status, _ := s.n.stream.Status(ctx)
	sources := s.n.folder.statuses()
	now := time.Now()
	if noted := s.note(now, parts, status, sources); len(noted) > 0 {
		if err := s.store(ctx, now, noted); err != nil {
			s.n.log.Warn("a minute of the services is not kept", "error", err)
		}
	}
}

// note keeps what was seen, and gives what is to be written down.
func (s *samples) note(now time.Time, parts map[string][]kafka.PartitionInfo, status []stream.Status, sources []collect.Status) []sampleRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, ps := range parts {
		if s.parts[topic] == nil {
			s.parts[topic] = map[int32]*counter{}
		}
		for _, p := range ps {
			entry(s.parts[topic], p.ID).add(now, p.End, p.Bytes)
		}
	}
	for topic := range s.parts {
		if _, ok := parts[topic]; !ok && parts != nil {
			delete(s.parts, topic)
		}
	}
	for _, st := range status {
		c := entry(s.streams, st.Name)
		c[0].add(now, st.In, 0)
		c[1].add(now, st.Out, 0)
	}
	for _, c := range sources {
		entry(s.sources, c.Name).add(now, c.Rows, c.Bytes)
	}
	return s.remember(now, s.statuses(status, sources))
}

func entry[K comparable, V any](m map[K]*V, k K) *V {
	if m[k] == nil {
		m[k] = new(V)
	}
	return m[k]
}

func (s *samples) partition(topic string, id int32) rate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts[topic][id].rate(time.Now())
}

func (s *samples) stream(name string) (in, out rate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.streams[name]
	if c == nil {
		return rate{}, rate{}
	}
	return c[0].rate(time.Now()), c[1].rate(time.Now())
}

func (s *samples) source(name string) rate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources[name].rate(time.Now())
}
