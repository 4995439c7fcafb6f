package gen

import (
	"math"
)

// call is one row.
type call struct {
	ts      int64 // milliseconds
	id      uint64
	body    uint64
	user    uint32
	client  uint32
	query   uint32
	bytes   uint32
	latency uint32 // tenths of a millisecond
	status  uint16
	path    uint16
	method  uint8
	tries   uint8
	repeat  bool // planted
}

// emptyBody is the hash of a call without a body: the first half of SHA-256's of nothing.
const emptyBody = 0xe3b0c44298fc1c14

// traffic makes calls in the order in which they are written.
type traffic struct {
	world     *world
	cfg       Config
	random    random
	rate      float64
	arrival   int64 // microseconds: when the next new call comes
	second    int64 // for which perSecond is right
	perSecond float64
	incident  incident
	scenes    []scene
	ids       uint64
	waiting   waiting
}

// incident is a time in which one service does badly.
type incident struct {
	service    uint8
	begin, end int64 // milliseconds
	share      float64
}

func newTraffic(c Config, w *world, startMs int64) *traffic {
	t := &traffic{world: w, cfg: c, random: random(mix(c.Seed) ^ mix(uint64(startMs)+1)), rate: c.PastRate, arrival: startMs * 1000, second: -1}
	t.ids = t.random.next()
	t.scenes = planScenes(c)
	t.planIncident(startMs)
	return t
}

// next gives the next row in file order, and when it is written in
// milliseconds; false if that is after until.
func (t *traffic) next(until int64) (call, int64, bool) {
	for {
		arrival := t.arrival / 1000
		if at, ok := t.waiting.first(); ok && at <= min(arrival, until) {
			return t.waiting.pop(), at, true
		}
		if arrival > until {
			return call{}, 0, false
		}
		c := t.newCall(arrival)
		t.advance()
		if at := c.ts + t.delay(); at > c.ts {
			t.waiting.push(at, c)
			continue
		}
		return c, c.ts, true
	}
}

// skipTo leaves out new calls up to a time.
func (t *traffic) skipTo(ms int64) { t.arrival = max(t.arrival, ms*1000) }

// advance draws when the next new call comes.
func (t *traffic) advance() {
	if s := t.arrival / 1e6; s != t.second {
		t.second = s
		t.perSecond = t.rate * (1 - t.cfg.RepeatShare)
		if !t.cfg.Flat {
			t.perSecond *= seasonAt(s)
		}
	}
	t.arrival += int64(float64(t.world.arrivals.draw(&t.random)) * 1e6 / t.perSecond)
}

// seasonAt is the share of the mean rate at a second: low at night, a hump
// before noon and a higher one in the evening of Seoul, fewer at weekends. Its
// mean over a week is 1.
func seasonAt(second int64) float64 {
	second += eastOfUTC / 1000
	hour := float64(second%86400) / 3600
	level := 1 - 0.45*math.Cos((hour-4)/24*2*math.Pi) - 0.15*math.Cos((hour-2)/12*2*math.Pi)
	if day := (second/86400 + 4) % 7; day == 0 || day == 6 {
		return level * 0.825
	}
	return level * 1.07
}

// delay draws by how many milliseconds a row stands too far down.
func (t *traffic) delay() int64 {
	if t.cfg.DisorderShare+t.cfg.LateShare == 0 {
		return 0
	}
	x := float64(t.random.next()>>11) / (1 << 53)
	switch {
	case x < t.cfg.LateShare:
		return disorderMax + 200 + int64(t.random.below(lateMax-disorderMax-200))
	case x < t.cfg.LateShare+t.cfg.DisorderShare:
		return 1 + int64(t.random.below(disorderMax-1))
	}
	return 0
}

func (t *traffic) newCall(ts int64) call {
	r := &t.random
	c := call{ts: ts, user: t.world.userDraw.draw(r), path: uint16(t.world.pathDraw.draw(r)), body: emptyBody}
	c.client = clientOf(c.user, r.below(16) == 0)
	p := &t.world.paths[c.path]
	c.method = p.shape.method(r)
	c.query = p.shape.query(c.method, r)
	if c.method == post || c.method == put || c.method == patch {
		c.body = r.next()
	}
	t.answer(&c, p)
	t.follow(c, p)
	return c
}

// answer draws what the service says to a call, and how long it takes.
func (t *traffic) answer(c *call, p *path) {
	r := &t.random
	t.ids++
	c.id = mix(t.ids)
	latency := p.median * t.world.latency.draw(r)
	x := float64(r.next()>>11) / (1 << 53)
	c.status = fine(c.method)
	now := t.troubleAt(c.ts, p.service)
	latency *= now.slow
	switch bad := t.isBad(c.ts, p.service); {
	case x < now.failed:
		c.status = 504
	case bad && x < t.incident.share:
		c.status = [...]uint16{500, 502, 503, 504}[r.below(4)]
		latency *= 12
	case bad:
		latency *= 4
	case x < p.unwell:
		c.status = [...]uint16{500, 500, 500, 503, 502, 429}[r.below(6)]
	case x < p.unwell+0.03:
		c.status = [...]uint16{400, 401, 403, 404, 404, 404, 404, 409, 422, 429}[r.below(10)]
		latency /= 2
	case c.method == get && x > 0.96:
		c.status = 304
		latency /= 2
	}
	if r.below(1000) == 0 { // a pause of the collector, a cold cache, a lock
		latency = latency*8 + 3000
	}
	c.latency = uint32(min(max(latency, 2), 600_000))
	switch {
	case c.status == 204 || c.status == 304:
		c.bytes = 0
	case c.status >= 400:
		c.bytes = 60 + r.below(200)
	default:
		c.bytes = uint32(p.size * t.world.sizes.draw(r))
	}
}

func fine(method uint8) uint16 {
	switch method {
	case post:
		return 201
	case del:
		return 204
	}
	return 200
}

// isBad says whether a service is in an incident.
func (t *traffic) isBad(ts int64, service uint8) bool {
	if ts > t.incident.end {
		t.planIncident(ts)
	}
	return service == t.incident.service && ts >= t.incident.begin
}

// planIncident draws the next incident: one in about 25 minutes, of 20 s to 3 minutes.
func (t *traffic) planIncident(ts int64) {
	r := &t.random
	begin := ts + int64(float64(t.world.arrivals.draw(r))*25*60_000)
	t.incident = incident{service: uint8(r.below(uint32(len(services)))), begin: begin,
		end: begin + 20_000 + int64(r.below(160_000)), share: 0.2 + float64(r.below(50))/100}
}

// follow plans what comes of a call: the same call again within 200 ms, by a
// second click or an eager client, and another try after an error.
func (t *traffic) follow(c call, p *path) {
	r := &t.random
	if r.chance(min(t.cfg.RepeatShare+t.troubleAt(c.ts, p.service).repeated, repeatMost)) {
		again := c
		again.repeat, again.tries = true, 0
		again.ts += int64(r.below(repeatWithin))
		t.answer(&again, p)
		t.waiting.push(again.ts+t.delay(), again)
		t.follow(again, p) // a third click; it ends, because each is less likely by the share
	}
	if c.status >= 429 && c.tries < 3 && !c.repeat && r.below(2) == 0 {
		again := c
		again.tries++
		again.ts += 250<<again.tries + int64(r.below(1000))
		t.answer(&again, p)
		t.waiting.push(again.ts+t.delay(), again)
		t.follow(again, p)
	}
}

// setRate changes the mean rate from now on. The wait for the next call begins
// anew: at a low rate before it would be long.
func (t *traffic) setRate(perSecond float64, nowMs int64) {
	t.rate, t.second, t.arrival = perSecond, -1, min(t.arrival, nowMs*1000)
	t.advance()
}
