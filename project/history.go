package project

import "maru/spec"

// history keeps the last good version of every file that is there.
type history struct{ last *Project }

// load is Load with broken files replaced by their last good version.
func (h *history) load(dir string) (*Project, []Problem) {
	var owners map[string]string
	if h.last != nil {
		owners = h.last.owners()
	}
	p, problems := load(dir, owners)
	if h.last == nil {
		h.last = p
		return p, problems
	}
	if p == nil { // the folder is gone, perhaps for a moment only
		return h.last, problems
	}
	broken := map[string]bool{}
	for _, b := range problems {
		broken[b.File] = true
	}
	h.keep(p, broken)
	h.last = p
	return p, problems
}

// keep takes over from the last project what is broken in p.
func (h *history) keep(p *Project, broken map[string]bool) {
	old := h.last
	if broken[SettingsFile] {
		p.Name, p.TimeZone, p.Broker, p.Defaults = old.Name, old.TimeZone, old.Broker, old.Defaults
	}
	p.Collectors = keepBroken(p.Collectors, old.Collectors, broken, func(c Collector) string { return c.File })
	p.Topics = keepBroken(p.Topics, old.Topics, broken, func(t Topic) string { return t.File })
	p.Streams = keepBroken(p.Streams, old.Streams, broken, func(s Stream) string { return s.File })
	p.Seeds = keepBroken(p.Seeds, old.Seeds, broken, func(s Seed) string { return s.File })
	p.Dashboards = keepBroken(p.Dashboards, old.Dashboards, broken, func(d spec.Dashboard) string { return d.File })
	p.sort()
}

func keepBroken[T any](now, old []T, broken map[string]bool, file func(T) string) []T {
	for _, o := range old {
		if broken[file(o)] {
			now = append(now, o)
		}
	}
	return now
}
