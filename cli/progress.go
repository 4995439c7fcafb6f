package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"maru"
	"maru/run"
)

// How often a progress is shown.
const (
	progressEvery = 200 * time.Millisecond // on a terminal
	progressLine  = 5 * time.Second        // elsewhere
	progressFirst = time.Second            // what is done sooner shows none
	barWidth      = 30
)

// progress shows on stderr how far a long run is: a bar on a terminal, else a
// line now and then. Set may be called from any goroutine.
type progress struct {
	w        io.Writer
	terminal bool
	what     string
	clock    maru.Clock
	start    time.Time

	mu          sync.Mutex // guards all below
	done, total int64      // bytes; total 0: not known
	note        string
	shown       time.Time
	drawn       bool
	rate        float64 // a second, smoothed
	rateAt      time.Time
	rateDone    int64

	stop chan struct{}
	gone sync.WaitGroup
}

func newProgress(w io.Writer, what string, clock maru.Clock) *progress {
	now := clock.Now()
	return &progress{w: w, terminal: isTerminal(w), what: what, clock: clock, start: now, shown: now, rateAt: now, stop: make(chan struct{})}
}

// begin draws now and then until end; poll, if any, is asked before.
func (p *progress) begin(poll func()) {
	p.gone.Add(1)
	run.Go("progress", func() {
		defer p.gone.Done()
		t := time.NewTicker(progressEvery)
		defer t.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-t.C:
				if poll != nil {
					poll()
				}
				p.tick()
			}
		}
	})
}

// end takes the bar away.
func (p *progress) end() {
	close(p.stop)
	p.gone.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal && p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// say prints a line without tearing the bar.
func (p *progress) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal && p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintln(p.w, text)
}

// set says how far it is; total is 0 when nobody knows.
func (p *progress) set(done, total int64, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total, p.note = done, total, note
}

// tick draws when it is time to.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	p.measure(now)
	every := progressLine
	if p.terminal {
		every = progressEvery
	}
	if now.Sub(p.start) < progressFirst || now.Sub(p.shown) < every {
		return
	}
	p.shown, p.drawn = now, true
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(now))
		return
	}
	fmt.Fprintln(p.w, p.line(now))
}

// measure smooths the rate over about two seconds.
func (p *progress) measure(now time.Time) {
	took := now.Sub(p.rateAt).Seconds()
	if took < progressEvery.Seconds() {
		return
	}
	current := float64(p.done-p.rateDone) / took
	if p.rate == 0 {
		p.rate = current
	} else {
		p.rate += (current - p.rate) * min(1, took/2)
	}
	p.rateAt, p.rateDone = now, p.done
}

func (p *progress) line(now time.Time) string {
	var b strings.Builder
	b.WriteString(p.what + " ")
	if p.total > 0 {
		share := min(1, float64(p.done)/float64(p.total))
		if p.terminal {
			full := int(share * barWidth)
			fmt.Fprintf(&b, "[%s%s] ", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full))
		}
		fmt.Fprintf(&b, "%3.0f%%  %s of %s", 100*share, bytesText(p.done), bytesText(p.total))
	} else {
		b.WriteString(bytesText(p.done))
	}
	fmt.Fprintf(&b, "  %s/s", bytesText(int64(p.rate)))
	if left := p.total - p.done; p.total > 0 && p.rate > 0 && left > 0 {
		fmt.Fprintf(&b, "  %s left", (time.Duration(float64(left)/p.rate) * time.Second).Round(time.Second))
	} else {
		fmt.Fprintf(&b, "  %s", now.Sub(p.start).Round(time.Second))
	}
	if p.note != "" {
		b.WriteString("  " + p.note)
	}
	return b.String()
}

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	v, u := float64(n), 0
	for v >= 999.5 && u < len(units)-1 {
		v /= 1000
		u++
	}
	if u == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}

// countText groups the digits of n.
func countText(n int64) string {
	s := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
