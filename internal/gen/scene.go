package gen

// scene is trouble of the past, long enough to be seen on a chart of a week.
type scene struct {
	service    int // which of services; -1 is all
	begin, end int64
	peak       trouble // what it comes to
	swells     bool    // up to its middle and down again; else peak from begin to end
}

// trouble is what a scene does to calls.
type trouble struct {
	repeated float64 // share of calls that come again, more than else
	slow     float32 // times the latency
	failed   float64 // share of calls that time out
}

const (
	minuteMs  = 60_000
	hourMs    = 60 * minuteMs
	dayMs     = 24 * hourMs
	eastOfUTC = 9 * hourMs // the day of the traffic is that of Seoul
)

// planScenes plans the past of a log: in the afternoon two days ago a
// deployment after which the app makes every other call to one service again,
// taken back after two hours; on an evening five days ago most of an hour in
// which everything is slow. They belong to the seed and the days, so that a
// past that was begun and gone on with has them once.
func planScenes(c Config) []scene {
	if c.Since == 0 {
		return nil
	}
	today := (c.Clock.Now().UnixMilli() + eastOfUTC) / dayMs
	at := func(daysAgo, hour int64) (int64, random) {
		day := today - daysAgo
		return day*dayMs - eastOfUTC + hour*hourMs, random(mix(c.Seed) ^ mix(uint64(day)))
	}
	deployed, r := at(2, 14)
	deployed += int64(r.below(90)) * minuteMs
	deployment := scene{service: int(r.below(3)), begin: deployed, end: deployed + 2*hourMs, peak: trouble{repeated: 0.5, slow: 1}}
	slowed, r := at(5, 20)
	slowed += int64(r.below(60)) * minuteMs
	slowness := scene{service: -1, begin: slowed, end: slowed + 50*minuteMs, peak: trouble{slow: 16, failed: 0.06}, swells: true}
	return []scene{deployment, slowness}
}

// troubleAt is what calls to a service suffer at a time.
func (t *traffic) troubleAt(ms int64, service uint8) trouble {
	for i := range t.scenes {
		s := &t.scenes[i]
		if ms < s.begin || ms >= s.end || s.service >= 0 && s.service != int(service) {
			continue
		}
		if !s.swells {
			return s.peak
		}
		half := float64(s.end-s.begin) / 2
		level := 1 - max(float64(ms-s.begin)-half, half-float64(ms-s.begin))/half
		return trouble{repeated: s.peak.repeated * level, slow: 1 + (s.peak.slow-1)*float32(level), failed: s.peak.failed * level}
	}
	return trouble{slow: 1}
}
