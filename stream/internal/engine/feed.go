package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
)

// feedMax bounds the changes that wait for a slow follower; more are skipped and counted.
const feedMax = 10_000

// hub is where a view's followers wait; it outlives the queries that make the view.
type hub struct {
	// round is held while a batch is committed and published, taken before mu:
	// who joins in between would get neither the row's change nor the row.
	round sync.Mutex
	mu    sync.Mutex // guards feeds and their Skipped
	feeds map[*Feed]struct{}
}

// Feed gives the changes of a view, one JSON object each, from the moment it was opened.
type Feed struct {
	hub     *hub
	C       chan string
	skipped int64
}

func newHub() *hub { return &hub{feeds: map[*Feed]struct{}{}} }

// follow opens a feed between two batches, and calls start there.
func (h *hub) follow(start func() error) (*Feed, error) {
	h.round.Lock()
	defer h.round.Unlock()
	if err := start(); err != nil {
		return nil, err
	}
	f := &Feed{hub: h, C: make(chan string, feedMax)}
	h.mu.Lock()
	h.feeds[f] = struct{}{}
	h.mu.Unlock()
	return f, nil
}

// Close ends the feed.
func (f *Feed) Close() {
	f.hub.mu.Lock()
	delete(f.hub.feeds, f)
	f.hub.mu.Unlock()
}

// Skipped is how many changes the follower was too slow for since it was last asked.
func (f *Feed) Skipped() int64 {
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	n := f.skipped
	f.skipped = 0
	return n
}

func (q *Query) followed() bool {
	if q.hub == nil {
		return false
	}
	q.hub.mu.Lock()
	defer q.hub.mu.Unlock()
	return len(q.hub.feeds) > 0
}

// publish hands this round's changes to the followers.
func (q *Query) publish(ctx context.Context) error {
	return q.c.Each(ctx, q.changes(), func(b arrow.RecordBatch) error {
		col := b.Column(0)
		q.hub.mu.Lock()
		defer q.hub.mu.Unlock()
		for i := range col.Len() {
			row := strings.Clone(col.ValueStr(i))
			for f := range q.hub.feeds {
				select {
				case f.C <- row:
				default:
					f.skipped++
				}
			}
		}
		return nil
	})
}
